"""The discussion as people use it: with scripts and without, and with texts that mean harm."""

from __future__ import annotations

import re

import pytest
import webtest
from sqlalchemy import text

from advisoryhub_core.advisories.states import State
from advisoryhub_core.comments.services import edit_comment, redact_comment
from advisoryhub_core.web.markdown import LINK_REL
from tests.functional.comments.kit import HTMX, Cast, cast, scalars
from tests.support.hub import Hub, csrf

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1) 'title')",
    "![x](https://example.org/track.png)",
    "<a href='data:text/html,<script>'>x</a>",
    "[x]: javascript:alert(1)\n\n[x]",
    "`<script>`",
    "<svg/onload=alert(1)>",
    "| a |\n|---|\n| <script>alert(1)</script> |",
    "${1/0} $${x} <tal:block/>",
)


def talk_form(page: webtest.TestResponse) -> webtest.Form:
    return page.forms["talk-form"]


def post(browser: webtest.TestApp, about: Cast, body: str, **more: str) -> webtest.TestResponse:
    form = talk_form(browser.get(about.path()))
    form["body"] = body
    for name, value in more.items():
        form[name] = value
    return form.submit()


def test_a_comment_is_written_on_the_advisorys_page_without_scripts(hub: Hub) -> None:
    about = cast(hub, viewer="Vera Viewer")
    browser = about.browser("viewer")
    answer = post(browser, about, "Is it **reachable**?")
    assert answer.status_int == 303
    number = scalars(hub, "SELECT id FROM comments")[0]
    assert answer.location == f"http://localhost{about.path()}#comment-{number}"
    page = answer.follow()
    shown = page.html.find(id=f"comment-{number}")
    assert "<strong>reachable</strong>" in str(shown)
    assert "Vera Viewer" in shown.get_text()
    assert talk_form(page)["body"].value == ""


def test_htmx_gets_the_discussion_with_the_comment_and_an_empty_form(hub: Hub) -> None:
    about = cast(hub)
    browser = about.browser("viewer")
    for place, only_comments in (("panel", False), ("comments", True)):
        form = talk_form(browser.get(about.path() if place == "panel" else about.path("comments/")))
        form["body"] = f"Words on the {place}."
        fragment = form.submit(headers=HTMX)
        assert fragment.status_int == 200
        assert "<html" not in fragment.text
        root = fragment.html.find(id="discussion")
        assert f"Words on the {place}." in root.get_text()
        assert f"comment:{about.advisory_id}" in root["data-clears-draft"].split()
        assert root.find("textarea").get_text().strip() == ""
        assert root.find(role="status").get_text().strip()
        assert bool(root.find(class_="talk-event")) is not only_comments


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
@pytest.mark.parametrize("body", ["", "long " * 3300])
def test_a_refused_text_is_still_there_with_what_is_wrong(
    hub: Hub, body: str, headers: dict[str, str]
) -> None:
    about = cast(hub)
    browser = about.browser("collaborator")
    form = talk_form(browser.get(about.path()))
    form["body"] = body
    form["internal"] = True
    answer = form.submit(headers=headers, status=400)
    again = talk_form(answer)
    assert again["body"].value.strip() == body.strip()
    assert again["internal"].checked
    assert answer.html.find(id="talk-body-errors").get_text().strip()
    assert not answer.html.find(attrs={"data-clears-draft": True})
    assert scalars(hub, "SELECT count(*) FROM comments") == [0]


def test_a_text_can_be_looked_at_before_it_is_posted(hub: Hub) -> None:
    about = cast(hub)
    browser = about.browser("viewer")
    form = talk_form(browser.get(about.path()))
    form["body"] = "Some **words**."
    page = form.submit("act", value="preview")
    assert "<strong>words</strong>" in str(page.html.find(id="talk-body-preview"))
    assert talk_form(page)["body"].value == "Some **words**."
    fields = {"csrf_token": csrf(page), "body": "Some *other* words.", "act": "preview"}
    fragment = browser.post(about.path("comments/preview/"), fields, headers=HTMX)
    assert fragment.text.strip() == "<p>Some <em>other</em> words.</p>"
    whole = browser.post(about.path("comments/preview/"), fields)
    assert talk_form(whole)["body"].value == "Some *other* words."
    assert scalars(hub, "SELECT count(*) FROM comments") == [0]
    assert talk_form(page).submit().status_int == 303


@pytest.mark.parametrize(("body", "says"), [("x" * 16_001, "16000"), ("  ", "nothing to preview")])
def test_a_preview_of_what_cannot_be_posted_says_why(hub: Hub, body: str, says: str) -> None:
    about = cast(hub)
    browser = about.browser("viewer")
    fields = {"csrf_token": csrf(browser.get(about.path())), "body": body, "act": "preview"}
    fragment = browser.post(about.path("comments/preview/"), fields, headers=HTMX)
    assert says in fragment.text.replace(",", "")
    page = browser.post(about.path("comments/preview/"), fields)
    assert talk_form(page)["body"].value.strip() == body.strip()
    assert (page.html.find(id="talk-body-errors") is not None) is bool(body.strip())


def test_an_internal_comment_is_told_apart_by_words(hub: Hub) -> None:
    about = cast(hub)
    browser = about.browser("collaborator")
    post(browser, about, "Hidden.", internal=True)  # type: ignore[arg-type]
    assert scalars(hub, "SELECT internal FROM comments") == [True]
    page = browser.get(about.path("comments/"))
    assert "Internal: hidden from viewers" in page.text
    assert "internal" not in talk_form(about.browser("viewer").get(about.path())).fields


def test_a_viewer_cannot_post_internally_by_hand(hub: Hub) -> None:
    about = cast(hub)
    browser = about.browser("viewer")
    token = csrf(browser.get(about.path()))
    fields = {"csrf_token": token, "body": "Words.", "internal": "true"}
    browser.post(about.path("comments/"), fields, status=403)
    assert scalars(hub, "SELECT count(*) FROM comments") == [0]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_texts_stay_texts(hub: Hub, hostile: str) -> None:
    about = cast(hub, viewer="<i>Eve</i> ${x}")
    number = about.comment("viewer", hostile)
    with hub.acting_for(about.people["viewer"]) as act:
        edit_comment(act, number, f"{hostile}\n\nMore.", base_version=1)
    browser = about.browser("viewer")
    pages = (
        "",
        "comments/",
        "timeline/",
        *(f"comments/{number}/{p}/" for p in ("edit", "history", "redact")),
    )
    for below in pages:
        html = browser.get(about.path(below)).html
        assert not [tag for tag in html.find_all("script") if not tag.get("src")], below
        assert not html.find_all(["img", "iframe", "i"]), below
        for tag in html.find_all(True):
            assert not [name for name in tag.attrs if name.startswith("on")], tag
            assert not re.match(r"\s*(javascript|data):", tag.get("href", ""), re.IGNORECASE), tag


def test_links_that_people_write_are_not_vouched_for(hub: Hub) -> None:
    about = cast(hub)
    about.comment("viewer", "See [this](https://example.org/x) and <https://example.org/y>.")
    links = about.browser("viewer").get(about.path()).html.find_all("a", href=re.compile("example.org/[xy]"))
    assert len(links) == 2
    assert all(" ".join(link["rel"]) == LINK_REL for link in links)


def test_a_comment_is_edited_and_its_history_read(hub: Hub) -> None:
    about = cast(hub)
    number = about.comment("viewer", "First words.")
    browser = about.browser("viewer")
    form = talk_form(browser.get(about.path(f"comments/{number}/edit/")))
    assert form["body"].value == "First words."
    form["body"] = "Second words."
    looked_at = talk_form(form.submit("act", value="preview"))
    page = looked_at.submit().follow().follow()
    assert page.html.find(id=f"comment-{number}") is not None
    assert "Second words." in page.text
    assert f"comment-edit:{number}" in page.html.find(id="discussion")["data-clears-draft"].split()
    history = about.browser("team").get(about.path(f"comments/{number}/history/"))
    assert re.findall(r"(First|Second) words", history.text) == ["Second", "First"]


def test_nobody_else_gets_to_the_form_of_an_edit(hub: Hub) -> None:
    about = cast(hub)
    number = about.comment("viewer")
    for role in ("collaborator", "team", "admin"):
        browser = about.browser(role)
        assert f"comments/{number}/edit/" not in browser.get(about.path()).text
        browser.get(about.path(f"comments/{number}/edit/"), status=403)


def test_of_two_edits_the_later_is_shown_both_texts(hub: Hub) -> None:
    about = cast(hub)
    number = about.comment("viewer", "First words.")
    browser = about.browser("viewer")
    mine = talk_form(browser.get(about.path(f"comments/{number}/edit/")))
    theirs = talk_form(browser.get(about.path(f"comments/{number}/edit/")))
    theirs["body"] = "Their words."
    theirs.submit(status=303)
    mine["body"] = "My words."
    page = mine.submit(status=409)
    assert "Their words." in page.text
    again = talk_form(page)
    assert again["body"].value == "My words."
    again.submit(status=303)
    bodies = scalars(hub, "SELECT body FROM comment_versions ORDER BY number")
    assert bodies == ["First words.", "Their words.", "My words."]


def test_an_edit_that_is_refused_keeps_what_was_typed(hub: Hub) -> None:
    about = cast(hub)
    number = about.comment("viewer", "First words.")
    browser = about.browser("viewer")
    form = talk_form(browser.get(about.path(f"comments/{number}/edit/")))
    form["body"] = "x" * 16_001
    page = form.submit(status=400)
    assert talk_form(page)["body"].value == "x" * 16_001
    assert page.html.find(id="talk-body-errors") is not None


@pytest.mark.invariant("INV-COMMENT-4")
def test_a_redacted_comment_says_by_whom_and_when_and_nothing_else(hub: Hub) -> None:
    about = cast(hub, admin="Ada Admin")
    number = about.comment("viewer", "Secret words.")
    with hub.acting_for(about.people["viewer"]) as act:
        edit_comment(act, number, "Secret words again.", base_version=1)
    admin = about.browser("admin")
    form = next(
        f
        for f in admin.get(about.path(f"comments/{number}/redact/")).forms.values()
        if f.action.endswith("/redact/")
    )
    page = form.submit().follow().follow()
    assert re.search(r"Redacted by Ada Admin on \d{4}-\d\d-\d\d \d\d:\d\d UTC\.", page.text)
    for role in ("viewer", "team", "admin"):
        browser = about.browser(role)
        for below in ("", "comments/", "timeline/", f"comments/{number}/history/"):
            assert "Secret" not in browser.get(about.path(below)).text, (role, below)
        browser.get(about.path(f"comments/{number}/edit/"), status=403)
        browser.get(about.path(f"comments/{number}/redact/"), status=403)


def test_a_permanent_link_leads_to_the_page_that_holds_the_comment(hub: Hub) -> None:
    about = cast(hub)
    numbers = [about.comment("viewer", f"Comment {n}") for n in range(40)]
    browser = about.browser("viewer")
    for number in (numbers[0], numbers[20], numbers[-1]):
        answer = browser.get(about.path(f"comments/{number}/"), status=303)
        assert answer.location.endswith(f"#comment-{number}")
        assert answer.follow().html.find(id=f"comment-{number}") is not None


def test_a_locked_discussion_says_why_and_lets_owners_post(hub: Hub) -> None:
    about = cast(hub)
    team = about.browser("team")
    page = team.get(about.path())
    form = next(f for f in page.forms.values() if f.action.endswith("/lock-comments/"))
    form["reason"] = "It went <b>in circles</b>."
    assert "locked" in form.submit().follow().text
    for role in ("viewer", "collaborator"):
        page = about.browser(role).get(about.path())
        assert "It went &lt;b&gt;in circles&lt;/b&gt;." in page.text
        assert "talk-form" not in page.forms
        assert "Only owners can comment now." in page.text
        token = csrf(page)
        about.browser(role).post(
            about.path("comments/"), {"csrf_token": token, "body": "Still."}, expect_errors=True
        )
    assert scalars(hub, "SELECT note_of FROM comments") == ["lock-comments"]
    assert "Reason for locking the discussion" in page.text
    assert post(team, about, "One more thing.").status_int == 303
    form = next(f for f in team.get(about.path()).forms.values() if f.action.endswith("/unlock-comments/"))
    form.submit(status=303)
    assert "talk-form" in about.browser("viewer").get(about.path()).forms


def test_a_note_says_which_act_it_belongs_to(hub: Hub) -> None:
    about = cast(hub)
    with hub.system() as act:
        for name in ("dismiss", "some-plugins_act"):
            act.db.execute(
                text("INSERT INTO comments (advisory_id, body, note_of) VALUES (:id, 'Because.', :name)"),
                {"id": about.pk, "name": name},
            )
    shown = about.browser("viewer").get(about.path()).text
    assert "Reason for the dismissal" in shown
    assert "Note: some plugins act" in shown


@pytest.mark.parametrize("state", list(State))
def test_there_is_a_form_in_every_state(hub: Hub, state: State) -> None:
    about = cast(hub, state)
    assert post(about.browser("viewer"), about, "Words.").status_int == 303


def test_a_redaction_by_the_author_is_theirs_by_name(hub: Hub) -> None:
    about = cast(hub, viewer="Vera Viewer")
    number = about.comment("viewer")
    with hub.acting_for(about.people["viewer"]) as act:
        redact_comment(act, number)
    assert "Redacted by Vera Viewer" in about.browser("team").get(about.path()).text
