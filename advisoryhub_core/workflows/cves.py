"""CVE requests: asked for by owners, decided by administrators; and numbers taken off again."""

from __future__ import annotations

from sqlalchemy import select

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.lifecycle import ReasonMissing
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.services import lock
from advisoryhub_core.audit.services import record
from advisoryhub_core.comments.notes import post_note
from advisoryhub_core.errors import Conflict
from advisoryhub_core.events import CVERejected, CVERequested
from advisoryhub_core.workflows.holding import cve_number, put_number, refuse_second_number
from advisoryhub_core.workflows.models import CVERequestStatus, CVERequestTask, OrphanCVE
from advisoryhub_core.workflows.teardown import orphan_number


class CVERequestOpen(Conflict):
    """A request waits already (INV-CVE-1)."""

    code = "cve_request_open"


class CVERequestsBanned(Conflict):
    """An administrator stopped requests for this advisory."""

    code = "cve_requests_banned"


class NoCVERequest(Conflict):
    """No request waits for a decision."""

    code = "no_cve_request"


class NotBanned(Conflict):
    """There is no ban to lift."""

    code = "not_banned"


def request_cve(act: Act, advisory_id: int) -> CVERequestTask:
    """Ask for a CVE number for a draft or published advisory (INV-CVE-1).

    Raises `NotPermitted`, `CVEHeldAlready`, `CVERequestOpen`, `CVERequestsBanned`.
    """
    locked = lock(act, advisory_id)
    locked.require(Cap.REQUEST_CVE)
    if open_request(act, locked.advisory) is not None:
        raise CVERequestOpen("A CVE number was asked for already. Wait for the administrators.")
    return _request(act, locked.advisory)


def reserve_cve(act: Act, advisory_id: int, cve_id: str) -> CVERequestTask:
    """Answer the open request with a number, which is the advisory's next version.

    The next publication carries the number as an alias and with a CVE record, and a published advisory
    waits for that publication. An approval moves to the new version (INV-REVIEW-5). Raises `NotACVEId`
    (INV-ID-3), `NotPermitted` without `Cap.DECIDE_CVE`, `NoCVERequest`, `CVEHeldAlready`, and
    `CVEHeldElsewhere` (INV-CVE-2).
    """
    number = cve_number(cve_id)
    locked = lock(act, advisory_id)
    locked.require(Cap.DECIDE_CVE)
    return _reserve(act, locked.advisory, _asked(act, locked.advisory), number)


def assign_cve(act: Act, advisory_id: int, cve_id: str) -> CVERequestTask:
    """Reserve a number, asking for one first where nobody did.

    Raises what `request_cve` and `reserve_cve` raise, except that an open request is welcome.
    """
    number = cve_number(cve_id)
    locked = lock(act, advisory_id)
    locked.require(Cap.DECIDE_CVE)
    task = open_request(act, locked.advisory) or _request(act, locked.advisory)
    return _reserve(act, locked.advisory, task, number)


def reject_cve_request(act: Act, advisory_id: int, *, reason: str, ban: bool = False) -> CVERequestTask:
    """Turn the open request down; the reason becomes a public comment.

    `ban` stops further requests for the advisory (INV-CVE-3). Raises `ReasonMissing`, `NotPermitted`,
    `NoCVERequest`.
    """
    if not reason.strip():
        raise ReasonMissing("Say why there is no number.")
    locked = lock(act, advisory_id)
    locked.require(Cap.DECIDE_CVE)
    advisory = locked.advisory
    task = _asked(act, advisory)
    task.notes = reason.strip()
    settle(act, task, CVERequestStatus.REJECTED)
    if ban:
        advisory.cve_requests_banned = True
        act.db.flush()
        record(act, "cve.request_banned", advisory_id=advisory.id)
    post_note(act, advisory, "reject-cve", reason, internal=False)
    act.notify(CVERejected(act, advisory.id))
    return task


def unassign_cve(act: Act, advisory_id: int, *, reason: str) -> OrphanCVE | None:
    """Take the number off, as a new version, and keep it as an orphan; the reason stays internal.

    Raises `ReasonMissing`, and `NotPermitted` without `Cap.UNASSIGN_CVE` or a number.
    """
    if not reason.strip():
        raise ReasonMissing("Say why the number is taken off.")
    locked = lock(act, advisory_id)
    locked.require(Cap.UNASSIGN_CVE)
    orphan = orphan_number(act, locked.advisory)
    post_note(act, locked.advisory, "unassign-cve", reason, internal=True)
    return orphan


def unban_cve_requests(act: Act, advisory_id: int) -> Advisory:
    """Allow requests for the advisory again (INV-CVE-3). Raises `NotPermitted`, `NotBanned`."""
    locked = lock(act, advisory_id)
    locked.require(Cap.UNBAN_CVE)
    advisory = locked.advisory
    if not advisory.cve_requests_banned:
        raise NotBanned("CVE requests are not banned for this advisory.")
    advisory.cve_requests_banned = False
    act.db.flush()
    record(act, "cve.request_unbanned", advisory_id=advisory.id)
    return advisory


def open_request(act: Act, advisory: Advisory) -> CVERequestTask | None:
    """Lock and return the request that waits for a decision; the caller holds the advisory's lock."""
    return act.db.scalar(
        select(CVERequestTask)
        .where(CVERequestTask.advisory_id == advisory.id, CVERequestTask.status == CVERequestStatus.QUEUED)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def settle(act: Act, task: CVERequestTask, status: CVERequestStatus, *, number: str | None = None) -> None:
    """End an open request as reserved or rejected, on the ledger; the caller holds the lock."""
    task.status = status
    task.cve_id = number
    task.assignee_id = act.identity.user_id
    task.finished_at = act.now()
    act.db.flush()
    new = {"status": status.value, **({"cve": number} if number else {})}
    record(
        act,
        "cve.task_status_changed",
        advisory_id=task.advisory_id,
        previous={"status": CVERequestStatus.QUEUED.value},
        new=new,
        task_id=task.id,
    )


def _request(act: Act, advisory: Advisory) -> CVERequestTask:
    refuse_second_number(advisory)
    if advisory.cve_requests_banned:
        raise CVERequestsBanned("CVE requests are banned for this advisory. An administrator can allow them.")
    task = CVERequestTask(advisory_id=advisory.id, requested_by_id=act.identity.user_id, created_at=act.now())
    act.db.add(task)
    act.db.flush()
    record(act, "cve.requested", advisory_id=advisory.id, task_id=task.id)
    act.notify(CVERequested(act, advisory.id))
    return task


def _asked(act: Act, advisory: Advisory) -> CVERequestTask:
    task = open_request(act, advisory)
    if task is None:
        raise NoCVERequest("No CVE request waits for a decision. Somebody may have decided it just now.")
    return task


def _reserve(act: Act, advisory: Advisory, task: CVERequestTask, number: str) -> CVERequestTask:
    put_number(act, advisory, number)
    settle(act, task, CVERequestStatus.RESERVED, number=number)
    return task
