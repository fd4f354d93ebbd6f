"""Random acts by random people, compared after each with a model written from `lifecycle.md` alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories import lifecycle, payloads, reassignment, triage, withdrawal
from advisoryhub_core.advisories.models import Advisory, AdvisoryVersion
from advisoryhub_core.advisories.services import edit_advisory
from advisoryhub_core.comments import services as comments
from advisoryhub_core.errors import HubError
from advisoryhub_core.projects.models import Project
from advisoryhub_core.workflows import cves, orphans, reviews
from advisoryhub_core.workflows.models import (
    CVERequestTask,
    OrphanCVE,
    OrphanReassignmentTask,
    ReassignmentStatus,
    ReviewTask,
    ReviewTaskStatus,
)
from advisoryhub_publishing import services as publishing
from tests.functional.lifecycle.model import (
    GRANTS,
    HOME,
    MATURE,
    OTHER,
    PEOPLE,
    PROJECTS,
    TEAMS,
    UNSORTED,
    Model,
)
from tests.support.hub import ADMINS, Hub, good_payload, team_of

people = st.sampled_from(PEOPLE)
projects = st.sampled_from(PROJECTS)
_numbers = itertools.count(1)


class World:
    """The people and projects that every example shares."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.slugs = {UNSORTED: "unsorted"}
        for name in (HOME, OTHER, MATURE):
            self.slugs[name] = hub.project(mature=name == MATURE)
        self.names = {slug: name for name, slug in self.slugs.items()}
        self.people = {person: hub.person(*self._groups(person)) for person in PEOPLE}
        self.persons = {user_id: person for person, user_id in self.people.items()}

    def _groups(self, person: str) -> list[str]:
        teams = [team_of(self.slugs[name]) for name in TEAMS.get(person, ()) if name != UNSORTED]
        return [*teams, ADMINS] if person == "admin" else teams

    def begin(self, project: str, *, report: bool) -> str:
        """Write a draft or take in a report, and share it as the model has it."""
        slug = self.slugs[project]
        admin = self.people["admin"]
        advisory_id = self.hub.report(slug) if report else self.hub.draft(slug, by=admin)
        for person, permission in GRANTS.items():
            self.hub.grant(advisory_id, self.people[person], permission)
        return advisory_id


class Lifecycle(RuleBasedStateMachine):
    """One advisory, and everything that people may try with it."""

    world: World

    @initialize(project=projects, report=st.booleans())
    def begin(self, project: str, report: bool) -> None:
        # Nobody writes drafts for `unsorted` but to move them at once; reports are what it is for.
        project = HOME if project == UNSORTED and not report else project
        self.public_id = self.world.begin(project, report=report)
        self.id = self.world.hub.pk(self.public_id)
        self.model = Model(
            project=project,
            state="triage" if report else "draft",
            flagged=report and project == UNSORTED,
        )
        self.task: int | None = None

    def attempt(self, person: str, allowed: bool, run: Callable[[Act], Any]) -> Any:
        """Let a person try something, and hold the product to what the model says of it."""
        result = None
        try:
            with self.world.hub.acting_for(self.world.people[person]) as act:
                result = run(act)
                refusal = None
        except HubError as error:
            refusal = error
        assert (refusal is None) == allowed, f"{person}: {refusal!r}, the model says {allowed}"
        return result

    def project(self, act: Act, name: str) -> Project:
        return act.db.scalars(select(Project).where(Project.slug == self.world.slugs[name])).one()

    def number(self) -> str:
        return f"CVE-2026-{7_000_000 + next(_numbers)}"

    # Content and comments

    @rule(person=people)
    def edit(self, person: str) -> None:
        base = self.model.version
        content = good_payload(summary=f"Edit {next(_numbers)}")
        allowed = self.model.edit(person)
        self.attempt(person, allowed, lambda act: edit_advisory(act, self.id, content, base_version=base))

    @rule(person=people)
    def edit_without_a_change(self, person: str) -> None:
        with self.world.hub.system() as act:
            content = payloads.authored(act.db.get_one(Advisory, self.id))
        base = self.model.version
        allowed = self.model.may_edit(person)
        self.attempt(person, allowed, lambda act: edit_advisory(act, self.id, content, base_version=base))

    @rule(person=people, internal=st.booleans())
    def comment(self, person: str, internal: bool) -> None:
        allowed = self.model.comment_internally(person) if internal else self.model.comment(person)
        self.attempt(
            person, allowed, lambda act: comments.post_comment(act, self.id, "A word.", internal=internal)
        )

    @rule(person=people)
    def lock_comments(self, person: str) -> None:
        allowed = self.model.lock_comments(person)
        self.attempt(person, allowed, lambda act: comments.lock_comments(act, self.id, "Enough."))

    @rule(person=people)
    def unlock_comments(self, person: str) -> None:
        allowed = self.model.unlock_comments(person)
        self.attempt(person, allowed, lambda act: comments.unlock_comments(act, self.id))

    # Triage

    @rule(person=people, goal=st.none() | projects)
    def promote(self, person: str, goal: str | None) -> None:
        allowed = self.model.promote(person, goal)
        self.attempt(
            person,
            allowed,
            lambda act: triage.promote_triage_to_draft(
                act, self.id, project=self.project(act, goal) if goal else None
            ),
        )

    @rule(person=people)
    def dismiss_report(self, person: str) -> None:
        allowed = self.model.dismiss_report(person)
        self.attempt(person, allowed, lambda act: triage.dismiss_triage(act, self.id, reason="No flaw."))

    @rule(person=people)
    def flag(self, person: str) -> None:
        allowed = self.model.flag(person)
        self.attempt(person, allowed, lambda act: triage.flag_for_admin_routing(act, self.id, note="Whose?"))

    @rule(person=people)
    def clear_flag(self, person: str) -> None:
        allowed = self.model.clear_flag(person)
        self.attempt(person, allowed, lambda act: triage.clear_admin_routing_flag(act, self.id))

    @rule(person=people, goal=projects)
    def reassign_report(self, person: str, goal: str) -> None:
        allowed = self.model.reassign_report(person, goal)
        self.attempt(
            person,
            allowed,
            lambda act: triage.reassign_triage_project(act, self.id, self.project(act, goal)),
        )

    # State

    @rule(person=people)
    def dismiss(self, person: str) -> None:
        allowed = self.model.dismiss(person)
        self.attempt(person, allowed, lambda act: lifecycle.dismiss_advisory(act, self.id, reason="No."))

    @rule(person=people)
    def reopen(self, person: str) -> None:
        allowed = self.model.reopen(person)
        self.attempt(person, allowed, lambda act: lifecycle.reopen_advisory(act, self.id))

    # Projects

    @rule(person=people, suggested=st.none() | projects)
    def request_reassignment(self, person: str, suggested: str | None) -> None:
        allowed = self.model.request_reassignment(person, suggested)
        self.attempt(
            person,
            allowed,
            lambda act: reassignment.request_admin_reassignment(
                act, self.id, note="Not ours.", suggested=self.project(act, suggested) if suggested else None
            ),
        )

    @rule(person=people)
    def withdraw_reassignment(self, person: str) -> None:
        allowed = self.model.withdraw_reassignment(person)
        self.attempt(person, allowed, lambda act: reassignment.withdraw_admin_reassignment(act, self.id))

    @rule(person=people, goal=projects)
    def accept_reassignment(self, person: str, goal: str) -> None:
        allowed = self.model.accept_reassignment(person, goal)
        self.attempt(
            person,
            allowed,
            lambda act: reassignment.accept_reassignment_suggestion(act, self.id, self.project(act, goal)),
        )

    @rule(person=people, goal=projects)
    def change_project(self, person: str, goal: str) -> None:
        allowed = self.model.change_project(person, goal)
        self.attempt(
            person, allowed, lambda act: reassignment.change_project(act, self.id, self.project(act, goal))
        )

    # Reviews

    @rule(person=people)
    def submit(self, person: str) -> None:
        allowed = self.model.submit(person)
        self.attempt(person, allowed, lambda act: reviews.submit_for_review(act, self.id))

    @rule(person=people)
    def withdraw_review(self, person: str) -> None:
        allowed = self.model.withdraw_review(person)
        self.attempt(person, allowed, lambda act: reviews.withdraw_review(act, self.id))

    @rule(person=people, pinned=st.booleans())
    def approve(self, person: str, pinned: bool) -> None:
        version = (self.model.pinned or self.model.version) if pinned else self.model.version
        allowed = self.model.approve(person, version)
        self.attempt(person, allowed, lambda act: reviews.approve_review(act, self.id, version=version))

    @rule(person=people)
    def request_changes(self, person: str) -> None:
        allowed = self.model.request_changes(person)
        self.attempt(person, allowed, lambda act: reviews.request_changes(act, self.id, notes="Say more."))

    @rule(person=people)
    def reopen_review(self, person: str) -> None:
        allowed = self.model.reopen_review(person)
        self.attempt(person, allowed, lambda act: reviews.reopen_review(act, self.id))

    @rule(person=people)
    def revoke_approval(self, person: str) -> None:
        allowed = self.model.revoke(person)
        self.attempt(person, allowed, lambda act: reviews.revoke_approval(act, self.id))

    # CVE numbers

    @rule(person=people)
    def request_cve(self, person: str) -> None:
        allowed = self.model.request_cve(person)
        self.attempt(person, allowed, lambda act: cves.request_cve(act, self.id))

    @rule(person=people)
    def reserve(self, person: str) -> None:
        number = self.number()
        allowed = self.model.reserve(person, number)
        self.attempt(person, allowed, lambda act: cves.reserve_cve(act, self.id, number))

    @rule(person=people, ban=st.booleans())
    def reject(self, person: str, ban: bool) -> None:
        allowed = self.model.reject(person, ban=ban)
        self.attempt(
            person, allowed, lambda act: cves.reject_cve_request(act, self.id, reason="No flaw.", ban=ban)
        )

    @rule(person=people)
    def unban(self, person: str) -> None:
        allowed = self.model.unban(person)
        self.attempt(person, allowed, lambda act: cves.unban_cve_requests(act, self.id))

    @rule(person=people)
    def unassign(self, person: str) -> None:
        allowed = self.model.unassign(person)
        self.attempt(person, allowed, lambda act: cves.unassign_cve(act, self.id, reason="Wrong number."))

    @rule(person=people)
    def mark_rejected(self, person: str) -> None:
        orphaned = [entry[0] for entry in self.model.orphans if entry[1] == "orphaned"]
        number = orphaned[-1] if orphaned else "CVE-2026-1000"
        allowed = self.model.mark_rejected(person)
        self.attempt(person, allowed, lambda act: orphans.mark_orphan_rejected(act, self.id, number))

    @rule(person=people, replace=st.booleans())
    def resolve_reassignment(self, person: str, replace: bool) -> None:
        number = self.number() if replace else None
        decision = ReassignmentStatus.REPLACED if replace else ReassignmentStatus.REASSIGNED
        allowed = self.model.resolve(person, number)
        self.attempt(
            person,
            allowed,
            lambda act: orphans.resolve_reassignment(act, self.id, decision=decision, cve_id=number),
        )

    # Publication and withdrawal

    @rule(person=people)
    def publish(self, person: str) -> None:
        allowed = self.model.publish(person)
        self.attempt(person, allowed, lambda act: publishing.publish(act, self.id))

    @rule(clean=st.sampled_from([True, True, True, False]))
    def push(self, clean: bool) -> None:
        """The worker's side of a publication, with a repository that is clean or refuses."""
        if self.model.flight is None:
            return
        hub = self.world.hub
        with hub.system() as act:
            task = publishing.last_task(act.db, self.id)
            assert task is not None
            task_id = task.id
        expected = self.model.push(clean=clean)
        try:
            with hub.system() as act:
                publishing.begin(act, task_id, "delivery")
            permitted = True
        except HubError:
            permitted = False
        assert permitted or not expected
        with hub.system() as act:
            if clean and permitted:
                publishing.record_push(act, task_id, "0" * 40, changed=True)
                publishing.succeed(act, task_id)
            else:
                publishing.fail(act, task_id, "The repository refused.")
        assert expected == (clean and permitted)

    @rule(person=people)
    def request_withdrawal(self, person: str) -> None:
        allowed = self.model.request_withdrawal(person)
        self.attempt(person, allowed, lambda act: withdrawal.request_withdrawal(act, self.id, note="Wrong."))

    @rule(person=people)
    def cancel_withdrawal(self, person: str) -> None:
        allowed = self.model.cancel_withdrawal(person)
        self.attempt(person, allowed, lambda act: withdrawal.cancel_withdrawal_request(act, self.id))

    @rule(person=people)
    def withdraw(self, person: str) -> None:
        allowed = self.model.withdraw(person)
        self.attempt(person, allowed, lambda act: withdrawal.withdraw_advisory(act, self.id, reason="Wrong."))

    @rule(person=people)
    def approve_withdrawal(self, person: str) -> None:
        allowed = self.model.approve_withdrawal(person)
        self.attempt(person, allowed, lambda act: withdrawal.approve_withdrawal(act, self.id))

    @invariant()
    def the_hub_is_as_the_model_says(self) -> None:
        if not hasattr(self, "model"):
            return
        with self.world.hub.system() as act:
            assert stored(act, self.id, self.world) == told(self.model)

    @invariant()
    def the_newest_version_is_the_row(self) -> None:
        if not hasattr(self, "model"):
            return
        with self.world.hub.system() as act:
            row = act.db.get_one(Advisory, self.id)
            found = act.db.scalars(
                select(AdvisoryVersion)
                .where(AdvisoryVersion.advisory_id == self.id)
                .order_by(AdvisoryVersion.number)
            ).all()
            assert [version.number for version in found] == list(range(1, row.current_version + 1))
            assert found[-1].payload == payloads.pinned(row)


def told(model: Model) -> dict[str, Any]:
    """Return the model as plain values."""
    return {
        "project": model.project,
        "state": model.state,
        "origin": model.origin,
        "version": model.version,
        "review": model.review,
        "pinned": model.pinned,
        "approved": model.approved,
        "cve": model.cve,
        "request": model.request,
        "banned": model.banned,
        "orphans": [tuple(orphan) for orphan in model.orphans],
        "wanted_back": model.wanted_back,
        "flagged": model.flagged,
        "asked_to_move": model.asked_to_move,
        "asked_to_withdraw": model.asked_to_withdraw,
        "withdrawn": model.withdrawn,
        "republish": model.republish,
        "access_review": model.access_review,
        "comments_locked": model.comments_locked,
        "in_flight": model.flight is not None,
    }


def stored(act: Act, advisory_id: int, world: World) -> dict[str, Any]:
    """Return what the database holds, in the same shape."""
    row = act.db.get_one(Advisory, advisory_id)
    review = act.db.scalar(
        select(ReviewTask).where(
            ReviewTask.advisory_id == advisory_id, ReviewTask.status == ReviewTaskStatus.OPEN
        )
    )
    request = act.db.scalar(
        select(CVERequestTask)
        .where(CVERequestTask.advisory_id == advisory_id)
        .order_by(CVERequestTask.id.desc())
        .limit(1)
    )
    wanted = act.db.scalar(
        select(OrphanCVE.cve_id)
        .join(OrphanReassignmentTask, OrphanReassignmentTask.orphan_id == OrphanCVE.id)
        .where(
            OrphanReassignmentTask.advisory_id == advisory_id,
            OrphanReassignmentTask.status == ReassignmentStatus.QUEUED,
        )
    )
    taken_off = act.db.scalars(
        select(OrphanCVE).where(OrphanCVE.advisory_id == advisory_id).order_by(OrphanCVE.id)
    )
    asked = None
    if row.reassignment_requested_at is not None:
        suggested = row.reassignment_suggested.slug if row.reassignment_suggested else None
        asked = (
            world.persons[row.reassignment_requested_by_id or 0],
            world.names[suggested] if suggested else None,
        )
    task = publishing.last_task(act.db, advisory_id)
    return {
        "project": world.names[row.project.slug],
        "state": row.state.value,
        "origin": row.dismissed_from_state.value if row.dismissed_from_state else None,
        "version": row.current_version,
        "review": row.review_status.value,
        "pinned": review.version if review else None,
        "approved": row.approved_version,
        "cve": row.assigned_cve_id,
        "request": request.status.value if request else "none",
        "banned": row.cve_requests_banned,
        "orphans": [(orphan.cve_id, orphan.status.value) for orphan in taken_off],
        "wanted_back": wanted,
        "flagged": row.routing_flagged_at is not None,
        "asked_to_move": asked,
        "asked_to_withdraw": row.withdrawal_requested_at is not None,
        "withdrawn": row.withdrawn_reason != "",
        "republish": row.republish_required,
        "access_review": row.access_review_required_at is not None,
        "comments_locked": row.comments_locked_at is not None,
        "in_flight": task is not None and task.status.value in {"queued", "running"},
    }


@pytest.mark.invariant("INV-LIFECYCLE-1")
@pytest.mark.invariant("INV-LIFECYCLE-4")
@pytest.mark.invariant("INV-REVIEW-1")
@pytest.mark.invariant("INV-REVIEW-2")
@pytest.mark.invariant("INV-REVIEW-4")
@pytest.mark.invariant("INV-REVIEW-5")
@pytest.mark.invariant("INV-AUTH-1")
@pytest.mark.invariant("INV-VERSION-1")
@pytest.mark.invariant("INV-CVE-1")
@pytest.mark.invariant("INV-CVE-2")
@pytest.mark.invariant("INV-PERM-3")
def test_whatever_people_try_the_hub_does_what_the_specification_says(hub: Hub) -> None:
    world_of_this_test = World(hub)

    class Walk(Lifecycle):
        world = world_of_this_test

    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=40,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
