"""Keeping people out, and letting them in again (INV-AUTH-8)."""

from __future__ import annotations

from sqlalchemy import select

from advisoryhub_core.accounts.models import User
from advisoryhub_core.accounts.schemas import BAN
from advisoryhub_core.acts import Act
from advisoryhub_core.audit.services import record
from advisoryhub_core.errors import Conflict, NotFound, NotPermitted
from advisoryhub_core.events import UserBanned, UserUnbanned
from advisoryhub_core.forms import read
from advisoryhub_core.redaction import redact_text


def ban_user(act: Act, user_id: int, reason: str) -> User:
    """Keep a person out: no sign-in, and nothing from the next request of a live session on (INV-AUTH-8).

    Nothing of theirs is removed, so that lifting the ban restores what they had. Raises `NotPermitted` for
    all but administrators and for oneself, `StepUpRequired`, `PayloadInvalid` without a reason, `NotFound`,
    and `Conflict` for somebody who is banned already.
    """
    _require_administrator(act)
    reason = redact_text(read(BAN, {"reason": reason})["reason"].strip())
    user = _locked(act, user_id)
    if user.id == act.identity.user_id:
        raise NotPermitted("You cannot ban yourself. Ask another administrator.")
    if user.banned_at is not None:
        raise Conflict("This person is banned already.")
    user.banned_at = act.now()
    user.banned_by_id = act.identity.user_id
    user.ban_reason = reason
    act.db.flush()
    record(act, "user.banned", new={"reason": reason}, user_id=user.id)
    act.notify(UserBanned(act, user.id))
    return user


def unban_user(act: Act, user_id: int) -> User:
    """Let a banned person in again, with what they had.

    Raises `NotPermitted` for all but administrators, `StepUpRequired`, `NotFound`, and `Conflict` for
    somebody who is not banned.
    """
    _require_administrator(act)
    user = _locked(act, user_id)
    if user.banned_at is None:
        raise Conflict("This person is not banned.")
    previous = {"reason": user.ban_reason}
    user.banned_at = user.banned_by_id = None
    user.ban_reason = ""
    act.db.flush()
    record(act, "user.unbanned", previous=previous, user_id=user.id)
    act.notify(UserUnbanned(act, user.id))
    return user


def _require_administrator(act: Act) -> None:
    if not act.identity.is_admin:
        raise NotPermitted("Only administrators ban people and let them in again.")
    act.require_step_up()


def _locked(act: Act, user_id: int) -> User:
    user = act.db.scalar(
        select(User).where(User.id == user_id).with_for_update().execution_options(populate_existing=True)
    )
    if user is None:
        raise NotFound("There is no such person.")
    return user
