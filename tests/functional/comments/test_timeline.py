"""The timeline: what each role reads of it, in words, merged and paged without gap or overlap."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from sqlalchemy import text

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.services import edit_advisory
from advisoryhub_core.advisories.states import State
from advisoryhub_core.audit.actions import Tier, audit_actions
from advisoryhub_core.audit.core_sentences import SENTENCES
from advisoryhub_core.audit.sentences import sentences, tell, values_of
from advisoryhub_core.audit.services import record
from advisoryhub_core.comments.timeline import (
    NEWEST,
    OLDEST,
    Asked,
    Event,
    InvalidCursor,
    TimelinePage,
    read_cursor,
    timeline_page,
    visible_actions,
)
from advisoryhub_core.plugins.api import Cap
from tests.functional.comments.kit import Cast, cast, statements
from tests.support.hub import Hub, good_payload

ALL_CAPS = frozenset(Cap)


def write(about: Cast, action: str, **values: Any) -> None:
    with about.hub.acting_for(about.people["team"]) as act:
        record(act, action, advisory_id=about.pk, **values)


def told(about: Cast, role: str, below: str = "timeline/") -> str:
    html = about.browser(role).get(about.path(below)).html
    return " ".join(html.find(id="content").get_text(" ").split())


def names(page: TimelinePage) -> list[str]:
    return [f"{'e' if isinstance(item, Event) else 'c'}{item.id}" for item in page.items]


def page_for(about: Cast, asked: Asked, caps: frozenset[Cap] = ALL_CAPS) -> TimelinePage:
    with about.hub.acting_for(about.people["admin"]) as act:
        row = about.hub.row(act, about.advisory_id)
        page = timeline_page(act.db, about.hub.registry, row, caps, asked)
        # What was read stays readable after the transaction.
        act.db.expunge_all()
        return page


@pytest.mark.parametrize("state", [State.TRIAGE, State.DRAFT])
def test_tiers_follow_role_and_state(hub: Hub, state: State) -> None:
    about = cast(hub, state)
    by_tier = {
        Tier.VIEWER: ("cve.requested", "requested a CVE id"),
        Tier.COLLABORATOR: ("publication.pushed", "documents were pushed"),
        Tier.OWNER: ("advisory.flagged_for_routing", "handed the report to the administrators"),
        Tier.HIDDEN: ("comment.redacted", "comment redacted"),
    }
    for action, _words in by_tier.values():
        write(about, action)
    contributor = state is not State.TRIAGE
    wanted = {
        "viewer": {Tier.VIEWER},
        "collaborator": {Tier.VIEWER, Tier.COLLABORATOR} if contributor else {Tier.VIEWER},
        "team": {Tier.VIEWER, Tier.COLLABORATOR, Tier.OWNER},
        "admin": {Tier.VIEWER, Tier.COLLABORATOR, Tier.OWNER},
    }
    for role, tiers in wanted.items():
        for below in ("", "timeline/", "timeline/?order=oldest"):
            shown = told(about, role, below)
            assert {tier for tier, (_name, words) in by_tier.items() if words in shown} == tiers, role
    about.browser("outsider").get(about.path("timeline/"), status=404)


@pytest.mark.invariant("INV-AUDIT-5")
def test_nothing_ephemeral_is_ever_on_a_timeline(hub: Hub) -> None:
    declared = audit_actions(hub.registry)
    ephemeral = {name for name, action in declared.items() if action.ephemeral}
    assert ephemeral
    assert not ephemeral & set(visible_actions(hub.registry, ALL_CAPS))
    about = cast(hub)
    for role in ("viewer", "team", "admin"):
        about.browser(role).get(about.path())
    # Not even one that somebody wrote to the ledger, past the service.
    with hub.system() as act:
        for name in sorted(ephemeral):
            act.db.execute(
                text("INSERT INTO audit_log (action, advisory_id) VALUES (:name, :id)"),
                {"name": name, "id": about.pk},
            )
    actions = {item.action for item in page_for(about, Asked(size=500)).items if isinstance(item, Event)}
    assert "advisory.created" in actions
    assert not ephemeral & actions
    assert "viewed" not in told(about, "admin")


def test_every_core_action_and_every_one_of_publishing_is_told_in_a_sentence(hub: Hub) -> None:
    known = sentences(hub.registry)
    for name in visible_actions(hub.registry, ALL_CAPS):
        assert name in known, name
        said = tell(hub.registry, name, {"actor": "Ada"}).interpolate()
        assert "${" not in said
        assert said.endswith("."), name
        assert name.replace(".", " ") not in said


def test_sentences_say_what_the_row_holds() -> None:
    class Registry:
        hub_sentences: dict[str, Any]

    registry = Registry()
    registry.hub_sentences = dict(SENTENCES)

    def said(action: str, **row: Any) -> str:
        values = values_of(previous=row.get("previous"), new=row.get("new"), details=row.get("details"))
        return str(tell(registry, action, {"actor": "Ada", **values, **row.get("more", {})}).interpolate())

    assert said("advisory.edited", previous={"version": 1}, new={"version": 2}) == "Ada saved version 2."
    assert said("advisory.edited") == "Ada edited the advisory."
    assert said("cve.unassigned", previous={"cve": "CVE-2026-1"}) == "Ada took CVE-2026-1 off the advisory."
    moved = said("advisory.project_changed", previous={"project": "a"}, new={"project": "b"})
    assert moved == "Ada moved the advisory from a to b."
    assert said("advisory.state_changed", new={"state": "draft"}) == "Ada moved the advisory to draft."
    assert said("advisory.state_changed", new={"state": "fifth"}) == "Ada changed the status."
    granted = said("access.granted", new={"permission": "viewer"}, more={"who": "Bo"})
    assert granted == "Ada gave Bo access as a viewer."
    assert said("access.granted", new={"permission": "viewer"}) == "Ada gave somebody access."
    assert said("weather.turned_cold") == "Ada: weather turned cold"


def test_what_a_companion_tells_is_not_told_twice(hub: Hub) -> None:
    about = cast(hub, State.DISMISSED)
    shown = told(about, "viewer")
    assert "dismissed the advisory." in shown
    assert "moved the advisory to dismissed" not in shown
    write(about, "advisory.state_changed", new={"state": "draft"})
    assert "moved the advisory to draft" in told(about, "viewer")


@pytest.mark.invariant("INV-PRIVACY-4")
def test_people_in_events_are_named_or_masked(hub: Hub) -> None:
    about = cast(hub)
    nameless = hub.person(name="", email="hidden.one@example.net")
    write(about, "access.granted", new={"user_id": nameless, "permission": "viewer"})
    write(about, "access.invited", new={"email": "hidden.two@example.net", "permission": "viewer"})
    write(about, "access.revoked", previous={"email": "hidden.three@example.net"})
    for role, sees in {"collaborator": False, "team": True, "admin": True}.items():
        shown = told(about, role)
        assert ("hidden" in shown) is sees, role
        assert ("h•••@example.net" in shown) is not sees, role
    assert "example.net" not in told(about, "viewer")


def test_the_system_and_anonymous_reporters_are_told_as_such(hub: Hub) -> None:
    about = cast(hub, State.TRIAGE)
    assert "An anonymous report arrived." in told(about, "team")
    with hub.system() as act:
        record(act, "cve.request_cancelled", advisory_id=about.pk)
    assert "cancelled by AdvisoryHub." in told(about, "viewer")


def test_an_edit_leads_to_its_difference(hub: Hub) -> None:
    about = cast(hub)
    with hub.acting_for(about.people["team"]) as act:
        edit_advisory(act, about.pk, good_payload(summary="Other"), base_version=1)
    browser = about.browser("collaborator")
    link = browser.get(about.path()).html.find("a", string=lambda s: s and "saved version 2" in s)
    assert "Other" in browser.get(link["href"]).text


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("comments_only", [True, False])
def test_pages_meet_in_both_orders_and_directions(hub: Hub, size: int, comments_only: bool) -> None:
    about = cast(hub)
    for number in range(6):
        about.comment("viewer", f"Comment {number}")
        if number % 2:
            write(about, "cve.requested")
    everything = names(page_for(about, Asked(size=100, comments_only=comments_only)))
    assert len(everything) == (6 if comments_only else 10)

    def walk(asked: Asked, step: str) -> tuple[list[list[str]], TimelinePage]:
        pages = []
        page = page_for(about, asked)
        while True:
            pages.append(names(page))
            cursor = getattr(page, step)
            if cursor is None:
                return pages, page
            place, older = read_cursor(cursor)
            page = page_for(about, Asked(place, older=older, size=size, comments_only=comments_only))

    down, last = walk(Asked(NEWEST, older=True, size=size, comments_only=comments_only), "older")
    assert [name for page in down for name in page] == everything
    if last.newer is not None:
        place, older = read_cursor(last.newer)
        up, _last = walk(Asked(place, older=older, size=size, comments_only=comments_only), "newer")
        assert [name for page in [*up[::-1], down[-1]] for name in page] == everything
    forth, _end = walk(Asked(OLDEST, older=False, size=size, comments_only=comments_only), "newer")
    assert [name for page in forth[::-1] for name in page] == everything


@pytest.mark.invariant("INV-COMMENT-2")
def test_the_query_alone_leaves_internal_comments_out(hub: Hub) -> None:
    about = cast(hub)
    plain, internal = about.comment("team"), about.comment("team", internal=True)
    # Read as an administrator, so that row-level security has no part in it.
    assert f"c{internal}" in names(page_for(about, Asked()))
    seen = names(page_for(about, Asked(), frozenset({Cap.VIEW})))
    assert f"c{plain}" in seen
    assert f"c{internal}" not in seen


def test_times_that_disagree_with_ids_lose_nothing(hub: Hub) -> None:
    about = cast(hub)
    with hub.system() as act:
        for hours in (3, 1, 2, 5, 4):
            act.db.execute(
                text(
                    "INSERT INTO comments (advisory_id, body, created_at)"
                    " VALUES (:id, 'x', now() - make_interval(hours => :hours))"
                ),
                {"id": about.pk, "hours": hours},
            )
    seen: list[str] = []
    asked = Asked(size=2)
    while True:
        page = page_for(about, asked)
        seen += names(page)
        if page.older is None:
            break
        place, older = read_cursor(page.older)
        asked = Asked(place, older=older, size=2)
    assert len(seen) == len(set(seen)) == 6


@pytest.mark.parametrize("cursor", ["x", "o-1", "o--1-2", "o-1-2-3", "q-1-2", f"o-{10**18}-1", "o-1-\u0663"])
def test_a_made_up_cursor_is_a_bad_request(hub: Hub, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        read_cursor(cursor)
    about = cast(hub)
    browser = about.browser("viewer")
    for below in ("timeline/", "comments/"):
        browser.get(about.path(below), {"cursor": cursor}, status=400)


def test_the_order_is_kept_from_page_to_page(hub: Hub) -> None:
    about = cast(hub)
    for number in range(70):
        about.comment("viewer", f"Comment {number:03}")
    browser = about.browser("viewer")
    for order, link in (("", "next"), ("?order=oldest", "prev")):
        page, found = browser.get(about.path(f"timeline/{order}")), []
        while True:
            found += [tag.get_text() for tag in page.html.find_all(class_="prose")]
            onwards = page.html.find("a", rel=link)
            if onwards is None:
                break
            page = browser.get(about.path("timeline/") + onwards["href"].partition("timeline/")[2])
        bodies = [words.strip() for words in found]
        expected = [f"Comment {number:03}" for number in range(70)]
        assert bodies == (expected if order else expected[::-1])


def prune(hub: Hub, act: Act, cutoff: dt.datetime) -> None:
    details = json.dumps({"cutoff": cutoff.isoformat(), "count": 3})
    act.db.execute(
        text("INSERT INTO audit_log (action, metadata) VALUES ('audit.pruned', CAST(:d AS jsonb))"),
        {"d": details},
    )


@pytest.mark.parametrize(("days", "marked"), [(-1, False), (1, True)])
def test_a_marker_says_where_older_events_were_removed(hub: Hub, days: int, marked: bool) -> None:
    about = cast(hub)
    about.comment("viewer")
    words = "Older events were removed"
    assert words not in told(about, "viewer")
    with hub.system() as act:
        created = hub.row(act, about.advisory_id).created_at
        prune(hub, act, created + dt.timedelta(days=days))
    caps = frozenset({Cap.SEE_INTERNAL})
    assert page_for(about, Asked(), caps).pruned is marked
    assert page_for(about, Asked(OLDEST, older=False), caps).pruned is marked
    # Where the first event is still there, nothing is missing.
    assert words not in told(about, "viewer")


def test_the_detail_and_the_timeline_take_the_same_queries_for_10_and_for_1000_comments(hub: Hub) -> None:
    about = cast(hub)
    browser = about.browser("viewer")
    add = text(
        "INSERT INTO comments (advisory_id, author_id, body, internal)"
        " SELECT :id, :author, 'Words ' || n, n % 7 = 0 FROM generate_series(1, :count) n"
    )

    def counts() -> list[int]:
        found = []
        for below in ("", "comments/", "timeline/", "timeline/?order=oldest"):
            browser.get(about.path(below))
            with statements(hub) as seen:
                browser.get(about.path(below))
            found.append(len(seen))
        return found

    def fill(count: int) -> list[int]:
        with hub.system() as act:
            for author in (about.people["viewer"], about.people["team"]):
                act.db.execute(add, {"id": about.pk, "author": author, "count": count // 2})
        return counts()

    few, many = fill(10), fill(990)
    assert all(after <= before for before, after in zip(few, many, strict=True)), (few, many)
    assert max(few) <= 20
