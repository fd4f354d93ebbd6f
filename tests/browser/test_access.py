"""Managing access in a real browser, with scripts and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from advisoryhub_core.access.services import grant_group, grant_person
from tests.browser.checks import examine
from tests.browser.serving import Site

pytestmark = pytest.mark.browser

LONG = "x" * 120


@pytest.mark.parametrize("javascript", [True, False])
def test_an_owner_adds_changes_and_removes(site: Site, *, javascript: bool) -> None:
    hub = site.hub
    project = hub.project()
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    hub.person(f"{LONG}@example.org", name=LONG, email=f"{'y' * 60}@{LONG}.example.org")
    hub.person(name="Rea Der", email="rea@example.org")
    with hub.acting_for(member) as act:
        pk = hub.pk(advisory_id)
        grant_person(act, pk, f"{'y' * 60}@{LONG}.example.org", "viewer")
        grant_group(act, pk, f"{LONG}@example.org", "collaborator")
        grant_person(act, pk, "invited@example.org", "viewer")
    page = site.signed_in(member, javascript=javascript)
    page.goto(f"{site.url}/advisories/{advisory_id}/")
    examine(page, "the card")
    page.get_by_role("link", name="Manage access").click()
    page.get_by_label("E-mail address").fill("rea@example.org")
    page.get_by_role("button", name="Add person").click()
    expect(page.get_by_role("row", name="Rea Der")).to_be_visible()
    examine(page, "the list")
    page.get_by_label("What Rea Der may do").select_option("collaborator")
    page.get_by_label("Remove invited@example.org").check()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("The changes were saved.")).to_be_visible()
    expect(page.get_by_label("What Rea Der may do")).to_have_value("collaborator")
    expect(page.get_by_role("row", name="invited@example.org")).to_have_count(0)

    page.get_by_label("E-mail address").fill("nobody")
    page.get_by_role("button", name="Add person").click()
    expect(page.get_by_label("E-mail address")).to_have_value("nobody")
    site.complaints.expect_status(400)
    examine(page, "a refusal")
