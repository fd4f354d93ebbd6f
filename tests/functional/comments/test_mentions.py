"""Mentions: resolved among those who may read the comment, offered to nobody else, and lifting no rights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text

from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.queries import capabilities_on
from advisoryhub_core.advisories.states import State
from advisoryhub_core.comments.services import post_comment
from advisoryhub_core.events import CommentAdded
from tests.functional.comments.kit import HTMX, Cast, cast, scalars, statements
from tests.support.hub import ADMINS, Hub, csrf, team_of

NAMES = {
    "viewer": "Vera Viewer",
    "collaborator": "Jörg Collab",
    "team": "Tess Team",
    "admin": "Ada Admin",
    "outsider": "Otto Outside",
}


@contextmanager
def events(hub: Hub) -> Iterator[list[CommentAdded]]:
    seen: list[CommentAdded] = []
    hub.registry.registerHandler(seen.append, (CommentAdded,))
    try:
        yield seen
    finally:
        hub.registry.unregisterHandler(seen.append, (CommentAdded,))


def told(about: Cast, body: str, *, by: str = "team", internal: bool = False) -> set[str]:
    """Return the roles of those a comment mentions."""
    with events(about.hub) as seen, about.hub.acting_for(about.people[by]) as act:
        post_comment(act, about.pk, body, internal=internal)
    by_id = {person: role for role, person in about.people.items()}
    return {by_id[user] for user in seen[0].mentioned_users}


def offered(about: Cast, role: str, query: str = "") -> list[dict[str, Any]]:
    browser = about.browser(role)
    answer = browser.get(about.path(f"mentions/{query}"), headers={"Accept": "application/json"})
    found: list[dict[str, Any]] = answer.json["results"]
    return found


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("@vera-viewer look", {"viewer"}),
        ("Ask @Vera-Viewer, @jörg-collab and @ada-admin.", {"viewer", "collaborator", "admin"}),
        ("(@JÖRG-COLLAB)", {"collaborator"}),
        ("**@vera-viewer**", {"viewer"}),
        ("@vera", set()),
        ("@otto-outside", set()),
        ("x@vera-viewer", set()),
        ("vera@vera-viewer.example.org @@vera-viewer", set()),
        ("`@vera-viewer` and\n\n    @vera-viewer\n", set()),
        ("[@vera-viewer](https://example.org/)", set()),
        ("@tess-team", set()),
    ],
)
def test_whom_a_text_mentions(hub: Hub, body: str, expected: set[str]) -> None:
    assert told(cast(hub, **NAMES), body) == expected


def test_an_internal_comment_mentions_those_who_may_read_it(hub: Hub) -> None:
    about = cast(hub, **NAMES)
    everybody = "@vera-viewer @jörg-collab @ada-admin"
    assert told(about, everybody, internal=True) == {"collaborator", "admin"}
    in_triage = cast(hub, State.TRIAGE, **{**NAMES, "admin": "Bea Admin"})
    everybody = "@vera-viewer @jörg-collab @bea-admin"
    assert told(in_triage, everybody, internal=True) == {"admin"}
    assert told(in_triage, everybody) == {"viewer", "collaborator", "admin"}


def test_groups_are_mentioned_by_their_names(hub: Hub) -> None:
    about = cast(hub, **NAMES)
    project = scalars(
        hub,
        "SELECT p.slug FROM projects p JOIN advisories a ON a.project_id = p.id WHERE a.id = :id",
        id=about.pk,
    )[0]
    hub.person("readers@example.org")
    hub.person("strangers@example.org")
    hub.grant_group(about.advisory_id, "readers@example.org")
    team = project.replace(".", "-")
    with events(hub) as seen, hub.acting_for(about.people["viewer"]) as act:
        post_comment(act, about.pk, f"@{team}-security @advisoryhub-admins @readers @strangers")
    names = scalars(hub, "SELECT name FROM groups WHERE id = ANY(:ids)", ids=list(seen[0].mentioned_groups))
    assert set(names) == {team_of(project), ADMINS, "readers@example.org"}
    with events(hub) as seen, hub.acting_for(about.people["team"]) as act:
        post_comment(act, about.pk, "@readers @advisoryhub-admins", internal=True)
    assert len(seen[0].mentioned_groups) == 1


def test_two_of_one_name_are_told_apart_and_neither_is_meant_by_the_bare_name(hub: Hub) -> None:
    about = cast(hub, **{**NAMES, "collaborator": "Vera Viewer"})
    assert told(about, "@vera-viewer") == set()
    assert told(about, f"@vera-viewer#{about.people['viewer']}") == {"viewer"}
    handles = {each["handle"] for each in offered(about, "team", "?q=vera")}
    assert handles == {f"vera-viewer#{about.people[role]}" for role in ("viewer", "collaborator")}


@pytest.mark.invariant("INV-PRIVACY-4")
def test_somebody_without_a_name_is_offered_by_a_masked_address(hub: Hub) -> None:
    about = cast(hub, **NAMES)
    nameless = hub.person(name="", email="secret.address@example.net")
    hub.grant(about.advisory_id, nameless)
    for role, label in {
        "viewer": "s•••@example.net",
        "collaborator": "s•••@example.net",
        "team": "secret.address@example.net",
        "admin": "secret.address@example.net",
    }.items():
        found = {each["handle"]: each["label"] for each in offered(about, role, "?q=person")}
        assert found[f"person#{nameless}"] == label, role
        # Typing must not find out what is masked.
        by_address = offered(about, role, "?q=secret.a")
        assert bool(by_address) is (role in {"team", "admin"}), role
        assert not offered(about, role, "?q=otto")
    assert offered(about, "viewer", "?q=example.net") == []


@pytest.mark.invariant("INV-PRIVACY-1")
@pytest.mark.invariant("INV-OIDC-5")
def test_only_those_who_see_the_advisory_are_offered(hub: Hub) -> None:
    about = cast(hub, **NAMES)
    for column in ("is_provisioned = true", "is_active = false", "banned_at = now()"):
        gone = hub.person(name=f"Gone {column[:6]}")
        hub.grant(about.advisory_id, gone)
        with hub.system() as act:
            act.db.execute(
                text(
                    "UPDATE users SET is_provisioned = :p, is_active = :a,"
                    " banned_at = CASE WHEN :b THEN now() END WHERE id = :id"
                ),
                {
                    "p": column.startswith("is_p"),
                    "a": not column.startswith("is_a"),
                    "b": column.startswith("ban"),
                    "id": gone,
                },
            )
    people = {each["label"] for each in offered(about, "viewer") if not each["group"]}
    assert {NAMES[role] for role in ("viewer", "collaborator", "team", "admin")} <= people
    assert not any(label.startswith("Gone") or label == NAMES["outsider"] for label in people)
    about.browser("outsider").get(about.path("mentions/"), status=404)


def test_internal_suggestions_are_for_those_who_may_read_such(hub: Hub) -> None:
    about = cast(hub, **NAMES)
    assert not offered(about, "team", "?q=vera&internal=1")
    assert offered(about, "viewer", "?q=vera&internal=1")


def test_at_most_eight_are_offered_as_a_list_of_options(hub: Hub) -> None:
    about = cast(hub, **NAMES)
    for number in range(12):
        hub.grant(about.advisory_id, hub.person(name=f"Many <b>{number}</b>"))
    page = about.browser("viewer").get(about.path("mentions/?q=many"), headers=HTMX)
    options = page.html.find_all("li", attrs={"role": "option"})
    assert len(options) == 8
    assert options[0]["data-handle"].startswith("many-b-")
    assert "<b>" not in page.text
    assert "<html" not in page.text


def test_the_audience_takes_the_same_queries_however_many_there_are(hub: Hub) -> None:
    about = cast(hub, **NAMES)
    browser = about.browser("viewer")
    browser.get(about.path("mentions/"))
    with statements(hub) as few:
        browser.get(about.path("mentions/"))
    for _number in range(20):
        hub.grant(about.advisory_id, hub.person())
    with statements(hub) as many:
        browser.get(about.path("mentions/"))
    assert len(few) == len(many)


@pytest.mark.invariant("INV-AUTH-1")
def test_a_mention_lifts_nobodys_rights(hub: Hub) -> None:
    about = cast(hub, **NAMES)

    def rights() -> dict[str, frozenset[Cap]]:
        with hub.system() as act:
            row = hub.row(act, about.advisory_id)
            return {
                role: capabilities_on(act.db, hub.registry, hub.identity(person), row)
                for role, person in about.people.items()
            }

    before = rights()
    told(about, "@otto-outside @vera-viewer", internal=True)
    told(about, "@otto-outside @vera-viewer")
    assert rights() == before
    about.browser("outsider").get(about.path(), status=404)


def test_the_form_offers_the_list_to_its_script(hub: Hub) -> None:
    about = cast(hub, **NAMES)
    page = about.browser("viewer").get(about.path())
    area = page.html.find("textarea", attrs={"name": "body"})
    assert area["data-mentions"] == about.path("mentions/")
    assert page.html.find(id=area["aria-controls"])["role"] == "listbox"
    assert csrf(page)
