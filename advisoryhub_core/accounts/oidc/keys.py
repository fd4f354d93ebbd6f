"""The provider's signing keys (JWK Set, RFC 7517; use in OIDC Core §10.1)."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey

from advisoryhub_core.accounts.oidc.errors import ProviderUnavailable, SignInRefused

ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA")
"""Every signature that is accepted. `none` and the HMAC family are not, whatever the provider offers."""

_SHORTEST_RSA_BITS = 2048


@dataclass(frozen=True)
class _SigningKey:
    kid: str | None
    algorithms: tuple[str, ...]
    key: Key


@dataclass(frozen=True)
class KeyRing:
    """The usable public signing keys of a JWK Set."""

    keys: tuple[_SigningKey, ...]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> KeyRing:
        """Read a JWK Set, leaving out keys that are not public signing keys of ours (RFC 7517 §5).

        Left out are symmetric and encryption keys, other curves, RSA keys below 2048 bits and whatever
        cannot be read. Raises `ProviderUnavailable` if the document is no key set.
        """
        members = document.get("keys")
        if not isinstance(members, list):
            raise ProviderUnavailable("key set", "it has no list of keys")
        read = (_signing_key(member) for member in members if isinstance(member, dict))
        return cls(tuple(key for key in read if key is not None))

    def find(self, algorithm: str, kid: str | None) -> Key | None:
        """Return the key that `kid` names for `algorithm`, or None if there is none such.

        Without `kid` the set must hold one key for the algorithm (OIDC Core §10.1); several of them
        raise `SignInRefused`.
        """
        fitting = [key for key in self.keys if algorithm in key.algorithms and kid in {None, key.kid}]
        if kid is None and len(fitting) > 1:
            raise SignInRefused("key_not_named", "The ID token does not say which key signed it.")
        return fitting[0].key if fitting else None


def _signing_key(member: dict[str, Any]) -> _SigningKey | None:
    if not _may_verify(member):
        return None
    algorithms = _algorithms(member)
    if not algorithms:
        return None
    try:
        key = JWKRegistry.import_key(member)
    except (JoseError, ValueError, TypeError):
        return None
    kid = member.get("kid")
    return _SigningKey(kid if isinstance(kid, str) else None, algorithms, key)


def _may_verify(member: Mapping[str, Any]) -> bool:
    operations = member.get("key_ops", ["verify"])
    return member.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations


def _algorithms(member: Mapping[str, Any]) -> tuple[str, ...]:
    kind = (member.get("kty"), member.get("crv"))
    fitting: tuple[str, ...] = ()
    if kind == (ECKey.key_type, "P-256"):
        fitting = ("ES256",)
    elif kind == (OKPKey.key_type, "Ed25519"):
        fitting = ("EdDSA",)
    elif kind[0] == RSAKey.key_type and _rsa_bits(member.get("n")) >= _SHORTEST_RSA_BITS:
        fitting = ("RS256", "PS256")
    named = member.get("alg")
    return fitting if named is None else tuple(algorithm for algorithm in fitting if algorithm == named)


def _rsa_bits(modulus: object) -> int:
    if not isinstance(modulus, str):
        return 0
    try:
        return int.from_bytes(urlsafe_b64decode(modulus + "=" * (-len(modulus) % 4))).bit_length()
    except ValueError:
        return 0
