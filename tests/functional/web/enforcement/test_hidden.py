"""What one may not see answers like what is not there, byte for byte (INV-PRIVACY-1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.functional.web.enforcement.table import VIEWS, View, wanted
from tests.functional.web.enforcement.world import Browser, Place, World, path_of, typed

Worlds = Callable[[str], World]

# Of the form of a real id, and nobody's.
UNKNOWN_ID = "ECL-2345-6789-cfgh"
UNKNOWN_NUMBER = 999_999
STATES = ("triage", "draft", "published", "dismissed, from draft")
# The length of a page that names its own address follows the number in it; the body is compared itself.
CHANGING = {"content-length", "date", "x-request-id", "set-cookie", "server-timing"}


def shape(sent: Any, secrets: dict[str, str]) -> tuple[Any, ...]:
    """Return status, headers and body with ids and nonces replaced, for comparison."""

    def plain(text: str) -> str:
        for secret, name in secrets.items():
            text = text.replace(secret, name)
        text = re.sub(r"nonce(-|=\")[\w-]+", "nonce", text)
        return re.sub(r'(csrf_token" value=")[^"]+', r"\1", text)

    headers = [(name, plain(value)) for name, value in sent.headerlist if name.lower() not in CHANGING]
    cookies = [name.partition("=")[0] for name in sent.headers.getall("Set-Cookie")]
    return sent.status, sorted(headers), sorted(cookies), plain(sent.text)


def elsewhere(path: str, place: Place) -> str:
    """Return the same address of an advisory, or of a task, that does not exist."""
    return path.replace(place.advisory_id, UNKNOWN_ID).replace(
        f"/tasks/{place.task}/", f"/tasks/{UNKNOWN_NUMBER}/"
    )


@pytest.mark.invariant("INV-PRIVACY-1")
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize("role", ["anonymous", "nothing", "other team"])
def test_a_hidden_advisory_answers_like_an_unknown_one(world: Worlds, role: str, accept: str) -> None:
    here = world(role)
    browser = here.browser(role)
    for turn, view in enumerate(VIEWS):
        for method in view.methods:
            place = here.places[STATES[turn % len(STATES)]]
            path = path_of(view, place, role)
            secrets = {
                place.advisory_id: "ID",
                UNKNOWN_ID: "ID",
                f"/tasks/{place.task}/": "N",
                f"/tasks/{UNKNOWN_NUMBER}/": "N",
                f"%2F{place.task}%2F": "N",
                f"%2F{UNKNOWN_NUMBER}%2F": "N",
            }
            real = shape(browser.send(method, path, typed(view, place), accept), secrets)
            unknown = browser.send(method, elsewhere(path, place), typed(view, place), accept)
            assert real == shape(unknown, secrets), (method, path)
            assert real[0] == ("303 See Other" if "/oidc/" in str(real[1]) else "404 Not Found")


INTERNAL = [view for view in VIEWS if "{theirs}" in view.path]
NUMBERED = [view for view in VIEWS if view.context in {"GrantResource", "InvitationResource"}]
TASKS = [view for view in VIEWS if "{task}" in view.path]


def compare(browser: Browser, view: View, method: str, paths: tuple[str, str], place: Place) -> None:
    """See that two addresses of one advisory are both absent and alike."""
    numbers = {number: "N" for path in paths for number in re.findall(r"(?<=/)\d+(?=/)", path)}
    secrets = {f"/{number}/": f"/{name}/" for number, name in numbers.items()}
    answers = [shape(browser.send(method, path, typed(view, place), "text/html"), secrets) for path in paths]
    assert answers[0] == answers[1], paths
    assert answers[0][0] == "404 Not Found", paths


@pytest.mark.invariant("INV-PRIVACY-1")
@pytest.mark.parametrize("view", INTERNAL, ids=lambda view: f"{view.name}-{'-'.join(view.methods)}")
def test_an_internal_comment_is_like_none_for_a_viewer(world: Worlds, view: View) -> None:
    here = world("viewer")
    browser = here.browser("viewer")
    place = here.places["draft"]
    other = here.places["published"]
    for method in view.methods:
        start = f"/advisories/{place.advisory_id}/"
        none = start + view.path.format(theirs=UNKNOWN_NUMBER)
        compare(browser, view, method, (start + view.path.format(theirs=place.internal), none), place)
        # Nor does a comment of another advisory show at this one's address.
        compare(browser, view, method, (start + view.path.format(theirs=other.theirs), none), place)


@pytest.mark.invariant("INV-PRIVACY-1")
@pytest.mark.parametrize("role", ["viewer", "collaborator"])
def test_grants_and_invitations_are_like_none_for_who_does_not_manage_them(world: Worlds, role: str) -> None:
    here = world(role)
    browser = here.browser(role)
    place = here.places["draft"]
    for view in NUMBERED:
        path = path_of(view, place, role)
        none = re.sub(r"/\d+/", f"/{UNKNOWN_NUMBER}/", path)
        compare(browser, view, "POST", (path, none), place)


@pytest.mark.invariant("INV-PRIVACY-1")
def test_another_advisory_s_grants_invitations_and_versions_are_like_none(world: Worlds) -> None:
    here = world("team")
    browser = here.browser("team")
    place, other = here.places["draft"], here.places["published, withdrawing"]
    for view in NUMBERED:
        path = path_of(view, other, "team").replace(other.advisory_id, place.advisory_id)
        none = re.sub(r"/\d+/", f"/{UNKNOWN_NUMBER}/", path)
        compare(browser, view, "POST", (path, none), place)
    assert other.version > place.version
    version = next(view for view in VIEWS if view.context == "VersionResource")
    start = f"/advisories/{place.advisory_id}/versions/"
    compare(browser, version, "GET", (f"{start}{other.version}/", f"{start}{UNKNOWN_NUMBER}/"), place)


@pytest.mark.invariant("INV-PRIVACY-1")
@pytest.mark.parametrize("view", TASKS, ids=lambda view: view.context)
def test_an_export_is_like_none_for_who_does_not_see_it(world: Worlds, view: View) -> None:
    here = world("viewer")
    browser = here.browser("viewer")
    place = here.places["published"]
    assert wanted(view, "viewer", "published") == "absent"
    (method,) = view.methods
    path = path_of(view, place, "viewer")
    compare(browser, view, method, (path, elsewhere(path, place)), place)
