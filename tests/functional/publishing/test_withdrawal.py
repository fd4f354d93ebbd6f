"""A withdrawal and its reversal all the way to the repository, and what failures and races leave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.lifecycle import dismiss_advisory, reopen_advisory
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.payloads import pinned
from advisoryhub_core.advisories.services import edit_advisory
from advisoryhub_core.advisories.states import ReviewStatus, State
from advisoryhub_core.advisories.withdrawal import withdraw_advisory
from advisoryhub_core.errors import Conflict, NotPermitted
from advisoryhub_core.jobs.context import TaskContext
from advisoryhub_core.plugins.extensions import PublishGate, extensions
from advisoryhub_core.workflows.cves import assign_cve
from advisoryhub_core.workflows.models import OrphanCVE, OrphanStatus
from advisoryhub_publishing import services, tasks
from advisoryhub_publishing.models import PublicationTask, TaskStatus
from advisoryhub_publishing.services import PublicationInProgress
from tests.support.branch import document
from tests.support.hub import Hub, good_payload
from tests.support.lifecycle import do, entries, facts, heard, in_review, race, versions

NUMBER = "CVE-2026-12345"
REASON = "It is documented behaviour."


def summaries(hub: Hub) -> list[str]:
    history = document(hub, "csaf")["document"]["tracking"]["revision_history"]
    return [entry["summary"] for entry in history]


def refuse_pushes(repository: Path) -> Path:
    hook = repository / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'branch protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    return hook


def last_task(hub: Hub, advisory_id: str) -> PublicationTask:
    pk = hub.pk(advisory_id)
    with hub.system() as act:
        task = services.last_task(act.db, pk)
        assert task is not None
        act.db.expunge(task)
        return task


@pytest.fixture
def published(hub: Hub) -> tuple[str, int]:
    """An advisory with a number, pushed by the team of a mature project, and a member of it."""
    project = hub.project(mature=True)
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    do(hub, hub.admin(), assign_cve, advisory_id, cve_id=NUMBER)
    do(hub, member, services.publish, advisory_id)
    assert hub.run_jobs("publishing") == 1
    return advisory_id, member


def withdrawn(hub: Hub, advisory_id: str, member: int) -> None:
    do(hub, member, withdraw_advisory, advisory_id, reason=REASON)
    assert hub.run_jobs("publishing") == 1
    assert facts(hub, advisory_id, "state") == (State.DISMISSED,)


@pytest.mark.invariant("INV-WITHDRAW")
@pytest.mark.invariant("INV-LIFECYCLE-3")
@pytest.mark.invariant("INV-AUDIT-3")
def test_a_withdrawal_comes_out_in_every_document_and_moves_the_state(
    hub: Hub, published: tuple[str, int]
) -> None:
    advisory_id, member = published
    before = hub.ledger(advisory_id)
    do(hub, member, withdraw_advisory, advisory_id, reason=REASON)
    assert facts(hub, advisory_id, "state") == (State.PUBLISHED,)
    with heard(hub) as events:
        assert hub.run_jobs("publishing") == 1
    assert events == ["StateChanged", "AdvisoryEdited", "CVEUnassigned", "Withdrawn", "ExportSucceeded"]
    names = ("state", "dismissed_from_state", "dismissed_reason", "withdrawn_reason", "republish_required")
    assert facts(hub, advisory_id, *names) == (State.DISMISSED, State.PUBLISHED, REASON, REASON, False)
    assert hub.ledger(advisory_id)[len(before) :] == [
        "publication.requested",
        "publication.started",
        "publication.artifact_built",
        "publication.artifact_built",
        "publication.artifact_built",
        "publication.pushed",
        "publication.succeeded",
        "advisory.dismissed",
        "advisory.state_changed",
        "cve.unassigned",
    ]
    (dismissed,) = entries(hub, advisory_id, "advisory.dismissed")
    assert (dismissed["actor_id"], dismissed["new"]) == (member, {"version": 3})
    assert dismissed["previous"] == {"state": "published"}
    assert REASON not in str(dismissed)
    moved = entries(hub, advisory_id, "advisory.state_changed")[-1]
    assert (moved["actor_id"], moved["metadata"]) == (member, {"narrated": True})
    assert entries(hub, advisory_id, "cve.unassigned")[0]["actor_id"] == member

    osv = document(hub, "osv")
    assert osv["withdrawn"] == osv["modified"] > osv["published"]
    assert REASON in osv["details"]
    csaf = document(hub, "csaf")["document"]
    assert csaf["category"] == "csaf_informational_advisory"
    assert {"category": "general", "title": "Withdrawn", "text": REASON} in csaf["notes"]
    assert summaries(hub) == ["Initial publication", f"Advisory withdrawn: {REASON}"]
    cve = document(hub, "cves")
    assert cve["cveMetadata"]["state"] == "REJECTED"
    assert cve["containers"]["cna"]["rejectedReasons"] == [{"lang": "en", "value": REASON}]
    with hub.system() as act:
        (orphan,) = act.db.scalars(select(OrphanCVE))
        assert (orphan.cve_id, orphan.status, orphan.created_by_id) == (NUMBER, OrphanStatus.ORPHANED, member)
    assert [(p["assigned_cve_id"], p["withdrawn_reason"]) for p in versions(hub, advisory_id)] == [
        (None, ""),
        (NUMBER, ""),
        (NUMBER, REASON),
        (None, REASON),
    ]


@pytest.mark.invariant("INV-WITHDRAW")
@pytest.mark.invariant("INV-LIFECYCLE-4")
@pytest.mark.invariant("INV-AUDIT-3")
def test_bringing_back_drops_every_mark_and_puts_the_number_back(
    hub: Hub, published: tuple[str, int]
) -> None:
    advisory_id, member = published
    with hub.system() as act:
        first = hub.row(act, advisory_id).published_at
    original = {kind: document(hub, kind) for kind in ("osv", "csaf", "cves")}
    withdrawn(hub, advisory_id, member)
    in_review(hub, advisory_id, ReviewStatus.CHANGES_REQUESTED)
    before = hub.ledger(advisory_id)
    with heard(hub) as events:
        do(hub, member, reopen_advisory, advisory_id)
    assert events == [
        "AdvisoryEdited",
        "AdvisoryEdited",
        "CVEReserved",
        "AdvisoryReopened",
        "ExportRequested",
        "PublishRequested",
    ]
    assert facts(hub, advisory_id, "state", "withdrawn_reason", "assigned_cve_id", "review_status") == (
        State.DISMISSED,
        "",
        NUMBER,
        ReviewStatus.NONE,
    )
    with heard(hub) as events:
        assert hub.run_jobs("publishing") == 1
    assert events == ["StateChanged", "Published", "ExportSucceeded"]
    names = ("state", "dismissed_from_state", "dismissed_reason", "republish_required", "published_at")
    assert facts(hub, advisory_id, *names) == (State.PUBLISHED, None, "", False, first)
    assert [a for a in hub.ledger(advisory_id)[len(before) :] if not a.startswith("publication.")] == [
        "advisory.reopened",
        "cve.reassigned_from_orphan",
        "advisory.published",
        "advisory.state_changed",
    ]
    with hub.system() as act:
        assert pinned(hub.row(act, advisory_id)) == versions(hub, advisory_id)[-1]

    osv, csaf, cve = (document(hub, kind) for kind in ("osv", "csaf", "cves"))
    assert {k: v for k, v in osv.items() if k != "modified"} == {
        k: v for k, v in original["osv"].items() if k != "modified"
    }
    assert csaf["document"]["category"] == "csaf_security_advisory"
    assert csaf["document"]["notes"] == original["csaf"]["document"]["notes"]
    assert csaf["vulnerabilities"] == original["csaf"]["vulnerabilities"]
    assert summaries(hub)[2:] == ["Withdrawal revoked"]
    assert cve["cveMetadata"]["state"] == "PUBLISHED"
    assert "rejectedReasons" not in cve["containers"]["cna"]


@pytest.mark.invariant("INV-WITHDRAW")
def test_without_its_number_the_record_stays_rejected_on_the_branch(
    hub: Hub, published: tuple[str, int]
) -> None:
    advisory_id, member = published
    withdrawn(hub, advisory_id, member)
    rejected = document(hub, "cves")
    with hub.system() as act:
        act.db.scalars(select(OrphanCVE)).one().status = OrphanStatus.MARKED_REJECTED
    do(hub, member, reopen_advisory, advisory_id)
    assert hub.run_jobs("publishing") == 1
    assert facts(hub, advisory_id, "state", "assigned_cve_id") == (State.PUBLISHED, None)
    assert "withdrawn" not in document(hub, "osv")
    assert NUMBER not in document(hub, "osv").get("aliases", [])
    assert document(hub, "cves") == rejected
    assert rejected["cveMetadata"]["state"] == "REJECTED"


def test_the_date_of_a_withdrawal_is_that_of_the_present_one(hub: Hub, published: tuple[str, int]) -> None:
    advisory_id, member = published
    withdrawn(hub, advisory_id, member)
    once = document(hub, "osv")["withdrawn"]
    do(hub, member, reopen_advisory, advisory_id)
    assert hub.run_jobs("publishing") == 1
    withdrawn(hub, advisory_id, member)
    osv = document(hub, "osv")
    assert osv["withdrawn"] == osv["modified"] > once
    again = f"Advisory withdrawn: {REASON}"
    assert summaries(hub) == ["Initial publication", again, "Withdrawal revoked", again]


@pytest.mark.invariant("INV-LIFECYCLE-3")
@pytest.mark.invariant("INV-WITHDRAW")
def test_a_failed_withdrawal_leaves_all_as_it_was_and_is_tried_again(
    hub: Hub, published: tuple[str, int]
) -> None:
    advisory_id, member = published
    hook = refuse_pushes(hub.repository)
    do(hub, member, withdraw_advisory, advisory_id, reason=REASON)
    with heard(hub) as events:
        hub.run_jobs()
    assert events == ["ExportFailed"]
    failed = last_task(hub, advisory_id)
    assert failed.status is TaskStatus.FAILED
    names = ("state", "withdrawn_reason", "dismissed_from_state", "assigned_cve_id")
    assert facts(hub, advisory_id, *names) == (State.PUBLISHED, REASON, None, NUMBER)
    assert "withdrawn" not in document(hub, "osv")
    assert document(hub, "cves")["cveMetadata"]["state"] == "PUBLISHED"
    assert "advisory.dismissed" not in hub.ledger(advisory_id)
    hook.unlink()
    with hub.acting_for(member) as act:
        services.retry(act, act.db.get_one(PublicationTask, failed.id))
    assert hub.run_jobs("publishing") == 1
    assert facts(hub, advisory_id, *names) == (State.DISMISSED, REASON, State.PUBLISHED, None)
    assert summaries(hub) == ["Initial publication", f"Advisory withdrawn: {REASON}"]


@pytest.mark.invariant("INV-LIFECYCLE-3")
def test_a_failed_return_leaves_it_withdrawn_and_is_tried_again(hub: Hub, published: tuple[str, int]) -> None:
    advisory_id, member = published
    withdrawn(hub, advisory_id, member)
    hook = refuse_pushes(hub.repository)
    do(hub, member, reopen_advisory, advisory_id)
    hub.run_jobs()
    names = ("state", "dismissed_from_state", "withdrawn_reason", "dismissed_reason")
    assert facts(hub, advisory_id, *names) == (State.DISMISSED, State.PUBLISHED, "", REASON)
    assert "withdrawn" in document(hub, "osv")
    with pytest.raises(NotPermitted):
        do(hub, member, reopen_advisory, advisory_id)
    hook.unlink()
    do(hub, member, services.publish, advisory_id)
    assert hub.run_jobs("publishing") == 1
    assert facts(hub, advisory_id, *names) == (State.PUBLISHED, None, "", "")
    assert hub.ledger(advisory_id).count("advisory.reopened") == 1


@pytest.mark.invariant("INV-AUTH-1")
@pytest.mark.invariant("INV-PERM-2")
def test_authority_is_judged_again_before_the_push(hub: Hub, published: tuple[str, int]) -> None:
    """The project is not mature any more: what its team may publish by an approval, it may not withdraw."""
    advisory_id, member = published
    do(hub, member, withdraw_advisory, advisory_id, reason=REASON)
    with hub.system() as act:
        hub.row(act, advisory_id).project.is_mature_publisher = False
    in_review(hub, advisory_id, ReviewStatus.APPROVED)
    hub.run_jobs()
    assert last_task(hub, advisory_id).status is TaskStatus.FAILED
    assert facts(hub, advisory_id, "state") == (State.PUBLISHED,)
    assert "withdrawn" not in document(hub, "osv")
    with pytest.raises(NotPermitted):
        do(hub, member, services.publish, advisory_id)
    do(hub, hub.admin(), services.publish, advisory_id)
    hub.run_jobs()
    assert facts(hub, advisory_id, "state") == (State.DISMISSED,)


@pytest.mark.invariant("INV-WITHDRAW")
def test_a_withdrawal_does_not_wait_for_what_the_content_lacks(hub: Hub, published: tuple[str, int]) -> None:
    advisory_id, member = published
    bare = good_payload(severity=[], affected=[], details="")
    do(hub, member, edit_advisory, advisory_id, data=bare, base_version=2)
    withdrawn(hub, advisory_id, member)
    assert document(hub, "cves")["cveMetadata"]["state"] == "REJECTED"


def test_bringing_back_does_wait_and_leaves_no_trace_when_refused(
    hub: Hub, published: tuple[str, int]
) -> None:
    advisory_id, member = published
    do(hub, member, edit_advisory, advisory_id, data=good_payload(affected=[]), base_version=2)
    withdrawn(hub, advisory_id, member)
    before = hub.ledger(advisory_id)
    with pytest.raises(services.NotReady):
        do(hub, member, reopen_advisory, advisory_id)
    assert hub.ledger(advisory_id) == before
    assert facts(hub, advisory_id, "withdrawn_reason") == (REASON,)


def test_gates_are_passed_on_the_way_back_and_hold_up_no_withdrawal(
    hub: Hub, published: tuple[str, int]
) -> None:
    advisory_id, member = published

    def closed(_act: Act, _advisory: Advisory) -> None:
        raise Conflict("Closed.")

    gates = extensions(hub.registry).publish_gates
    gates.append(PublishGate("closed", closed))
    try:
        withdrawn(hub, advisory_id, member)
        with pytest.raises(Conflict, match=r"Closed\."):
            do(hub, member, reopen_advisory, advisory_id)
    finally:
        gates.pop()
    assert facts(hub, advisory_id, "withdrawn_reason") == (REASON,)


@pytest.mark.invariant("INV-CONCURRENCY-2")
def test_a_publication_under_way_refuses_the_withdrawal_without_a_trace(
    hub: Hub, published: tuple[str, int]
) -> None:
    advisory_id, member = published
    do(hub, member, services.publish, advisory_id)
    before = hub.ledger(advisory_id)
    with pytest.raises(PublicationInProgress):
        do(hub, member, withdraw_advisory, advisory_id, reason=REASON)
    assert facts(hub, advisory_id, "withdrawn_reason", "current_version") == ("", 2)
    assert hub.ledger(advisory_id) == before


@pytest.mark.invariant("INV-CONCURRENCY-2")
@pytest.mark.parametrize("moment", ["queued", "pushed"])
def test_a_draft_is_not_dismissed_while_its_push_may_be_under_way(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    project = hub.project(mature=True)
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    do(hub, member, services.publish, advisory_id)
    refused: list[str] = []

    def dismiss() -> None:
        with pytest.raises(PublicationInProgress):
            do(hub, member, dismiss_advisory, advisory_id, reason="Stop.")
        refused.append(moment)

    if moment == "queued":
        dismiss()
        hub.run_jobs()
    else:
        recorded = services.record_push

        def meanwhile(*arguments: Any, **values: Any) -> None:
            # The branch has moved already, and this transaction has locked nothing yet.
            dismiss()
            recorded(*arguments, **values)

        monkeypatch.setattr(services, "record_push", meanwhile)
        hub.run_jobs()
    assert refused == [moment]
    assert facts(hub, advisory_id, "state") == (State.PUBLISHED,)
    assert "advisory.dismissed" not in hub.ledger(advisory_id)


@pytest.mark.invariant("INV-CONCURRENCY-1")
@pytest.mark.invariant("INV-CONCURRENCY-2")
def test_of_a_dismissal_and_a_publication_at_once_exactly_one_wins(hub: Hub) -> None:
    project = hub.project(mature=True)
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    outcomes = race(
        lambda: do(hub, member, dismiss_advisory, advisory_id, reason="Stop."),
        lambda: do(hub, member, services.publish, advisory_id),
    )
    hub.run_jobs()
    state, *_rest = facts(hub, advisory_id, "state")
    ledger = hub.ledger(advisory_id)
    if outcomes[0] == "done":
        assert (state, outcomes[1]) == (State.DISMISSED, "NotPermitted")
        assert "publication.requested" not in ledger
    else:
        assert (state, outcomes) == (State.PUBLISHED, ["PublicationInProgress", "done"])
        assert "advisory.dismissed" not in ledger


@pytest.mark.invariant("INV-CONCURRENCY-1")
def test_of_an_edit_and_a_publication_at_once_the_pinned_text_comes_out(hub: Hub) -> None:
    project = hub.project(mature=True)
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member, summary="The first text")
    data = good_payload(summary="The second text")
    assert race(
        lambda: do(hub, member, edit_advisory, advisory_id, data=data, base_version=1),
        lambda: do(hub, member, services.publish, advisory_id),
    ) == ["done", "done"]
    pinned_version = last_task(hub, advisory_id).version
    hub.run_jobs()
    assert document(hub, "osv")["summary"] == {1: "The first text", 2: "The second text"}[pinned_version]
    assert facts(hub, advisory_id, "state", "current_version", "republish_required") == (
        State.PUBLISHED,
        2,
        pinned_version == 1,
    )


@pytest.mark.invariant("INV-CONCURRENCY-1")
def test_of_two_withdrawals_at_once_one_is_made(hub: Hub, published: tuple[str, int]) -> None:
    advisory_id, member = published
    outcomes = race(
        *(lambda: do(hub, member, withdraw_advisory, advisory_id, reason=REASON) for _ in range(2))
    )
    assert sorted(outcomes) == ["NotPermitted", "done"]
    assert len(versions(hub, advisory_id)) == 3
    assert hub.run_jobs("publishing") == 1
    assert facts(hub, advisory_id, "state") == (State.DISMISSED,)


@pytest.mark.invariant("INV-PUB-4")
def test_a_second_delivery_withdraws_nothing_twice(hub: Hub, published: tuple[str, int]) -> None:
    advisory_id, member = published
    withdrawn(hub, advisory_id, member)
    before = hub.ledger(advisory_id)
    tasks.run(TaskContext(hub.registry, delivery_id="again"), last_task(hub, advisory_id).id)
    assert hub.ledger(advisory_id) == before
