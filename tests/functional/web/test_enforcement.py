"""Every view asks for a capability (INV-AUTH-1). Who holds it where is in `enforcement/`."""

from __future__ import annotations

from typing import Any

import pytest
from pyramid.security import NO_PERMISSION_REQUIRED

from advisoryhub_core.advisories.permissions import Cap
from tests.functional.web.enforcement.registered import registered_views
from tests.support.hub import Hub

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
