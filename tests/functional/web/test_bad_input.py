"""What no view can use is refused at the door, whoever sends it: never an error of ours."""

from __future__ import annotations

import pytest
import webtest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.hub import Hub, csrf

PATHS = ("/advisories/", "/advisories/new/", "/advisories/rating/", "/accounts/me/", "/oidc/logout/")


def raw(path: str, query: str = "", **environ: str) -> webtest.TestRequest:
    """Return a request whose path is these characters, undecoded and unchecked."""
    request = webtest.TestRequest.blank("/")
    request.environ.update({"PATH_INFO": path, "QUERY_STRING": query, **environ})
    return request


@pytest.fixture
def browser(hub: Hub) -> webtest.TestApp:
    return hub.browser_as(hub.admin())


@pytest.mark.parametrize("path", ["/\xff", "/advisories/\xc3\x28/", "/advisories/ECL-\xed\xa0\x80/"])
def test_a_path_that_is_no_utf8_is_a_bad_request(hub: Hub, path: str) -> None:
    for accept in ("text/html", "application/json"):
        answer = hub.anonymous().request(raw(path, HTTP_ACCEPT=accept), expect_errors=True)
        assert answer.status_int == 400
        assert "Content-Security-Policy" in answer.headers
        assert answer.content_type == accept
    answer = hub.anonymous().request(raw(f"/api{path}"), expect_errors=True)
    assert (answer.status_int, answer.content_type) == (400, "application/json")


def test_a_nul_in_the_path_is_a_bad_request(browser: webtest.TestApp) -> None:
    for path in ("/advisories/\0/", "/advisories/ECL-2222-3333-4444\0/", "/\0"):
        assert browser.request(raw(path), expect_errors=True).status_int == 400


@pytest.mark.parametrize("path", ["/advisories/", "/healthz", "/oidc/callback/"])
def test_a_broken_query_is_a_bad_request(hub: Hub, path: str) -> None:
    for query in ("q=%ff", "%ff=1", "q=%ed%a0%80", "q=a%00b", "%00=1", "state=%00"):
        assert hub.anonymous().request(raw(path, query), expect_errors=True).status_int == 400, query


def test_a_broken_form_is_a_bad_request(browser: webtest.TestApp) -> None:
    start = b"csrf_token=" + csrf(browser.get("/accounts/me/")).encode() + b"&"
    for path in ("/advisories/new/", "/accounts/me/"):
        for body in (b"summary=%ff", b"%ff=x", b"summary=a%00b", b"%00=x", b"summary=\xff"):
            browser.post(path, start + body, status=400)


@pytest.mark.parametrize("boundary", ["; boundary=x", "", "; boundary="])
def test_a_broken_multipart_form_is_a_bad_request(browser: webtest.TestApp, boundary: str) -> None:
    for body in (
        b"",
        b"--x",
        b"--x\r\n\r\n--x--\r\n",
        b'--x\r\nContent-Disposition: form-data; name="summary"\r\n\r\n\xff\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n\0\r\n--x--\r\n',
    ):
        request = raw(
            "/advisories/new/", REQUEST_METHOD="POST", CONTENT_TYPE=f"multipart/form-data{boundary}"
        )
        request.body = body
        assert browser.request(request, expect_errors=True).status_int == 400, body


def test_a_body_beyond_the_limit_is_refused_unread(browser: webtest.TestApp) -> None:
    token = csrf(browser.get("/accounts/me/"))
    limit = browser.app.registry.settings["advisoryhub.max_body_bytes"]
    for path in PATHS:
        answer = browser.post(path, {"csrf_token": token, "summary": "x" * limit}, status=413)
        assert "too large" in answer.text


def test_a_form_without_its_token_does_nothing(hub: Hub) -> None:
    project = hub.project()
    browser = hub.browser_as(hub.member(project))
    for token in ("", "guessed", "\N{SNOWMAN}"):
        fields = {"project": project, "summary": "x", "details": "x", "csrf_token": token}
        answer = browser.post("/advisories/new/", fields, status=400)
        assert "Reload the page" in answer.text
    browser.post("/advisories/new/", {"project": project}, status=400)
    assert browser.get("/advisories/").html.find("td") is None


def test_a_method_that_no_view_takes_is_refused(browser: webtest.TestApp) -> None:
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        for path in ("/", *PATHS, "/healthz"):
            answer = browser.request(raw(path, REQUEST_METHOD=method), expect_errors=True)
            assert answer.status_int in {404, 405}, (method, path)


def test_thousands_of_fields_are_an_answer_of_ours(hub: Hub) -> None:
    project = hub.project()
    browser = hub.browser_as(hub.member(project))
    token = csrf(browser.get("/advisories/new/"))
    fields = [("csrf_token", token), ("project", project), ("summary", "x"), ("details", "x")]
    for many in (
        [(f"references.{number}.url", "https://example.org/") for number in range(2000)],
        [("affected.0." * 300 + "x", "1")] * 10,
        [(f"affected.{10**18}", "1"), ("affected.-1.package", "1"), ("credits", "1")],
        [("summary", "y")] * 5000,
    ):
        answer = browser.post("/advisories/new/", [*fields, *many], expect_errors=True)
        assert answer.status_int in {303, 400}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.text(st.characters(max_codepoint=255), max_size=40),
    query=st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=40),
    cookie=st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters=","), max_size=40),
    accept=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
)
def test_no_request_line_is_an_error_of_ours(
    hub: Hub, path: str, query: str, cookie: str, accept: str
) -> None:
    for name in ("advisoryhub", "theme"):
        request = raw(
            f"/{path}",
            query,
            HTTP_COOKIE=f"{name}={cookie}",
            HTTP_ACCEPT=accept,
            HTTP_ACCEPT_LANGUAGE=accept,
            HTTP_X_FORWARDED_FOR=accept,
            HTTP_USER_AGENT=cookie,
        )
        assert hub.anonymous().request(request, expect_errors=True).status_int < 500


def test_a_broken_cookie_is_nobodys_session(hub: Hub) -> None:
    for value in ("\xff", "\xc3\x28", "\xed\xa0\x80", "", " ", "a" * 5000, '"\\777"'):
        for path, status in (("/", 200), ("/advisories/", 303)):
            request = raw(path, HTTP_COOKIE=f"advisoryhub={value}")
            assert hub.anonymous().request(request, expect_errors=True).status_int == status, value


def test_a_strange_browser_may_read(hub: Hub) -> None:
    advisory_id = hub.draft(hub.project())
    browser = hub.browser_as(hub.admin())
    for agent in ("\xff\xfe", "a\0b", "\x1b[31m", "x" * 10_000):
        browser.extra_environ["HTTP_USER_AGENT"] = agent
        browser.get(f"/advisories/{advisory_id}/", status=200)
