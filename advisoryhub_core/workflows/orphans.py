"""What becomes of CVE numbers that were taken off an advisory."""

from __future__ import annotations

from sqlalchemy import select

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.services import lock
from advisoryhub_core.audit.services import record
from advisoryhub_core.errors import Conflict
from advisoryhub_core.workflows.cves import open_request, settle
from advisoryhub_core.workflows.holding import cve_number, is_held, put_number, resolve
from advisoryhub_core.workflows.models import (
    CVERequestStatus,
    CVERequestTask,
    OrphanCVE,
    OrphanReassignmentTask,
    OrphanStatus,
    ReassignmentStatus,
)
from advisoryhub_core.workflows.queries import open_reassignment


class NoSuchOrphan(Conflict):
    """The number does not wait on this advisory to be rejected."""

    code = "no_such_orphan"


class OrphanInUse(Conflict):
    """An advisory holds the number again, so it is not rejected."""

    code = "orphan_in_use"


class NoReassignment(Conflict):
    """Nobody waits for a decision about a number."""

    code = "no_reassignment"


class NotOpenForNumbers(Conflict):
    """A dismissed advisory takes no number."""

    code = "not_open_for_numbers"


def mark_orphan_rejected(act: Act, advisory_id: int, cve_id: str) -> OrphanCVE:
    """Note that an orphaned number of this advisory was rejected at cve.org.

    Raises `NotPermitted` without `Cap.ORPHANS`, `NotACVEId`, `NoSuchOrphan`, and `OrphanInUse` where an
    advisory holds the number by now.
    """
    number = cve_number(cve_id)
    locked = lock(act, advisory_id)
    locked.require(Cap.ORPHANS)
    orphan = act.db.scalar(
        select(OrphanCVE)
        .where(
            OrphanCVE.advisory_id == locked.advisory.id,
            OrphanCVE.cve_id == number,
            OrphanCVE.status == OrphanStatus.ORPHANED,
        )
        .with_for_update()
    )
    if orphan is None:
        raise NoSuchOrphan(f"{number} is not an orphan of this advisory, or was marked as rejected already.")
    if is_held(act, number):
        raise OrphanInUse(f"{number} is in use on an advisory: rejecting it would reject that one's number.")
    orphan.status = OrphanStatus.MARKED_REJECTED
    orphan.resolved_by_id = act.identity.user_id
    orphan.resolved_at = act.now()
    act.db.flush()
    record(act, "cve.marked_rejected_at_cve_org", advisory_id=locked.advisory.id, new={"cve": number})
    return orphan


def resolve_reassignment(
    act: Act, advisory_id: int, *, decision: ReassignmentStatus, cve_id: str | None = None
) -> OrphanReassignmentTask:
    """Decide about a reopened advisory's number ("CVE on reopen").

    `REASSIGNED` puts the number back; `REPLACED` sets the new number `cve_id`, with a reserved request.
    Either is a new version, except that a number which the advisory holds by now counts as its
    replacement. An open request is answered with the number. Raises `NotPermitted` without `Cap.ORPHANS`,
    `NoReassignment`, `NotOpenForNumbers`, `NotACVEId`, `CVEHeldAlready` and `CVEHeldElsewhere`.
    """
    if decision is ReassignmentStatus.QUEUED:
        raise ValueError(decision)
    replacement = cve_number(cve_id or "") if decision is ReassignmentStatus.REPLACED else None
    locked = lock(act, advisory_id)
    locked.require(Cap.ORPHANS)
    advisory = locked.advisory
    task = open_reassignment(act.db, advisory.id)
    if task is None:
        raise NoReassignment("No number of this advisory waits for a decision.")
    if Cap.DECIDE_CVE not in locked.caps and not advisory.is_restoring:
        raise NotOpenForNumbers("The advisory takes no number as it stands: reopen it first.")
    if replacement is None:
        # This fulfils the wish, too.
        put_number(act, advisory, task.orphan.cve_id)
        _answer_request(act, advisory, task.orphan.cve_id)
    else:
        if replacement != advisory.assigned_cve_id:
            _replace(act, advisory, replacement)
        resolve(act, task, decision, replacement=replacement)
    return task


def _replace(act: Act, advisory: Advisory, number: str) -> None:
    put_number(act, advisory, number)
    if _answer_request(act, advisory, number):
        return
    now = act.now()
    act.db.add(
        CVERequestTask(
            advisory_id=advisory.id,
            status=CVERequestStatus.RESERVED,
            cve_id=number,
            requested_by_id=act.identity.user_id,
            assignee_id=act.identity.user_id,
            created_at=now,
            finished_at=now,
        )
    )
    act.db.flush()


def _answer_request(act: Act, advisory: Advisory, number: str) -> bool:
    task = open_request(act, advisory)
    if task is None:
        return False
    settle(act, task, CVERequestStatus.RESERVED, number=number)
    return True
