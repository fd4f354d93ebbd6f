"""Visits: the marks of the list, the facet, and one durable receipt of the first opening."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from advisoryhub_core.advisories.listing import ListQuery, list_page
from advisoryhub_core.advisories.services import edit_advisory
from advisoryhub_core.comments.visits import note_visit
from advisoryhub_core.events import AdvisoryOpened
from tests.functional.comments.kit import Cast, cast, scalars, statements
from tests.support.hub import Hub, good_payload

ADDRESS = {"REMOTE_ADDR": "192.0.2.7"}
RECEIPTS = "SELECT count(*) FROM audit_log WHERE action = 'advisory.first_seen'"


def visit(about: Cast, role: str) -> None:
    with about.hub.acting_for(about.people[role]) as act:
        row = about.hub.row(act, about.advisory_id)
        note_visit(AdvisoryOpened(act, row.id, row.current_version))


def marks(about: Cast, role: str) -> set[str]:
    """Return the marks that the list shows beside the advisory."""
    page = about.browser(role).get("/advisories/")
    link = page.html.find("a", href=about.path())
    return {
        name.removeprefix("mark-")
        for tag in link.find_parent("tr").find_all(class_="mark-word")
        for name in tag["class"]
        if name != "mark-word"
    }


def changed(about: Cast, role: str) -> list[str]:
    with about.hub.acting_for(about.people[role]) as act:
        result = list_page(act.db, act.identity, ListQuery(changed=True))
        assert result.counts[None] == len(result.rows)
        return [row.advisory_id for row in result.rows]


@pytest.mark.invariant("INV-AUDIT-6")
def test_the_first_opening_leaves_one_receipt_without_address_and_agent(hub: Hub) -> None:
    about = cast(hub)
    browser = about.browser("viewer")
    browser.get("/advisories/")
    assert scalars(hub, RECEIPTS) == [0]
    for _time in range(3):
        browser.get(about.path(), headers={"User-Agent": "An agent"}, extra_environ=ADDRESS)
    assert scalars(hub, RECEIPTS) == [1]
    where = "actor_id = :id AND ip IS NULL AND user_agent IS NULL AND request_id IS NULL"
    receipt = f"{RECEIPTS} AND {where}"
    assert scalars(hub, receipt, id=about.people["viewer"]) == [1]
    about.browser("team").get(about.path(), extra_environ=ADDRESS)
    assert scalars(hub, RECEIPTS) == [2]
    # Every opening is in the access log, with where it came from.
    viewed = "SELECT count(*) FROM access_log WHERE action = 'advisory.viewed' AND ip IS NOT NULL"
    assert scalars(hub, viewed) == [4]


@pytest.mark.invariant("INV-AUDIT-6")
def test_two_first_openings_at_once_leave_one_receipt(hub: Hub) -> None:
    about = cast(hub)
    ready = threading.Barrier(2)

    def open_it() -> None:
        with hub.acting_for(about.people["viewer"]) as act:
            row = hub.row(act, about.advisory_id)
            ready.wait(10)
            note_visit(AdvisoryOpened(act, row.id, row.current_version))

    threads = [threading.Thread(target=open_it) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert scalars(hub, RECEIPTS) == [1]
    assert scalars(hub, "SELECT count(*) FROM advisory_visits") == [1]


def test_opening_costs_one_statement_for_the_visit(hub: Hub) -> None:
    about = cast(hub)
    browser = about.browser("viewer")
    browser.get(about.path())
    with statements(hub) as seen:
        browser.get(about.path())
    writes = [each for each in seen if each.lstrip().upper().startswith(("INSERT", "UPDATE"))]
    for table in ("access_log", "advisory_visits", "notifications"):
        assert sum(table in each for each in writes) == 1
    assert len(writes) == 3


def test_an_advisory_is_new_until_it_is_opened(hub: Hub) -> None:
    about = cast(hub)
    assert marks(about, "viewer") == {"new"}
    about.browser("viewer").get(about.path())
    assert marks(about, "viewer") == set()
    assert marks(about, "team") == {"new"}


def test_it_is_changed_by_an_edit_and_by_what_others_say(hub: Hub) -> None:
    about = cast(hub)
    for role in ("viewer", "team"):
        visit(about, role)
    assert (changed(about, "viewer"), changed(about, "team")) == ([], [])
    about.comment("viewer")
    assert marks(about, "viewer") == set()
    assert marks(about, "team") == {"changed"}
    assert (changed(about, "viewer"), changed(about, "team")) == ([], [about.advisory_id])
    visit(about, "team")
    with hub.acting_for(about.people["collaborator"]) as act:
        edit_advisory(act, about.pk, good_payload(summary="Another"), base_version=1)
    assert changed(about, "viewer") == changed(about, "team") == [about.advisory_id]
    # One who never opened it has no last visit that it could have changed since.
    assert changed(about, "admin") == []


@pytest.mark.invariant("INV-COMMENT-2")
@pytest.mark.invariant("INV-PRIVACY-1")
def test_an_internal_comment_changes_nothing_for_those_who_may_not_see_it(hub: Hub) -> None:
    about = cast(hub)
    for role in ("viewer", "collaborator"):
        visit(about, role)
    about.comment("team", internal=True)
    assert marks(about, "viewer") == set()
    assert changed(about, "viewer") == []
    assert marks(about, "collaborator") == {"changed"}


def test_an_own_comment_does_not_hide_an_earlier_one_by_somebody_else(hub: Hub) -> None:
    about = cast(hub)
    visit(about, "viewer")
    about.comment("team")
    about.comment("viewer")
    assert changed(about, "viewer") == [about.advisory_id]


def test_what_one_lost_sight_of_is_not_listed(hub: Hub) -> None:
    about = cast(hub)
    visit(about, "viewer")
    about.comment("team")
    with hub.system() as act:
        act.db.execute(text("DELETE FROM grants WHERE user_id = :id"), {"id": about.people["viewer"]})
    assert changed(about, "viewer") == []


def test_the_facet_is_a_box_of_the_filter_form(hub: Hub) -> None:
    about = cast(hub)
    browser = about.browser("viewer")
    browser.get(about.path())
    about.comment("team")
    form = next(form for form in browser.get("/advisories/").forms.values() if "changed" in form.fields)
    form["changed"].checked = True
    page = form.submit()
    assert about.advisory_id in page.text
    assert page.forms[form.id or 0] is not None
    visit(about, "viewer")
    assert about.advisory_id not in browser.get("/advisories/?changed=1").text


def test_owners_see_who_opened_it_first_when(hub: Hub) -> None:
    about = cast(hub, viewer="Vera Viewer")
    assert "Vera Viewer" in about.browser("viewer").get(about.path()).text
    for role, seen in {"viewer": False, "collaborator": False, "team": True, "admin": True}.items():
        panel = about.browser(role).get(about.path()).html.find(id="panel-receipts")
        assert (panel is not None) is seen, role
        if seen:
            assert "Vera Viewer" in panel.get_text()


def test_the_list_takes_the_same_queries_with_visits_and_comments(hub: Hub) -> None:
    about = cast(hub)
    browser = about.browser("team")
    browser.get("/advisories/?changed=1")
    with statements(hub) as few:
        browser.get("/advisories/?changed=1")
    for _number in range(5):
        about.comment("viewer")
    visit(about, "team")
    about.comment("viewer")
    with statements(hub) as many:
        browser.get("/advisories/?changed=1")
    # Where nothing was visited, and so nothing is listed, their marks are not asked for.
    assert len(many) == len(few) + 1
    with statements(hub) as again:
        browser.get("/advisories/?changed=1")
    assert len(again) == len(many)
