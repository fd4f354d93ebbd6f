"""Internal comments: pages, counts, pagination, other tables and plain SQL agree on who reads them."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.queries import capabilities_on
from advisoryhub_core.advisories.states import State
from tests.functional.comments.kit import ROLES, Cast, cast, scalars
from tests.support.hub import ADMINS, Hub, csrf, team_of

UNKNOWN = 999_999
SAME = {"X-Request-ID": "the-same-request"}


@pytest.mark.invariant("INV-COMMENT-2")
@pytest.mark.parametrize("state", list(State))
def test_plain_sql_shows_what_the_capability_says(hub: Hub, state: State) -> None:
    about = cast(hub, state)
    about.comment("team", "Public.")
    about.comment("team", "Hidden.", internal=True)
    # Dismissing and publishing above left notes of their own.
    notes = scalars(hub, "SELECT count(*) FROM comments WHERE NOT internal")[0]
    for role in ROLES:
        with hub.acting_for(about.people[role]) as act:
            rows = act.db.execute(text("SELECT internal, body FROM comments")).all()
            versions = act.db.execute(text("SELECT body FROM comment_versions")).all()
            caps = _caps(hub, about, role)
        expected = (notes if Cap.VIEW in caps else 0) + (Cap.SEE_INTERNAL in caps)
        assert len(rows) == expected, role
        assert len(versions) == expected, role
        assert any(row.internal for row in rows) is (Cap.SEE_INTERNAL in caps), role


def _caps(hub: Hub, about: Cast, role: str) -> frozenset[Cap]:
    identity = hub.identity(about.people[role])
    with hub.system() as act:
        return capabilities_on(act.db, hub.registry, identity, hub.row(act, about.advisory_id))


WAYS = st.frozensets(
    st.sampled_from(
        ["admin", "team", "viewer", "collaborator", "group viewer", "group collaborator", "elsewhere"]
    )
)


@pytest.mark.invariant("INV-COMMENT-2")
@pytest.mark.invariant("INV-CONF-2")
def test_row_level_security_agrees_with_the_capability_for_generated_roles(hub: Hub) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(WAYS, st.sampled_from([State.TRIAGE, State.DRAFT, State.DISMISSED]))
    def agrees(ways: frozenset[str], state: State) -> None:
        project = hub.project()
        other = hub.draft(hub.project())
        advisory_id = hub.in_state(project, state)
        club = f"club-{advisory_id}@example.org".lower()
        memberships = {"admin": ADMINS, "team": team_of(project)}
        groups = [memberships[way] for way in ways & memberships.keys()]
        person = hub.person(*groups, club)
        for way in sorted(ways & {"viewer", "collaborator"})[:1]:
            hub.grant(advisory_id, person, way)
        for way in sorted(way for way in ways if way.startswith("group"))[-1:]:
            hub.grant_group(advisory_id, club, way.removeprefix("group "))
        if "elsewhere" in ways:
            hub.grant(other, person, "collaborator")
        pk = hub.pk(advisory_id)
        with hub.system() as act:
            for internal in (True, False):
                act.db.execute(
                    text("INSERT INTO comments (advisory_id, body, internal) VALUES (:id, 'x', :internal)"),
                    {"id": pk, "internal": internal},
                )
        with hub.acting_for(person) as act:
            query = text("SELECT DISTINCT internal FROM comments WHERE advisory_id = :id")
            seen = set(act.db.scalars(query, {"id": pk}))
        identity = hub.identity(person)
        with hub.system() as act:
            caps = capabilities_on(act.db, hub.registry, identity, hub.row(act, advisory_id))
        assert (False in seen) is (Cap.VIEW in caps)
        assert (True in seen) is (Cap.SEE_INTERNAL in caps)

    agrees()


@pytest.mark.invariant("INV-PRIVACY-1")
@pytest.mark.invariant("INV-COMMENT-2")
def test_a_comment_one_may_not_see_answers_like_an_unknown_one(hub: Hub) -> None:
    about = cast(hub)
    internal = about.comment("team", "Hidden.", internal=True)
    elsewhere = cast(hub).comment("team", "Elsewhere.")
    browser = about.browser("viewer")
    token = csrf(browser.get(about.path()))
    for below in ("", "edit/", "history/", "redact/"):
        answers = [
            browser.get(about.path(f"comments/{number}/{below}"), status=404, headers=SAME)
            for number in (internal, elsewhere, UNKNOWN, "x", "0")
        ]
        bodies = {re.sub(r'nonce="[^"]+"', "", answer.text) for answer in answers}
        assert len(bodies) == 1, below
        posts = [
            browser.post(
                about.path(f"comments/{number}/{below}"),
                {"csrf_token": token, "body": "x"},
                status=404,
                headers=SAME,
            )
            for number in (internal, elsewhere, UNKNOWN)
        ]
        assert len({re.sub(r'nonce="[^"]+"', "", answer.text) for answer in posts}) == 1, below


@pytest.mark.invariant("INV-PRIVACY-1")
@pytest.mark.parametrize("page", ["", "comments/", "timeline/", "timeline/?order=oldest"])
def test_neither_pages_nor_their_number_tell_of_internal_comments(hub: Hub, page: str) -> None:
    about = cast(hub)
    about.comment("viewer", "Plain words.")
    before = _shown(about, page)
    for number in range(45):
        about.comment("team", f"Hidden {number}.", internal=True)
    assert _shown(about, page) == before
    assert "Hidden 44." in about.browser("collaborator").get(about.path("comments/")).text


def _shown(about: Cast, page: str) -> str:
    found = about.browser("viewer").get(about.path(page))
    html = found.html.find(id="content")
    for tag in html.find_all("input", attrs={"name": "csrf_token"}):
        tag.decompose()
    return str(html)


@pytest.mark.parametrize("role", ["viewer", "collaborator", "team", "admin"])
def test_in_triage_collaborators_do_not_read_internal_comments(hub: Hub, role: str) -> None:
    about = cast(hub, State.TRIAGE)
    about.comment("team", "Hidden words.", internal=True)
    sees = "Hidden words." in about.browser(role).get(about.path("comments/")).text
    assert sees is (role in {"team", "admin"})
