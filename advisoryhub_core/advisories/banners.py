"""Standing messages on an advisory's page: what waits, and the act that answers it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.pages import _
from advisoryhub_core.advisories.states import State
from advisoryhub_core.web.pages import Act, Banner


def banners(advisory: Advisory, acts: Mapping[str, Act]) -> tuple[Banner, ...]:
    """Return the banners in order of urgency; `acts` are the deeds at place `banner`, by name."""
    return tuple(_banners(advisory, acts))


def _banners(advisory: Advisory, _acts: Mapping[str, Act]) -> Iterator[Banner]:
    if advisory.state is State.DISMISSED:
        reason = {"reason": advisory.dismissed_reason}
        text = _("banner-dismissed", default="This advisory was dismissed: ${reason}", mapping=reason)
        yield Banner(kind="warning", text=text)
    if advisory.republish_required:
        text = _(
            "banner-republish",
            default="The newest version is not published yet. Publish again to bring it out.",
        )
        yield Banner(kind="info", text=text)
