"""Withdrawing what was published, by publishing it once more with the mark (INV-WITHDRAW), and back.

The act sets or clears the reason, which is payload, and asks whoever publishes to bring that version out
(`ExportRequested`). Only a clean push moves the state; after a failed one everything is as it was, with the
reason kept, and publishing again tries again.
"""

from __future__ import annotations

from typing import Literal

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.reasons import reason_given
from advisoryhub_core.advisories.services import change_state, lock, save_version
from advisoryhub_core.advisories.states import ReviewStatus, State
from advisoryhub_core.audit.services import record
from advisoryhub_core.comments.notes import post_note
from advisoryhub_core.errors import Conflict
from advisoryhub_core.events import AdvisoryReopened, ExportRequested, WithdrawalRequested, Withdrawn
from advisoryhub_core.workflows.teardown import close_open_review, orphan_number, restore_cve


class WithdrawalPending(Conflict):
    """There is a request to withdraw the advisory already."""

    code = "withdrawal_pending"


class NoWithdrawalRequest(Conflict):
    """Nobody asks to withdraw the advisory (any more)."""

    code = "no_withdrawal_request"


class NothingPublishes(Conflict):
    """A withdrawal would wait for a push that nobody makes."""

    code = "nothing_publishes"


def request_withdrawal(act: Act, advisory_id: int, *, note: str) -> Advisory:
    """Ask the administrators to withdraw a published advisory; `note` is to be the public reason.

    Raises `ReasonMissing`, `NotPermitted`, `WithdrawalPending`.
    """
    text = reason_given(note, "Say why the advisory should be withdrawn.")
    locked = lock(act, advisory_id)
    locked.require(Cap.REQUEST_WITHDRAWAL)
    advisory = locked.advisory
    if advisory.withdrawal_requested_at is not None:
        raise WithdrawalPending("There is a request already. Cancel it before you make another.")
    advisory.withdrawal_requested_at = act.now()
    advisory.withdrawal_requested_by_id = act.identity.user_id
    advisory.withdrawal_note = text
    record(act, "advisory.withdrawal_requested", advisory_id=advisory.id)
    post_note(act, advisory, "request-withdrawal", text, internal=True)
    act.notify(WithdrawalRequested(act, advisory.id))
    return advisory


def cancel_withdrawal_request(act: Act, advisory_id: int, *, note: str = "") -> Advisory:
    """Take a request to withdraw back, or turn it down; `note` may say why.

    Raises `NotPermitted`, `NoWithdrawalRequest`.
    """
    locked = lock(act, advisory_id)
    locked.require(Cap.CANCEL_WITHDRAWAL)
    advisory = locked.advisory
    _require_request(advisory)
    _clear_request(act, advisory, "cancelled")
    post_note(act, advisory, "cancel-withdrawal-request", note, internal=True)
    return advisory


def withdraw_advisory(act: Act, advisory_id: int, *, reason: str) -> Advisory:
    """Withdraw a published advisory, for a reason that the public reads (lifecycle row 8a).

    Raises `StepUpRequired`, `ReasonMissing`, `NotPermitted`, and whatever the publisher refuses with (a
    publication that is under way).
    """
    act.require_step_up()
    text = reason_given(reason, "Say why the advisory is withdrawn.")
    locked = lock(act, advisory_id)
    locked.require(Cap.WITHDRAW)
    advisory = locked.advisory
    post_note(act, advisory, "withdraw", text, internal=False)
    _withdraw(act, advisory, text, "withdrawn")
    return advisory


def approve_withdrawal(act: Act, advisory_id: int) -> Advisory:
    """Withdraw as the team asked, with its note as the reason.

    Raises `NoWithdrawalRequest` and what `withdraw_advisory` raises.
    """
    act.require_step_up()
    locked = lock(act, advisory_id)
    locked.require(Cap.APPROVE_WITHDRAWAL)
    advisory = locked.advisory
    _require_request(advisory)
    _withdraw(act, advisory, advisory.withdrawal_note, "approved")
    return advisory


def mark_withdrawn(act: Act, advisory: Advisory, *, version: int, reason: str, actor_id: int) -> None:
    """Record a clean push of a withdrawal on a locked advisory: it is dismissed, its number an orphan.

    `actor_id` is the person who asked. The version without the number needs no publication: the record of
    the number stays public, as rejected. Nothing happens to one that is withdrawn already.
    """
    if advisory.state is not State.PUBLISHED:
        return
    record(
        act,
        "advisory.dismissed",
        advisory_id=advisory.id,
        actor_id=actor_id,
        previous={"state": State.PUBLISHED.value},
        new={"version": version},
    )
    advisory.dismissed_reason = reason
    advisory.modified_at = act.now()
    advisory.republish_required = False
    advisory.dismissed_from_state = State.PUBLISHED
    change_state(act, advisory, State.DISMISSED, narrated=True, actor_id=actor_id)
    orphan_number(act, advisory, actor_id=actor_id)
    act.db.flush()
    act.notify(Withdrawn(act, advisory.id, version))


def bring_back(act: Act, advisory: Advisory) -> None:
    """Take the mark off a locked, withdrawn advisory and have it published again (lifecycle row 9a).

    The caller has judged `Cap.REOPEN`. Raises `StepUpRequired` and whatever the publisher refuses with.
    """
    act.require_step_up()
    record(act, "advisory.reopened", advisory_id=advisory.id, new={"state": State.PUBLISHED.value})
    advisory.review_status = ReviewStatus.NONE
    advisory.approved_version = None
    advisory.withdrawn_reason = ""
    save_version(act, advisory, ["withdrawn_reason"], edited=False)
    restore_cve(act, advisory, State.PUBLISHED)
    act.db.flush()
    act.notify(AdvisoryReopened(act, advisory.id, State.PUBLISHED.value))
    _request_export(act, advisory)


def _withdraw(act: Act, advisory: Advisory, reason: str, cause: Literal["withdrawn", "approved"]) -> None:
    close_open_review(act, advisory)
    if advisory.withdrawal_requested_at is not None:
        _clear_request(act, advisory, cause)
    advisory.withdrawn_reason = reason
    save_version(act, advisory, ["withdrawn_reason"], edited=False, keeps_review=True)
    _request_export(act, advisory)


def _request_export(act: Act, advisory: Advisory) -> None:
    event = ExportRequested(act, advisory.id)
    act.notify(event)
    if not event.taken:
        raise NothingPublishes("No plugin that publishes is loaded, so nothing public can be changed.")


def _require_request(advisory: Advisory) -> None:
    if advisory.withdrawal_requested_at is None:
        raise NoWithdrawalRequest("Nobody asks to withdraw this advisory any more.")


def _clear_request(
    act: Act, advisory: Advisory, cause: Literal["cancelled", "withdrawn", "approved"]
) -> None:
    advisory.withdrawal_requested_at = None
    advisory.withdrawal_requested_by_id = None
    advisory.withdrawal_note = ""
    record(act, "advisory.withdrawal_request_cleared", advisory_id=advisory.id, cause=cause)
