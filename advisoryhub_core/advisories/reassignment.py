"""Changing the project of a draft or published advisory, and asking the administrators to (INV-AUTH-9)."""

from __future__ import annotations

from typing import Literal

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.moving import SameProject, move, require_other_target
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.reasons import reason_given
from advisoryhub_core.advisories.services import lock
from advisoryhub_core.audit.services import record
from advisoryhub_core.comments.notes import post_note
from advisoryhub_core.errors import Conflict, HubError, NotPermitted
from advisoryhub_core.projects.models import Project

Cause = Literal["withdrawn", "dismissed", "published", "moved_to_ghsa"]
"""Why a request ended without being carried out: it was taken back, or the advisory left draft."""


class ReassignmentPending(Conflict):
    """There is a request to reassign the advisory already; one at a time."""

    code = "reassignment_pending"


class NoReassignmentRequest(Conflict):
    """Nobody asks to reassign the advisory (any more)."""

    code = "no_reassignment_request"


class TargetMissing(HubError):
    """The request suggests no project, so one has to be chosen."""

    code = "project_missing"


class NoAccessReview(Conflict):
    """Nothing asks to review access (any more)."""

    code = "no_access_review"


def change_project(act: Act, advisory_id: int, project: Project) -> Advisory:
    """Move a native draft or published advisory to another project, as a new version.

    Asks to review access, and fulfils a pending request to reassign it. A published one waits for
    publication; a non-admin's move voids an approval, like any edit. Raises `SameProject` and
    `NotPermitted`, also for somebody who is neither administrator nor on the target's team.
    """
    locked = lock(act, advisory_id)
    locked.require(Cap.CHANGE_PROJECT)
    require_other_target(act, locked.advisory, project)
    _move_by_hand(act, locked.advisory, project)
    return locked.advisory


def dismiss_access_review(act: Act, advisory_id: int) -> Advisory:
    """Say that access was reviewed after a change of project. Raises `NotPermitted`, `NoAccessReview`."""
    locked = lock(act, advisory_id)
    locked.require(Cap.MANAGE_ACCESS)
    advisory = locked.advisory
    if advisory.access_review_required_at is None:
        raise NoAccessReview("Access was reviewed already.")
    advisory.access_review_required_at = None
    record(act, "advisory.access_review_dismissed", advisory_id=advisory.id)
    return advisory


def request_admin_reassignment(
    act: Act, advisory_id: int, *, note: str, suggested: Project | None = None
) -> Advisory:
    """Ask the administrators to move a draft to another project, which locks nothing (INV-AUTH-9).

    Raises `ReasonMissing`, `NotPermitted`, `ReassignmentPending`, and `SameProject` for a suggestion that
    is no change.
    """
    text = reason_given(note, "Say why the advisory belongs elsewhere.")
    locked = lock(act, advisory_id)
    locked.require(Cap.REQUEST_REASSIGNMENT)
    advisory = locked.advisory
    if advisory.reassignment_requested_at is not None:
        raise ReassignmentPending("There is a request already. Withdraw it before you make another.")
    if suggested is not None and suggested.id == advisory.project_id:
        raise SameProject("The advisory belongs to this project already. Suggest another one, or none.")
    advisory.reassignment_requested_at = act.now()
    advisory.reassignment_requested_by_id = act.identity.user_id
    advisory.reassignment_note = text
    advisory.reassignment_suggested = suggested
    record(
        act,
        "advisory.reassignment_requested",
        advisory_id=advisory.id,
        new={"suggested": suggested.slug if suggested is not None else None},
    )
    post_note(act, advisory, "request-reassignment", text, internal=True)
    return advisory


def withdraw_admin_reassignment(act: Act, advisory_id: int) -> Advisory:
    """Take a request to reassign back, or turn it down.

    Raises `NotPermitted`, `NoReassignmentRequest`.
    """
    locked = lock(act, advisory_id)
    locked.require(Cap.WITHDRAW_REASSIGNMENT)
    _require_request(locked.advisory)
    clear_reassignment_request(act, locked.advisory, "withdrawn")
    return locked.advisory


def accept_reassignment_suggestion(act: Act, advisory_id: int, project: Project | None = None) -> Advisory:
    """Carry a request to reassign out: by default to the suggested project, an administrator to any.

    Raises `NotPermitted`, `NoReassignmentRequest`, `SameProject`, and `TargetMissing` where no project is
    suggested or chosen.
    """
    locked = lock(act, advisory_id)
    locked.require(Cap.ACCEPT_REASSIGNMENT)
    advisory = locked.advisory
    _require_request(advisory)
    target = project or advisory.reassignment_suggested
    if target is None:
        raise TargetMissing("The request suggests no project. Choose one.")
    admin = act.identity.is_admin or act.identity.is_system
    if not admin and target.id != advisory.reassignment_suggested_id:
        raise NotPermitted("You may accept the suggested project and no other.")
    require_other_target(act, advisory, target)
    _move_by_hand(act, advisory, target)
    return advisory


def clear_reassignment_request(
    act: Act, advisory: Advisory, cause: Cause, *, actor_id: int | None = None
) -> None:
    """End a pending request on a locked advisory, on the ledger; nothing where none is pending."""
    if advisory.reassignment_requested_at is None:
        return
    _forget_request(advisory)
    record(
        act, "advisory.reassignment_request_cleared", advisory_id=advisory.id, actor_id=actor_id, cause=cause
    )


def _move_by_hand(act: Act, advisory: Advisory, project: Project) -> None:
    fulfils = advisory.reassignment_requested_at is not None
    _forget_request(advisory)
    advisory.access_review_required_at = act.now()
    move(act, advisory, project, triage=False, fulfils_request=fulfils)


def _require_request(advisory: Advisory) -> None:
    if advisory.reassignment_requested_at is None:
        raise NoReassignmentRequest("Nobody asks to reassign this advisory any more.")


def _forget_request(advisory: Advisory) -> None:
    advisory.reassignment_suggested = None
    advisory.reassignment_requested_at = None
    advisory.reassignment_requested_by_id = None
    advisory.reassignment_note = ""
