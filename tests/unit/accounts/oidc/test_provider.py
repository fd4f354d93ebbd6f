import socket
import threading
import time
from datetime import UTC, datetime

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey

from advisoryhub_core.accounts.oidc import (
    OIDCConfig,
    ProviderUnavailable,
    RelyingParty,
    SignInRefused,
    transport,
)
from advisoryhub_core.accounts.oidc.cache import Remembered
from advisoryhub_core.accounts.oidc.keys import KeyRing
from advisoryhub_core.accounts.oidc.provider import Provider
from advisoryhub_core.accounts.oidc.transport import ProviderHTTP

DISCOVERY = "/.well-known/openid-configuration"


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def known(configure, http, clock):
    return Provider(configure(), ProviderHTTP(http), clock)


def unavailable(call, words):
    with pytest.raises(ProviderUnavailable, match=words) as caught:
        call()
    assert "127.0.0.1" not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


class TestDiscovery:
    def test_it_is_fetched_once_until_it_is_old(self, known, provider, clock):
        first = known.metadata()
        assert first.token_endpoint == f"{provider.issuer}/token"
        clock.now += 3599
        known.metadata()
        assert provider.count(DISCOVERY) == 1
        provider.metadata = {"userinfo_endpoint": None}
        clock.now += 2
        assert known.metadata().userinfo_endpoint is None
        assert provider.count(DISCOVERY) == 2

    @pytest.mark.parametrize("issuer", ["https://other.example", None, 7])
    def test_another_issuer_is_refused(self, known, provider, issuer):
        provider.metadata = {"issuer": issuer}
        unavailable(known.metadata, "names another issuer")

    def test_everything_unusable_is_named_at_once(self, known, provider):
        provider.metadata = {"token_endpoint": "http://provider.example/token", "jwks_uri": None}
        unavailable(known.metadata, "no usable token_endpoint, jwks_uri")

    def test_unusable_optional_endpoints_are_left_out(self, known, provider):
        provider.metadata = {"userinfo_endpoint": "javascript:x", "end_session_endpoint": 7}
        assert known.metadata().userinfo_endpoint is None
        assert known.metadata().end_session_endpoint is None

    def test_the_operators_endpoint_wins(self, configure, http):
        config = configure(end_session_endpoint="https://sso.example.org/out")
        assert (
            Provider(config, ProviderHTTP(http)).metadata().end_session_endpoint
            == "https://sso.example.org/out"
        )

    def test_explicit_endpoints_need_no_discovery(self, configure, http, provider, sign_in):
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
        endpoints = {name: url for name, url in provider.document().items() if name in names}
        party = RelyingParty(configure(**endpoints), http)
        provider.claims = {"groups": None}
        assert sign_in(party).subject == "subject-1"
        assert provider.count(DISCOVERY) == 0
        assert provider.count("/userinfo") == 1
        assert party.logout_url("t", "https://hub.example.org/") is None


class TestConfig:
    def test_everything_wrong_is_said_at_once(self):
        with pytest.raises(ValueError) as caught:
            OIDCConfig(
                issuer="http://provider.example",
                client_id="",
                client_authentication="client_secret_post",
                scopes=("email",),
                token_endpoint="https://provider.example/token",
            )
        message = str(caught.value)
        for words in (
            "issuer needs an absolute https address",
            "the client id is missing",
            "client_secret_post needs a client secret",
            "the scopes need to contain openid",
            "authorization_endpoint, jwks_uri must be given too",
        ):
            assert words in message

    @pytest.mark.parametrize(
        ("url", "good"),
        [
            ("https://sso.example.org/realms/hub", True),
            ("http://localhost:8080/", True),
            ("http://127.0.0.1:1", True),
            ("http://[::1]:1", True),
            ("http://sso.example.org", False),
            ("http://127.0.0.1.example.org", False),
            ("https://user@sso.example.org", False),
            ("https://sso.example.org/#x", False),
            ("https://sso.example.org/a b", False),
            ("https://sso.example.org/\n", False),
            ("https://[", False),
            ("https:///x", False),
            ("ftp://sso.example.org", False),
            ("/relative", False),
            (None, False),
        ],
    )
    def test_acceptable_addresses(self, url, good):
        assert OIDCConfig(issuer="https://sso.example.org", client_id="hub").is_acceptable(url) is good

    def test_plain_http_can_be_allowed(self):
        assert OIDCConfig(issuer="http://keycloak:8080", client_id="hub", allow_insecure_http=True)

    def test_the_secret_is_not_shown(self):
        config = OIDCConfig(issuer="https://sso.example.org", client_id="hub", client_secret="s3cret")
        assert "s3cret" not in repr(config)


class TestKeys:
    def test_they_are_fetched_once(self, sign_in, provider):
        sign_in()
        sign_in()
        assert provider.count("/keys") == 1

    def test_a_rotation_is_noticed(self, sign_in, provider, signing_keys):
        sign_in()
        provider.published = [signing_keys["spare"]]
        provider.key, provider.header = signing_keys["spare"], {"alg": "RS256", "kid": "spare"}
        assert sign_in().subject == "subject-1"
        assert provider.count("/keys") == 2

    def test_unknown_keys_cannot_be_used_to_hammer_the_provider(self, known, provider, clock):
        for number in range(5):
            with pytest.raises(SignInRefused) as caught:
                known.key("RS256", f"invented-{number}")
            assert caught.value.reason_code == "unknown_key"
        assert provider.count("/keys") == 2
        assert known.key("RS256", "rsa")
        clock.now += 61
        with pytest.raises(SignInRefused):
            known.key("RS256", "invented")
        assert provider.count("/keys") == 3

    def test_they_are_fetched_again_when_old(self, known, provider, clock, signing_keys):
        known.key("RS256", "rsa")
        provider.published = [signing_keys["spare"]]
        clock.now += 3601
        with pytest.raises(SignInRefused):
            known.key("RS256", "rsa")

    def test_known_keys_still_work_while_a_refresh_fails(self, known, provider):
        known.key("RS256", "rsa")
        provider.answers["/keys"] = provider.json({}, 500)
        unavailable(lambda: known.key("RS256", "new"), "status 500")
        assert known.key("RS256", "rsa")

    def test_a_single_key_needs_no_name(self, sign_in, provider):
        provider.header = {"alg": "RS256"}
        assert sign_in()

    def test_one_of_several_keys_needs_its_name(self, sign_in, provider, signing_keys):
        provider.header = {"alg": "RS256"}
        provider.published.append(signing_keys["spare"])
        with pytest.raises(SignInRefused) as caught:
            sign_in()
        assert caught.value.reason_code == "key_not_named"

    def test_a_document_without_keys_is_refused(self, known, provider):
        provider.answers["/keys"] = provider.json({"keys": "none"})
        unavailable(lambda: known.key("RS256", "rsa"), "no list of keys")

    def test_unusable_keys_are_left_out(self, signing_keys):
        good = signing_keys["RS256"].as_dict(private=False)
        small = good | {"n": good["n"][:171]}
        members = [
            good | {"use": "enc"},
            good | {"key_ops": ["encrypt"]},
            good | {"key_ops": "verify"},
            good | {"alg": "RS512"},
            good | {"kty": "oct"},
            good | {"n": 7},
            good | {"n": "é"},
            good | {"e": 7},
            good | {"kid": 7},
            small,
            OctKey.import_key("some secret of a reasonable length").as_dict(),
            signing_keys["ES256"].as_dict(private=False) | {"crv": "P-384"},
            signing_keys["ES256"].as_dict(private=False) | {"x": "AAAA"},
            signing_keys["EdDSA"].as_dict(private=False) | {"crv": "X25519"},
            "text",
        ]
        assert KeyRing.from_document({"keys": members}).keys == ()

    def test_a_key_is_used_for_its_own_algorithm_only(self, signing_keys):
        ring = KeyRing.from_document(
            {"keys": [signing_keys["RS256"].as_dict(private=False) | {"alg": "PS256"}]}
        )
        assert ring.find("RS256", "rsa") is None
        assert isinstance(ring.find("PS256", "rsa"), RSAKey)


class TestFailures:
    """The same for each document; the discovery document stands for all."""

    def test_a_refused_connection(self, http):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        party = RelyingParty(OIDCConfig(issuer=f"http://127.0.0.1:{port}", client_id="hub"), http)
        unavailable(
            lambda: party.begin("https://hub.example.org/cb"), "discovery document .* could not be reached"
        )

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            ((500, {}, [b"{}"]), "status 500"),
            ((404, {}, [b"{}"]), "status 404"),
            ((302, {"Location": "http://127.0.0.1:1/"}, [b""]), "redirect"),
            ((200, {}, [b"<html>"]), "not JSON"),
            ((200, {}, [b"\xff\xfe\x00"]), "not JSON"),
            ((200, {}, [b"[" * 200_000]), "not JSON"),
            ((200, {}, [b"[]"]), "not a JSON object"),
            ((200, {}, [b" " * 65536] * 17), "larger than 1 MiB"),
            ((200, {"Content-Encoding": "gzip"}, [b"\x1f\x8b"]), "compressed"),
            ((200, {"Content-Length": "100"}, [b"{}"]), "could not be reached"),
        ],
    )
    def test_unusable_answers(self, known, provider, answer, words):
        provider.answers[DISCOVERY] = answer
        unavailable(known.metadata, words)

    def test_a_slow_provider(self, known, provider, monkeypatch):
        monkeypatch.setattr(transport, "TIMEOUT", httpx.Timeout(0.1))
        provider.answers[DISCOVERY] = lambda _: time.sleep(0.3) or provider.json({})
        unavailable(known.metadata, "too long")

    def test_a_trickling_provider(self, known, provider, monkeypatch):
        def trickle():
            for _ in range(20):
                time.sleep(0.02)
                yield b" "

        monkeypatch.setattr(transport, "LONGEST_ANSWER_SECONDS", 0.1)
        provider.answers[DISCOVERY] = lambda _: (200, {}, trickle())
        unavailable(known.metadata, "too long")

    def test_the_limits_are_those_of_the_specification(self):
        assert (transport.TIMEOUT.connect, transport.TIMEOUT.read) == (5.0, 10.0)
        assert transport.LARGEST_ANSWER_BYTES == 1024 * 1024

    def test_a_clients_own_habits_do_not_matter(self, provider):
        provider.answers["/moved"] = provider.json(provider.document())
        provider.answers[DISCOVERY] = (302, {"Location": f"{provider.issuer}/moved"}, [b""])
        with httpx.Client(follow_redirects=True) as client:
            config = OIDCConfig(issuer=provider.issuer, client_id="hub")
            unavailable(Provider(config, ProviderHTTP(client)).metadata, "redirect")
        assert provider.count("/moved") == 0

    def test_a_failure_is_remembered_for_a_moment(self, known, provider, clock):
        provider.answers[DISCOVERY] = provider.json({}, 500)
        unavailable(known.metadata, "status 500")
        unavailable(known.metadata, "status 500")
        assert provider.count(DISCOVERY) == 1
        del provider.answers[DISCOVERY]
        clock.now += 6
        assert known.metadata()

    def test_a_provider_that_goes_down_during_a_sign_in(self, party, provider, redirect_uri):
        saved = party.begin(redirect_uri)
        answer = provider.authorize(saved.url)
        provider.answers["/token"] = provider.json({}, 502)
        unavailable(lambda: party.complete(answer, saved, redirect_uri, datetime.now(UTC)), "token endpoint")


def test_many_threads_cost_one_fetch():
    started, fetched = threading.Barrier(8), []

    def fetch():
        time.sleep(0.05)
        fetched.append(1)
        return object()

    held = Remembered(fetch, ttl=60, pause=5, clock=time.monotonic)
    values = []

    def ask():
        started.wait()
        values.append(held.get())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fetched) == 1
    assert len(set(values)) == 1
    assert held.renew(seen=object(), interval=60) is values[0]
