"""ID-token validation (OIDC Core §3.1.3.7): who says what to whom, and since when."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc.errors import (
    ClaimError,
    ExpiredTokenError,
    JoseError,
    MissingClaimError,
    UnsupportedAlgorithmError,
)
from joserfc.jws import CompactSignature, JWSRegistry, extract_compact, validate_compact
from joserfc.jwt import JWTClaimsRegistry

from advisoryhub_core.accounts.oidc.errors import SignInRefused
from advisoryhub_core.accounts.oidc.keys import ALGORITHMS
from advisoryhub_core.accounts.oidc.provider import Provider

CLOCK_SKEW_SECONDS = 60
LONGEST_SUBJECT = 255

# The digest of the signature algorithm (OIDC Core §3.1.3.6); Ed25519 signs with SHA-512.
_DIGESTS = {"RS256": "sha256", "ES256": "sha256", "PS256": "sha256", "EdDSA": "sha512"}
_REFUSALS = {
    "iss": ("wrong_issuer", "The ID token was issued by somebody else."),
    "aud": ("wrong_audience", "The ID token was issued for another application."),
    "nbf": ("not_yet_valid", "The ID token is not valid yet."),
    "iat": ("issued_in_future", "The ID token claims to be issued in the future."),
}


class _Registry(JWSRegistry):
    """Room for long headers and lists of groups, and only the algorithms of ours.

    The library warns at each EdDSA signature that RFC 9864 renamed it; providers still use this name.
    """

    max_header_length = 4096
    max_payload_length = 512 * 1024

    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


_REGISTRY = _Registry(strict_check_header=False)


@dataclass(frozen=True)
class Expected:
    """What a token must say to be the answer to one authorization request."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str | None
    now: datetime
    authenticated_since: datetime | None = None


@dataclass(frozen=True)
class IDToken:
    claims: Mapping[str, Any]
    subject: str
    auth_time: datetime | None


def validate_id_token(token: str, provider: Provider, expected: Expected) -> IDToken:
    """Check signature and claims of an ID token and return what it says.

    RS256, ES256, PS256 and EdDSA (Ed25519) are accepted; times may be off by `CLOCK_SKEW_SECONDS`.
    With `expected.authenticated_since` the person must have authenticated since then (§3.1.3.7, the
    step on `max_age`). Raises `SignInRefused` with the reason, or `ProviderUnavailable` if the keys
    cannot be had.
    """
    algorithm, claims = _verified(token, provider)
    _check_registered(claims, expected)
    _check_authorized_party(claims, expected.client_id)
    _check_nonce(claims, expected.nonce)
    _check_access_token(claims, algorithm, expected.access_token)
    auth_time = _auth_time(claims, expected)
    return IDToken(claims, _subject(claims), auth_time)


def _verified(token: str, provider: Provider) -> tuple[str, dict[str, Any]]:
    try:
        signed = extract_compact(token.encode("ascii"), registry=_REGISTRY)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise _malformed("cannot be read") from None
    header: object = signed.headers()
    if not isinstance(header, dict):
        raise _malformed("cannot be read")
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise SignInRefused(
            "wrong_algorithm", "The ID token is not signed, or in a way that is not accepted."
        )
    if "crit" in header or not isinstance(kid, str | None):
        raise _malformed("has a header that is not understood")
    _check_signature(signed, provider, algorithm, kid)
    return algorithm, _claims(signed.payload)


def _check_signature(signed: CompactSignature, provider: Provider, algorithm: str, kid: str | None) -> None:
    key = provider.key(algorithm, kid)
    try:
        good = validate_compact(signed, key, registry=_REGISTRY)
    except (JoseError, ValueError, TypeError):
        raise _malformed("has a header that is not understood") from None
    if not good:
        raise SignInRefused("bad_signature", "The signature of the ID token is wrong.")


def _claims(payload: bytes | None) -> dict[str, Any]:
    try:
        claims = json.loads(payload or b"")
    except (ValueError, RecursionError):
        raise _malformed("holds no claims") from None
    if not isinstance(claims, dict):
        raise _malformed("holds no claims")
    return claims


def _check_registered(claims: dict[str, Any], expected: Expected) -> None:
    """Check `iss`, `aud`, `exp`, `iat`, `nbf`; all but the last are required (§2)."""
    registry = JWTClaimsRegistry(
        now=int(expected.now.timestamp()),
        leeway=CLOCK_SKEW_SECONDS,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.client_id},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        nonce={"essential": True},
    )
    try:
        registry.validate(claims)
    except MissingClaimError as error:
        raise SignInRefused(
            "claim_missing", f"The ID token lacks {error.claim.replace(',', ', ')}."
        ) from None
    except ExpiredTokenError:
        raise SignInRefused("expired", "The ID token has expired.") from None
    except ClaimError as error:
        if error.claim in _REFUSALS:
            raise SignInRefused(*_REFUSALS[error.claim]) from None
        raise _malformed(f"has an unusable {error.claim}") from None


def _check_authorized_party(claims: Mapping[str, Any], client_id: str) -> None:
    """Check `azp`: needed with several audiences, and ours whenever it is there."""
    audience, party = claims["aud"], claims.get("azp")
    several = isinstance(audience, list) and len(audience) > 1
    if (several or party is not None) and party != client_id:
        raise SignInRefused("wrong_authorized_party", "The ID token was issued to another application.")


def _check_nonce(claims: Mapping[str, Any], nonce: str) -> None:
    if not isinstance(claims["nonce"], str) or not _same(claims["nonce"], nonce):
        raise SignInRefused("nonce_mismatch", "The ID token does not belong to this sign-in.")


def _check_access_token(claims: Mapping[str, Any], algorithm: str, access_token: str | None) -> None:
    """Check `at_hash` if it is there (§3.1.3.8)."""
    if claims.get("at_hash") is None:
        return
    digest = hashlib.new(_DIGESTS[algorithm], (access_token or "").encode()).digest()
    expected = urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    if access_token is None or not _same(str(claims["at_hash"]), expected):
        raise SignInRefused("wrong_access_token", "The access token does not belong to the ID token.")


def _auth_time(claims: Mapping[str, Any], expected: Expected) -> datetime | None:
    value = claims.get("auth_time")
    if value is None:
        if expected.authenticated_since is not None:
            raise SignInRefused("auth_time_missing", "The identity provider does not say when you signed in.")
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _malformed("has an unusable auth_time")
    try:
        moment = datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        raise _malformed("has an unusable auth_time") from None
    if (moment - expected.now).total_seconds() > CLOCK_SKEW_SECONDS:
        raise SignInRefused("auth_time_in_future", "The ID token claims a sign-in in the future.")
    since = expected.authenticated_since
    if since is not None and (since - moment).total_seconds() > CLOCK_SKEW_SECONDS:
        raise SignInRefused("auth_time_too_old", "The identity provider did not ask you to sign in again.")
    return moment


def _subject(claims: Mapping[str, Any]) -> str:
    subject = claims["sub"]
    assert isinstance(subject, str)  # the registry checked it
    if not subject or len(subject) > LONGEST_SUBJECT or not subject.isprintable():
        raise _malformed("has an unusable sub")
    return subject


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode("utf-8", "replace"), other.encode())


def _malformed(what: str) -> SignInRefused:
    return SignInRefused("malformed_token", f"The ID token {what}.")
