"""The development identity provider, over HTTP as a browser and a client see it."""

import base64
import hashlib
import json
import re
import stat
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError
from joserfc.jwk import KeySet

from advisoryhub_embedded.errors import PartFailed
from advisoryhub_embedded.oidc import OIDCProvider
from advisoryhub_embedded.people import DEMO_PEOPLE, JETTY, Person

VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
CALLBACK = "https://hub.example.org/oidc/callback/"
SIGNED_OUT = "https://hub.example.org/accounts/signed-out/"
ADA = Person("ada", "Ada <Admin>", "ada@example.org", "admin", ("admins@example.org", JETTY.team))
BOB = Person("bob", "", "bob@example.org")


class Clock:
    now = 1_700_000_000.25

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="module")
def keys_folder(tmp_path_factory):
    """Making a key takes longer than any of these tests."""
    return tmp_path_factory.mktemp("oidc")


@pytest.fixture
def provider(clock, keys_folder):
    options = {"people": [ADA, BOB], "clock": clock, "data_dir": keys_folder}
    with OIDCProvider(base_url="https://hub.example.org", **options) as running:
        yield running


@pytest.fixture
def browser(provider):
    with httpx.Client(base_url=provider.issuer) as client:
        yield client


def request_of(provider, **changes):
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": CALLBACK,
        "scope": "openid email profile groups",
        "state": "the state",
        "nonce": "the nonce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    kept = {name: value for name, value in asked.items() if value is not None}
    return str(httpx.URL(f"{provider.issuer}/authorize", params=kept))


def answer_of(location):
    assert location.startswith(f"{CALLBACK}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def sign_in(provider, browser=None, subject="ada", **changes):
    return answer_of(provider.answer_as(request_of(provider, **changes), subject, browser))


def exchange(provider, code, secret=None, **changes):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **changes,
    }
    kept = {name: value for name, value in form.items() if value is not None}
    credentials = (provider.client_id, secret or provider.client_secret)
    return httpx.post(f"{provider.issuer}/token", data=kept, auth=credentials)


def tokens(provider, browser=None, **changes):
    answer = exchange(provider, sign_in(provider, browser, **changes)["code"])
    assert answer.status_code == 200, answer.text
    return answer.json()


def claims_of(provider, token):
    keys = KeySet.import_key_set(httpx.get(f"{provider.issuer}/jwks").json())
    return jwt.decode(token, keys, algorithms=["RS256"]).claims


def id_claims(provider, browser=None, **changes):
    return claims_of(provider, tokens(provider, browser, **changes)["id_token"])


def test_discovery_names_everything_below_the_issuer(provider, browser):
    document = browser.get("/.well-known/openid-configuration").json()
    assert document["issuer"] == provider.issuer
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["id_token_signing_alg_values_supported"] == ["RS256"]
    for name in ("jwks_uri", "userinfo_endpoint", "authorization_endpoint", "end_session_endpoint"):
        assert document[name].startswith(f"{provider.issuer}/")
        assert browser.get(document[name]).status_code != 404
    assert browser.get("/healthz").json() == {"status": "ok"}
    assert [browser.get("/nowhere").status_code, browser.get("/token").status_code] == [404, 405]


def test_a_whole_sign_in(provider, clock):
    answer = sign_in(provider)
    assert answer["state"] == "the state"
    assert answer["iss"] == provider.issuer
    response = exchange(provider, answer["code"])
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json()["token_type"] == "Bearer"
    claims = claims_of(provider, response.json()["id_token"])
    digest = hashlib.sha256(response.json()["access_token"].encode()).digest()[:16]
    assert claims == {
        "iss": provider.issuer,
        "aud": provider.client_id,
        "sub": "ada",
        "iat": int(clock.now),
        "exp": int(clock.now) + 3600,
        "auth_time": int(clock.now),
        "nonce": "the nonce",
        "at_hash": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "name": "Ada <Admin>",
        "preferred_username": "ada",
        "email": "ada@example.org",
        "email_verified": True,
        "groups": ["admins@example.org", JETTY.team],
    }


def test_the_page_lists_the_people_and_escapes_their_names(provider, browser):
    page = browser.get(request_of(provider))
    assert page.status_code == 200
    assert "<html lang=" in page.text
    assert re.findall(r'<button type="submit" name="person" value="(\w+)">', page.text) == ["ada", "bob"]
    assert "Ada &lt;Admin&gt;" in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' https://hub.example.org" in policy
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "too-short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"scope": "email"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"prompt": "none login"}, "invalid_request"),
    ],
)
def test_a_request_that_is_wrong_goes_back_with_an_error(provider, browser, changes, error):
    response = browser.get(request_of(provider, **changes))
    assert response.status_code == 302, response.text
    answer = answer_of(response.headers["location"])
    assert (answer["error"], answer["state"], answer["iss"]) == (error, "the state", provider.issuer)
    assert "code" not in answer


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": None},
        {"redirect_uri": f"{CALLBACK}?more=1"},
        {"redirect_uri": CALLBACK.rstrip("/")},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": 'https://evil.example/"é'},
        {"client_id": "somebody-else"},
        {"client_id": None},
        {"redirect_uri": "https://evil.example/", "prompt": "none"},
        {"redirect_uri": "https://evil.example/", "response_type": "token"},
    ],
)
def test_a_browser_is_never_sent_to_an_address_that_is_not_registered(provider, browser, changes):
    response = browser.get(request_of(provider, **changes))
    assert response.status_code == 400
    assert "location" not in response.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": "w" * 64}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"redirect_uri": SIGNED_OUT}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"code": "guessed"}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"secret": "wrong"}, "invalid_client"),
    ],
)
def test_a_code_is_exchanged_only_with_all_that_belongs_to_it(provider, changes, error):
    code = sign_in(provider)["code"]
    response = exchange(provider, **{"code": code, **changes})
    assert response.status_code in {400, 401}
    assert response.json()["error"] == error
    assert "access_token" not in response.text


def test_a_code_is_used_up_by_any_attempt_and_by_time(provider, clock):
    code = sign_in(provider)["code"]
    assert exchange(provider, code, code_verifier="w" * 64).status_code == 400
    assert exchange(provider, code).json()["error"] == "invalid_grant"
    code = sign_in(provider)["code"]
    assert exchange(provider, code).status_code == 200
    assert exchange(provider, code).json()["error"] == "invalid_grant"
    code = sign_in(provider)["code"]
    clock.now += 61
    assert exchange(provider, code).json()["error"] == "invalid_grant"


def test_the_secret_may_be_posted_and_must_be_there(provider):
    form = {
        "grant_type": "authorization_code",
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_id": provider.client_id,
    }
    token = f"{provider.issuer}/token"
    without = httpx.post(token, data={**form, "code": sign_in(provider)["code"]})
    assert (without.status_code, without.json()["error"]) == (401, "invalid_client")
    posted = {**form, "code": sign_in(provider)["code"], "client_secret": provider.client_secret}
    assert httpx.post(token, data=posted).status_code == 200


def test_the_provider_remembers_the_browser(provider, browser, clock):
    first = id_claims(provider, browser)
    clock.now += 100
    silent = browser.get(request_of(provider, prompt="none"))
    claims = claims_of(
        provider, exchange(provider, answer_of(silent.headers["location"])["code"]).json()["id_token"]
    )
    assert (claims["sub"], claims["auth_time"]) == ("ada", first["auth_time"])
    assert browser.get(request_of(provider)).status_code == 302
    with httpx.Client(base_url=provider.issuer) as other:
        assert other.get(request_of(provider)).status_code == 200
    provider.end_all_sessions()
    assert browser.get(request_of(provider)).status_code == 200


@pytest.mark.parametrize("prompt", ["login", "select_account"])
def test_a_prompt_asks_again_and_moves_the_time(provider, browser, clock, prompt):
    first = id_claims(provider, browser)
    clock.now += 5
    assert browser.get(request_of(provider, prompt=prompt)).status_code == 200
    again = id_claims(provider, browser, prompt=prompt, subject="bob")
    assert again["sub"] == "bob"
    assert again["auth_time"] == first["auth_time"] + 5


def test_max_age_asks_again_when_it_is_over(provider, browser, clock):
    first = id_claims(provider, browser)
    clock.now += 50
    assert browser.get(request_of(provider, max_age="60")).status_code == 302
    assert browser.get(request_of(provider, max_age="0")).status_code == 200
    clock.now += 11
    assert browser.get(request_of(provider, max_age="60")).status_code == 200
    silent = browser.get(request_of(provider, max_age="60", prompt="none"))
    assert answer_of(silent.headers["location"])["error"] == "login_required"
    again = id_claims(provider, browser, max_age="60")
    assert again["auth_time"] == first["auth_time"] + 61


def test_max_age_zero_asks_even_at_the_very_second(provider, browser, clock):
    clock.now = int(clock.now)
    id_claims(provider, browser)
    assert browser.get(request_of(provider, max_age="0")).status_code == 200


def test_a_page_is_answered_once_and_by_known_people_only(provider, browser):
    def interaction():
        return re.search(r'name="interaction" value="([^"]+)"', browser.get(request_of(provider)).text)[1]

    unknown = browser.post("/login", data={"interaction": interaction(), "person": "eve"})
    assert unknown.status_code == 400
    used = interaction()
    assert browser.post("/login", data={"interaction": used, "person": "ada"}).status_code == 302
    assert browser.post("/login", data={"interaction": used, "person": "ada"}).status_code == 400
    assert browser.post("/login", data={"person": "ada"}).status_code == 400


def test_only_the_scopes_that_were_asked_for_are_answered(provider):
    answer = tokens(provider, scope="openid email unheard-of")
    claims = claims_of(provider, answer["id_token"])
    assert "groups" not in claims
    assert "name" not in claims
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    info = httpx.get(f"{provider.issuer}/userinfo", headers=headers).json()
    assert info == {"sub": "ada", "email": "ada@example.org", "email_verified": True}


def test_userinfo_wants_a_good_token(provider, clock):
    token = tokens(provider)["access_token"]
    userinfo = f"{provider.issuer}/userinfo"
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(userinfo, headers=headers).json()["groups"] == list(ADA.groups)
    assert httpx.post(userinfo, headers=headers).status_code == 200
    clock.now += 3601
    for bad in (headers, {}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {token}"}):
        response = httpx.get(userinfo, headers=bad)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_people_can_be_changed(provider):
    provider.change_person("ada", groups=(), email_verified=False, claims={"name": None, "locale": "fr"})
    claims = id_claims(provider)
    assert (claims["groups"], claims["email_verified"], claims["locale"]) == ([], False, "fr")
    assert "name" not in claims
    provider.set_person(subject="new", email="new@example.org", name="New", groups=["g@example.org"])
    assert id_claims(provider, subject="new")["groups"] == ["g@example.org"]
    assert [person.subject for person in provider.people] == ["ada", "bob", "new"]
    code = sign_in(provider, subject="new")["code"]
    provider.remove_person("new")
    assert exchange(provider, code).json()["error"] == "invalid_grant"


def test_a_removed_person_is_signed_out_everywhere(provider, browser):
    answer = tokens(provider, browser)
    provider.remove_person("ada")
    assert browser.get(request_of(provider)).status_code == 200
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert browser.get("/userinfo", headers=headers).status_code == 401


def test_id_tokens_can_be_spoilt(provider):
    provider.change_id_tokens(nonce=None, auth_time=None, iss="https://other.example", extra=1)
    claims = id_claims(provider)
    assert "nonce" not in claims
    assert "auth_time" not in claims
    assert (claims["iss"], claims["extra"]) == ("https://other.example", 1)
    provider.change_id_tokens()
    assert id_claims(provider)["iss"] == provider.issuer


def test_keys_rotate_and_the_last_one_still_verifies(provider):
    old = tokens(provider)["id_token"]
    provider.rotate_keys()
    new = tokens(provider)["id_token"]
    assert claims_of(provider, old)["sub"] == claims_of(provider, new)["sub"]
    assert [header_of(token)["alg"] for token in (old, new)] == ["RS256", "RS256"]
    assert header_of(old)["kid"] != header_of(new)["kid"]
    assert all("d" not in key for key in httpx.get(f"{provider.issuer}/jwks").json()["keys"])
    provider.rotate_keys()
    with pytest.raises((BadSignatureError, InvalidKeyIdError, ValueError)):
        claims_of(provider, old)


def header_of(token):
    part = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_it_can_be_down(provider, browser):
    provider.set_down()
    assert {browser.get(path).status_code for path in ("/healthz", "/jwks", "/authorize")} == {503}
    provider.set_down(down=False)
    assert browser.get("/healthz").status_code == 200


class TestEndSession:
    def url(self, **parameters):
        return str(httpx.URL("/end-session", params=parameters))

    def is_signed_in(self, provider, browser):
        return browser.get(request_of(provider)).status_code == 302

    def test_with_a_hint_it_goes_straight_back(self, provider, browser, clock):
        hint = tokens(provider, browser)["id_token"]
        clock.now += 10_000  # an expired hint is as good (RP-Initiated Logout §2)
        asked = {"id_token_hint": hint, "post_logout_redirect_uri": SIGNED_OUT, "state": "s t"}
        response = browser.get(self.url(**asked, client_id=provider.client_id))
        assert response.status_code == 302
        assert response.headers["location"] == f"{SIGNED_OUT}?state=s+t"
        assert not self.is_signed_in(provider, browser)

    def test_an_address_that_is_not_registered_is_not_followed(self, provider, browser):
        hint = tokens(provider, browser)["id_token"]
        response = browser.get(self.url(id_token_hint=hint, post_logout_redirect_uri="https://evil.example/"))
        assert response.status_code == 400
        assert "location" not in response.headers
        assert not self.is_signed_in(provider, browser)

    def test_without_a_hint_it_asks_first(self, provider, browser):
        tokens(provider, browser)
        page = browser.get(self.url(post_logout_redirect_uri=SIGNED_OUT, client_id=provider.client_id))
        assert page.status_code == 200
        assert self.is_signed_in(provider, browser)
        confirmation = re.search(r'name="confirmation" value="([^"]+)"', page.text)[1]
        forged = browser.post("/end-session", data={"confirmation": "guessed", "answer": "yes"})
        assert "Sign out?" in forged.text
        assert self.is_signed_in(provider, browser)
        done = browser.post("/end-session", data={"confirmation": confirmation, "answer": "yes"})
        assert "You are signed out" in done.text
        assert not self.is_signed_in(provider, browser)

    def test_a_hint_about_somebody_else_does_not_sign_out(self, provider, browser):
        tokens(provider, browser)
        hint = tokens(provider, subject="bob")["id_token"]
        assert "Sign out?" in browser.get(self.url(id_token_hint=hint)).text
        assert self.is_signed_in(provider, browser)

    @pytest.mark.parametrize("hint", ["nonsense", "a.b.c"])
    def test_a_forged_hint_is_refused(self, provider, browser, hint):
        tokens(provider, browser)
        response = browser.get(self.url(id_token_hint=hint, post_logout_redirect_uri=SIGNED_OUT))
        assert response.status_code == 400
        assert self.is_signed_in(provider, browser)

    def test_a_hint_for_another_client_is_refused(self, provider, browser):
        hint = tokens(provider, browser)["id_token"]
        assert browser.get(self.url(id_token_hint=hint, client_id="other")).status_code == 400

    def test_nobody_is_signed_in(self, browser):
        assert "You are signed out" in browser.get("/end-session").text


def test_keys_are_kept_private_and_found_again(tmp_path):
    with OIDCProvider(data_dir=tmp_path / "oidc") as first:
        published = httpx.get(f"{first.issuer}/jwks").json()
    with OIDCProvider(data_dir=tmp_path / "oidc") as second:
        assert httpx.get(f"{second.issuer}/jwks").json() == published
    (kept,) = (tmp_path / "oidc").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    kept.write_text("[]")
    with pytest.raises(PartFailed, match="cannot read its keys"):
        OIDCProvider(data_dir=tmp_path / "oidc")


def test_a_taken_port_is_reported(provider):
    second = OIDCProvider(port=provider.port)
    with pytest.raises(PartFailed, match=f"cannot listen on port {provider.port}"):
        second.start()


def test_the_demo_people_are_who_the_demonstration_needs():
    assert [len(person.groups) for person in DEMO_PEOPLE] == [1, 1, 1, 0, 0]
    groups = [group for person in DEMO_PEOPLE for group in person.groups]
    assert groups == [
        "advisoryhub-admins@eclipse.org",
        "technology.jetty-security@eclipse.org",
        "iot.mosquitto-security@eclipse.org",
    ]
    assert len({person.subject for person in DEMO_PEOPLE}) == 5
