"""Writing, editing and comparing versions, with JavaScript and without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.checks import examine
from tests.browser.serving import Site
from tests.browser.writing import SUMMARY, V4, add_row, expect_written, field, remove_row, save, write

pytestmark = pytest.mark.browser


def begin(page: Page) -> None:
    page.get_by_role("link", name="New advisory").click()
    expect(page.get_by_role("heading", level=1, name="New advisory")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_an_advisory_is_written_row_by_row(site: Site, javascript: bool) -> None:
    project = site.hub.project()
    page = site.open(javascript=javascript)
    page.goto(f"{site.url}/")
    examine(page, f"start {javascript}")
    site.sign_in(page, site.hub.member(project))
    examine(page, f"list empty {javascript}")
    begin(page)
    examine(page, f"form empty {javascript}")
    write(page, project)
    examine(page, f"form full {javascript}")
    save(page)
    page.wait_for_url(re.compile(r"/advisories/ECL-"))
    expect(page.get_by_role("status").filter(has_text="The draft was created.")).to_be_visible()
    expect_written(page)
    examine(page, f"detail {javascript}")
    page.goto(f"{site.url}/advisories/")
    expect(page.get_by_role("link", name=SUMMARY)).to_be_visible()
    examine(page, f"list {javascript}")


def test_rows_keep_what_was_typed_and_scores_come_from_the_server(site: Site) -> None:
    project = site.hub.project()
    page = site.signed_in(site.hub.member(project))
    begin(page)
    field(page, "summary").fill("Kept through every swap")
    add_row(page, "affected", "affected.0.package.ecosystem")
    field(page, "affected.0.package.ecosystem").fill("npm")
    field(page, "affected.0.package.name").fill("example")
    field(page, "affected.0.package.name").blur()
    expect(field(page, "affected.0.package.purl")).to_have_value("pkg:npm/example")
    add_row(page, "severity", "severity.0.score")
    field(page, "severity.0.type").select_option("CVSS_V4")
    row = page.locator("[data-severity]")
    row.get_by_text("Build the vector").click()
    for part in V4.split("/")[1:]:
        metric, value = part.split(":")
        row.locator(f"[data-metric={metric}]").select_option(value)
    expect(field(page, "severity.0.score")).to_have_value(V4)
    expect(row.get_by_role("status")).to_contain_text("5.3")
    examine(page, "form with the vector open")
    field(page, "severity.0.score").fill("CVSS:4.0/AV:N")
    field(page, "severity.0.score").blur()
    expect(row.get_by_role("status")).to_contain_text("does not parse")
    remove_row(page, "severity.0", "severity.0.score")
    expect(field(page, "summary")).to_have_value("Kept through every swap")
    expect(field(page, "affected.0.package.name")).to_have_value("example")
    field(page, "details").fill("Some *details*.")
    page.get_by_role("button", name="Preview the details").click()
    expect(page.get_by_role("region", name="Preview of the details").locator("em")).to_have_text("details")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_mistakes_are_listed_and_lead_to_their_inputs(site: Site, javascript: bool) -> None:
    project = site.hub.project()
    page = site.signed_in(site.hub.member(project), javascript=javascript)
    begin(page)
    add_row(page, "references", "references.0.url")
    field(page, "references.0.url").fill("nonsense")
    save(page)
    summary = page.locator("[data-error-summary]")
    expect(summary.get_by_role("link")).to_have_count(2)
    if javascript:
        expect(summary).to_be_focused()
    site.complaints.expect_status(400)
    expect(field(page, "references.0.url")).to_have_attribute("aria-invalid", "true")
    examine(page, f"form with mistakes {javascript}")
    summary.get_by_role("link").last.click()
    expect(field(page, "references.0.url")).to_be_focused()


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_an_edit_makes_a_version_that_can_be_compared(site: Site, javascript: bool) -> None:
    project = site.hub.project()
    member = site.hub.member(project)
    advisory_id = site.hub.draft(project, by=member)
    page = site.signed_in(member, javascript=javascript)
    page.get_by_role("link", name=SUMMARY).click()
    page.get_by_role("link", name="Edit").click()
    examine(page, f"edit {javascript}")
    field(page, "summary").fill("Header injection through folded and long lines")
    field(page, "affected.0.ranges.0.events.1.version").fill("1.4.3")
    add_row(page, "references", "references.1.url")
    field(page, "references.1.url").fill("https://example.org/second")
    save(page)
    expect(page.get_by_role("status").filter(has_text="Saved as version 2.")).to_be_visible()
    page.get_by_role("link", name="History").first.click()
    expect(page.get_by_role("row").filter(has_text="Version")).to_have_count(3)
    examine(page, f"history {javascript}")
    page.get_by_role("radio", name="Compare from version 1").check()
    page.get_by_role("radio", name="Compare to version 2").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("From version 1 to 2")
    expect(page.locator("ins", has_text="and long").first).to_be_visible()
    expect(page.locator("main")).to_contain_text("https://example.org/second")
    examine(page, f"diff side {javascript}")
    page.get_by_role("link", name="Inline").click()
    expect(page.locator("ins", has_text="and long").first).to_be_visible()
    examine(page, f"diff inline {javascript}")
    page.goto(f"{site.url}/advisories/{advisory_id}/versions/1/")
    expect(page.get_by_role("main")).to_contain_text("1.4.2")
    examine(page, f"version {javascript}")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_two_people_who_edit_at_once_lose_nothing(site: Site, javascript: bool) -> None:
    project = site.hub.project()
    member = site.hub.member(project)
    advisory_id = site.hub.draft(project, by=member)
    first, second = (
        site.signed_in(person, javascript=javascript) for person in (member, site.hub.member(project))
    )
    for page in (first, second):
        page.goto(f"{site.url}/advisories/{advisory_id}/edit/")
    field(first, "summary").fill("The first one's summary")
    save(first)
    expect(first.get_by_role("heading", level=1)).to_contain_text("The first one's summary")
    field(second, "summary").fill("The second one's summary")
    field(second, "details").fill("The second one's details")
    save(second)
    expect(second.get_by_role("heading", level=1)).to_have_text("Two edits met")
    site.complaints.expect_status(409)
    examine(second, f"conflict {javascript}")
    second.get_by_role("button", name="Merge and go on editing").click()
    expect(field(second, "details")).to_have_value("The second one's details")
    save(second)
    expect(second.get_by_role("status").filter(has_text="Saved as version 3.")).to_be_visible()
    expect(second.get_by_role("main")).to_contain_text("The second one's details")
