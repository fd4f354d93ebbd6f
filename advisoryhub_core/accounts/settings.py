"""Settings of sign-in, sessions and groups."""

from __future__ import annotations

import re

from advisoryhub_core.settings import Setting, boolean, integer, pattern, text, url, words

ADMIN_GROUP = Setting(
    key="oidc.admin_group",
    env="OIDC_ADMIN_GROUP",
    parse=text(minimum=1),
    default="",
    required=True,
    help="The group whose members are administrators, in full: name@realm.",
)
ISSUER = Setting(
    key="oidc.issuer",
    env="OIDC_ISSUER",
    parse=url(exact=True),
    default="",
    required=True,
    help="The identity provider's issuer; its discovery document is read from there.",
)
CLIENT_ID = Setting(
    key="oidc.client_id",
    env="OIDC_CLIENT_ID",
    parse=text(minimum=1),
    default="",
    required=True,
    help="This hub's client id at the identity provider.",
)
CLIENT_SECRET = Setting(
    key="oidc.client_secret",
    env="OIDC_CLIENT_SECRET",
    parse=text(minimum=8),
    default="",
    required=True,
    secret=True,
    help="This hub's client secret at the identity provider.",
)
SCOPES = Setting[tuple[str, ...]](
    key="oidc.scopes",
    env="OIDC_SCOPES",
    parse=words(),
    default=("openid", "email", "profile", "groups"),
    help="The scopes that sign-in asks for.",
)
GROUP_CLAIM = Setting(
    key="oidc.group_claim",
    env="OIDC_GROUP_CLAIM",
    parse=text(minimum=1),
    default="groups",
    help="The claim that lists a person's groups.",
)
GROUP_PATTERN = Setting(
    key="oidc.group_pattern",
    env="OIDC_GROUP_PATTERN",
    parse=pattern(),
    default=re.compile(r"[^@\s]+@[^@\s]+"),
    help="A regular expression that a group must match whole to be mirrored.",
)
REQUIRE_EMAIL_VERIFIED = Setting(
    key="oidc.require_email_verified",
    env="OIDC_REQUIRE_EMAIL_VERIFIED",
    parse=boolean(),
    default=True,
    help="Refuse people whose provider does not say that their address is verified.",
)
SESSION_SECRET = Setting(
    key="session.secret",
    env="ADVISORYHUB_SESSION_SECRET",
    parse=text(minimum=32),
    default="",
    required=True,
    secret=True,
    help="Keys the names under which sessions are stored.",
)
SESSION_LIFETIME = Setting(
    key="session.lifetime_seconds",
    env="ADVISORYHUB_SESSION_LIFETIME_SECONDS",
    parse=integer(minimum=300),
    default=8 * 3600,
    help="Seconds without a request after which a session ends.",
)
REDIS_URL = Setting(
    key="redis.url",
    env="REDIS_URL",
    parse=url("redis", "rediss", "unix"),
    default="",
    required=True,
    secret=True,
    help="The Redis or Valkey server that keeps sessions and rate limits.",
)

ALL = (
    ADMIN_GROUP,
    ISSUER,
    CLIENT_ID,
    CLIENT_SECRET,
    SCOPES,
    GROUP_CLAIM,
    GROUP_PATTERN,
    REQUIRE_EMAIL_VERIFIED,
    SESSION_SECRET,
    SESSION_LIFETIME,
    REDIS_URL,
)
