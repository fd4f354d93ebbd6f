"""Reviews: a machine beside the state, in which an administrator approves a version (INV-REVIEW-1)."""

from __future__ import annotations

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.lifecycle import ReasonMissing
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.queries import version_of
from advisoryhub_core.advisories.services import lock
from advisoryhub_core.advisories.settings import ADMINS_NEED_REVIEW
from advisoryhub_core.advisories.states import ReviewStatus
from advisoryhub_core.audit.services import record
from advisoryhub_core.comments.notes import post_note
from advisoryhub_core.errors import Conflict, NotPermitted
from advisoryhub_core.events import ReviewDecided, ReviewSubmitted
from advisoryhub_core.workflows.models import ReviewTask, ReviewTaskStatus
from advisoryhub_core.workflows.queries import newest_review
from advisoryhub_core.workflows.teardown import close_review_task, tear_down_review


class NothingToDecide(Conflict):
    """No review is open."""

    code = "no_open_review"


class VersionNotInReview(Conflict):
    """A decision was about a version that is neither the submitted one nor the newest."""

    code = "version_not_in_review"

    def __init__(self, *, version: int, pinned: int, newest: int) -> None:
        there = f"Version {pinned} was submitted"
        if newest != pinned:
            there += f", and version {newest} is the newest"
        super().__init__(f"Version {version} is not up for a decision. {there}. Look at it and decide again.")
        self.pinned = pinned
        self.newest = newest


def submit_for_review(act: Act, advisory_id: int) -> ReviewTask:
    """Ask for a review of the newest version, which the task pins (INV-REVIEW-2).

    A standing approval ends with it. Raises `NotPermitted` without `Cap.SUBMIT_REVIEW`: for
    administrators (INV-REVIEW-3), and where nothing waits for a publication.
    """
    locked = lock(act, advisory_id)
    locked.require(Cap.SUBMIT_REVIEW)
    advisory = locked.advisory
    before = advisory.review_status
    advisory.review_status = ReviewStatus.SUBMITTED
    advisory.approved_version = None
    task = ReviewTask(
        advisory_id=advisory.id,
        version=advisory.current_version,
        submitted_by_id=act.identity.user_id,
        created_at=act.now(),
    )
    act.db.add(task)
    act.db.flush()
    record(
        act,
        "advisory.submitted_for_review",
        advisory_id=advisory.id,
        previous={"review": before.value},
        new={"review": ReviewStatus.SUBMITTED.value},
        task_id=task.id,
        version=task.version,
    )
    act.notify(ReviewSubmitted(act, advisory.id, task.version))
    return task


def withdraw_review(act: Act, advisory_id: int) -> Advisory:
    """Take a submitted review back. Raises `NotPermitted`, for administrators too (INV-REVIEW-3)."""
    locked = lock(act, advisory_id)
    locked.require(Cap.WITHDRAW_REVIEW)
    tear_down_review(act, locked.advisory)
    act.db.flush()
    return locked.advisory


def reopen_review(act: Act, advisory_id: int) -> Advisory:
    """Leave 'changes requested' without submitting anew. Raises `NotPermitted`."""
    locked = lock(act, advisory_id)
    locked.require(Cap.REOPEN_REVIEW)
    advisory = locked.advisory
    before = advisory.review_status
    advisory.review_status = ReviewStatus.NONE
    act.db.flush()
    record(
        act,
        "advisory.state_changed",
        advisory_id=advisory.id,
        previous={"review_status": before.value},
        new={"review_status": ReviewStatus.NONE.value},
        field="review_status",
    )
    return advisory


def approve_review(act: Act, advisory_id: int, *, version: int, notes: str = "") -> ReviewTask:
    """Approve the submitted version, or knowingly the newest one, and nothing else (INV-REVIEW-5).

    The notes become a public comment. Raises `NotPermitted`, also for what one last edited oneself where
    `review.admins_need_review` is on; `VersionNotInReview` with what is there now; `NothingToDecide`.
    """
    locked = lock(act, advisory_id)
    locked.require(Cap.DECIDE_REVIEW)
    advisory = locked.advisory
    pinned = submitted_version(act, advisory.id)
    if version not in {pinned, advisory.current_version}:
        raise VersionNotInReview(version=version, pinned=pinned, newest=advisory.current_version)
    _refuse_own_version(act, advisory, version)
    task = _decide(act, advisory, ReviewTaskStatus.APPROVED, notes)
    task.decided_version = version
    advisory.review_status = ReviewStatus.APPROVED
    advisory.approved_version = version
    act.db.flush()
    record(
        act,
        "advisory.review_approved",
        advisory_id=advisory.id,
        previous={"review": ReviewStatus.SUBMITTED.value},
        new={"review": ReviewStatus.APPROVED.value, "version": version},
        task_id=task.id,
    )
    act.notify(ReviewDecided(act, advisory.id, task.status.value, version))
    return task


def request_changes(act: Act, advisory_id: int, *, notes: str) -> ReviewTask:
    """Send a submitted advisory back with notes, which become a public comment.

    Raises `ReasonMissing`, `NotPermitted`, `NothingToDecide`.
    """
    if not notes.strip():
        raise ReasonMissing("Say what has to change.")
    locked = lock(act, advisory_id)
    locked.require(Cap.DECIDE_REVIEW)
    advisory = locked.advisory
    task = _decide(act, advisory, ReviewTaskStatus.CHANGES_REQUESTED, notes)
    advisory.review_status = ReviewStatus.CHANGES_REQUESTED
    act.db.flush()
    record(
        act,
        "advisory.review_changes_requested",
        advisory_id=advisory.id,
        previous={"review": ReviewStatus.SUBMITTED.value},
        new={"review": ReviewStatus.CHANGES_REQUESTED.value},
        task_id=task.id,
        version=task.version,
    )
    act.notify(ReviewDecided(act, advisory.id, task.status.value, task.version))
    return task


def revoke_approval(act: Act, advisory_id: int, *, reason: str = "") -> Advisory:
    """Take a standing approval back; the reason becomes an internal comment. Raises `NotPermitted`."""
    locked = lock(act, advisory_id)
    locked.require(Cap.REVOKE_APPROVAL)
    advisory = locked.advisory
    version = advisory.approved_version
    advisory.review_status = ReviewStatus.NONE
    advisory.approved_version = None
    act.db.flush()
    record(act, "advisory.review_approval_revoked", advisory_id=advisory.id, previous={"version": version})
    post_note(act, advisory, "revoke-approval", reason, internal=True)
    return advisory


def submitted_version(act: Act, advisory_id: int) -> int:
    """Return the version that the open review pins. Raises `NothingToDecide`."""
    return _open_review(act, advisory_id).version


def _open_review(act: Act, advisory_id: int) -> ReviewTask:
    task = newest_review(act.db, advisory_id)
    if task is None or task.status is not ReviewTaskStatus.OPEN:
        raise NothingToDecide("No review of the advisory is open.")
    return task


def _decide(act: Act, advisory: Advisory, status: ReviewTaskStatus, notes: str) -> ReviewTask:
    task = close_review_task(act, advisory, status)
    if task is None:
        raise NothingToDecide("No review of the advisory is open.")
    task.reviewer_id = act.identity.user_id
    task.notes = notes.strip()
    post_note(act, advisory, "review", notes, internal=False)
    return task


def _refuse_own_version(act: Act, advisory: Advisory, version: int) -> None:
    """`Cap.DECIDE_REVIEW` looks at who wrote the newest version; this at the chosen one."""
    if not ADMINS_NEED_REVIEW.of(act.registry):
        return
    chosen = version_of(act.db, advisory, version)
    if chosen is not None and chosen.editor_id is not None and chosen.editor_id == act.identity.user_id:
        raise NotPermitted(f"Version {version} is your own edit: somebody else has to approve it.")
