"""The deeds that lock and unlock the discussion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.deeds import Deed, Subject
from advisoryhub_core.advisories.pages import _
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.comments.services import LOCK_NOTE, UNLOCK_NOTE, lock_comments, unlock_comments
from advisoryhub_core.web.asked import Asked, note

_HINT = _("note-public-hint", default="Everybody who sees the advisory can read it.")


def _is_locked(subject: Subject) -> bool:
    return subject.advisory.comments_locked_at is not None


def _ask_lock(_subject: Subject) -> tuple[Asked, ...]:
    required = _("lock-reason-missing", default="Say why the discussion is locked.")
    return (note(_("reason", default="Reason"), required=required, hint=_HINT),)


def _ask_unlock(_subject: Subject) -> tuple[Asked, ...]:
    return (note(_("reason-optional", default="Reason (may be left empty)"), hint=_HINT),)


def _lock(act: Act, advisory_id: int, values: Mapping[str, Any]) -> Any:
    lock_comments(act, advisory_id, values["reason"])
    return _("comments-locked-flash", default="The discussion is locked: only owners can comment.")


def _unlock(act: Act, advisory_id: int, values: Mapping[str, Any]) -> Any:
    unlock_comments(act, advisory_id, values["reason"])
    return _("comments-unlocked-flash", default="The discussion is open again.")


DEEDS = (
    Deed(
        name=LOCK_NOTE,
        cap=Cap.LOCK_COMMENTS,
        title=_("act-lock-comments", default="Lock the discussion …"),
        submit=_("act-lock-comments-submit", default="Lock it"),
        explanation=_(
            "act-lock-comments-text",
            default="Until it is unlocked, nobody but the team and the administrators can comment.",
        ),
        asks=_ask_lock,
        fits=lambda subject: not _is_locked(subject),
        run=_lock,
        place="comments",
    ),
    Deed(
        name=UNLOCK_NOTE,
        cap=Cap.LOCK_COMMENTS,
        title=_("act-unlock-comments", default="Unlock the discussion …"),
        submit=_("act-unlock-comments-submit", default="Unlock it"),
        asks=_ask_unlock,
        fits=_is_locked,
        run=_unlock,
        place="comments",
    ),
)
