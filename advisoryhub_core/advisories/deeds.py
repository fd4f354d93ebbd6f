"""Deeds: what can be done to an advisory by one POST, each declared once.

A `Deed` names its address, its capability, what it asks for and the service that does it. From the one
declaration come the button and dialog on the advisory page, the page for people without scripts, the POST
view, and whatever else offers acts. (An `Act` in `acts.py` is who does something; an `Act` in
`web/pages.py` is how it is drawn.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.projects.models import Project
from advisoryhub_core.projects.services import all_projects, own_projects
from advisoryhub_core.web.asked import Asked
from advisoryhub_core.workflows.queries import Workflow

Place = Literal["bar", "menu", "banner", "review", "cve", "comments"]


@dataclass(frozen=True)
class Subject:
    """The advisory that a deed is about, with the machines beside its state."""

    act: Act
    advisory: Advisory
    workflow: Workflow

    @property
    def has_targets(self) -> bool:
        """Whether there is a project that the acting person may move the advisory to; asks no database."""
        identity = self.act.identity
        return identity.is_admin or bool(identity.team_project_ids - {self.advisory.project_id})

    @cached_property
    def targets(self) -> tuple[Project, ...]:
        """The projects that the acting person may move the advisory to, by name."""
        return tuple(self._others(own_projects(self.act)))

    @cached_property
    def other_projects(self) -> tuple[Project, ...]:
        """Every project that the advisory does not belong to, by name."""
        return tuple(self._others(all_projects(self.act)))

    def _others(self, projects: list[Project]) -> list[Project]:
        return [project for project in projects if project.id != self.advisory.project_id]


def _always(_subject: Subject) -> bool:
    return True


def _nothing(_subject: Subject) -> tuple[Asked, ...]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One act on an advisory.

    `run(act, advisory_id, values)` calls the service and returns the message of success. `asks` returns
    what the form asks for; with neither that, nor an `explanation`, nor `confirm`, the button acts at
    once. `explains` is an explanation that depends on the advisory. `fits` says whether it makes sense now,
    beyond being allowed (`cap`): the service decides again under the lock. `confirm` asks for the typed id.
    `place` is where the page shows it; `order` sorts.
    `own_page` leads to the form on a page of its own, where a dialog would cost each view of the advisory the
    queries that it takes to ask.

    The address is the name, unless `address` gives another: deeds that are one to people, and yet differ in
    capability and service by where the advisory stands, share one. Of those each but one says `when` it is
    meant; the one without is meant otherwise.
    """

    name: str
    cap: Cap
    title: Any
    run: Callable[[Act, int, Mapping[str, Any]], Any]
    asks: Callable[[Subject], tuple[Asked, ...]] = _nothing
    fits: Callable[[Subject], bool] = _always
    explanation: Any = ""
    explains: Callable[[Subject], Any] | None = None
    submit: Any = ""
    tone: Literal["primary", "plain", "danger"] = "plain"
    place: Place = "menu"
    order: int = 100
    confirm: bool = False
    step_up: bool = False
    rate_limit: str | None = None
    own_page: bool = False
    address: str = ""
    when: Callable[[Advisory], bool] | None = None

    @property
    def segment(self) -> str:
        """The last part of its path, `/advisories/{id}/{segment}/`."""
        return self.address or self.name


def deeds(registry: Any) -> dict[str, Deed]:
    if not hasattr(registry, "hub_deeds"):
        registry.hub_deeds = {}
    return registry.hub_deeds  # type: ignore[no-any-return]  # the registry is untyped


def deed_at(registry: Any, segment: str, advisory: Advisory) -> Deed | None:
    """Return the deed that is meant at an address for an advisory as it stands; None for an unknown one."""
    found = [deed for deed in deeds(registry).values() if deed.segment == segment]
    meant = [deed for deed in found if deed.when is not None and deed.when(advisory)]
    otherwise = [deed for deed in found if deed.when is None]
    return next(iter(meant or otherwise), None)


def offered(registry: Any, caps: frozenset[Cap], subject: Subject) -> list[Deed]:
    """Return the deeds that a person may do now and that make sense now, in order."""
    found = [
        deed
        for deed in deeds(registry).values()
        if deed.cap in caps
        and deed_at(registry, deed.segment, subject.advisory) is deed
        and deed.fits(subject)
    ]
    return sorted(found, key=lambda deed: (deed.order, deed.name))
