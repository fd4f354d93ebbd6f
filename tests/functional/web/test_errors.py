"""Refusals and failures, in the face that was asked for, without anything of the inside."""

from __future__ import annotations

import pytest
import webtest

from tests.functional.web.odd import SECRET_TEXT
from tests.support.hub import Hub


@pytest.fixture
def browser(odd_hub: Hub) -> webtest.TestApp:
    return odd_hub.browser_as(odd_hub.person(name="Ada Layout"))


@pytest.mark.parametrize("view", ["boom", "broken-sql"])
def test_a_failing_view_gives_the_error_page_for_the_person(browser: webtest.TestApp, view: str) -> None:
    page = browser.get(f"/odd/{view}/", status=500, headers={"X-Request-ID": "ask-me-about-it"})
    assert "Something went wrong" in page.text
    assert "ask-me-about-it" in page.html.find("code").text
    assert "Ada Layout" in page.text
    for inside in (SECRET_TEXT, "Traceback", "RuntimeError", "division", "psycopg", "sqlalchemy"):
        assert inside not in page.text
    assert browser.get("/accounts/me/").status_int == 200


def test_json_is_answered_with_json(browser: webtest.TestApp) -> None:
    accept = {"Accept": "application/json"}
    failed = browser.get("/odd/broken-sql/", headers=accept, status=500)
    assert failed.json["error"] == "internal_error"
    assert set(failed.json) == {"error", "message"}
    refused = browser.get("/odd/refused/", headers=accept, status=409)
    assert refused.json == {"error": "conflict", "message": "Somebody was faster."}
    assert browser.get("/nothing/", headers=accept, status=404).json["error"] == "not_found"
    assert browser.get("/advisories/new/", headers=accept, status=403).json["error"] == "forbidden"
    assert browser.get("/api/nothing/", status=404).json["error"] == "not_found"


def test_the_face_follows_what_is_preferred(browser: webtest.TestApp) -> None:
    for accept, json in {
        "application/json, text/html;q=0.5": True,
        "text/html;q=0.5, application/json;q=0.9": True,
        "text/html, application/json;q=0.9": False,
        "*/*": False,
        "": False,
        "not a media type": False,
    }.items():
        answer = browser.get("/odd/refused/", headers={"Accept": accept}, status=409)
        assert (answer.content_type == "application/json") is json, accept


def test_htmx_is_told_where_to_go_instead_of_being_redirected(odd_hub: Hub) -> None:
    answer = odd_hub.anonymous().get("/advisories/", headers={"HX-Request": "true"}, status=204)
    assert answer.headers["HX-Redirect"].startswith("/oidc/authenticate/?next=")


def test_htmx_gets_the_status_of_a_failure(browser: webtest.TestApp) -> None:
    htmx = {"HX-Request": "true"}
    assert "HX-Redirect" not in browser.get("/odd/boom/", headers=htmx, status=500).headers
    browser.get("/odd/refused/", headers=htmx, status=409)


def test_a_serialization_failure_is_tried_again(browser: webtest.TestApp) -> None:
    assert browser.get("/odd/conflict/?failures=0").text == "attempt 1"
    assert browser.get("/odd/conflict/?failures=2").text == "attempt 3"


def test_it_is_not_tried_for_ever(browser: webtest.TestApp) -> None:
    page = browser.get("/odd/conflict/?failures=3", status=500)
    assert "Something went wrong" in page.text
    assert "Ada Layout" in page.text


def test_a_failure_at_commit_is_an_error_page_too(browser: webtest.TestApp) -> None:
    page = browser.get("/odd/at-commit/?failures=1", status=500)
    assert "Something went wrong" in page.text
    assert "Ada Layout" in page.text
    assert SECRET_TEXT not in page.text
    assert "Content-Security-Policy" in page.headers
    assert "It was saved." not in page.text + browser.get("/accounts/me/").text


def test_a_conflict_at_commit_is_tried_again(browser: webtest.TestApp) -> None:
    assert browser.get("/odd/at-commit/?conflict=1&failures=2").text == "attempt 3"
    browser.get("/odd/at-commit/?conflict=1&failures=3", status=500)


def test_a_page_that_is_not_there_says_nothing_that_differs(browser: webtest.TestApp) -> None:
    page = browser.get("/nothing/", status=404)
    assert page.headers["X-Request-ID"] not in page.text
