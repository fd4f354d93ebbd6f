"""What the pages of notifications show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from advisoryhub_core.advisories.pages import AdvisoryHeading
from advisoryhub_core.web.pages import NO_PAGER, ErrorLink, FormField, Moment, Pager


@dataclass(frozen=True, kw_only=True)
class InboxLine:
    """One notification."""

    id: int
    text: Any
    url: str
    advisory_id: str
    project_name: str
    why: Any
    at: Moment
    unread: bool


@dataclass(frozen=True, kw_only=True)
class InboxPageView:
    """`notifications/inbox.pt`."""

    lines: tuple[InboxLine, ...]
    unread_only: bool
    any_unread: bool
    preferences_url: str
    here: str
    pager: Pager = NO_PAGER


@dataclass(frozen=True, kw_only=True)
class PreferencesPage:
    """`notifications/preferences.pt`, for everything or, with `heading`, for one advisory.

    `first` are the fields above the switches, `last` those below.
    """

    switches: tuple[FormField, ...]
    first: tuple[FormField, ...] = ()
    last: tuple[FormField, ...] = ()
    problems: tuple[ErrorLink, ...] = ()
    heading: AdvisoryHeading | None = None
    url: str
    preferences_url: str
