"""What a project may be called, and whose it may be."""

from __future__ import annotations

import re
from typing import Any

from advisoryhub_core.advisories.payload import limits
from advisoryhub_core.advisories.payload.kinds import Text, Visit
from advisoryhub_core.advisories.payload.messages import _, quoted, say
from advisoryhub_core.advisories.payload.texts import TextError, reference_url
from advisoryhub_core.forms import form

TEAM_LENGTH = 256
DESCRIPTION_LENGTH = 4000

# Segments of the project's id at the foundation: `technology.jetty`, `ee4j.jakartaee-platform`, `iot.4diac`.
_SEGMENT = "[a-z0-9]+(?:[_-][a-z0-9]+)*"
_SLUG = re.compile(rf"{_SEGMENT}(?:\.{_SEGMENT})*")


def _slug(text: str) -> str:
    if not _SLUG.fullmatch(text):
        raise TextError(
            say(
                _(
                    "${value} is not a project id: write lower-case letters and digits in parts like"
                    " technology.jetty."
                ),
                value=quoted(text),
            )
        )
    return text


def _homepage(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise TextError(
            say(_("${value} is not a web address: write it like https://example.org."), value=quoted(text))
        )
    return reference_url(text)


def _refuse_unmirrored(visit: Visit) -> None:
    """INV-PROJECT-1: a team is a group; one whose name is never mirrored would never have a member."""
    team, pattern = visit.values.get("security_team"), visit.bindings["group_pattern"]
    if team and visit.is_clean("security_team") and not pattern.fullmatch(team):
        visit.blame(
            ("security_team",),
            say(
                _("${value} is no group in full: write it with its realm, like team@example.org."),
                value=quoted(team),
            ),
        )


def _refuse_taken(visit: Visit) -> None:
    taken, slug = visit.bindings["taken"], visit.values.get("slug")
    if slug and visit.is_clean("slug") and taken(slug):
        visit.blame(("slug",), say(_("${value} is another project's id: choose one."), value=quoted(slug)))


def _keep_unsorted(visit: Visit) -> None:
    """INV-PROJECT-2: bound with `unsorted`, the name of the group that owns it, for that project."""
    owner: Any = visit.bindings.get("unsorted")
    if owner is None:
        return
    if visit.is_clean("slug") and visit.values.get("slug") != "unsorted":
        visit.blame(("slug",), say(_("stays unsorted: reports without a project need it.")))
    if visit.is_clean("security_team") and visit.values.get("security_team") != owner:
        visit.blame(("security_team",), say(_("stays ${owner}, the administrators' group."), owner=owner))


# Bound with `group_pattern`, with `taken`, a function that says whether a slug is another project's, and with
# `unsorted` as above.
PROJECT = form(
    _refuse_unmirrored,
    _refuse_taken,
    _keep_unsorted,
    slug=Text(limits.SLUG, rule=_slug, required=True),
    name=Text(limits.PACKAGE_NAME, required=True),
    description=Text(DESCRIPTION_LENGTH, multiline=True),
    homepage=Text(limits.URL, rule=_homepage),
    security_team=Text(TEAM_LENGTH, required=True),
)
