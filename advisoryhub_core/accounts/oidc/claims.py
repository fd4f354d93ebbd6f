"""From a provider's claims to what the hub keeps about a person (OIDC Core §5.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from advisoryhub_core.accounts.oidc.config import OIDCConfig

LONGEST_EMAIL = 254
LONGEST_NAME = 255
LONGEST_GROUP = 255


@dataclass(frozen=True)
class Profile:
    """Who signed in, as the provider puts it.

    `email_verified` is what the provider says, None if it says nothing; `email_usable` is what follows
    from that and `oidc.require_email_verified`: only then may the address link, create or redeem
    anything (INV-OIDC-6). `email` is empty, and not verified, where there is no address. `groups` are
    the claim's values that match the configured pattern whole (INV-OIDC-4), in the claim's order and
    each once.
    """

    subject: str
    email: str
    email_verified: bool | None
    name: str
    groups: tuple[str, ...]
    email_usable: bool = False


def profile_from_claims(claims: Mapping[str, Any], config: OIDCConfig) -> Profile:
    """Read a profile from validated claims by the configured claim names.

    A value that is no address, name or group is left out and never mended. `email_verified` counts as
    true for the JSON value `true` and for the string "true", which some providers send; anything else
    that is there counts as false.
    """
    email = _email(claims.get(config.email_claim))
    verified = _verified(claims.get(config.email_verified_claim)) if email else False
    return Profile(
        subject=str(claims["sub"]),
        email=email,
        email_verified=verified,
        name=_name(claims.get(config.name_claim)),
        groups=tuple(dict.fromkeys(_groups(claims.get(config.group_claim), config))),
        email_usable=_is_usable(verified, config),
    )


def _is_usable(verified: bool | None, config: OIDCConfig) -> bool:  # noqa: FBT001 - a claim, not a flag
    return not config.require_email_verified if verified is None else verified


def _email(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_EMAIL or not value.isprintable() or " " in value:
        return ""
    local, _, domain = value.rpartition("@")
    return value if local and domain else ""


def _verified(value: object) -> bool | None:
    return None if value is None else value is True or value == "true"


def _name(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())[
        :LONGEST_NAME
    ]


def _groups(value: object, config: OIDCConfig) -> Iterator[str]:
    for item in [value] if isinstance(value, str) else value if isinstance(value, list) else []:
        if (
            isinstance(item, str)
            and len(item) <= LONGEST_GROUP
            and item.isprintable()
            and config.group_pattern.fullmatch(item)
        ):
            yield item
