"""Every registered view, for every role in every state, held against `permissions.md` (INV-AUTH-1).

The whole table is walked by what the application does before a view runs: traversal, lookup, permission. Of
each view, each role and each verdict one request goes all the way, so that the service judges too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pyramid.security import view_execution_permitted
from pyramid.traversal import traverse

from advisoryhub_core.web.request import HubRequest
from tests.functional.web.enforcement.registered import addresses
from tests.functional.web.enforcement.table import ROLES, SITE, STATES, VIEWS, View, sees, wanted
from tests.functional.web.enforcement.world import Browser, Place, World, path_of, typed

Worlds = Callable[[str], World]

# A page, a difference that has an address of its own, a form shown again, something that has changed.
ANSWERS = {"yes": {200, 303, 400, 409}, "no": {403}, "absent": {404}}
OUTSIDERS = ("anonymous", "banned", "nothing", "other team")


def test_the_table_names_every_registered_view(registry: Any) -> None:
    below = {(*view.key, method) for view in VIEWS for method in view.methods}
    assert {(context, name, method) for context, name, _act, method in below}.isdisjoint(SITE)
    registered = {(context, name, act, method) for context, name, method, act in addresses(registry)}
    site = {(context, name, "", method) for context, name, method in SITE}
    # What a form says in `act` may choose a view, and is more than the address where it does not.
    assert registered <= below | site | {(*key[:2], "", key[3]) for key in below}
    assert {(*key[:2], key[3]) for key in below | site} == {(*key[:2], key[3]) for key in registered}


def walked(place: Place, role: str) -> Iterator[tuple[View, str, str]]:
    for view in VIEWS:
        for method in view.methods:
            yield view, method, path_of(view, place, role)


def sample(registry: Any, method: str, fields: tuple[tuple[str, str], ...]) -> HubRequest:
    """Return a request that has nothing but what predicates of views look at."""
    request = HubRequest.blank("/", POST=dict(fields) if method == "POST" else None, method=method)
    request.registry = registry
    return request


def verdicts(browser: Browser, place: Place, role: str, registry: Any) -> Iterator[tuple[View, str, str]]:
    """Yield each view and method with what the application decides on before the view would run."""
    with browser.root() as root:
        for view, method, path in walked(place, role):
            found = traverse(root, path.partition("?")[0])
            if type(found["context"]).__name__ != view.context or found["view_name"] != view.name:
                yield view, method, "absent"
                continue
            asked = sample(registry, method, view.fields)
            permitted = view_execution_permitted(found["context"], asked, view.name)
            yield view, method, "yes" if permitted else "no"


@pytest.mark.invariant("INV-AUTH-1")
@pytest.mark.invariant("INV-AUTH-5")
@pytest.mark.invariant("INV-AUTH-6")
@pytest.mark.invariant("INV-AUTH-7")
@pytest.mark.invariant("INV-AUTH-8")
@pytest.mark.invariant("INV-PERM-1")
@pytest.mark.parametrize("role", [*ROLES, *OUTSIDERS])
def test_every_view_is_for_whom_the_table_says(world: Worlds, role: str) -> None:
    here = world(role)
    browser = here.browser(role)
    wrong = [
        (state, method, view.path, f"wanted {wanted(view, role, state)}, got {verdict}")
        for state, place in here.places.items()
        for view, method, verdict in verdicts(browser, place, role, here.hub.registry)
        if verdict != wanted(view, role, state)
    ]
    assert wrong == []


def chosen(role: str) -> Iterator[tuple[View, str, str, str]]:
    """Yield, for each view and method, one state of each verdict; which one differs from view to view."""
    for turn, view in enumerate(VIEWS):
        for verdict in ANSWERS:
            there = [state for state in STATES if wanted(view, role, state) == verdict]
            for further, method in enumerate(view.methods):
                if there:
                    yield view, method, there[(turn + further) % len(there)], verdict


@pytest.mark.invariant("INV-AUTH-1")
@pytest.mark.parametrize("role", ROLES)
def test_a_request_is_answered_as_the_table_says(world: Worlds, role: str) -> None:
    here = world(role)
    browser = here.browser(role)
    wrong = []
    for view, method, state, verdict in chosen(role):
        place = here.places[state]
        path = path_of(view, place, role)
        sent = browser.send(method, path, typed(view, place), accept="application/json")
        if sent.status_int not in ANSWERS[verdict] or "/oidc/" in (sent.location or ""):
            wrong.append((state, method, path, verdict, sent.status))
    assert wrong == []


@pytest.mark.invariant("INV-AUTH-1")
@pytest.mark.parametrize("role", OUTSIDERS)
def test_whoever_has_no_role_finds_nothing(world: Worlds, role: str) -> None:
    here = world(role)
    browser = here.browser(role)
    wrong = []
    for view, method, state, verdict in chosen(role):
        assert verdict == "absent"
        assert not sees(role, state)
        place = here.places[state]
        path = path_of(view, place, role)
        sent = browser.send(method, path, typed(view, place), accept="application/json")
        asked_in = method == "GET" and role in {"anonymous", "banned"} and path.startswith("/advisories/")
        right = sent.status_int == (303 if asked_in else 404)
        if not right or asked_in is not ("/oidc/authenticate/" in (sent.location or "")):
            wrong.append((state, method, path, sent.status))
    assert wrong == []


SITE_ROLES = {
    "anybody": {"anonymous", "nothing", "team", "admin"},
    "signed in": {"nothing", "team", "admin"},
    "teams": {"team", "admin"},
}
NODES = {
    "Root": "/",
    "OIDCNode": "/oidc/",
    "AccountCollection": "/accounts/",
    "AdvisoryCollection": "/advisories/",
    "NotificationsNode": "/notifications/",
}


@pytest.mark.invariant("INV-AUTH-1")
@pytest.mark.parametrize("role", sorted(SITE_ROLES["anybody"]))
def test_outside_advisories_views_are_for_whom_the_table_says(world: Worlds, role: str) -> None:
    here = world(role)
    with here.browser(role).root() as root:
        for (context, name, method), whose in SITE.items():
            found = traverse(root, NODES[context])["context"]
            assert type(found).__name__ == context
            asked = sample(here.hub.registry, method, ())
            permitted = bool(view_execution_permitted(found, asked, name))
            assert permitted is (role in SITE_ROLES[whose]), (context, name, method)
