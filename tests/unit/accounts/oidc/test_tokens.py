"""Every forgery of an ID token, and everything that may be missing from one, over the whole flow."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from advisoryhub_core.accounts.oidc import SignInRefused


@pytest.fixture
def refusal(sign_in):
    def run(**keywords):
        with pytest.raises(SignInRefused) as caught:
            sign_in(**keywords)
        return caught.value.reason_code

    return run


def segment(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def in_seconds(seconds):
    return int(time.time()) + seconds


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA", "PS256"])
def test_accepted_algorithms(sign_in, provider, signing_keys, algorithm):
    key = signing_keys.get(algorithm, signing_keys["RS256"])
    provider.header, provider.key = {"alg": algorithm, "kid": key.kid, "typ": "JWT", "x": "y"}, key
    assert sign_in().subject == "subject-1"


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "exp", "iat", "nonce"])
def test_what_must_be_there(refusal, provider, name):
    provider.claims = {name: None}
    assert refusal() == "claim_missing"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://other.example"}, "wrong_issuer"),
        ({"iss": ["https://other.example"]}, "wrong_issuer"),
        ({"aud": "other"}, "wrong_audience"),
        ({"aud": ["other"]}, "wrong_audience"),
        ({"aud": {"hub client": 1}}, "wrong_audience"),
        ({"aud": ["hub client", "other"]}, "wrong_authorized_party"),
        ({"aud": ["hub client", "other"], "azp": "other"}, "wrong_authorized_party"),
        ({"azp": "other"}, "wrong_authorized_party"),
        ({"nonce": "other"}, "nonce_mismatch"),
        ({"nonce": "\u00e9"}, "nonce_mismatch"),
        ({"nonce": ["other"]}, "nonce_mismatch"),
        ({"exp": 1}, "expired"),
        ({"exp": "tomorrow"}, "malformed_token"),
        ({"exp": float("nan")}, "malformed_token"),
        ({"exp": True}, "malformed_token"),
        ({"sub": 7}, "malformed_token"),
        ({"sub": "x" * 256}, "malformed_token"),
        ({"sub": "a\x00b"}, "malformed_token"),
        ({"sub": ""}, "malformed_token"),
        ({"at_hash": "x"}, "wrong_access_token"),
        ({"at_hash": 7}, "wrong_access_token"),
        ({"auth_time": "now"}, "malformed_token"),
        ({"auth_time": True}, "malformed_token"),
        ({"auth_time": 1e300}, "malformed_token"),
        ({"auth_time": float("nan")}, "malformed_token"),
    ],
)
def test_forged_claims(refusal, provider, claims, reason):
    provider.claims = claims
    assert refusal() == reason


def test_times_may_be_off_by_a_minute(sign_in, refusal, provider):
    provider.claims = {
        "exp": in_seconds(-50),
        "iat": in_seconds(50),
        "nbf": in_seconds(50),
        "auth_time": in_seconds(50),
    }
    assert sign_in()
    for claims, reason in [
        ({"exp": in_seconds(-62)}, "expired"),
        ({"iat": in_seconds(70)}, "issued_in_future"),
        ({"nbf": in_seconds(70)}, "not_yet_valid"),
        ({"auth_time": in_seconds(70)}, "auth_time_in_future"),
    ]:
        provider.claims = claims
        assert refusal() == reason


def test_several_audiences_with_us_as_the_authorized_party(sign_in, provider):
    provider.claims = {"aud": ["other", "hub client"], "azp": "hub client"}
    assert sign_in()


def test_auth_time_is_a_moment_in_utc(sign_in, provider):
    provider.claims = {"auth_time": 1_700_000_000.5}
    assert sign_in().auth_time == datetime.fromtimestamp(1_700_000_000.5, UTC)


class TestStepUp:
    def test_a_fresh_authentication_is_accepted(self, sign_in, provider):
        provider.claims = {"auth_time": in_seconds(0)}
        assert sign_in(prompt="login", max_age=0).auth_time is not None

    def test_an_absent_auth_time_is_refused(self, refusal):
        assert refusal(max_age=0) == "auth_time_missing"

    def test_an_old_auth_time_is_refused(self, refusal, provider):
        provider.claims = {"auth_time": in_seconds(-120)}
        assert refusal(max_age=0) == "auth_time_too_old"
        assert refusal(max_age=30) == "auth_time_too_old"

    def test_the_age_counts_from_the_request(self, sign_in, provider):
        provider.claims = {"auth_time": in_seconds(-120)}
        assert sign_in(max_age=100)
        assert sign_in(max_age=0, now=datetime.now(UTC) - timedelta(seconds=120))


@pytest.mark.parametrize("algorithm", ["RS256", "EdDSA"])
def test_the_access_token_belongs_to_the_id_token(sign_in, refusal, provider, signing_keys, algorithm):
    digest = {"RS256": "sha256", "EdDSA": "sha512"}[algorithm]
    key = signing_keys[algorithm]
    provider.header, provider.key = {"alg": algorithm, "kid": key.kid}, key
    whole = hashlib.new(digest, b"access-1").digest()
    provider.claims = {"at_hash": segment(whole[: len(whole) // 2])}
    assert sign_in()
    provider.token_members = {"access_token": None}
    assert refusal() == "wrong_access_token"


def unsigned(claims):
    return f"{segment({'alg': 'none'})}.{segment(claims)}."


def unsigned_with_signature(claims):
    return f"{segment({'alg': 'None', 'kid': 'rsa'})}.{segment(claims)}.{segment(b'x' * 256)}"


def test_an_unsigned_token_is_refused(refusal, provider):
    for forge in (unsigned, unsigned_with_signature):
        provider.make_token = forge
        assert refusal() == "wrong_algorithm"


def test_a_public_key_is_no_hmac_secret(refusal, provider, signing_keys):
    def forge(claims):
        signed = f"{segment({'alg': 'HS256', 'kid': 'rsa'})}.{segment(claims)}"
        public = signing_keys["RS256"].as_pem(private=False)
        return f"{signed}.{segment(hmac.digest(public, signed.encode(), 'sha256'))}"

    provider.make_token = forge
    assert refusal() == "wrong_algorithm"


def test_the_client_secret_signs_nothing(refusal, provider):
    secret = OctKey.import_key("a client secret of reasonable length", {"kid": "rsa"})
    provider.make_token = lambda claims: jwt.encode({"alg": "HS256", "kid": "rsa"}, claims, secret)
    assert refusal() == "wrong_algorithm"


@pytest.mark.parametrize("algorithm", ["RS512", "ES384", "Ed25519", "ES256K", ["RS256"], None, {}])
def test_other_algorithms_are_refused(refusal, provider, algorithm):
    provider.make_token = lambda claims: f"{segment({'alg': algorithm})}.{segment(claims)}.{segment(b'x')}"
    assert refusal() == "wrong_algorithm"


def test_an_algorithm_of_another_key_is_refused(refusal, provider):
    def confused(claims):
        return f"{segment({'alg': 'ES256', 'kid': 'rsa'})}.{segment(claims)}.{segment(b'x' * 64)}"

    provider.make_token = confused
    assert refusal() == "unknown_key"


def test_a_key_of_ones_own_signs_nothing(refusal, provider, signing_keys):
    provider.key = signing_keys["spare"]
    assert refusal() == "bad_signature"


def test_a_key_in_the_header_is_not_used(refusal, provider, signing_keys):
    provider.key = signing_keys["spare"]
    provider.header = {**provider.header, "jwk": signing_keys["spare"].as_dict(private=False)}
    assert refusal() == "bad_signature"


def test_a_changed_payload_is_refused(refusal, provider, signing_keys):
    def change(claims):
        header, _, signature = jwt.encode(provider.header, claims, signing_keys["RS256"]).split(".")
        return f"{header}.{segment({**claims, 'sub': 'admin'})}.{signature}"

    provider.make_token = change
    assert refusal() == "bad_signature"


@pytest.mark.parametrize("signature", ["", segment(b"x"), "!!!"])
def test_a_broken_signature_is_refused(refusal, provider, signing_keys, signature):
    for alg, kid in (("RS256", "rsa"), ("ES256", "ec"), ("EdDSA", "ed")):
        provider.make_token = lambda claims, alg=alg, kid=kid: (
            f"{segment({'alg': alg, 'kid': kid})}.{segment(claims)}.{signature}"
        )
        assert refusal() == "bad_signature"


HEADER = segment({"alg": "RS256", "kid": "rsa"})


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        "a.b.c.d.e",
        "é.é.é",
        "....",
        f"{segment(b'not json')}.{segment({})}.x",
        f"{segment([])}.{segment({})}.x",
        f"{segment(['alg'])}.{segment({})}.x",
        f"{segment('alg')}.{segment({})}.x",
        f"{segment({'alg': 'RS256', 'kid': 'rsa', 'typ': 7})}.{segment({})}.x",
        f"{segment({'alg': 'RS256', 'kid': 7})}.{segment({})}.x",
        f"{segment({'alg': 'RS256', 'kid': 'rsa', 'crit': ['b64'], 'b64': False})}.x.x",
        f"{segment(b'[' * 2900)}.{segment({})}.x",
        f"{HEADER}.{'x' * 600_000}.x",
        f"{segment({'alg': 'RS256', 'kid': 'x' * 5000})}.{segment({})}.x",
    ],
)
def test_what_is_no_token_is_refused(refusal, provider, token):
    provider.make_token = lambda _: token
    assert refusal() == "malformed_token"


@pytest.mark.parametrize("payload", [b"", b"[]", b"7", b"{", b"\xff", b"[" * 100_000])
def test_a_signed_payload_without_claims_is_refused(refusal, provider, signing_keys, payload):
    def sign(_):
        header = segment({"alg": "ES256", "kid": "ec"})
        signing_input = f"{header}.{segment(payload)}"
        algorithm_signature = es256(signing_keys["ES256"], signing_input.encode())
        return f"{signing_input}.{segment(algorithm_signature)}"

    provider.make_token = sign
    assert refusal() == "malformed_token"


def es256(key: ECKey, message: bytes) -> bytes:
    from joserfc.jws import JWSRegistry  # noqa: PLC0415 - only this forgery needs the raw algorithm

    return JWSRegistry.algorithms["ES256"].sign(message, key)


def test_no_refusal_repeats_what_the_token_says(sign_in, provider):
    provider.claims = {"iss": "https://evil.example/<b>"}
    with pytest.raises(SignInRefused) as caught:
        sign_in()
    assert "evil" not in str(caught.value)
    assert caught.value.message == str(caught.value)
