"""Creating and editing through the services: versions, review, ledger, events, races."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from advisoryhub_core.advisories import payloads, services
from advisoryhub_core.advisories.lifecycle import ReasonMissing, dismiss_advisory
from advisoryhub_core.advisories.models import Advisory, AdvisoryVersion
from advisoryhub_core.advisories.payload.schema import PayloadInvalid
from advisoryhub_core.advisories.permissions import Role
from advisoryhub_core.advisories.queries import role_on
from advisoryhub_core.advisories.services import IdsExhausted, create_advisory, edit_advisory
from advisoryhub_core.advisories.states import ReviewStatus, State
from advisoryhub_core.errors import NotPermitted, StaleVersion
from advisoryhub_core.projects.models import Project
from tests.support.hub import Hub, good_payload


def edit(hub: Hub, advisory_id: str, by: int, base: int, **changes: object) -> int:
    with hub.acting_for(by) as act:
        row = edit_advisory(act, hub.pk(advisory_id), good_payload(**changes), base_version=base)
        return row.current_version


def versions(hub: Hub, advisory_id: str) -> list[AdvisoryVersion]:
    with hub.system() as act:
        found = list(
            act.db.scalars(
                select(AdvisoryVersion)
                .where(AdvisoryVersion.advisory_id == hub.pk(advisory_id))
                .order_by(AdvisoryVersion.number)
            )
        )
        act.db.expunge_all()
        return found


@pytest.mark.invariant("INV-VERSION-1")
def test_each_payload_change_is_one_version_and_the_newest_equals_the_row(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    assert [version.number for version in versions(hub, advisory_id)] == [1]
    assert edit(hub, advisory_id, member, 1, summary="Second") == 2
    assert edit(hub, advisory_id, member, 2, summary="Second") == 2
    assert edit(hub, advisory_id, member, 2, summary="Third") == 3
    stored = versions(hub, advisory_id)
    assert [version.payload["summary"] for version in stored][1:] == ["Second", "Third"]
    with hub.system() as act:
        assert payloads.pinned(hub.row(act, advisory_id)) == stored[-1].payload


@pytest.mark.invariant("INV-AUDIT-3")
@pytest.mark.invariant("INV-CONCURRENCY-2")
def test_an_edit_writes_one_entry_and_a_refused_one_none(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    edit(hub, advisory_id, member, 1, summary="Changed")
    with pytest.raises(PayloadInvalid):
        edit(hub, advisory_id, member, 2, summary="x" * 301)
    assert hub.ledger(advisory_id) == ["advisory.created", "advisory.edited"]


def test_a_save_on_an_older_version_is_refused(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    edit(hub, advisory_id, member, 1, summary="Mine")
    with pytest.raises(StaleVersion) as refused:
        edit(hub, advisory_id, member, 1, summary="Yours")
    assert (refused.value.base, refused.value.newest) == (1, 2)
    assert len(versions(hub, advisory_id)) == 2


def test_of_two_simultaneous_edits_exactly_one_wins(hub: Hub) -> None:
    project = hub.project()
    members = [hub.member(project), hub.member(project)]
    advisory_id = hub.draft(project, by=members[0])
    barrier = threading.Barrier(2)
    results: list[str] = []

    def save(member: int) -> None:
        barrier.wait()
        try:
            edit(hub, advisory_id, member, 1, summary=f"By {member}")
        except StaleVersion:
            results.append("stale")
        else:
            results.append("saved")

    threads = [threading.Thread(target=save, args=(member,)) for member in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["saved", "stale"]
    assert len(versions(hub, advisory_id)) == 2


@pytest.mark.invariant("INV-AUTH-1")
def test_only_owners_of_the_project_create_in_it(hub: Hub) -> None:
    project = hub.project()
    stranger = hub.member(hub.project())
    with pytest.raises(NotPermitted):
        hub.draft(project, by=stranger)
    assert hub.draft(project, by=hub.admin())


def test_a_viewer_cannot_edit_and_a_collaborator_can(hub: Hub) -> None:
    advisory_id = hub.draft(hub.project())
    viewer, collaborator = hub.person(), hub.person()
    hub.grant(advisory_id, viewer, "viewer")
    hub.grant(advisory_id, collaborator, "collaborator")
    with pytest.raises(NotPermitted):
        edit(hub, advisory_id, viewer, 1, summary="No")
    assert edit(hub, advisory_id, collaborator, 1, summary="Yes") == 2


@pytest.mark.invariant("INV-AUTH-4")
def test_the_highest_of_direct_and_group_grants_counts(hub: Hub) -> None:
    advisory_id = hub.draft(hub.project())
    reader = hub.person("readers@example.org")
    hub.grant(advisory_id, reader, "viewer")
    hub.grant_group(advisory_id, "readers@example.org", "collaborator")
    with hub.acting_for(reader) as act:
        assert role_on(act.db, act.identity, hub.row(act, advisory_id)) is Role.COLLABORATOR


def approved(hub: Hub, advisory_id: str) -> None:
    with hub.system() as act:
        row = hub.row(act, advisory_id)
        row.review_status = ReviewStatus.APPROVED
        row.approved_version = row.current_version


def review_of(hub: Hub, advisory_id: str) -> tuple[ReviewStatus, int | None]:
    with hub.system() as act:
        row = hub.row(act, advisory_id)
        return row.review_status, row.approved_version


@pytest.mark.invariant("INV-REVIEW-4")
def test_a_non_admins_edit_voids_an_approval_and_an_admins_carries_it(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    approved(hub, advisory_id)
    edit(hub, advisory_id, hub.admin(), 1, summary="By an administrator")
    assert review_of(hub, advisory_id) == (ReviewStatus.APPROVED, 2)
    edit(hub, advisory_id, member, 2, summary="By the team")
    assert review_of(hub, advisory_id) == (ReviewStatus.NONE, None)
    assert "advisory.review_approval_invalidated" in hub.ledger(advisory_id)


def test_editing_a_published_advisory_makes_republication_due(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    advisory_id = hub.in_state(project, State.PUBLISHED)
    edit(hub, advisory_id, member, 1, summary="Corrected")
    with hub.system() as act:
        row = hub.row(act, advisory_id)
        assert row.republish_required
        assert row.state is State.PUBLISHED


def test_a_dismissal_needs_a_reason_and_remembers_where_it_came_from(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    with hub.acting_for(member) as act, pytest.raises(ReasonMissing):
        dismiss_advisory(act, hub.pk(advisory_id), reason="  ")
    with hub.acting_for(member) as act:
        row = dismiss_advisory(act, hub.pk(advisory_id), reason=" Duplicate. ")
        assert (row.state, row.dismissed_from_state) == (State.DISMISSED, State.DRAFT)
        assert row.dismissed_reason == "Duplicate."
    with pytest.raises(NotPermitted):
        edit(hub, advisory_id, member, 1, summary="Too late")


@pytest.mark.invariant("INV-IMPL-4")
def test_a_taken_id_is_tried_again_and_the_tries_are_bounded(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = hub.project()
    member = hub.member(project)
    taken = hub.draft(project, by=member)
    offered = iter([taken, taken, "ECL-2222-3333-4444"])
    monkeypatch.setattr(services, "new_advisory_id", lambda _prefix: next(offered))
    assert hub.draft(project, by=member) == "ECL-2222-3333-4444"
    monkeypatch.setattr(services, "new_advisory_id", lambda _prefix: taken)
    with pytest.raises(IdsExhausted):
        hub.draft(project, by=member)


@pytest.mark.invariant("INV-LIFECYCLE-2")
@pytest.mark.invariant("INV-INTAKE-3")
@pytest.mark.invariant("INV-INTAKE-4")
def test_a_report_on_unsorted_is_flagged_and_its_reporter_may_read_it(hub: Hub) -> None:
    reporter = hub.person()
    advisory_id = hub.report(reporter=reporter)
    elsewhere = hub.report(hub.project())
    with hub.system() as act:
        assert hub.row(act, advisory_id).routing_flagged_at is not None
        assert hub.row(act, elsewhere).routing_flagged_at is None
    with hub.acting_for(reporter) as act:
        assert act.db.scalars(select(Advisory.advisory_id)).all() == [advisory_id]
        assert role_on(act.db, act.identity, hub.row(act, advisory_id)) is Role.VIEWER


@pytest.mark.invariant("INV-CVE-2")
def test_a_number_is_held_by_one_advisory(hub: Hub) -> None:
    project = hub.project()
    first, second = hub.draft(project), hub.draft(project)
    with hub.system() as act:
        hub.row(act, first).assigned_cve_id = "CVE-2026-0001"
    with pytest.raises(IntegrityError), hub.system() as act:
        hub.row(act, second).assigned_cve_id = "CVE-2026-0001"


@pytest.mark.invariant("INV-CVE-2")
@pytest.mark.invariant("INV-ID-3")
def test_the_database_refuses_a_malformed_number(hub: Hub) -> None:
    advisory_id = hub.draft(hub.project())
    with pytest.raises(IntegrityError), hub.system() as act:
        hub.row(act, advisory_id).assigned_cve_id = "CVE-26-1"


@pytest.mark.invariant("INV-AUTH-8")
def test_a_banned_person_loses_identity_at_once(hub: Hub) -> None:
    member = hub.member(hub.project())
    with hub.system() as act:
        act.db.execute(text("UPDATE users SET banned_at = now() WHERE id = :id"), {"id": member})
    with pytest.raises(NotPermitted), hub.acting_for(member):
        pass


def test_creating_takes_every_mistake_at_once(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    with hub.acting_for(member) as act:
        row = act.db.scalars(select(Project).where(Project.slug == project)).one()
        with pytest.raises(PayloadInvalid) as refused:
            create_advisory(
                act,
                row,
                good_payload(
                    summary="two\nlines",
                    aliases=["CVE-1"],
                    references=[{"type": "WEB", "url": "javascript:x"}],
                ),
            )
    assert {"summary", "aliases.0", "references.0.url"} <= set(refused.value.errors)
