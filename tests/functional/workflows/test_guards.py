"""What the database refuses by itself, in plain SQL as the application's role."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from advisoryhub_core.advisories.states import State
from advisoryhub_core.workflows.cves import assign_cve, request_cve, unassign_cve
from advisoryhub_core.workflows.models import ReassignmentStatus
from advisoryhub_core.workflows.reviews import submit_for_review
from advisoryhub_core.workflows.teardown import restore_cve
from tests.support.hub import Hub
from tests.support.workflows import NUMBER, OTHER, Scene

TABLES = ("review_tasks", "cve_request_tasks", "orphan_cves", "orphan_reassignment_tasks")


@pytest.fixture
def busy(scene: Scene) -> Scene:
    """An advisory with an open row in each of the tables."""
    scene.do(scene.admin, assign_cve, OTHER)
    scene.do(scene.admin, unassign_cve, reason="Wrong advisory.")
    scene.do(scene.member, submit_for_review)
    scene.do(scene.member, request_cve)
    with scene.hub.system() as act:
        act.db.execute(
            text(
                "INSERT INTO orphan_reassignment_tasks (orphan_id, advisory_id)"
                " SELECT id, advisory_id FROM orphan_cves"
            )
        )
    return scene


def refused(scene: Scene, statement: str, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match), scene.hub.system() as act:
        act.db.execute(text(statement), {"key": scene.hub.row(act, scene.advisory_id).id, "number": NUMBER})


@pytest.mark.invariant("INV-CVE-1")
@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("INSERT INTO cve_request_tasks (advisory_id) VALUES (:key)", "uq_cve_request_tasks_open"),
        ("INSERT INTO review_tasks (advisory_id, version) VALUES (:key, 1)", "uq_review_tasks_open"),
        (
            "INSERT INTO orphan_cves (advisory_id, cve_id) SELECT advisory_id, cve_id FROM orphan_cves",
            "uq_orphan_cves_open",
        ),
        (
            "INSERT INTO orphan_reassignment_tasks (orphan_id, advisory_id) SELECT id, :key FROM orphan_cves",
            "uq_orphan_reassignment_tasks_open",
        ),
    ],
)
def test_one_of_each_is_open_at_a_time(busy: Scene, statement: str, index: str) -> None:
    refused(busy, statement, IntegrityError, index)


@pytest.mark.invariant("INV-ID-3")
@pytest.mark.invariant("INV-REVIEW-1")
@pytest.mark.invariant("INV-REVIEW-4")
@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE advisories SET review_status = 'approved'", "ck_advisories_approval"),
        ("UPDATE advisories SET approved_version = 1", "ck_advisories_approval"),
        ("UPDATE advisories SET review_status = 'asked'", "ck_advisories_review_status"),
        ("UPDATE advisories SET kind = 'ghsa_linked'", "ck_advisories_review_native"),
        ("UPDATE review_tasks SET status = 'asked', decided_at = now()", "ck_review_tasks_status"),
        ("UPDATE review_tasks SET status = 'approved'", "ck_review_tasks_decided"),
        ("UPDATE review_tasks SET decided_at = now()", "ck_review_tasks_decided"),
        (
            "UPDATE cve_request_tasks SET status = 'asked', finished_at = now() WHERE status = 'queued'",
            "ck_cve_request_tasks_status",
        ),
        (
            "UPDATE cve_request_tasks SET status = 'rejected' WHERE status = 'queued'",
            "ck_cve_request_tasks_finished",
        ),
        (
            "UPDATE cve_request_tasks SET status = 'reserved', finished_at = now() WHERE status = 'queued'",
            "ck_cve_request_tasks_reserved",
        ),
        (
            "UPDATE cve_request_tasks SET cve_id = :number WHERE status = 'queued'",
            "ck_cve_request_tasks_reserved",
        ),
        (
            "UPDATE cve_request_tasks SET cve_id = 'CVE-26-1' WHERE status = 'reserved'",
            "ck_cve_request_tasks_cve_id",
        ),
        ("UPDATE orphan_cves SET cve_id = 'CVE-26-1'", "ck_orphan_cves_cve_id"),
        ("UPDATE orphan_cves SET status = 'lost'", "ck_orphan_cves_status"),
        (
            "UPDATE orphan_reassignment_tasks SET status = 'lost', resolved_at = now()",
            "ck_orphan_reassignment_tasks_status",
        ),
        (
            "UPDATE orphan_reassignment_tasks SET status = 'reassigned'",
            "ck_orphan_reassignment_tasks_resolved",
        ),
        (
            "UPDATE orphan_reassignment_tasks SET status = 'replaced', resolved_at = now()",
            "ck_orphan_reassignment_tasks_replacement",
        ),
    ],
)
def test_rows_that_contradict_themselves_are_refused(busy: Scene, statement: str, constraint: str) -> None:
    refused(busy, statement, IntegrityError, constraint)


@pytest.mark.invariant("INV-REVIEW-2")
@pytest.mark.invariant("INV-VERSION-2")
@pytest.mark.parametrize("column", ["version", "decided_version"])
def test_a_review_is_about_a_version_that_there_is(busy: Scene, column: str) -> None:
    statements = {
        "version": "UPDATE review_tasks SET version = 99",
        "decided_version": "UPDATE review_tasks SET decided_version = 99",
    }
    refused(busy, statements[column], IntegrityError, f"fk_review_tasks_{column}")
    refused(busy, "DELETE FROM advisory_versions WHERE advisory_id = :key", ProgrammingError, "denied|INV-")


@pytest.mark.invariant("INV-CVE-2")
def test_a_number_is_held_once_and_not_exchanged(hub: Hub, busy: Scene) -> None:
    other = Scene.set(hub)
    other.do(other.admin, assign_cve, NUMBER)
    statement = "UPDATE advisories SET assigned_cve_id = :number WHERE id = :key"
    refused(busy, statement, IntegrityError, "uq_advisories_assigned_cve_id")
    busy.do(busy.admin, assign_cve, "CVE-2026-9900003")
    refused(
        busy,
        "UPDATE advisories SET assigned_cve_id = 'CVE-2026-9900004' WHERE id = :key",
        ProgrammingError,
        "INV-CVE-2",
    )


@pytest.mark.parametrize("table", TABLES)
def test_nothing_of_it_is_deleted(busy: Scene, table: str) -> None:
    statements = {
        "review_tasks": "DELETE FROM review_tasks",
        "cve_request_tasks": "DELETE FROM cve_request_tasks",
        "orphan_cves": "DELETE FROM orphan_cves",
        "orphan_reassignment_tasks": "DELETE FROM orphan_reassignment_tasks",
    }
    refused(busy, statements[table], ProgrammingError, "permission denied")


@pytest.mark.invariant("INV-CONF-2")
def test_only_those_who_see_the_advisory_see_what_runs_beside_it(hub: Hub, busy: Scene) -> None:
    stranger, viewer = hub.person(), hub.person()
    hub.grant(busy.advisory_id, viewer)
    counted = text(
        "SELECT (SELECT count(*) FROM review_tasks), (SELECT count(*) FROM cve_request_tasks),"
        " (SELECT count(*) FROM orphan_cves), (SELECT count(*) FROM orphan_reassignment_tasks)"
    )
    for person, wanted in ((stranger, (0, 0, 0, 0)), (viewer, (1, 2, 1, 1)), (busy.admin, (1, 2, 1, 1))):
        with hub.acting_for(person) as act:
            assert tuple(act.db.execute(counted).one()) == wanted


@pytest.mark.invariant("INV-CVE-2")
def test_a_team_that_reopens_finds_a_holder_that_it_does_not_see(hub: Hub, scene: Scene) -> None:
    scene.do(scene.admin, assign_cve, NUMBER)
    scene.do(scene.admin, unassign_cve, reason="Wrong advisory.")
    hidden = Scene.set(hub)
    hidden.do(hidden.admin, assign_cve, NUMBER)
    with hub.acting_for(scene.member) as act:
        row = hub.row(act, scene.advisory_id)
        restore_cve(act, row, State.DRAFT)
        assert row.assigned_cve_id is None
    with scene.reading() as workflow:
        assert workflow.reassignment is not None
        assert workflow.reassignment.status is ReassignmentStatus.QUEUED
