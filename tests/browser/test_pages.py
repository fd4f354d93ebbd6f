"""Pages at the edge of what they may hold: long words, many entries, nothing at all, an error."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from advisoryhub_core.advisories.services import edit_advisory
from tests.browser.checks import examine
from tests.browser.serving import Site
from tests.support.hub import good_payload

pytestmark = pytest.mark.browser

LONG = "x" * 250


def long_payload(**changes: Any) -> dict[str, Any]:
    """Return a payload of words that nowhere have a place to break."""
    return good_payload(
        summary=LONG,
        details=f"# {LONG}\n\n{LONG}\n\n    {LONG}\n\n| {LONG} | b |\n|---|---|\n| c | d |\n\n- `{LONG}`",
        references=[{"type": "INTRODUCED", "url": f"https://example.org/{LONG}"}],
        aliases=["A" * 128],
        affected=[
            {
                "package": {"ecosystem": "Maven", "name": f"org.example:{LONG}"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": LONG}, {"fixed": f"{LONG}1"}]}],
                "versions": [LONG],
            }
        ],
        severity=[
            {
                "type": "CVSS_V4",
                "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:A/CR:H/IR:H/AR:H"
                "/MAV:N/MAC:L/MAT:N/MPR:N/MUI:N/MVC:H/MVI:H/MVA:H/MSC:H/MSI:S/MSA:S/S:P/AU:Y/R:U/V:C/RE:H/U:Red",
            }
        ],
        credits=[{"name": LONG, "type": "REMEDIATION_DEVELOPER", "contact": [f"https://example.org/{LONG}"]}],
        **changes,
    )


def test_long_words_never_make_a_page_wider_than_the_screen(site: Site) -> None:
    hub = site.hub
    project = hub.project(mature=True)
    member = hub.member(project)
    payload = long_payload()
    advisory_id = hub.draft(project, by=member, **payload)
    with hub.acting_for(member) as act:
        edit_advisory(act, hub.pk(advisory_id), payload | {"summary": "y" * 250}, base_version=1)
    page = site.signed_in(member)
    examine(page, "long list")
    for path in (
        "",
        "edit/",
        "history/",
        "versions/1/",
        "versions/2/diff/",
        "versions/2/diff/?layout=inline",
        "publish/",
    ):
        page.goto(f"{site.url}/advisories/{advisory_id}/{path}")
        examine(page, f"long {path}")


def test_a_page_that_does_not_exist_says_so_in_the_same_clothes(site: Site) -> None:
    page = site.signed_in(site.hub.person())
    expect(page.get_by_role("heading", name="You see no advisories yet")).to_be_visible()
    examine(page, "no access")
    page.goto(f"{site.url}/advisories/ECL-2222-3333-4444/")
    site.complaints.expect_status(404)
    examine(page, "not found")
    page.goto(f"{site.url}/advisories/?q=nothing-at-all")
    examine(page, "no match")
