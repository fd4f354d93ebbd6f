"""The access card on the advisory page, for owners."""

from __future__ import annotations

from advisoryhub_core.access.pages import AccessCard
from advisoryhub_core.access.presenters import Rows
from advisoryhub_core.access.queries import access_list
from advisoryhub_core.advisories.pages import _
from advisoryhub_core.advisories.resources import AdvisoryResource
from advisoryhub_core.web.pages import Panel
from advisoryhub_core.web.request import HubRequest
from advisoryhub_core.web.templating import render_markup

_SHOWN = 6


def render_panel(request: HubRequest, context: AdvisoryResource) -> Panel:
    """Return the card, as a panel of the advisory page."""
    found = access_list(request.db, context.advisory, limit=_SHOWN)
    url = f"{context.path}access/"
    rows = Rows(request.act, context.caps()).lines(found, url)
    card = AccessCard(url=url, rows=rows, more=found.total - len(rows))
    html = render_markup("advisoryhub_templates:access/panel.pt", {"card": card}, request)
    return Panel(name="access", title=_("access-title", default="Access"), html=html)
