"""What a dismissal takes down beside the state, and what a reopening puts back.

Everything here is part of somebody else's act: the caller holds the advisory's lock and has judged the
capability. Locks are taken advisory first, then its tasks.
"""

from __future__ import annotations

from sqlalchemy import select

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.services import save_version
from advisoryhub_core.advisories.states import ReviewStatus, State
from advisoryhub_core.audit.services import record
from advisoryhub_core.db.session import system_scope
from advisoryhub_core.events import CVEUnassigned
from advisoryhub_core.workflows.models import (
    CVERequestStatus,
    CVERequestTask,
    OrphanCVE,
    OrphanReassignmentTask,
    OrphanStatus,
    ReviewTask,
    ReviewTaskStatus,
)


def tear_down_review(act: Act, advisory: Advisory) -> None:
    """Take the review status to none, whatever it was, and close an open task (lifecycle rows 5 and 6)."""
    if advisory.review_status is ReviewStatus.NONE:
        return
    close_review_task(act, advisory, ReviewTaskStatus.WITHDRAWN)
    before = advisory.review_status
    advisory.review_status = ReviewStatus.NONE
    advisory.approved_version = None
    record(act, "advisory.review_withdrawn", advisory_id=advisory.id, previous={"review": before.value})


def close_open_review(act: Act, advisory: Advisory) -> None:
    """End a submitted review and leave any other status as it is (lifecycle row 8a)."""
    if advisory.review_status is ReviewStatus.SUBMITTED:
        tear_down_review(act, advisory)


def close_review_task(act: Act, advisory: Advisory, status: ReviewTaskStatus) -> ReviewTask | None:
    """Move the open review task of an advisory to `status`, on the ledger; None where none is open."""
    task = act.db.scalar(
        select(ReviewTask)
        .where(ReviewTask.advisory_id == advisory.id, ReviewTask.status == ReviewTaskStatus.OPEN)
        .with_for_update()
    )
    if task is None:
        return None
    task.status = status
    task.decided_at = act.now()
    record(
        act,
        "review.task_status_changed",
        advisory_id=advisory.id,
        previous={"status": ReviewTaskStatus.OPEN.value},
        new={"status": status.value},
        task_id=task.id,
        version=task.version,
    )
    return task


def cancel_open_cve_request(act: Act, advisory: Advisory) -> None:
    """Cancel the open CVE request of a dismissed advisory, if there is one."""
    task = act.db.scalar(
        select(CVERequestTask)
        .where(CVERequestTask.advisory_id == advisory.id, CVERequestTask.status == CVERequestStatus.QUEUED)
        .with_for_update()
    )
    if task is None:
        return
    task.status = CVERequestStatus.CANCELLED
    task.finished_at = act.now()
    record(act, "cve.request_cancelled", advisory_id=advisory.id, task_id=task.id)
    act.db.flush()


def orphan_number(act: Act, advisory: Advisory, *, actor_id: int | None = None) -> OrphanCVE | None:
    """Take the CVE number off an advisory, which is a new version, and keep it as an orphan.

    `actor_id` is the person for whom a worker acts; by default the acting one.
    """
    number = advisory.assigned_cve_id
    if number is None:
        return None
    person = act.identity.user_id if actor_id is None else actor_id
    orphan = OrphanCVE(cve_id=number, advisory_id=advisory.id, created_by_id=person, created_at=act.now())
    act.db.add(orphan)
    advisory.assigned_cve_id = None
    save_version(act, advisory, ["assigned_cve_id"], edited=False)
    record(
        act,
        "cve.unassigned",
        advisory_id=advisory.id,
        actor_id=person,
        previous={"cve": number},
        version=advisory.current_version,
    )
    act.notify(CVEUnassigned(act, advisory.id, number))
    return orphan


def restore_cve(act: Act, advisory: Advisory, target: State) -> None:
    """Put back what a dismissal took from an advisory that is reopened to `target` ("CVE on reopen")."""
    _reopen_request(act, advisory, target)
    orphan = act.db.scalar(
        select(OrphanCVE)
        .where(OrphanCVE.advisory_id == advisory.id)
        .order_by(OrphanCVE.id.desc())
        .limit(1)
        .with_for_update()
    )
    if orphan is None or orphan.status is OrphanStatus.REASSIGNED:
        return
    free = orphan.status is OrphanStatus.ORPHANED and advisory.assigned_cve_id is None
    if free and not _is_held(act, orphan.cve_id):
        put_back(act, advisory, orphan)
        record(
            act,
            "cve.reassigned_from_orphan",
            advisory_id=advisory.id,
            new={"cve": orphan.cve_id},
            version=advisory.current_version,
        )
        return
    task = OrphanReassignmentTask(
        orphan_id=orphan.id,
        advisory_id=advisory.id,
        requested_by_id=act.identity.user_id,
        created_at=act.now(),
    )
    act.db.add(task)
    act.db.flush()
    record(
        act,
        "cve.orphan_reassignment_requested",
        advisory_id=advisory.id,
        new={"cve": orphan.cve_id},
        task_id=task.id,
    )


def put_back(act: Act, advisory: Advisory, orphan: OrphanCVE) -> None:
    """Set an orphan's number on its advisory again, as a new version; the caller records it."""
    orphan.status = OrphanStatus.REASSIGNED
    orphan.resolved_by_id = act.identity.user_id
    orphan.resolved_at = act.now()
    advisory.assigned_cve_id = orphan.cve_id
    save_version(act, advisory, ["assigned_cve_id"], edited=False)


def _reopen_request(act: Act, advisory: Advisory, target: State) -> None:
    if target is not State.DRAFT or advisory.assigned_cve_id is not None:
        return
    newest = act.db.scalar(
        select(CVERequestTask)
        .where(CVERequestTask.advisory_id == advisory.id)
        .order_by(CVERequestTask.id.desc())
        .limit(1)
        .with_for_update()
    )
    # Only a dismissal cancels a request.
    if newest is None or newest.status is not CVERequestStatus.CANCELLED:
        return
    newest.status = CVERequestStatus.QUEUED
    newest.finished_at = None
    record(
        act,
        "cve.task_status_changed",
        advisory_id=advisory.id,
        previous={"status": CVERequestStatus.CANCELLED.value},
        new={"status": CVERequestStatus.QUEUED.value},
        task_id=newest.id,
    )
    act.db.flush()


def _is_held(act: Act, cve_id: str) -> bool:
    """Whether any advisory holds the number, also one that the acting person may not see."""
    with system_scope(act.db):
        holder = act.db.scalar(select(Advisory.id).where(Advisory.assigned_cve_id == cve_id))
    return holder is not None
