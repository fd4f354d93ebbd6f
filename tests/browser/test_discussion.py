"""The discussion in a browser: writing, looking at it first, mentioning by keyboard, and losing nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from advisoryhub_core.comments.services import edit_comment, lock_comments, post_comment, redact_comment
from tests.browser.checks import examine
from tests.browser.serving import Site
from tests.support.hub import team_of

pytestmark = pytest.mark.browser

LONG = "x" * 120


def setting(site: Site) -> tuple[str, int, int]:
    """Return the address of an advisory with people and comments of every kind, a member and a viewer."""
    hub = site.hub
    project = hub.project()
    member = hub.person(team_of(project), name="Tess Team")
    viewer = hub.person(name="Vera Viewer")
    advisory_id = hub.draft(project, by=member)
    hub.grant(advisory_id, viewer)
    hub.grant(advisory_id, hub.person(name="Vera Other"), "collaborator")
    pk = hub.pk(advisory_id)
    with hub.acting_for(member) as act:
        edited = post_comment(act, pk, "Is this reachable before sign-in?")
        edit_comment(act, edited.id, "Is this reachable **before** sign-in?", base_version=1)
        post_comment(act, pk, f"Only for us: {LONG}\n\n| a | b |\n|---|---|\n| {LONG} | 2 |", internal=True)
        redact_comment(act, post_comment(act, pk, "Gone.").id)
    with hub.acting_for(viewer) as act:
        post_comment(
            act, pk, "```\n" + LONG * 2 + "\n```\n\nand `code`, > and a [link](https://example.org/)"
        )
    return f"{site.url}/advisories/{advisory_id}/", member, viewer


def text_of(page: Page) -> str:
    return str(page.locator("#talk-body").input_value())


def test_pages_of_the_discussion_are_sound_in_every_width_and_scheme(site: Site) -> None:
    url, member, _viewer = setting(site)
    page = site.signed_in(member)
    first = page.goto(url) and page.locator(".comment").last.get_attribute("id")
    number = (first or "").removeprefix("comment-")
    for below in ("", "comments/", "timeline/", "timeline/?order=oldest"):
        page.goto(url + below)
        examine(page, f"discussion {below}")
    for below in ("edit/", "history/", "redact/"):
        page.goto(f"{url}comments/{number}/{below}")
        examine(page, f"comment {below}")
    page.goto(url)
    page.locator("#panel-receipts summary").click()
    page.locator("#talk-body").press_sequentially("@")
    expect(page.get_by_role("option").first).to_be_visible()
    examine(page, "discussion people")


def test_a_comment_is_posted_in_place_and_nothing_above_moves(site: Site) -> None:
    url, _member, viewer = setting(site)
    page = site.signed_in(viewer)
    page.goto(url)
    page.locator("#talk-body").fill("A new comment.")
    expect(page.locator("[data-draft-state]")).to_have_text("Kept in this browser")
    before = page.locator("#talk-form").bounding_box()
    top = page.evaluate("scrollY")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".comment").first).to_contain_text("A new comment.")
    expect(page.locator("#discussion > p[role=status]")).to_have_text("Your comment was posted.")
    assert text_of(page) == ""
    after = page.locator("#talk-form").bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] + top - after["y"] - page.evaluate("scrollY")) < 1
    kept = "Object.keys(localStorage).filter((key) => key.startsWith('hub-draft:')).length"
    assert page.evaluate(kept) == 0
    # A second one goes the same way, and then nothing asks before leaving.
    page.locator("#talk-body").fill("Another comment.")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".comment").first).to_contain_text("Another comment.")
    page.goto(f"{url}timeline/")
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()


def test_what_was_typed_survives_a_refusal_and_a_closed_browser_tab(site: Site) -> None:
    url, member, viewer = setting(site)
    page = site.signed_in(viewer)
    page.goto(url)
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator("#talk-body-errors")).to_contain_text("Write something first.")
    site.complaints.expect_status(400)
    page.locator("#talk-body").fill("Words that must not be lost.")
    expect(page.locator("[data-draft-state]")).to_have_text("Kept in this browser")
    advisory_id = url.rstrip("/").rpartition("/")[2]
    with site.hub.acting_for(member) as act:
        lock_comments(act, site.hub.pk(advisory_id), "Enough.")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator("[data-toast]")).to_contain_text("That did not work")
    site.complaints.expect_status(403)
    site.complaints.found[:] = [each for each in site.complaints.found if "403" not in each]
    assert text_of(page) == "Words that must not be lost."
    with site.hub.system() as act:
        row = site.hub.row(act, advisory_id)
        row.comments_locked_at = row.comments_locked_by_id = None
    page.once("dialog", lambda dialog: dialog.accept())
    page.goto(url)
    page.get_by_role("button", name="Restore it").click()
    assert text_of(page) == "Words that must not be lost."


def test_a_text_is_looked_at_and_written_on(site: Site) -> None:
    url, _member, viewer = setting(site)
    page = site.signed_in(viewer)
    page.goto(url)
    page.locator("#talk-body").fill("Some **bold** words.")
    box = page.locator("#talk-form").bounding_box()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Preview").locator("strong")).to_have_text("bold")
    expect(page.locator("#talk-body")).to_be_hidden()
    expect(page.get_by_role("button", name="Preview")).to_have_attribute("aria-pressed", "true")
    shown = page.locator("#talk-form").bounding_box()
    assert box is not None
    assert shown is not None
    assert abs(box["height"] - shown["height"]) < 1
    page.get_by_role("button", name="Write").click()
    expect(page.locator("#talk-body")).to_be_focused()
    assert text_of(page) == "Some **bold** words."
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".comment").first.locator("strong").last).to_have_text("bold")


def test_people_are_mentioned_with_the_keyboard_alone(site: Site) -> None:
    url, _member, viewer = setting(site)
    page = site.signed_in(viewer)
    page.goto(url)
    area = page.locator("#talk-body")
    area.press_sequentially("Hello @ver")
    options = page.get_by_role("option")
    expect(options).to_have_count(2)
    expect(options.first).to_have_attribute("aria-selected", "true")
    area.press("ArrowDown")
    expect(options.last).to_have_attribute("aria-selected", "true")
    assert area.get_attribute("aria-activedescendant") == options.last.get_attribute("id")
    area.press("Enter")
    expect(page.get_by_role("listbox", name="People to mention")).to_be_hidden()
    assert text_of(page) == "Hello @vera-viewer "
    area.press_sequentially("and @te")
    expect(options).not_to_have_count(0)
    area.press("Escape")
    expect(page.get_by_role("listbox", name="People to mention")).to_be_hidden()
    assert text_of(page) == "Hello @vera-viewer and @te"
    area.press_sequentially("s")
    options.filter(has_text="Tess Team").click()
    assert text_of(page) == "Hello @vera-viewer and @tess-team "
    area.press_sequentially("x@")
    page.wait_for_timeout(300)
    expect(page.get_by_role("listbox", name="People to mention")).to_be_hidden()


def test_a_draft_of_an_edit_goes_on_from_the_version_it_was_begun_on(site: Site) -> None:
    url, member, _viewer = setting(site)
    page = site.signed_in(member)
    page.goto(url)
    page.locator(".comment").last.locator("a[href$='/edit/']").click()
    edit = page.url
    page.locator("#talk-body").fill("Typed and not saved.")
    expect(page.locator("[data-draft-state]")).to_have_text("Kept in this browser")
    number = int(edit.rstrip("/").split("/")[-2])
    with site.hub.acting_for(member) as act:
        edit_comment(act, number, "Saved from elsewhere.", base_version=2)
    page.once("dialog", lambda dialog: dialog.accept())
    page.goto(edit)
    page.get_by_role("button", name="Restore it").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved from elsewhere.").first).to_be_visible()
    site.complaints.expect_status(409)
    assert text_of(page) == "Typed and not saved."
    examine(page, "comment stale")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(f"#comment-{number}")).to_contain_text("Typed and not saved.")


def test_everything_works_without_scripts(site: Site) -> None:
    url, _member, viewer = setting(site)
    page = site.signed_in(viewer, javascript=False)
    page.goto(url)
    page.locator("#talk-body").fill("Without *scripts*, @tess-team.")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Preview").locator("em")).to_have_text("scripts")
    examine(page, "discussion without scripts")
    page.get_by_role("button", name="Comment", exact=True).click()
    posted = page.locator(".comment").first
    expect(posted).to_contain_text("Without scripts")
    posted.locator("a[href$='/edit/']").click()
    page.locator("#talk-body").fill("Still without scripts.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".comment").first).to_contain_text("Still without scripts.")
    page.locator(".comment").first.locator("a[href$='/redact/']").click()
    page.get_by_role("button", name="Redact").click()
    expect(page.locator(".comment").first).to_contain_text("Redacted by Vera Viewer")
