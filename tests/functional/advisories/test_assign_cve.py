"""An administrator's assignment of a CVE number."""

from __future__ import annotations

import threading

import pytest

from advisoryhub_core.advisories.cve import CVEHeldAlready, CVEHeldElsewhere, NotACVEId, assign_cve
from advisoryhub_core.advisories.queries import version_of
from advisoryhub_core.advisories.states import State
from advisoryhub_core.errors import NotPermitted
from tests.support.hub import Hub

NUMBER = "CVE-2026-9900001"


def test_a_number_is_a_new_version_and_on_the_ledger_once(hub: Hub) -> None:
    advisory_id = hub.draft(hub.project())
    with hub.acting_for(hub.admin()) as act:
        assign_cve(act, hub.row(act, advisory_id).id, " cve-2026-9900001 ")
    with hub.system() as act:
        row = hub.row(act, advisory_id)
        assert (row.assigned_cve_id, row.current_version, row.republish_required) == (NUMBER, 2, False)
        newest = version_of(act.db, row, 2)
        assert newest is not None
        assert newest.payload["assigned_cve_id"] == NUMBER
    assert hub.ledger(advisory_id).count("cve.assigned") == 1


def test_a_published_advisory_waits_for_its_next_publication(hub: Hub) -> None:
    advisory_id = hub.in_state(hub.project(), State.PUBLISHED)
    with hub.acting_for(hub.admin()) as act:
        assert assign_cve(act, hub.row(act, advisory_id).id, NUMBER).republish_required


@pytest.mark.parametrize("state", [State.TRIAGE, State.DISMISSED])
def test_only_drafts_and_published_advisories_get_a_number(hub: Hub, state: State) -> None:
    key = hub.pk(hub.in_state(hub.project(), state))
    with pytest.raises(NotPermitted), hub.acting_for(hub.admin()) as act:
        assign_cve(act, key, NUMBER)


def test_a_team_assigns_no_numbers(hub: Hub) -> None:
    slug = hub.project(mature=True)
    key = hub.pk(hub.draft(slug))
    with pytest.raises(NotPermitted), hub.acting_for(hub.member(slug)) as act:
        assign_cve(act, key, NUMBER)


@pytest.mark.invariant("INV-ID-3")
@pytest.mark.parametrize("number", ["", "CVE-2026-1", "GHSA-2c3f-4g5h-6j7m", f"{NUMBER}\nCVE-2026-9900002"])
def test_what_is_no_cve_number_is_refused(hub: Hub, number: str) -> None:
    key = hub.pk(hub.draft(hub.project()))
    with pytest.raises(NotACVEId), hub.system() as act:
        assign_cve(act, key, number)


@pytest.mark.invariant("INV-CVE-2")
def test_a_number_is_held_by_one_advisory_and_written_once(hub: Hub) -> None:
    slug = hub.project()
    first, second = hub.pk(hub.draft(slug)), hub.pk(hub.draft(slug))
    with hub.system() as act:
        assign_cve(act, first, NUMBER)
    with pytest.raises(CVEHeldElsewhere), hub.system() as act:
        assign_cve(act, second, NUMBER)
    with pytest.raises(CVEHeldAlready), hub.system() as act:
        assign_cve(act, first, "CVE-2026-9900002")


@pytest.mark.invariant("INV-CVE-2")
def test_of_two_at_the_same_moment_one_gets_the_number(hub: Hub) -> None:
    slug = hub.project()
    first, second = hub.pk(hub.draft(slug)), hub.pk(hub.draft(slug))
    outcome: list[BaseException | None] = []

    def assign_to_second() -> None:
        try:
            with hub.system() as act:
                assign_cve(act, second, NUMBER)
        except CVEHeldElsewhere as error:
            outcome.append(error)
        else:
            outcome.append(None)

    with hub.system() as act:
        assign_cve(act, first, NUMBER)
        other = threading.Thread(target=assign_to_second)
        other.start()
        # It must have looked before this commits, and then wait for it on the unique index.
        other.join(timeout=1)
        assert other.is_alive()
    other.join(timeout=20)
    assert isinstance(outcome[0], CVEHeldElsewhere)
