"""Text that was typed and not saved: a warning before leaving, a copy in the browser, and its return."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser.checks import examine
from tests.browser.serving import Site
from tests.browser.writing import SUMMARY, add_row, field, save

pytestmark = pytest.mark.browser

# The script waits for a pause in the typing before it keeps a copy.
_PAUSE_SECONDS = 3.0


def expect_kept(page: Page, count: int) -> None:
    """See that the browser keeps so many drafts, within the pause that the script makes."""
    script = "Object.keys(localStorage).filter((key) => key.startsWith('hub-draft:')).length"
    end = time.monotonic() + _PAUSE_SECONDS
    while (found := page.evaluate(script)) != count and time.monotonic() < end:
        page.wait_for_timeout(50)
    assert found == count


def answer_dialogs(page: Page, *, leave: bool) -> list[str]:
    """Answer every question of the browser from now on, and return the list of what was asked."""
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept() if leave else dialog.dismiss()

    page.once("dialog", answer)
    return asked


def test_leaving_with_unsaved_text_is_warned_of_and_the_text_comes_back(site: Site) -> None:
    project = site.hub.project()
    member = site.hub.member(project)
    advisory_id = site.hub.draft(project, by=member)
    page = site.signed_in(member)
    edit = f"{site.url}/advisories/{advisory_id}/edit/"
    page.goto(edit)
    field(page, "summary").fill("Typed and not saved")
    add_row(page, "references", "references.1.url")
    field(page, "references.1.url").fill("https://example.org/not-saved")
    expect(page.locator("[data-draft-state]")).to_have_text("Kept in this browser until you save")

    asked = answer_dialogs(page, leave=False)
    page.get_by_role("link", name="Cancel").click()
    assert asked == ["beforeunload"]
    assert page.url == edit
    expect(field(page, "summary")).to_have_value("Typed and not saved")

    expect_kept(page, 1)
    asked = answer_dialogs(page, leave=True)
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(f"{site.url}/advisories/{advisory_id}/")
    assert asked == ["beforeunload"]

    page.goto(edit)
    offer = page.locator("[data-draft-offer]")
    expect(offer).to_contain_text("This browser kept text that was not saved.")
    expect(field(page, "summary")).to_have_value(SUMMARY)
    examine(page, "draft offer")
    offer.get_by_role("button", name="Restore it").click()
    expect(field(page, "summary")).to_have_value("Typed and not saved")
    expect(field(page, "references.1.url")).to_have_value("https://example.org/not-saved")
    expect(offer).to_be_hidden()
    save(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Typed and not saved")
    expect_kept(page, 0)


def test_a_draft_that_is_discarded_is_not_offered_again(site: Site) -> None:
    project = site.hub.project()
    page = site.signed_in(site.hub.member(project))
    page.goto(f"{site.url}/advisories/new/")
    field(page, "summary").fill("A first thought")
    expect_kept(page, 1)
    answer_dialogs(page, leave=True)
    page.goto(f"{site.url}/advisories/")
    page.goto(f"{site.url}/advisories/new/")
    page.get_by_role("button", name="Discard it").click()
    expect(page.locator("[data-draft-offer]")).to_be_hidden()
    page.reload()
    expect(page.locator("[data-draft-offer]")).to_be_hidden()
    expect_kept(page, 0)


def test_a_page_that_nobody_typed_into_is_left_without_a_question(site: Site) -> None:
    project = site.hub.project()
    page = site.signed_in(site.hub.member(project))
    page.goto(f"{site.url}/advisories/new/")
    asked = answer_dialogs(page, leave=True)
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(f"{site.url}/advisories/")
    assert asked == []
    expect_kept(page, 0)
