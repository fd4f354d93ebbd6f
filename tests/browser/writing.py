"""Writing an advisory as a person does: through buttons, fields and menus, with or without JavaScript."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

SUMMARY = "Header injection through folded lines"
V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"
V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:L/VI:L/VA:N/SC:L/SI:L/SA:N"
PACKAGES = (
    ("Maven", "org.example:server", "ECOSYSTEM", (("introduced", "1.0.0"), ("fixed", "1.4.2"))),
    (
        "npm",
        "example-client",
        "SEMVER",
        (("introduced", "0"), ("fixed", "2.1.0"), ("introduced", "3.0.0"), ("fixed", "3.0.4")),
    ),
)
REFERENCES = (("FIX", "https://example.org/fix/1"), ("WEB", "https://example.org/more"))


def field(page: Page, name: str) -> Locator:
    return page.locator(f'[name="{name}"]')


def add_row(page: Page, place: str, first: str) -> None:
    """Press the button that adds a row, and see that the next word is typed into its first input."""
    page.locator(f'button[value="add:{place}"]').click()
    expect(field(page, first)).to_be_focused()


def remove_row(page: Page, place: str, last: str) -> None:
    """Press the button that takes a row out, and wait until the last row has moved up."""
    page.locator(f'button[value="remove:{place}"]').click()
    expect(field(page, last)).to_have_count(0)


def write(page: Page, project: str) -> None:
    """Fill the form of a new advisory with everything it can hold."""
    field(page, "project").select_option(project)
    field(page, "summary").fill(SUMMARY)
    field(page, "details").fill("A response header that is **folded** splits the response.")
    for index in range(len(PACKAGES)):
        _write_package(page, index)
    _write_ratings(page)
    _write_references(page)
    add_row(page, "cwe_ids", "cwe_ids.0")
    field(page, "cwe_ids.0").fill("CWE-113")
    add_row(page, "aliases", "aliases.0")
    field(page, "aliases.0").fill("GHSA-2c3f-4g5h-6j7m")
    add_row(page, "credits", "credits.0.name")
    field(page, "credits.0.name").fill("Ada Finder")
    field(page, "credits.0.type").select_option("FINDER")
    field(page, "credits.0.contact").fill("ada@example.org\nhttps://example.org/ada")


def _write_package(page: Page, index: int) -> None:
    ecosystem, name, kind, events = PACKAGES[index]
    place = f"affected.{index}"
    add_row(page, "affected", f"{place}.package.ecosystem")
    field(page, f"{place}.package.ecosystem").fill(ecosystem)
    field(page, f"{place}.package.name").fill(name)
    add_row(page, f"{place}.ranges", f"{place}.ranges.0.type")
    field(page, f"{place}.ranges.0.type").select_option(kind)
    for number, (bound, version) in enumerate(events):
        event = f"{place}.ranges.0.events.{number}"
        add_row(page, f"{place}.ranges.0.events", f"{event}.version")
        field(page, f"{event}.kind").select_option(bound)
        field(page, f"{event}.version").fill(version)


def _write_ratings(page: Page) -> None:
    for index, (kind, vector) in enumerate((("CVSS_V3", V3), ("CVSS_V4", V4))):
        add_row(page, "severity", f"severity.{index}.score")
        field(page, f"severity.{index}.type").select_option(kind)
        field(page, f"severity.{index}.score").fill(vector)


def _write_references(page: Page) -> None:
    """Write one reference too many, and take it out from between the others."""
    unwanted = ("WEB", "https://example.org/unwanted")
    for index, (kind, url) in enumerate((REFERENCES[0], unwanted, REFERENCES[1])):
        add_row(page, "references", f"references.{index}.url")
        field(page, f"references.{index}.type").select_option(kind)
        field(page, f"references.{index}.url").fill(url)
    remove_row(page, "references.1", "references.2.url")
    for index, (kind, url) in enumerate(REFERENCES):
        expect(field(page, f"references.{index}.type")).to_have_value(kind)
        expect(field(page, f"references.{index}.url")).to_have_value(url)


def save(page: Page) -> None:
    page.locator(".actions button[value=save]").click()


def expect_written(page: Page) -> None:
    """See on the advisory's page all that `write` wrote."""
    main = page.get_by_role("main")
    expect(page.get_by_role("heading", level=1)).to_contain_text(SUMMARY)
    expect(main.locator("strong", has_text="folded")).to_be_visible()
    for _ecosystem, name, _kind, events in PACKAGES:
        expect(main.get_by_text(name, exact=True).first).to_be_visible()
        for _bound, version in events:
            if version != "0":
                expect(main).to_contain_text(version)
    for text in (V3, V4, "CWE-113", "GHSA-2c3f-4g5h-6j7m", "Ada Finder", *(url for _, url in REFERENCES)):
        expect(main).to_contain_text(text)
    expect(main).not_to_contain_text("unwanted")
