"""Headers on every kind of answer: policy with a nonce, no caching, HTTPS only, request ids."""

from __future__ import annotations

import re
from typing import Any

import pytest
import webtest

from advisoryhub_core.web.static import with_static_files
from tests.functional.web.conftest import HTTPS_URL
from tests.support.hub import Hub, csrf

HTTPS = {"wsgi.url_scheme": "https", "HTTP_HOST": "hub.example.org"}
NONCE = re.compile(r"script-src 'nonce-([A-Za-z0-9_-]{20,})' 'strict-dynamic'")


def nonce_of(answer: webtest.TestResponse) -> str:
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    found = NONCE.search(policy)
    assert found, policy
    return found.group(1)


def test_every_kind_of_answer_carries_the_policy_and_is_not_kept(odd_hub: Hub) -> None:
    browser = odd_hub.browser_as(odd_hub.person())
    answers = [
        browser.get("/advisories/", status=200),
        browser.get("/healthz", status=200),
        browser.get("/", status=303),
        browser.get("/odd/leave/", status=303),
        browser.get("/advisories/?state=fifth", status=400),
        browser.post("/oidc/logout/", status=400),
        browser.get("/advisories/new/", status=403),
        browser.get("/nothing/", status=404),
        browser.get("/odd/refused/", status=409),
        browser.post("/healthz", "x" * 2_200_000, status=413),
        browser.get("/odd/boom/", status=500),
        odd_hub.anonymous().get("/", status=200),
    ]
    nonces = [nonce_of(answer) for answer in answers]
    assert len(set(nonces)) == len(nonces)
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store", answer.request.path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in answer.headers["Permissions-Policy"]
        assert "Strict-Transport-Security" not in answer.headers


def test_the_nonce_of_the_policy_is_the_one_on_the_scripts(hub: Hub) -> None:
    page = hub.anonymous().get("/")
    scripts = page.html.find_all("script")
    assert scripts
    assert {script["nonce"] for script in scripts} == {nonce_of(page)}
    assert not page.html.find_all(style=True)


def test_a_view_that_says_how_long_it_may_be_kept_is_believed(odd_hub: Hub) -> None:
    assert odd_hub.anonymous().get("/odd/cached/").headers["Cache-Control"] == "public, max-age=60"


def test_static_files_are_kept_for_ever_and_run_nothing(hub: Hub) -> None:
    browser = webtest.TestApp(with_static_files(hub.app, hub.registry))
    page = browser.get("/")
    links = [link["href"] for link in page.html.find_all("link", rel="stylesheet")]
    links += [script["src"] for script in page.html.find_all("script", src=True)]
    assert len(links) >= 2
    for link in [*links, hub.registry.static_files.url("icons.svg")]:
        answer = browser.get(link, status=200)
        assert re.search(r"\.[0-9a-f]{10}\.[a-z]+$", link)
        assert "immutable" in answer.headers["Cache-Control"]
        assert int(re.search(r"max-age=(\d+)", answer.headers["Cache-Control"]).group(1)) > 30_000_000
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        # An SVG that is opened on its own is a document.
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert "Access-Control-Allow-Origin" not in answer.headers
    browser.get("/static/hub.0123456789.css", status=404)
    browser.get("/static/../web/settings.py", status=404)


def test_over_https_cookies_and_transport_are_pinned(https_hub: Hub) -> None:
    answer = https_hub.anonymous().get("/oidc/authenticate/", extra_environ=HTTPS, status=303)
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-advisoryhub=")
    attributes = {part.strip() for part in cookie.split(";")[1:]}
    assert {"secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= attributes
    assert not any(part.lower().startswith("domain") for part in attributes)
    assert "redirect_uri=https%3A%2F%2Fhub.example.org%2Foidc%2Fcallback%2F" in answer.location


@pytest.mark.parametrize("seen_as", ["https", "http"])
def test_over_https_a_form_from_elsewhere_is_refused(https_hub: Hub, seen_as: str) -> None:
    """Also where a proxy ends TLS, so that the server sees plain http."""
    store = https_hub.registry.session_store
    store.save("a-session-of-this-test", {"user_id": https_hub.person(), "_csrf": "the-right-token"})
    cases: list[tuple[dict[str, str], int]] = [
        ({"Origin": HTTPS_URL}, 303),
        ({"Referer": f"{HTTPS_URL}/accounts/me/"}, 303),
        ({"Origin": "https://evil.example"}, 400),
        ({"Origin": "http://hub.example.org"}, 400),
        ({"Origin": "null"}, 400),
        ({"Referer": "https://hub.example.org.evil.example/"}, 400),
        ({}, 400),
    ]
    for headers, status in cases:
        answer = https_hub.anonymous().post(
            "/accounts/me/",
            {"csrf_token": "the-right-token", "theme": "dark", "language": "en"},
            headers={"Cookie": f"{store.cookie_name}=a-session-of-this-test", **headers},
            extra_environ={**HTTPS, "wsgi.url_scheme": seen_as},
            expect_errors=True,
        )
        assert answer.status_int == status, headers
        assert nonce_of(answer)


def test_a_well_formed_request_id_is_kept_and_another_replaced(hub: Hub) -> None:
    for given in ("0123456789abcdef", "Req.1_2-3.z", "x" * 100):
        answer = hub.anonymous().get("/healthz", headers={"X-Request-ID": given})
        assert answer.headers["X-Request-ID"] == given
    for given in ("", "short", "x" * 101, "has a space", "<script>", "naïve-enough"):
        answers = [hub.anonymous().get("/healthz", headers={"X-Request-ID": given}) for _ in range(2)]
        ids = [answer.headers["X-Request-ID"] for answer in answers]
        assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in ids)
        assert ids[0] != ids[1]


def test_the_policy_can_be_for_reporting_only(maker: Any) -> None:
    with maker.registry(
        **{"csp.report_only": "true", "csp.report_uri": "https://reports.example.org/csp"}
    ) as registry:
        answer = webtest.TestApp(registry.hub_test_app).get("/healthz")
    assert "Content-Security-Policy" not in answer.headers
    policy = answer.headers["Content-Security-Policy-Report-Only"]
    assert policy.endswith("report-uri https://reports.example.org/csp")


def test_the_csrf_token_of_another_session_is_refused(hub: Hub) -> None:
    one, other = hub.browser_as(hub.person()), hub.browser_as(hub.person())
    foreign = csrf(other.get("/accounts/me/"))
    one.post("/accounts/me/", {"csrf_token": foreign, "theme": "dark", "language": "en"}, status=400)
