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
from advisoryhub_core.events import CVEUnassigned, ReviewDecided
from advisoryhub_core.workflows.holding import CVEHeldElsewhere, is_held, put_number
from advisoryhub_core.workflows.models import (
    CVERequestStatus,
    CVERequestTask,
    OrphanCVE,
    OrphanReassignmentTask,
    OrphanStatus,
    ReviewTask,
    ReviewTaskStatus,
)
from advisoryhub_core.workflows.queries import open_reassignment


def tear_down_review(act: Act, advisory: Advisory) -> None:
    """Take the review status to none, whatever it was, and close an open task (lifecycle rows 5 and 6)."""
    if advisory.review_status is ReviewStatus.NONE:
        return
    task = close_review_task(act, advisory, ReviewTaskStatus.WITHDRAWN)
    before = advisory.review_status
    advisory.review_status = ReviewStatus.NONE
    advisory.approved_version = None
    record(act, "advisory.review_withdrawn", advisory_id=advisory.id, previous={"review": before.value})
    if task is not None:
        act.notify(ReviewDecided(act, advisory.id, ReviewTaskStatus.WITHDRAWN.value, task.version))


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
    orphan = act.db.scalar(
        select(OrphanCVE)
        .where(OrphanCVE.advisory_id == advisory.id)
        .order_by(OrphanCVE.id.desc())
        .limit(1)
        .with_for_update()
    )
    if orphan is not None and orphan.status is not OrphanStatus.REASSIGNED:
        _restore_number(act, advisory, orphan)
    # Afterwards: an advisory that has its number back asks for none.
    _reopen_request(act, advisory, target)


def _restore_number(act: Act, advisory: Advisory, orphan: OrphanCVE) -> None:
    free = orphan.status is OrphanStatus.ORPHANED and advisory.assigned_cve_id is None
    if not free or is_held(act, orphan.cve_id):
        _ask_for_reassignment(act, advisory, orphan)
        return
    try:
        put_number(act, advisory, orphan.cve_id, restored=True)
    except CVEHeldElsewhere:
        # Somebody gave the number to another advisory at this moment.
        _ask_for_reassignment(act, advisory, orphan)
        return
    record(
        act,
        "cve.reassigned_from_orphan",
        advisory_id=advisory.id,
        new={"cve": orphan.cve_id},
        version=advisory.current_version,
    )


def _ask_for_reassignment(act: Act, advisory: Advisory, orphan: OrphanCVE) -> None:
    task = open_reassignment(act.db, advisory.id)
    if task is None:
        task = OrphanReassignmentTask(advisory_id=advisory.id)
        act.db.add(task)
    elif task.orphan_id == orphan.id:
        # Asked for at an earlier reopening, and not decided since.
        return
    task.orphan_id = orphan.id
    task.requested_by_id = act.identity.user_id
    task.created_at = act.now()
    act.db.flush()
    record(
        act,
        "cve.orphan_reassignment_requested",
        advisory_id=advisory.id,
        new={"cve": orphan.cve_id},
        task_id=task.id,
    )


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
