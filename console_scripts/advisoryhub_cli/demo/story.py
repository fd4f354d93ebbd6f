"""What happens to one advisory of the demonstration: how it begins, and the steps after that.

Times are in days: `age` before the demonstration is seeded, `after` since the story began.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from advisoryhub_embedded.people import Person


@dataclass(frozen=True)
class Edit:
    """Somebody saves these fields."""

    after: float
    by: Person
    changes: Mapping[str, Any]


@dataclass(frozen=True)
class Share:
    """An owner gives `to` the permission `viewer` or `collaborator`."""

    after: float
    by: Person
    to: Person
    permission: str


@dataclass(frozen=True)
class AssignCVE:
    """An administrator assigns a number; the year is that of the day it happens on."""

    after: float
    by: Person
    sequence: int


@dataclass(frozen=True)
class Publish:
    """Somebody publishes the newest version."""

    after: float
    by: Person


@dataclass(frozen=True)
class Dismiss:
    """Somebody gives the draft up."""

    after: float
    by: Person
    reason: str


@dataclass(frozen=True)
class RequestReassignment:
    """The team asks the administrators to move the draft, to the project `suggested`."""

    after: float
    by: Person
    note: str
    suggested: str


@dataclass(frozen=True)
class Withdraw:
    """Somebody withdraws what was published; `reason` is published with it."""

    after: float
    by: Person
    reason: str


Step = Edit | Share | AssignCVE | Publish | Dismiss | RequestReassignment | Withdraw


@dataclass(frozen=True)
class Draft:
    """A story that begins with a draft; `by` None for one that the system wrote."""

    project: str
    age: float
    content: Mapping[str, Any]
    by: Person | None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Report:
    """A story that begins, and so far ends, with a report; `by` None for an anonymous one."""

    project: str
    age: float
    content: Mapping[str, Any]
    by: Person | None = None
    steps: tuple[Step, ...] = ()


Story = Draft | Report
