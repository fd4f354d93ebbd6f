"""The pages without a mouse, and the way out."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.checks import examine
from tests.browser.serving import Site

pytestmark = pytest.mark.browser


def focused_row(page: Page) -> str:
    text: str = page.evaluate(
        "document.activeElement?.closest('tr')?.querySelector('.id')?.textContent ?? ''"
    )
    return text


def test_the_list_is_walked_and_opened_by_keys(site: Site) -> None:
    project = site.hub.project()
    member = site.hub.member(project)
    for number in range(3):
        site.hub.draft(project, by=member, summary=f"Draft number {number}")
    page = site.signed_in(member)
    examine(page, "list of three")
    shown = page.locator("tbody .cell-title .id").all_inner_texts()
    walked = []
    for key in ("j", "j", "j", "j", "k"):
        page.keyboard.press(key)
        walked.append(focused_row(page))
    assert walked == [shown[0], shown[1], shown[2], shown[2], shown[1]]
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/advisories/{shown[1]}/")
    page.keyboard.press("e")
    page.wait_for_url(f"{site.url}/advisories/{shown[1]}/edit/")


def test_slash_goes_to_the_search_where_letters_are_letters(site: Site) -> None:
    project = site.hub.project()
    member = site.hub.member(project)
    wanted = site.hub.draft(project, by=member, summary="Jack and jill")
    site.hub.draft(project, by=member, summary="Something else")
    page = site.signed_in(member)
    page.keyboard.press("/")
    search = page.get_by_role("searchbox", name="Search advisories")
    expect(search).to_be_focused()
    page.keyboard.type("jill?")
    expect(search).to_have_value("jill?")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    page.wait_for_url("**/advisories/?*q=jill*")
    expect(page.locator("tbody .cell-title .id")).to_have_text([wanted])
    examine(page, "list found")


def test_the_question_mark_opens_the_list_of_keys_and_escape_closes_it(site: Site) -> None:
    project = site.hub.project()
    page = site.signed_in(site.hub.member(project))
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    examine(page, "keys")
    url = page.url
    page.keyboard.press("j")
    assert page.url == url
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_the_first_stop_of_the_tab_key_skips_to_the_content(site: Site) -> None:
    project = site.hub.project()
    page = site.signed_in(site.hub.member(project))
    page.reload()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_every_stop_of_the_tab_key_can_be_seen(site: Site) -> None:
    project = site.hub.project()
    member = site.hub.member(project)
    advisory_id = site.hub.draft(project, by=member)
    page = site.signed_in(member)
    for path in ("", "edit/", "history/"):
        page.goto(f"{site.url}/advisories/{advisory_id}/{path}")
        stops = page.evaluate("document.querySelectorAll('a[href], button, input, select, textarea').length")
        for _stop in range(min(stops, 60)):
            page.keyboard.press("Tab")
            seen = page.evaluate(
                """() => {
                  const one = document.activeElement;
                  if (one === document.body || one === document.documentElement) return "";
                  const box = one.getBoundingClientRect();
                  const style = getComputedStyle(one);
                  const marked = style.outlineStyle !== "none" || style.boxShadow !== "none";
                  return marked && box.width > 1 ? "" : one.outerHTML.slice(0, 200);
                }"""
            )
            assert seen == "", path


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_enter_in_a_field_saves(site: Site, javascript: bool) -> None:
    project = site.hub.project()
    member = site.hub.member(project)
    advisory_id = site.hub.draft(project, by=member)
    page = site.signed_in(member, javascript=javascript)
    page.goto(f"{site.url}/advisories/{advisory_id}/edit/")
    page.get_by_label("Summary").fill("Saved by a key")
    page.get_by_label("Summary").press("Enter")
    page.wait_for_url(f"{site.url}/advisories/{advisory_id}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Saved by a key")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_signing_out_ends_the_session_here_and_at_the_provider(site: Site, javascript: bool) -> None:
    project = site.hub.project()
    member = site.hub.member(project)
    page = site.signed_in(member, javascript=javascript)
    page.goto(f"{site.url}/accounts/me/")
    examine(page, f"account {javascript}")
    page.locator("details.menu > summary").press("Enter")
    page.get_by_role("button", name="Sign out").press("Enter")
    page.wait_for_url(f"{site.url}/accounts/signed-out/")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    examine(page, f"signed out {javascript}")
    page.goto(f"{site.url}/advisories/")
    expect(page.locator("button[name=person]").first).to_be_visible()


def test_the_theme_is_switched_and_stays(site: Site) -> None:
    project = site.hub.project()
    page = site.signed_in(site.hub.member(project))
    dark = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(dark)
    page.get_by_role("button", name="Switch between light and dark").click()
    after = page.evaluate(dark)
    assert after != before
    page.reload()
    assert page.evaluate(dark) == after
