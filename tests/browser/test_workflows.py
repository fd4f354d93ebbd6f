"""A review and a CVE number from the cards of an advisory, as seen in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from advisoryhub_core.advisories.states import ReviewStatus
from advisoryhub_core.workflows.cves import assign_cve, request_cve, unassign_cve
from tests.browser.checks import examine
from tests.browser.serving import Site
from tests.support.workflows import NOTES, NUMBER, OTHER, Scene

pytestmark = pytest.mark.browser


def press(page: Page, card: str, name: str) -> None:
    """Open an act of a card: its dialog, or its page where there are no scripts."""
    page.locator(f"#panel-{card}").get_by_role("link", name=name).click()


def send(page: Page) -> None:
    page.get_by_role("main").locator("button[data-submit]:visible").click()


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_an_administrator_approves_the_newest_version_and_reserves_a_number(
    site: Site, javascript: bool
) -> None:
    scene = Scene.set(site.hub)
    scene.do(scene.admin, assign_cve, OTHER)
    scene.do(scene.admin, unassign_cve, reason="Wrong advisory.")
    scene.in_review(ReviewStatus.SUBMITTED)
    scene.do(scene.member, request_cve)
    scene.edit(scene.admin, summary="An administrator's words")
    page = site.signed_in(scene.admin, javascript=javascript)
    page.goto(f"{site.url}{scene.path}")
    examine(page, f"detail in review {javascript}")
    press(page, "review", "Decide the review …")
    form = page.get_by_role("main").locator("form[action$='/decide-review/']:visible")
    form.get_by_label("Decision").select_option("approved")
    form.get_by_label("Version to approve").select_option("4")
    form.get_by_label("Notes").fill(NOTES)
    examine(page, f"decide {javascript}")
    send(page)
    review = page.locator("#panel-review")
    expect(review).to_contain_text("Approved")
    assert scene.now("approved_version") == 4
    press(page, "cve", "Reserve a CVE number …")
    page.get_by_role("main").locator("form[action$='/reserve-cve/']:visible").get_by_label("CVE number").fill(
        NUMBER
    )
    send(page)
    expect(page.locator("#panel-cve")).to_contain_text(NUMBER)
    expect(review).to_contain_text("the approval moved along")
    examine(page, f"detail approved {javascript}")
