"""From the button to the commit, as seen in a browser."""

from __future__ import annotations

import datetime as dt
import subprocess

import pytest
from playwright.sync_api import Page, expect

from tests.browser.checks import examine
from tests.browser.serving import Site

pytestmark = pytest.mark.browser


def ask_for_it(page: Page, advisory_id: str) -> None:
    """Type the id and press the button that waits for it."""
    confirm = page.get_by_label(f"Type {advisory_id} to confirm")
    confirm.fill(advisory_id)
    page.get_by_role("main").locator("button[data-submit]:visible").click()


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_an_advisory_is_published_by_its_typed_id_and_shows_its_commit(site: Site, javascript: bool) -> None:
    hub = site.hub
    project = hub.project(mature=True)
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    page = site.signed_in(member, javascript=javascript)
    page.goto(f"{site.url}/advisories/{advisory_id}/")
    examine(page, f"detail before {javascript}")
    page.get_by_role("link", name="Publish").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Publish version 1")
    examine(page, f"publish {javascript}")
    if javascript:
        page.get_by_label(f"Type {advisory_id} to confirm").fill("ECL-")
        expect(page.locator("button[data-submit]:visible")).to_be_disabled()
    ask_for_it(page, advisory_id)
    page.wait_for_url(f"{site.url}/advisories/{advisory_id}/")
    card = page.locator("#publication-card")
    expect(card).to_contain_text("Waiting")
    examine(page, f"detail waiting {javascript}")
    assert hub.run_jobs("publishing") == 1
    if not javascript:
        page.reload()
    expect(card.locator(".task-line")).to_contain_text("Published")
    sha = subprocess.run(
        ["git", "-C", str(hub.repository), "rev-parse", "main"], check=True, capture_output=True, text=True
    ).stdout
    expect(card).to_contain_text(sha[:10])
    page.reload()
    expect(page.get_by_role("main").locator(".badge.state-published").first).to_be_visible()
    examine(page, f"detail published {javascript}")
    for label in ("OSV", "CSAF 2.0"):
        expect(card.get_by_role("link", name=label, exact=True)).to_be_visible()


def test_a_failed_publication_says_why_and_is_tried_again(site: Site) -> None:
    hub = site.hub
    project = hub.project(mature=True)
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    page = site.signed_in(member)
    page.goto(f"{site.url}/advisories/{advisory_id}/publish/")
    ask_for_it(page, advisory_id)
    page.wait_for_url(f"{site.url}/advisories/{advisory_id}/")
    hub.set_settings(**{"publishing.repo_url": f"{hub.repository}-missing"})
    hub.run_jobs()
    hub.set_settings(**{"publishing.repo_url": str(hub.repository)})
    page.reload()
    card = page.locator("#publication-card")
    expect(card).to_contain_text("The last attempt failed")
    examine(page, "detail failed")
    card.get_by_role("link", name="Try again").click()
    ask_for_it(page, advisory_id)
    page.wait_for_url(f"{site.url}/advisories/{advisory_id}/")
    assert hub.run_jobs("publishing") == 1
    expect(card.locator(".task-line")).to_contain_text("Published")


def test_what_is_missing_is_listed_with_the_way_to_mend_it(site: Site) -> None:
    hub = site.hub
    project = hub.project(mature=True)
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member, severity=[], details="")
    page = site.signed_in(member)
    page.goto(f"{site.url}/advisories/{advisory_id}/publish/")
    expect(page.get_by_role("heading", name="It cannot be published yet")).to_be_visible()
    examine(page, "publish refused")
    page.get_by_role("main").get_by_role("link", name="Write the details").click()
    page.wait_for_url(f"**/advisories/{advisory_id}/edit/#f-details")
    expect(page.locator("#f-details")).to_be_in_viewport()


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_an_old_sign_in_is_renewed_on_the_way(site: Site, javascript: bool) -> None:
    hub = site.hub
    project = hub.project(mature=True)
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    hub.provider.change_id_tokens(auth_time=int(yesterday.timestamp()))
    page = site.signed_in(member, javascript=javascript)
    hub.provider.change_id_tokens()
    page.goto(f"{site.url}/advisories/{advisory_id}/publish/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    examine(page, f"step up {javascript}")
    page.get_by_role("main").get_by_role("link", name="Sign in again").click()
    site.choose(page, member)
    page.wait_for_url(f"{site.url}/advisories/{advisory_id}/publish/")
    ask_for_it(page, advisory_id)
    page.wait_for_url(f"{site.url}/advisories/{advisory_id}/")
    assert hub.run_jobs("publishing") == 1
