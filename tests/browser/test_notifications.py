"""The inbox and the preferences in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from advisoryhub_core import events
from tests.browser.checks import examine
from tests.browser.serving import Site

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("javascript", [True, False])
def test_somebody_chooses_what_they_get_and_reads_what_came(site: Site, javascript: bool) -> None:
    hub = site.hub
    slug = hub.project()
    reader, writer = hub.member(slug), hub.member(slug)
    first, second = hub.draft(slug, by=writer), hub.draft(slug, by=writer)
    hub.run_jobs()
    page = site.signed_in(reader, javascript=javascript)
    page.get_by_role("link", name="Notifications 2 unread").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Notifications")
    expect(page.get_by_role("listitem").filter(has_text="A new advisory was created")).to_have_count(2)
    examine(page, "inbox")
    page.get_by_role("listitem").filter(has_text=first).get_by_role("button", name="Mark as read").click()
    page.get_by_role("listitem").filter(has_text=second).get_by_role("link").click()
    expect(page.get_by_role("link", name="Notifications", exact=True)).to_be_visible()
    page.get_by_role("link", name="Change which notifications you get of this advisory").click()
    page.get_by_label("For this advisory I hear of").select_option("mentions")
    examine(page, "choices of one advisory")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#panel-notifications")).to_contain_text("Mentions only")
    with hub.system() as act:
        act.notify(events.ReportDismissed(act, hub.row(act, second).id))
    hub.run_jobs()
    with hub.system() as act:
        told = act.db.scalar(
            text(
                "SELECT count(*) FROM notifications n JOIN notification_events e ON e.id = n.event_id"
                " WHERE n.user_id = :id AND e.event = 'report_dismissed'"
            ),
            {"id": reader},
        )
    assert told == 0
    page.goto(f"{site.url}/notifications/preferences/")
    examine(page, "own preferences")
    page.get_by_label("Exports: succeeded and failed").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Exports: succeeded and failed")).not_to_be_checked()
