"""The pages of notifications in each state."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from advisoryhub_core.notifications.asks import advisory_questions, own_questions
from advisoryhub_core.notifications.pages import InboxLine, InboxPageView, PreferencesPage
from advisoryhub_core.web.asked import fields
from advisoryhub_core.web.pages import Moment, Pager, error_links
from tests.unit.templates.samples import HEADING, HOSTILE

_LINE = InboxLine(
    id=7,
    text="A comment was posted.",
    url="/advisories/ECL-4f7h-q2mx-c9vw/#comment-3",
    advisory_id="ECL-4f7h-q2mx-c9vw",
    project_name=HOSTILE,
    why="You get this because you are an administrator.",
    at=Moment.at(dt.datetime(2026, 5, 4, 9, 30, tzinfo=dt.UTC)),
    unread=True,
)
INBOX = InboxPageView(
    lines=(_LINE, replace(_LINE, id=6, unread=False)),
    unread_only=False,
    any_unread=True,
    preferences_url="/notifications/preferences/",
    here="/notifications/inbox/",
    pager=Pager(older_url="/notifications/inbox/?before=6"),
)
EMPTY_INBOX = replace(INBOX, lines=(), any_unread=False, unread_only=True, pager=Pager())

_GIVEN = {"created": "true", "comments": "all", "digest": "off", "preset": "custom"}
_ERRORS = {"comments": ["Choose one of these."], "extra": ["There is no such field."]}
_OWN = fields(own_questions(), _GIVEN)
PREFERENCES = PreferencesPage(
    switches=_OWN[:-1],
    last=_OWN[-1:],
    url="/notifications/preferences/",
    preferences_url="/notifications/preferences/",
)
REFUSED_PREFERENCES = replace(
    PREFERENCES,
    switches=fields(own_questions(), _GIVEN, _ERRORS)[:-1],
    problems=error_links(_ERRORS, [field.name for field in _OWN]),
)
_THEIRS = fields(advisory_questions(), _GIVEN)
ADVISORY_PREFERENCES = replace(PREFERENCES, heading=HEADING, first=_THEIRS[:1], switches=_THEIRS[1:], last=())
