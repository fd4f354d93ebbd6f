"""Telling the stories: every step through the service that people's acts go through, in order of time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import select

from advisoryhub_cli.demo.context import DemoContext
from advisoryhub_cli.demo.people import ACTORS, arrive
from advisoryhub_cli.demo.story import (
    AssignCVE,
    Dismiss,
    Draft,
    Edit,
    Publish,
    RequestReassignment,
    Share,
    Step,
    Story,
    Withdraw,
)
from advisoryhub_core.access.services import grant_person
from advisoryhub_core.acts import Act, utc_now
from advisoryhub_core.advisories import payloads
from advisoryhub_core.advisories.lifecycle import dismiss_advisory, submit_triage_report
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.reassignment import request_admin_reassignment
from advisoryhub_core.advisories.services import create_advisory, edit_advisory
from advisoryhub_core.projects.models import Project
from advisoryhub_core.projects.services import project_called
from advisoryhub_core.workflows.cves import assign_cve


class Publisher(Protocol):
    """Brings an advisory out on behalf of a person; returns why the push failed, or the empty string."""

    def publish(self, context: DemoContext, advisory_id: int, person_id: int, /) -> str:
        """Publish the newest version."""

    def withdraw(self, context: DemoContext, advisory_id: int, person_id: int, reason: str, /) -> str:
        """Withdraw what was published."""


# No two stories begin at the same minute, and all within one working day's length of their age.
_MINUTES_APART = 37
_MINUTES_SPREAD = 480


@dataclass
class Telling:
    """The stories of one run, told into a hub. `publisher` None leaves what was published as drafts."""

    registry: Any
    publisher: Publisher | None
    now: dt.datetime = field(default_factory=utc_now)
    unpublished: int = 0
    failures: list[str] = field(default_factory=list)
    _people: dict[str, int] = field(default_factory=dict)
    _advisories: dict[int, int] = field(default_factory=dict)
    _left_as_drafts: set[int] = field(default_factory=set)

    def tell(self, stories: Iterable[Story], advance: Callable[[int], None]) -> None:
        """Carry out every step of every story; `advance` is called with 1 after each."""
        with DemoContext(self.registry).system() as act:
            self._people = {person.subject: arrive(act, person).id for person in ACTORS}
        for moment, number, story, step in _in_order(stories, self.now):
            context = DemoContext(self.registry, moment=moment)
            if step is None:
                self._advisories[number] = self._begin(context, story)
            elif isinstance(step, Publish | Withdraw):
                self._bring_out(context, self._advisories[number], step)
            else:
                with context.acting_for(self._people[step.by.subject]) as act:
                    self._carry_out(act, self._advisories[number], step)
            advance(1)

    def _begin(self, context: DemoContext, story: Story) -> int:
        person = self._people[story.by.subject] if story.by else None
        with context.acting_for(person) if person is not None else context.system() as act:
            project = act.db.scalars(select(Project).where(Project.slug == story.project)).one()
            if isinstance(story, Draft):
                return create_advisory(act, project, story.content).id
            return submit_triage_report(act, project, story.content, reporter_id=person).id

    def _bring_out(self, context: DemoContext, advisory_id: int, step: Publish | Withdraw) -> None:
        if self.publisher is None:
            self.unpublished += 1
            return
        if isinstance(step, Withdraw) and advisory_id in self._left_as_drafts:
            return
        person = self._people[step.by.subject]
        if isinstance(step, Publish):
            problem = self.publisher.publish(context, advisory_id, person)
        else:
            problem = self.publisher.withdraw(context, advisory_id, person, step.reason)
        if problem:
            self.failures.append(problem)
            self._left_as_drafts.add(advisory_id)

    def _carry_out(self, act: Act, advisory_id: int, step: Step) -> None:
        match step:
            case Edit():
                advisory = act.db.get_one(Advisory, advisory_id)
                data = {**payloads.authored(advisory), **step.changes}
                edit_advisory(act, advisory_id, data, base_version=advisory.current_version)
            case AssignCVE():
                assign_cve(act, advisory_id, f"CVE-{act.now().year}-{step.sequence}")
            case Dismiss():
                dismiss_advisory(act, advisory_id, reason=step.reason)
            case RequestReassignment():
                suggested = project_called(act, step.suggested)
                request_admin_reassignment(act, advisory_id, note=step.note, suggested=suggested)
            case Share():
                grant_person(act, advisory_id, step.to.email, step.permission)
            case _:
                raise TypeError(step)


def steps_of(stories: Iterable[Story]) -> int:
    """Return how many steps there are to tell, the beginnings included."""
    return sum(1 + len(story.steps) for story in stories)


def _in_order(
    stories: Iterable[Story], now: dt.datetime
) -> list[tuple[dt.datetime, int, Story, Step | None]]:
    """Return moment, number of the story, story and step (None for its beginning), oldest first."""
    return sorted(_moments(stories, now.replace(microsecond=0)), key=lambda entry: entry[0])


def _moments(
    stories: Iterable[Story], now: dt.datetime
) -> Iterator[tuple[dt.datetime, int, Story, Step | None]]:
    for number, story in enumerate(stories):
        minutes = number * _MINUTES_APART % _MINUTES_SPREAD
        begun = now - dt.timedelta(days=story.age, minutes=minutes)
        yield begun, number, story, None
        for step in story.steps:
            yield begun + dt.timedelta(days=step.after), number, story, step
