"""CVE numbers on advisories: an administrator's assignment."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.payload.identifiers import canonical_case, is_cve_id
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.services import lock, save_version
from advisoryhub_core.audit.services import record
from advisoryhub_core.errors import Conflict, HubError

_HELD_ONCE = "uq_advisories_assigned_cve_id"


class NotACVEId(HubError):
    """The text is no CVE number (INV-ID-3)."""

    code = "not_a_cve_id"


class CVEHeldElsewhere(Conflict):
    """Another advisory holds the number (INV-CVE-2); which one is not said."""

    code = "cve_held_elsewhere"


class CVEHeldAlready(Conflict):
    """The advisory has a number; it is taken off before it gets another."""

    code = "cve_held_already"


def assign_cve(act: Act, advisory_id: int, cve_id: str) -> Advisory:
    """Put a CVE number on a draft or published advisory, as its next version.

    The number is payload: the next publication carries it as an alias and with a CVE record, and a
    published advisory waits for that publication. An approval moves to the new version (INV-REVIEW-5).
    Raises `NotACVEId` (INV-ID-3), `NotPermitted` without `Cap.DECIDE_CVE`, `CVEHeldAlready`, and
    `CVEHeldElsewhere` (INV-CVE-2).
    """
    number = canonical_case(cve_id.strip())
    if not is_cve_id(number):
        raise NotACVEId("This is not a CVE number: write it like CVE-2026-12345.")
    locked = lock(act, advisory_id)
    locked.require(Cap.DECIDE_CVE)
    advisory = locked.advisory
    if advisory.assigned_cve_id is not None:
        raise CVEHeldAlready(f"The advisory has the number {advisory.assigned_cve_id}. Take it off first.")
    _put(act, advisory, number)
    save_version(act, advisory, ["assigned_cve_id"])
    record(act, "cve.assigned", advisory_id=advisory.id, new={"cve": number})
    return advisory


def _put(act: Act, advisory: Advisory, number: str) -> None:
    taken = CVEHeldElsewhere(f"{number} is held by another advisory. Check the number.")
    if act.db.scalar(select(Advisory.id).where(Advisory.assigned_cve_id == number)) is not None:
        raise taken
    try:
        # Two administrators may be assigning the same number to two advisories at this moment.
        with act.db.begin_nested():
            advisory.assigned_cve_id = number
            act.db.flush()
    except IntegrityError as error:
        if _HELD_ONCE not in str(error.orig):
            raise
        raise taken from None
