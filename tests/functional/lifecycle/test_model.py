"""Random acts by random people, compared after each with a model written from `lifecycle.md` alone."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
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

    def begin(self, project: str, *, report: bool) -> int:
        """Write a draft or take in a report, share it as the model has it, and return its database id."""
        slug = self.slugs[project]
        admin = self.people["admin"]
        advisory_id = self.hub.report(slug) if report else self.hub.draft(slug, by=admin)
        for person, permission in GRANTS.items():
            self.hub.grant(advisory_id, self.people[person], permission)
        return self.hub.pk(advisory_id)


@dataclass(frozen=True)
class Move:
    """One act by one person; `choice` is what the act leaves open (a project, a version, a decision)."""

    name: str
    person: str
    choice: Any = None


# What each act leaves open. `push` is the worker's; its choice is whether the repository takes the push.
CHOICES: dict[str, tuple[Any, ...]] = {
    "promote": (None, *PROJECTS),
    "reassign_report": PROJECTS,
    "request_reassignment": (None, *PROJECTS),
    "accept_reassignment": PROJECTS,
    "change_project": PROJECTS,
    "approve": ("pinned", "newest"),
    "reject": (False, True),
    "resolve": ("old number", "new number"),
    "push": (True, False),
}


@dataclass(frozen=True)
class Call:
    """A move on its way to the service behind it, with what the person saw before."""

    walk: Any
    act: Act
    before: Model
    move: Move
    number: str

    @property
    def target(self) -> tuple[Act, int]:
        return self.act, self.walk.id

    @property
    def project(self) -> Any:
        """The project that the move names."""
        if self.move.choice is None:
            return None
        slug = self.walk.world.slugs[self.move.choice]
        return self.act.db.scalars(select(Project).where(Project.slug == slug)).one()

    def edit(self, *, change: bool) -> None:
        if change:
            content = good_payload(summary=f"Edit {self.number}")
        else:
            with self.walk.world.hub.system() as reading:
                content = payloads.authored(reading.db.get_one(Advisory, self.walk.id))
        edit_advisory(*self.target, content, base_version=self.before.version)

    def approve(self) -> None:
        version = self.before.pinned if self.move.choice == "pinned" else self.before.version
        reviews.approve_review(*self.target, version=version or 0)

    def mark_rejected(self) -> None:
        orphaned = [entry[0] for entry in self.before.orphans if entry[1] == "orphaned"]
        orphans.mark_orphan_rejected(*self.target, orphaned[-1] if orphaned else "CVE-2026-1000")

    def resolve(self) -> None:
        if self.move.choice == "new number":
            replaced = ReassignmentStatus.REPLACED
            orphans.resolve_reassignment(*self.target, decision=replaced, cve_id=self.number)
        else:
            orphans.resolve_reassignment(*self.target, decision=ReassignmentStatus.REASSIGNED)


SERVICES: dict[str, Callable[[Call], Any]] = {
    "edit": lambda c: c.edit(change=True),
    "edit_nothing": lambda c: c.edit(change=False),
    "comment": lambda c: comments.post_comment(*c.target, "A word."),
    "comment_internally": lambda c: comments.post_comment(*c.target, "A word.", internal=True),
    "lock_comments": lambda c: comments.lock_comments(*c.target, "Enough."),
    "unlock_comments": lambda c: comments.unlock_comments(*c.target),
    "promote": lambda c: triage.promote_triage_to_draft(*c.target, project=c.project),
    "dismiss_report": lambda c: triage.dismiss_triage(*c.target, reason="No flaw."),
    "flag": lambda c: triage.flag_for_admin_routing(*c.target, note="Whose?"),
    "clear_flag": lambda c: triage.clear_admin_routing_flag(*c.target),
    "reassign_report": lambda c: triage.reassign_triage_project(*c.target, c.project),
    "dismiss": lambda c: lifecycle.dismiss_advisory(*c.target, reason="No."),
    "reopen": lambda c: lifecycle.reopen_advisory(*c.target),
    "request_reassignment": lambda c: reassignment.request_admin_reassignment(
        *c.target, note="Not ours.", suggested=c.project
    ),
    "withdraw_reassignment": lambda c: reassignment.withdraw_admin_reassignment(*c.target),
    "accept_reassignment": lambda c: reassignment.accept_reassignment_suggestion(*c.target, c.project),
    "change_project": lambda c: reassignment.change_project(*c.target, c.project),
    "submit": lambda c: reviews.submit_for_review(*c.target),
    "withdraw_review": lambda c: reviews.withdraw_review(*c.target),
    "approve": lambda c: c.approve(),
    "request_changes": lambda c: reviews.request_changes(*c.target, notes="Say more."),
    "reopen_review": lambda c: reviews.reopen_review(*c.target),
    "revoke": lambda c: reviews.revoke_approval(*c.target),
    "request_cve": lambda c: cves.request_cve(*c.target),
    "reserve": lambda c: cves.reserve_cve(*c.target, c.number),
    "reject": lambda c: cves.reject_cve_request(*c.target, reason="No flaw.", ban=c.move.choice),
    "unban": lambda c: cves.unban_cve_requests(*c.target),
    "unassign": lambda c: cves.unassign_cve(*c.target, reason="Wrong number."),
    "mark_rejected": lambda c: c.mark_rejected(),
    "resolve": lambda c: c.resolve(),
    "publish": lambda c: publishing.publish(*c.target),
    "request_withdrawal": lambda c: withdrawal.request_withdrawal(*c.target, note="Wrong."),
    "cancel_withdrawal": lambda c: withdrawal.cancel_withdrawal_request(*c.target),
    "withdraw": lambda c: withdrawal.withdraw_advisory(*c.target, reason="Wrong."),
    "approve_withdrawal": lambda c: withdrawal.approve_withdrawal(*c.target),
}
NAMES = (*SERVICES, "push")
MOVES = [
    Move(name, person, choice)
    for name in NAMES
    for person in (PEOPLE if name != "push" else ("worker",))
    for choice in CHOICES.get(name, (None,))
]


Prediction = Callable[[Model, Move, str], bool]
PREDICTIONS: dict[str, Prediction] = {
    "push": lambda model, move, _number: model.flight is not None and model.push(clean=move.choice),
    "edit_nothing": lambda model, move, _number: model.may_edit(move.person),
    "approve": lambda model, move, _number: model.approve(
        move.person, (model.pinned if move.choice == "pinned" else model.version) or 0
    ),
    "reject": lambda model, move, _number: model.reject(move.person, ban=move.choice),
    "reserve": lambda model, move, number: model.reserve(move.person, number),
    "resolve": lambda model, move, number: model.resolve(
        move.person, number if move.choice == "new number" else None
    ),
}


def predicted(model: Model, move: Move, number: str) -> bool:
    """Make a move on the model; False where the specification refuses it."""
    if move.name in PREDICTIONS:
        return PREDICTIONS[move.name](model, move, number)
    choice = (move.choice,) if move.name in CHOICES else ()
    return bool(getattr(model, move.name)(move.person, *choice))


class Lifecycle(RuleBasedStateMachine):
    """One advisory, and everything that people may try with it."""

    world: World

    @initialize(project=st.sampled_from(PROJECTS), report=st.booleans())
    def begin(self, project: str, report: bool) -> None:
        # Nobody writes drafts for `unsorted` but to move them at once; reports are what it is for.
        project = HOME if project == UNSORTED and not report else project
        self.id = self.world.begin(project, report=report)
        self.model = Model(
            project=project,
            state="triage" if report else "draft",
            flagged=report and project == UNSORTED,
            ready=not report,
        )

    @rule(likely=st.sampled_from([True, True, True, False]), data=st.data())
    def somebody_acts(self, likely: bool, data: st.DataObject) -> None:
        """Make a move that the specification allows or, now and then, any move at all.

        The act is drawn first, so that acts with many choices are no likelier than others.
        """
        number = f"CVE-2026-{7_000_000 + next(_numbers)}"
        found = [move for move in MOVES if not likely or predicted(deepcopy(self.model), move, number)]
        name = data.draw(st.sampled_from(sorted({move.name for move in found})), label="act")
        move = data.draw(st.sampled_from([move for move in found if move.name == name]), label="move")
        before = deepcopy(self.model)
        allowed = predicted(self.model, move, number)
        if move.name == "push":
            self.push(before, move, allowed)
        else:
            self.attempt(before, move, number, allowed)

    def attempt(self, before: Model, move: Move, number: str, allowed: bool) -> None:
        """Let a person try something, and hold the product to what the model says of it."""
        refusal = None
        try:
            with self.world.hub.acting_for(self.world.people[move.person]) as act:
                SERVICES[move.name](Call(self, act, before, move, number))
        except HubError as error:
            refusal = error
        assert (refusal is None) == allowed, f"{move}: {refusal!r}, the model says {allowed}"

    def push(self, before: Model, move: Move, expected: bool) -> None:
        """The worker's side of a publication, with a repository that takes the push or refuses it."""
        if before.flight is None:
            return
        hub = self.world.hub
        with hub.system() as act:
            task = publishing.last_task(act.db, self.id)
            assert task is not None
            task_id = task.id
        try:
            with hub.system() as act:
                publishing.begin(act, task_id, "delivery")
            permitted = True
        except HubError:
            permitted = False
        with hub.system() as act:
            if move.choice and permitted:
                publishing.record_push(act, task_id, "0" * 40, changed=True)
                publishing.succeed(act, task_id)
            else:
                publishing.fail(act, task_id, "The repository refused.")
        assert expected == (move.choice and permitted)

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
            max_examples=int(os.environ.get("LIFECYCLE_EXAMPLES", "12")),
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
