"""Settings of outgoing mail, and what they must not say together."""

from __future__ import annotations

from typing import Any

from advisoryhub_core.mail.addresses import AddressUnusable, parse_sender
from advisoryhub_core.settings import Setting, boolean, integer, text
from advisoryhub_core.settings.declaration import report_problem


def _sender(raw: str) -> str:
    try:
        parse_sender(raw)
    except AddressUnusable as error:
        raise ValueError(f"needs an e-mail address, or Name <address>: it {error}") from None
    return raw


def _ascii(raw: str) -> str:
    if not raw.isascii() or not raw.isprintable():
        raise ValueError("needs printable ASCII characters: signing in to a mail server carries no others")
    return raw


HOST = Setting(
    key="email.host",
    env="EMAIL_HOST",
    parse=text(),
    default="",
    help="The mail server that takes the hub's mail; without one, no mail is sent.",
)
PORT = Setting(
    key="email.port",
    env="EMAIL_PORT",
    parse=integer(minimum=1, maximum=65535),
    default=25,
    help="The mail server's port: often 587 with STARTTLS and 465 with TLS from the start.",
)
USER = Setting(
    key="email.host_user",
    env="EMAIL_HOST_USER",
    parse=_ascii,
    default="",
    help="Who signs in at the mail server; empty where it asks nobody.",
)
PASSWORD = Setting(
    key="email.host_password",
    env="EMAIL_HOST_PASSWORD",
    parse=_ascii,
    default="",
    secret=True,
    help="The password of `email.host_user`.",
)
USE_TLS = Setting(
    key="email.use_tls",
    env="EMAIL_USE_TLS",
    parse=boolean(),
    default=False,
    help="Encrypt the connection with STARTTLS, and send nothing where the server does not offer it.",
)
USE_SSL = Setting(
    key="email.use_ssl",
    env="EMAIL_USE_SSL",
    parse=boolean(),
    default=False,
    help="Encrypt the connection from its start.",
)
TIMEOUT = Setting(
    key="email.timeout",
    env="EMAIL_TIMEOUT",
    parse=integer(minimum=1, maximum=300),
    default=10,
    help="Seconds to wait for the mail server: to connect, and for each answer.",
)
FROM = Setting(
    key="email.from",
    env="EMAIL_FROM",
    parse=_sender,
    default="",
    help="The sender, an address or `Name <address>`; must be given with `email.host`. Bounces go there.",
)
REPLY_TO = Setting(
    key="email.reply_to",
    env="EMAIL_REPLY_TO",
    parse=_sender,
    default="",
    help="Where answers to the hub's mail go; empty for the sender.",
)

ALL = (HOST, PORT, USER, PASSWORD, USE_TLS, USE_SSL, TIMEOUT, FROM, REPLY_TO)


def report_contradictions(registry: Any) -> None:
    """Add to the settings' problems what each setting by itself cannot know."""
    if not HOST.of(registry):
        return
    if not FROM.of(registry):
        report_problem(registry, FROM, "must be given, since email.host is")
    if USE_TLS.of(registry) and USE_SSL.of(registry):
        report_problem(registry, USE_SSL, "contradicts email.use_tls: choose one of them")
    if bool(USER.of(registry)) != bool(PASSWORD.of(registry)):
        missing, other = (PASSWORD, USER) if USER.of(registry) else (USER, PASSWORD)
        report_problem(registry, missing, f"must be given, since {other.key} is")
