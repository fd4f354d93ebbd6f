"""Every view asks for a capability, and every page answers as `permissions.md` says (INV-AUTH-1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import webtest
from pyramid.interfaces import IExceptionResponse
from pyramid.security import NO_PERMISSION_REQUIRED

from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.states import State
from tests.support.hub import ADMINS, Hub, csrf

SAFE = {"GET", "HEAD"}

# Who is not signed in has to reach these; each says so by name at its registration.
PUBLIC = {
    ("Root", ""),
    ("Root", "healthz"),
    ("Root", "readyz"),
    ("OIDCNode", "authenticate"),
    ("OIDCNode", "callback"),
    ("OIDCNode", "logout"),
    ("OIDCNode", "step-up"),
    ("AccountCollection", "signed-out"),
}

READING = {Cap.VIEW, Cap.LIST, Cap.SEE_INTERNAL, Cap.SEE_EMAILS, Cap.SEE_EXPORT}

# POST views that change nothing of the hub's: they need no more than reading does.
UNSAFE_BUT_READING = {
    ("AdvisoryCollection", "rating"): "computes what a vector is worth, and stores nothing",
    ("OIDCNode", "logout"): "ends one's own session, which may have ended already",
}


def registered_views(registry: Any) -> Iterator[tuple[Any, Any, list[Any]]]:
    """Yield each view that a URL can reach, with the permissions it was registered with."""
    for entry in registry.introspector.get_category("views"):
        view = entry["introspectable"]
        context = view["context"]
        if view["exception_only"] or (isinstance(context, type) and issubclass(context, Exception)):
            continue
        if context is IExceptionResponse:
            continue
        related = [r for r in entry["related"] if r.category_name == "permissions"]
        yield view, (context.__name__, view["name"]), [r["value"] for r in related]


@pytest.mark.invariant("INV-AUTH-1")
def test_every_view_has_a_capability_or_is_public_by_name(registry: Any) -> None:
    public = set()
    for _view, place, permissions in registered_views(registry):
        assert len(permissions) == 1, f"{place} has no permission of its own"
        if permissions == [NO_PERMISSION_REQUIRED]:
            public.add(place)
        else:
            assert isinstance(permissions[0], Cap), place
            assert permissions[0] is not Cap.NOBODY, place
    assert public == PUBLIC


def test_a_view_that_changes_something_needs_more_than_a_reading_capability(registry: Any) -> None:
    unsafe = set()
    for view, place, permissions in registered_views(registry):
        methods = view["request_methods"]
        assert methods, f"{place} takes any method"
        methods = {methods} if isinstance(methods, str) else set(methods)
        if methods <= SAFE:
            continue
        unsafe.add(place)
        assert not methods & SAFE, f"{place} takes safe and unsafe methods"
        if place not in UNSAFE_BUT_READING:
            assert permissions[0] not in READING | {NO_PERMISSION_REQUIRED}, place
    assert set(UNSAFE_BUT_READING) <= unsafe


def test_no_view_switches_the_csrf_check_off(registry: Any) -> None:
    for view, place, _permissions in registered_views(registry):
        assert view["require_csrf"] is None, place


def test_a_view_without_a_permission_is_closed(odd_hub: Hub) -> None:
    odd_hub.browser_as(odd_hub.admin()).get("/odd/no-permission/", status=403)


def test_what_asks_for_a_fresh_sign_in(registry: Any) -> None:
    stepped = {place for view, place, _permissions in registered_views(registry) if view.get("step_up")}
    assert stepped == {
        ("AdvisoryResource", "approve-withdrawal"),
        ("AdvisoryResource", "publish"),
        # Of a withdrawn one; any other is reopened without.
        ("AdvisoryResource", "reopen"),
        ("AdvisoryResource", "withdraw"),
        ("TaskResource", "retry"),
    }


# permissions.md, for native advisories that are neither flagged nor in review. A page that is not listed
# for a role and state answers 403; where the role may not view, everything is 404.
ALL = frozenset(State)
EDITABLE = {State.DRAFT, State.PUBLISHED}
EDITABLE_BY_OWNERS = EDITABLE | {State.TRIAGE}
NEVER: frozenset[State] = frozenset()

MAY_EDIT = {
    "viewer": NEVER,
    "collaborator": EDITABLE,
    "team": EDITABLE_BY_OWNERS,
    "mature team": EDITABLE_BY_OWNERS,
    "admin": EDITABLE_BY_OWNERS,
}
MAY_PUBLISH = {
    "viewer": NEVER,
    "collaborator": NEVER,
    "team": NEVER,
    "mature team": EDITABLE,
    "admin": EDITABLE,
}
SEES_EXPORTS = {
    "viewer": NEVER,
    "collaborator": ALL - {State.TRIAGE},
    "team": ALL,
    "mature team": ALL,
    "admin": ALL,
}
MANAGES_ACCESS = {role: ALL if role in {"team", "mature team", "admin"} else NEVER for role in MAY_EDIT}


def expected(role: str, state: State, method: str, page: str) -> int:
    if role == "anonymous":
        return 303 if method == "GET" else 404
    if role == "nothing":
        return 404
    allowed = {
        "": ALL,
        "history/": ALL,
        "versions/1/": ALL,
        "comments/": ALL,
        "timeline/": ALL,
        "mentions/": ALL,
        "lock-comments/": ALL if role in {"team", "mature team", "admin"} else NEVER,
        "edit/": MAY_EDIT[role],
        "publish/": MAY_PUBLISH[role],
        "publication-card/": SEES_EXPORTS[role],
        "access/": MANAGES_ACCESS[role],
    }[page]
    if state not in allowed:
        return 403
    return 200 if method == "GET" else 303


def cast(hub: Hub, role: str) -> tuple[webtest.TestApp, dict[State, str]]:
    """Return a browser of somebody in this role, and an advisory in each state."""
    slug = hub.project(mature=role == "mature team")
    advisories = {state: hub.in_state(slug, state) for state in State}
    if role == "anonymous":
        return hub.anonymous(), advisories
    if role.endswith("team"):
        return hub.browser_as(hub.member(slug)), advisories
    person = hub.person(*([ADMINS] if role == "admin" else []))
    if role in {"viewer", "collaborator"}:
        for advisory_id in advisories.values():
            hub.grant(advisory_id, person, role)
    return hub.browser_as(person), advisories


@pytest.mark.invariant("INV-AUTH-1")
@pytest.mark.invariant("INV-AUTH-5")
@pytest.mark.invariant("INV-AUTH-7")
@pytest.mark.invariant("INV-PERM-1")
@pytest.mark.parametrize("role", ["anonymous", "nothing", *MAY_EDIT])
def test_pages_answer_as_the_table_of_permissions_says(hub: Hub, role: str) -> None:
    browser, advisories = cast(hub, role)
    token = "" if role == "anonymous" else csrf(browser.get("/accounts/me/"))
    answers, wanted = {}, {}
    for state, advisory_id in advisories.items():
        requests = [
            ("GET", page)
            for page in (
                *("", "history/", "versions/1/", "edit/", "publish/", "publication-card/", "access/"),
                *("comments/", "timeline/", "mentions/", "lock-comments/"),
            )
        ]
        # Publishing first: the edit below leaves the advisory without what publication needs.
        for method, page in [*requests, ("POST", "publish/"), ("POST", "edit/"), ("POST", "comments/")]:
            fields = {
                "csrf_token": token,
                "confirm": advisory_id,
                "act": "save",
                "base_version": "1",
                "summary": "Another summary",
                "details": "Other details",
                "body": "A comment",
                "place": "panel",
            }
            send = browser.get if method == "GET" else browser.post
            answer = send(
                f"/advisories/{advisory_id}/{page}", {} if method == "GET" else fields, expect_errors=True
            )
            answers[state, method, page] = answer.status_int
            wanted[state, method, page] = expected(role, state, method, page)
            if answer.status_int == 303 and role == "anonymous":
                assert "/oidc/authenticate/" in answer.location
            elif answer.status_int == 303:
                location = answer.location.partition("#")[0]
                assert location == f"http://localhost/advisories/{advisory_id}/"
    assert answers == wanted


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("team", 403), ("mature team", 303)])
def test_an_old_sign_in_steps_up_only_where_the_act_is_allowed(hub: Hub, role: str, status: int) -> None:
    then = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=600)
    hub.provider.change_id_tokens(auth_time=int(then.timestamp()))
    try:
        browser, advisories = cast(hub, role)
    finally:
        hub.provider.change_id_tokens()
    draft = advisories[State.DRAFT]
    token = csrf(browser.get("/accounts/me/"))
    path = f"/advisories/{draft}/publish/"
    answers = [
        browser.get(path, status=status),
        browser.post(path, {"csrf_token": token, "confirm": draft}, status=status),
    ]
    assert all(("/oidc/step-up/" in (answer.location or "")) is (status == 303) for answer in answers)
    assert "publication.requested" not in hub.ledger()
