"""The pages of advisories as people use them: list, read, write, compare; no JavaScript needed."""

from __future__ import annotations

import re

import pytest
import webtest
from sqlalchemy import event

from advisoryhub_core.advisories.services import edit_advisory
from tests.support.hub import Hub, csrf, good_payload, team_of

UNKNOWN = "ECL-2222-3333-4444"


def add_row(form: webtest.Form, act: str) -> webtest.TestResponse:
    """Press a button that changes rows, as a browser without JavaScript does."""
    return form.submit("act", value=act)


def advisory_form(page: webtest.TestResponse) -> webtest.Form:
    return page.forms["advisory-form"]


@pytest.mark.invariant("INV-PRIVACY-1")
def test_an_unknown_and_a_forbidden_id_answer_identically(hub: Hub) -> None:
    hidden = hub.draft(hub.project())
    browser = hub.browser_as(hub.person())
    for path in (
        *("", "edit/", "history/", "versions/1/", "versions/1/diff/", "publish/", "publication-card/"),
        *("comments/", "comments/1/", "comments/1/edit/", "timeline/", "mentions/", "lock-comments/"),
    ):
        answers = [
            browser.get(
                f"/advisories/{advisory_id}/{path}", status=404, headers={"X-Request-ID": "same-request"}
            )
            for advisory_id in (hidden, UNKNOWN)
        ]
        bodies = {re.sub(r'nonce="[^"]+"', "", answer.text) for answer in answers}
        assert len(bodies) == 1, path
        headers = [dict(answer.headers) for answer in answers]
        for each in headers:
            each.pop("Content-Security-Policy")
        assert headers[0] == headers[1]


def test_somebody_who_is_not_signed_in_learns_nothing_either(hub: Hub) -> None:
    hidden = hub.draft(hub.project())
    browser = hub.anonymous()
    places = {
        browser.get(f"/advisories/{advisory_id}/", status=303).location.replace(advisory_id, "ID")
        for advisory_id in (hidden, UNKNOWN)
    }
    assert len(places) == 1


def test_a_person_with_nothing_sees_an_empty_list_that_says_why(hub: Hub) -> None:
    hub.draft(hub.project())
    page = hub.browser_as(hub.person()).get("/advisories/")
    assert "You see no advisories" in page.text
    assert "security team" in page.text


def test_a_draft_is_written_row_by_row_without_javascript(hub: Hub) -> None:
    project = hub.project()
    browser = hub.browser_as(hub.member(project))
    form = advisory_form(browser.get("/advisories/new/"))
    form["project"] = project
    form["summary"] = "Overflow in the parser"
    form["details"] = "Some **details**."
    for act in (
        "add:affected",
        "add:affected.0.ranges",
        "add:affected.0.ranges.0.events",
        "add:references",
        "add:severity",
        "add:severity",
        "add:credits",
    ):
        form = advisory_form(add_row(form, act))
    events = [
        name for name in form.fields if re.fullmatch(r"affected\.0\.ranges\.0\.events\.\d+\.kind", str(name))
    ]
    while len(events) < 2:
        form = advisory_form(add_row(form, "add:affected.0.ranges.0.events"))
        events = [
            n for n in form.fields if re.fullmatch(r"affected\.0\.ranges\.0\.events\.\d+\.kind", str(n))
        ]
    assert form["summary"].value == "Overflow in the parser"
    form["affected.0.package.ecosystem"] = "Maven"
    form["affected.0.package.name"] = "org.example:server"
    form["affected.0.ranges.0.type"] = "ECOSYSTEM"
    form["affected.0.ranges.0.events.0.kind"] = "introduced"
    form["affected.0.ranges.0.events.0.version"] = "1.0"
    form["affected.0.ranges.0.events.1.kind"] = "fixed"
    form["affected.0.ranges.0.events.1.version"] = "1.2"
    form["references.0.url"] = "https://example.org/fix"
    form["severity.0.type"] = "CVSS_V3"
    form["severity.0.score"] = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"
    form["severity.1.type"] = "CVSS_V4"
    form["severity.1.score"] = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
    form["credits.0.name"] = "Ada"
    page = form.submit("act", value="save").follow()
    assert "Overflow in the parser" in page.text
    assert "org.example:server" in page.text
    assert "<strong>details</strong>" in page.text
    assert "9.3" in page.text


def test_mistakes_are_shown_at_their_places_and_nothing_typed_is_lost(hub: Hub) -> None:
    project = hub.project()
    browser = hub.browser_as(hub.member(project))
    form = advisory_form(browser.get("/advisories/new/"))
    form["summary"] = "x" * 301
    form = advisory_form(add_row(form, "add:references"))
    form["references.0.url"] = "javascript:alert(1)"
    page = form.submit("act", value="save", status=400)
    again = advisory_form(page)
    assert again["summary"].value == "x" * 301
    assert again["references.0.url"].value == "javascript:alert(1)"
    for place in ("f-summary-errors", "f-references-0-url-errors", "f-project-errors"):
        assert page.html.find(id=place) is not None, place
    assert browser.get("/advisories/").html.find("td") is None


def test_an_edit_is_saved_as_a_version_and_compared(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    browser = hub.browser_as(member)
    form = advisory_form(browser.get(f"/advisories/{advisory_id}/edit/"))
    form["summary"] = "Header injection through wrapped lines"
    page = form.submit("act", value="save").follow()
    assert "Saved as version 2" in page.text
    history = browser.get(f"/advisories/{advisory_id}/history/")
    assert f"/advisories/{advisory_id}/versions/1/" in history.text
    difference = browser.get(
        f"/advisories/{advisory_id}/versions/", {"version": "2", "against": "1"}
    ).follow()
    assert difference.html.find("del") is not None
    assert "wrapped" in difference.html.find("ins").text
    inline = browser.get(f"/advisories/{advisory_id}/versions/2/diff/?against=1&layout=inline")
    assert "folded" in inline.text
    first = browser.get(f"/advisories/{advisory_id}/versions/1/")
    assert "Header injection through folded lines" in first.text
    for wrong in ("9", "0", "x", "99999999999999999999"):
        browser.get(f"/advisories/{advisory_id}/versions/{wrong}/", status=404)


def test_two_edits_that_meet_are_merged_and_nothing_is_lost(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    browser = hub.browser_as(member)
    form = advisory_form(browser.get(f"/advisories/{advisory_id}/edit/"))
    with hub.acting_for(hub.member(project)) as act:
        edit_advisory(act, hub.pk(advisory_id), good_payload(summary="Theirs"), base_version=1)
    form["details"] = "My details"
    conflict = form.submit("act", value="save", status=409)
    assert "Theirs" in conflict.text
    assert "My details" in conflict.text
    merging = next(f for f in conflict.forms.values() if "mine" in f.fields)
    merged = merging.submit("act", value="merge")
    again = advisory_form(merged)
    assert again["summary"].value == "Theirs"
    assert again["details"].value == "My details"
    page = again.submit("act", value="save").follow()
    assert "Saved as version 3" in page.text


@pytest.mark.parametrize("mine", ["", "[]", "{", "null", '{"summary": 7}', '{"affected": "x"}'])
def test_a_broken_merge_form_is_a_bad_request_or_a_form(hub: Hub, mine: str) -> None:
    project = hub.project()
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    browser = hub.browser_as(member)
    token = csrf(browser.get(f"/advisories/{advisory_id}/edit/"))
    answer = browser.post(
        f"/advisories/{advisory_id}/edit/",
        {"csrf_token": token, "act": "merge", "base_version": "1", "mine": mine, "take.summary": "mine"},
        expect_errors=True,
    )
    assert answer.status_int in {200, 400}


@pytest.mark.parametrize("base", ["", "x", "-1", "1e3", "99999999999"])
def test_a_broken_base_version_is_a_bad_request(hub: Hub, base: str) -> None:
    project = hub.project()
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    browser = hub.browser_as(member)
    token = csrf(browser.get(f"/advisories/{advisory_id}/edit/"))
    browser.post(
        f"/advisories/{advisory_id}/edit/",
        {"csrf_token": token, "act": "save", "base_version": base, "summary": "x"},
        status=400,
    )


def test_a_viewer_gets_no_edit_form_and_is_told_so(hub: Hub) -> None:
    advisory_id = hub.draft(hub.project())
    viewer = hub.person()
    hub.grant(advisory_id, viewer)
    browser = hub.browser_as(viewer)
    page = browser.get(f"/advisories/{advisory_id}/")
    assert f"/advisories/{advisory_id}/edit/" not in page.text
    browser.get(f"/advisories/{advisory_id}/edit/", status=403)


def test_htmx_gets_the_form_alone(hub: Hub) -> None:
    project = hub.project()
    browser = hub.browser_as(hub.member(project))
    form = advisory_form(browser.get("/advisories/new/"))
    fragment = form.submit("act", value="add:references", headers={"HX-Request": "true"})
    assert "<html" not in fragment.text
    assert "references.0.url" in fragment.text


def test_a_vector_is_rated_while_it_is_written(hub: Hub) -> None:
    project = hub.project()
    browser = hub.browser_as(hub.member(project))
    token = csrf(browser.get("/advisories/new/"))
    fields = {"csrf_token": token, "rate": "severity.0", "severity.0.type": "CVSS_V3"}
    good = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"
    assert "6.1" in browser.post("/advisories/rating/", {**fields, "severity.0.score": good}).text
    assert "parse" in browser.post("/advisories/rating/", {**fields, "severity.0.score": "CVSS:3.1/AV"}).text


@pytest.mark.parametrize("query", ["state=fifth", "cursor=xx", "review=maybe"])
def test_a_filter_that_cannot_be_is_a_bad_request(hub: Hub, query: str) -> None:
    hub.browser_as(hub.person()).get(f"/advisories/?{query}", status=400)


def test_hostile_text_is_shown_as_text(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    hostile = "<script>alert(1)</script>"
    advisory_id = hub.draft(
        project, by=member, summary=hostile, details=f"{hostile}\n\n[x](javascript:alert(1))"
    )
    browser = hub.browser_as(member)
    for path in ("/advisories/", f"/advisories/{advisory_id}/", f"/advisories/{advisory_id}/edit/"):
        page = browser.get(path)
        assert hostile not in page.text
        assert 'href="javascript' not in page.text


@pytest.mark.parametrize("path", ["/advisories/", "/advisories/{id}/", "/advisories/{id}/history/"])
def test_pages_take_the_same_queries_for_few_rows_and_for_many(hub: Hub, path: str) -> None:
    project = hub.project()
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    browser = hub.browser_as(member)
    address = path.format(id=advisory_id)

    def statements() -> int:
        seen: list[str] = []

        def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(hub.registry.db_engine, "before_cursor_execute", note)
        try:
            browser.get(address)
        finally:
            event.remove(hub.registry.db_engine, "before_cursor_execute", note)
        return len(seen)

    # The very first opening leaves a receipt.
    browser.get(address)
    few = statements()
    for number in range(2, 12):
        hub.draft(project, by=member)
        with hub.acting_for(member) as act:
            edit_advisory(
                act, hub.pk(advisory_id), good_payload(summary=f"Edit {number}"), base_version=number - 1
            )
    assert statements() == few
    assert few <= 20


@pytest.mark.invariant("INV-PRIVACY-4")
def test_an_address_without_a_name_is_shown_to_owners_and_masked_for_others(hub: Hub) -> None:
    project = hub.project()
    nameless = hub.person(team_of(project), name="", email="nameless@example.org")
    advisory_id = hub.draft(project, by=nameless)
    viewer = hub.person()
    hub.grant(advisory_id, viewer)
    for path in (f"/advisories/{advisory_id}/", f"/advisories/{advisory_id}/history/"):
        for owner in (nameless, hub.member(project), hub.admin()):
            assert "nameless@example.org" in hub.browser_as(owner).get(path).text
        shown = hub.browser_as(viewer).get(path).text
        assert "nameless@example.org" not in shown
        assert "n•••@example.org" in shown
