"""CVE numbers and the advisories that hold them: a number's form, and that one advisory holds it.

Everything here is part of somebody else's act: the caller holds the advisory's lock and has judged the
capability.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.payload.identifiers import canonical_case, is_cve_id
from advisoryhub_core.advisories.services import save_version
from advisoryhub_core.audit.services import record
from advisoryhub_core.db.session import system_scope
from advisoryhub_core.errors import Conflict, HubError
from advisoryhub_core.events import CVEReserved
from advisoryhub_core.workflows.models import (
    OrphanCVE,
    OrphanReassignmentTask,
    OrphanStatus,
    ReassignmentStatus,
)
from advisoryhub_core.workflows.queries import open_reassignment

_HELD_ONCE = "uq_advisories_assigned_cve_id"


class NotACVEId(HubError):
    """The text is no CVE number (INV-ID-3)."""

    code = "not_a_cve_id"


class CVEHeldElsewhere(Conflict):
    """Another advisory holds the number (INV-CVE-2); which one is not said."""

    code = "cve_held_elsewhere"


class CVEHeldAlready(Conflict):
    """The advisory has a number; it is taken off before it gets another (INV-CVE-2)."""

    code = "cve_held_already"


def cve_number(text: str) -> str:
    """Return a typed CVE number in its normal form. Raises `NotACVEId` (INV-ID-3)."""
    number = canonical_case(text.strip())
    if not is_cve_id(number):
        raise NotACVEId("This is not a CVE number: write it like CVE-2026-12345.")
    return number


def refuse_second_number(advisory: Advisory) -> None:
    """Raise `CVEHeldAlready` if the advisory has a number."""
    if advisory.assigned_cve_id is not None:
        raise CVEHeldAlready(f"The advisory has the number {advisory.assigned_cve_id}. Take it off first.")


def is_held(act: Act, number: str) -> bool:
    """Tell whether any advisory holds the number, also one that the acting person may not see."""
    with system_scope(act.db):
        holder = act.db.scalar(select(Advisory.id).where(Advisory.assigned_cve_id == number))
    return holder is not None


def put_number(act: Act, advisory: Advisory, number: str, *, restored: bool = False) -> None:
    """Set a number on an advisory that has none, as its next version; the caller records why.

    An orphan of this number on the same advisory is in use again, and a wish to have it back is
    fulfilled. `restored` where it comes back with a reopened advisory. Raises `CVEHeldAlready`, and
    `CVEHeldElsewhere` also where somebody else is setting it on another advisory at this moment (INV-CVE-2).
    """
    refuse_second_number(advisory)
    taken = CVEHeldElsewhere(f"{number} is held by another advisory. Check the number.")
    # The index would refuse it as well, with the number in the database's log.
    if is_held(act, number):
        raise taken
    try:
        with act.db.begin_nested():
            advisory.assigned_cve_id = number
            act.db.flush()
    except IntegrityError as error:
        if _HELD_ONCE not in str(error.orig):
            raise
        raise taken from None
    save_version(act, advisory, ["assigned_cve_id"], edited=False)
    _use_orphan_again(act, advisory, number)
    act.notify(CVEReserved(act, advisory.id, number, restored))


def resolve(
    act: Act, task: OrphanReassignmentTask, status: ReassignmentStatus, *, replacement: str | None = None
) -> None:
    """End the wish to have a number back, on the ledger."""
    task.status = status
    task.replacement_cve_id = replacement
    task.resolved_by_id = act.identity.user_id
    task.resolved_at = act.now()
    act.db.flush()
    record(
        act,
        "cve.orphan_reassignment_resolved",
        advisory_id=task.advisory_id,
        previous={"cve": task.orphan.cve_id},
        new={"decision": status.value, "cve": replacement or task.orphan.cve_id},
        task_id=task.id,
    )


def _use_orphan_again(act: Act, advisory: Advisory, number: str) -> None:
    orphan = act.db.scalar(
        select(OrphanCVE)
        .where(
            OrphanCVE.advisory_id == advisory.id,
            OrphanCVE.cve_id == number,
            OrphanCVE.status != OrphanStatus.REASSIGNED,
        )
        .with_for_update()
    )
    if orphan is None:
        return
    orphan.status = OrphanStatus.REASSIGNED
    orphan.resolved_by_id = act.identity.user_id
    orphan.resolved_at = act.now()
    wish = open_reassignment(act.db, advisory.id)
    if wish is not None and wish.orphan_id == orphan.id:
        resolve(act, wish, ReassignmentStatus.REASSIGNED)
    act.db.flush()
