import base64
import dataclasses
import hashlib
import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from webob.multidict import MultiDict

from advisoryhub_core.accounts.oidc import (
    AuthorizationRequest,
    ProviderUnavailable,
    RelyingParty,
    SignInRefused,
)


def refused(call, reason):
    with pytest.raises(SignInRefused) as caught:
        call()
    assert caught.value.reason_code == reason
    return caught.value


@pytest.fixture
def callback(party, provider, redirect_uri):
    """Begin a sign-in and complete it with a changed callback, request or redirect URI."""

    def run(change=None, redirect=redirect_uri, **saved_changes):
        saved = party.begin(redirect_uri)
        answer = provider.authorize(saved.url)
        if change:
            change(answer)
        return party.complete(
            answer, dataclasses.replace(saved, **saved_changes), redirect, datetime.now(UTC)
        )

    return run


def test_a_sign_in_says_who_it_is(sign_in, party, provider):
    result = sign_in()
    assert (result.subject, result.issuer, result.auth_time) == ("subject-1", provider.issuer, None)
    profile = party.profile(result)
    assert (profile.email, profile.groups) == ("ada@example.org", ("jetty@example.org",))
    assert provider.count("/userinfo") == 0


def test_the_request_carries_pkce_state_and_nonce(party, redirect_uri):
    saved = party.begin(redirect_uri, prompt="login", max_age=0)
    query = parse_qs(urlsplit(saved.url).query)
    digest = hashlib.sha256(saved.code_verifier.encode()).digest()
    assert query == {
        "tenant": ["1"],
        "response_type": ["code"],
        "client_id": ["hub client"],
        "redirect_uri": [redirect_uri],
        "scope": ["openid email profile groups"],
        "state": [saved.state],
        "nonce": [saved.nonce],
        "code_challenge": [base64.urlsafe_b64encode(digest).rstrip(b"=").decode()],
        "code_challenge_method": ["S256"],
        "prompt": ["login"],
        "max_age": ["0"],
    }
    assert 43 <= len(saved.code_verifier) <= 128


def test_every_request_is_new(party, redirect_uri):
    first, second = party.begin(redirect_uri), party.begin(redirect_uri)
    values = {first.state, first.nonce, first.code_verifier, second.state, second.nonce, second.code_verifier}
    assert len(values) == 6
    assert "prompt" not in first.url
    assert "max_age" not in first.url


def test_a_request_survives_a_session_and_shows_no_secret(party, redirect_uri):
    saved = party.begin(redirect_uri)
    assert AuthorizationRequest(**json.loads(json.dumps(dataclasses.asdict(saved)))) == saved
    for secret in (saved.state, saved.nonce, saved.code_verifier):
        assert secret not in repr(saved)


def test_a_sign_in_shows_no_token(sign_in):
    result = sign_in()
    assert result.id_token not in repr(result)


def test_a_foreign_state_is_refused_before_anything_else(callback, provider):
    refused(
        lambda: callback(lambda answer: answer.update(state="x", error="access_denied")), "state_mismatch"
    )
    refused(lambda: callback(lambda answer: answer.update(state="\ud800é")), "state_mismatch")
    refused(lambda: callback(lambda answer: answer.pop("state")), "state_mismatch")
    assert provider.count("/token") == 0


def test_a_repeated_parameter_is_refused(party, provider, redirect_uri):
    saved = party.begin(redirect_uri)
    answer = MultiDict([*provider.authorize(saved.url).items(), ("code", "other")])
    refused(lambda: party.complete(answer, saved, redirect_uri, datetime.now(UTC)), "malformed_answer")


def test_a_multi_dict_is_accepted(party, provider, redirect_uri):
    saved = party.begin(redirect_uri)
    assert (
        party.complete(
            MultiDict(provider.authorize(saved.url)), saved, redirect_uri, datetime.now(UTC)
        ).subject
        == "subject-1"
    )


def test_the_issuer_parameter_is_checked_when_it_is_there(callback, provider):
    callback(lambda answer: answer.update(iss=provider.issuer))
    refused(lambda: callback(lambda answer: answer.update(iss="https://other.example")), "issuer_mismatch")
    refused(
        lambda: callback(lambda answer: answer.update(iss="https://x", error="access_denied")),
        "issuer_mismatch",
    )


def test_the_issuer_parameter_is_required_of_a_provider_that_promises_it(callback, provider):
    provider.metadata = {"authorization_response_iss_parameter_supported": True}
    refused(callback, "issuer_mismatch")
    assert callback(lambda answer: answer.update(iss=provider.issuer))


def test_a_provider_error_is_named_only_if_it_is_a_known_one(callback):
    known = refused(lambda: callback(lambda answer: answer.update(error="access_denied")), "provider_error")
    assert known.provider_error == "access_denied"
    strange = {"error": "<script>", "error_description": "call 555"}
    error = refused(lambda: callback(lambda answer: answer.update(strange)), "provider_error")
    assert error.provider_error == "other"
    assert "script" not in str(error)
    assert "555" not in str(error)


def test_an_answer_without_a_code_is_refused(callback):
    refused(lambda: callback(lambda answer: answer.pop("code")), "code_missing")


def test_the_verifier_and_the_redirect_uri_are_sent(callback):
    refused(lambda: callback(code_verifier="x" * 48), "code_refused")
    refused(lambda: callback(redirect="https://hub.example.org/other"), "code_refused")


def test_a_code_is_good_once(party, provider, redirect_uri):
    saved = party.begin(redirect_uri)
    answer = provider.authorize(saved.url)
    party.complete(answer, saved, redirect_uri, datetime.now(UTC))
    refused(lambda: party.complete(answer, saved, redirect_uri, datetime.now(UTC)), "code_refused")


@pytest.mark.parametrize(
    "members",
    [{"id_token": None}, {"id_token": 1}, {"token_type": "mac"}, {"token_type": None}],
)
def test_an_answer_without_a_bearer_and_id_token_is_refused(sign_in, provider, members):
    provider.token_members = members
    refused(sign_in, "token_missing")


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (401, "invalid_client", "client id and secret"),
        (400, "unauthorized_client", "client id and secret"),
        (400, "invalid_request", "status 400"),
        (403, None, "status 403"),
        (503, None, "status 503"),
    ],
)
def test_other_token_errors_are_the_operators_business(sign_in, provider, status, error, words):
    provider.answers["/token"] = provider.json({"error": error, "error_description": "secret"}, status)
    with pytest.raises(ProviderUnavailable, match=words) as caught:
        sign_in()
    assert "secret" not in str(caught.value).replace("id and secret", "")


@pytest.mark.parametrize(
    "case",
    [
        (None, "auto", True, True, False),
        (["client_secret_post", "client_secret_basic"], "auto", True, True, False),
        (["private_key_jwt", "client_secret_post"], "auto", True, False, True),
        (["private_key_jwt"], "auto", True, True, False),
        ("none", "auto", True, True, False),
        (None, "client_secret_post", True, False, True),
        (None, "none", True, False, False),
        (None, "auto", False, False, False),
    ],
)
def test_client_authentication(configure, http, provider, sign_in, case):
    offered, configured, secret, basic, posted = case
    provider.metadata = {"token_endpoint_auth_methods_supported": offered}
    changes = {} if secret else {"client_secret": None}
    sign_in(RelyingParty(configure(client_authentication=configured, **changes), http))
    ((_, _, headers, body),) = [request for request in provider.requests if request[1] == "/token"]
    assert ("Authorization" in headers) == basic
    assert (b"client_secret=" in body) == posted


class TestUserinfo:
    def test_it_fills_in_a_missing_group_claim_only(self, sign_in, provider):
        provider.claims = {"groups": None}
        provider.userinfo |= {
            "groups": ["a@b"],
            "email": "mallory@example.org",
            "email_verified": False,
            "x": 1,
        }
        result = sign_in()
        assert result.claims["groups"] == ["a@b"]
        assert result.claims["email"] == "ada@example.org"
        assert result.claims["email_verified"] is True
        assert "x" not in result.claims

    def test_address_and_its_verification_come_from_one_place(self, sign_in, party, provider):
        provider.claims = {"email": None, "email_verified": True, "name": None}
        provider.userinfo |= {"email": "ada@example.org", "email_verified": False, "name": "Ada L."}
        profile = party.profile(sign_in())
        assert (profile.email, profile.email_verified, profile.name) == ("ada@example.org", False, "Ada L.")

    def test_another_subject_is_refused(self, sign_in, provider):
        provider.claims = {"groups": None}
        provider.userinfo = {"sub": "subject-2", "groups": ["admins@example.org"]}
        refused(sign_in, "subject_mismatch")
        provider.userinfo = {"groups": ["admins@example.org"]}
        refused(sign_in, "subject_mismatch")

    def test_a_failure_stops_the_sign_in(self, sign_in, provider):
        provider.claims = {"groups": None}
        provider.answers["/userinfo"] = provider.json({}, 500)
        with pytest.raises(ProviderUnavailable, match="userinfo endpoint"):
            sign_in()

    @pytest.mark.parametrize("lacking", ["endpoint", "access token"])
    def test_without_endpoint_or_access_token_the_id_token_is_all(self, sign_in, provider, lacking):
        provider.claims = {"groups": None}
        if lacking == "endpoint":
            provider.metadata = {"userinfo_endpoint": None}
        else:
            provider.token_members = {"access_token": None}
        assert "groups" not in sign_in().claims
        assert provider.count("/userinfo") == 0


class TestLogout:
    def test_it_hands_over_the_id_token(self, party, provider):
        url = urlsplit(party.logout_url("the-token", "https://hub.example.org/?a=b"))
        assert f"{url.scheme}://{url.netloc}{url.path}" == f"{provider.issuer}/logout"
        assert parse_qs(url.query) == {
            "id_token_hint": ["the-token"],
            "post_logout_redirect_uri": ["https://hub.example.org/?a=b"],
            "client_id": ["hub client"],
        }

    def test_it_works_without_the_token(self, party):
        assert "id_token_hint" not in party.logout_url(None, "https://hub.example.org/")

    def test_it_is_local_without_endpoint(self, party, provider):
        provider.metadata = {"end_session_endpoint": None}
        assert party.logout_url("t", "https://hub.example.org/") is None

    def test_it_is_local_when_the_provider_is_down(self, party, provider):
        provider.answers["/.well-known/openid-configuration"] = provider.json({}, 500)
        assert party.logout_url("t", "https://hub.example.org/") is None
