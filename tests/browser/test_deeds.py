"""Menus and dialogs of deeds: where they open, how they close, and where the focus is afterwards."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.checks import examine
from tests.browser.serving import Site
from tests.browser.story import deed

pytestmark = pytest.mark.browser


def owner(site: Site, *, mature: bool = True) -> tuple[Page, str]:
    """Return the page of a draft before a member of its team, and its address."""
    project = site.hub.project(mature=mature)
    member = site.hub.member(project)
    advisory_id = site.hub.draft(project, by=member)
    page = site.signed_in(member)
    url = f"{site.url}/advisories/{advisory_id}/"
    page.goto(url)
    return page, url


@pytest.mark.parametrize("width", [360, 800, 1440])
def test_the_menu_of_deeds_opens_on_the_screen(site: Site, width: int) -> None:
    page, _url = owner(site)
    page.set_viewport_size({"width": width, "height": 800})
    page.locator("details.more > summary").click()
    body = page.locator("details.more .menu-body")
    expect(body).to_be_visible()
    box = body.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= page.evaluate("document.documentElement.clientWidth")
    examine(page, f"menu open {width}")


@pytest.mark.parametrize("way", ["cancel", "escape"])
@pytest.mark.parametrize("title", ["Submit for review …", "Dismiss …"])
def test_a_dialog_closes_and_gives_the_focus_back(site: Site, title: str, way: str) -> None:
    page, _url = owner(site)
    form = deed(page, title)
    in_menu = title == "Dismiss …"
    expect(page.get_by_role("dialog", name=title.removesuffix(" …"), exact=True)).to_be_visible()
    if way == "cancel":
        form.get_by_role("button", name="Cancel").click()
    else:
        page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    opener = (
        page.locator("details.more > summary")
        if in_menu
        else page.get_by_role("link", name=title, exact=True)
    )
    expect(opener).to_be_focused()
    expect(page.locator("details.menu[open]")).to_have_count(0)


def test_a_message_stands_in_the_column_of_its_page(site: Site) -> None:
    page, url = owner(site)
    site.hub.person(name="Rea Der", email="rea@example.org")
    page.goto(f"{url}access/")
    page.get_by_label("E-mail address").fill("rea@example.org")
    page.get_by_role("button", name="Add person").click()
    message = page.locator(".flashes .note")
    expect(message).to_be_visible()
    column = page.locator("main > .medium").bounding_box()
    box = message.bounding_box()
    assert column is not None
    assert box is not None
    assert (box["x"], box["width"]) == pytest.approx((column["x"], column["width"]))
