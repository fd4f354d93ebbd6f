"""One mail: what the hub says to one person, and its form on the wire."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy, Policy
from email.utils import format_datetime
from types import MappingProxyType
from typing import Any, ClassVar, Literal, cast

from advisoryhub_core.mail.addresses import (
    Address,
    encode_words,
    format_address,
    is_one_line,
    mail_domain,
    parse_sender,
)
from advisoryhub_core.web.settings import BASE_URL

_LONGEST_LINE = 76
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")
_KIND = re.compile(r"[a-z][a-z0-9-]*")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_URL = re.compile(r"https?://[!-;=?-~]+")
# What is decided here, and what would add recipients or make autoresponders answer.
_TAKEN = frozenset(
    [
        "auto-submitted",
        "bcc",
        "cc",
        "content-transfer-encoding",
        "content-type",
        "date",
        "from",
        "in-reply-to",
        "list-unsubscribe",
        "message-id",
        "mime-version",
        "precedence",
        "references",
        "reply-to",
        "return-path",
        "sender",
        "subject",
        "to",
    ]
)


class MailRefused(ValueError):
    """The message cannot be sent as it is, to anybody; `field` names what is wrong with it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field} {message}")
        self.field = field


def _no_headers() -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class OutgoingMail:
    """A mail to one person, in text and HTML.

    `to` is a bare address, `to_name` the name beside it; whether it is an address that mail can be sent to
    shows when it is delivered, so that one bad address stops no batch. `references` are message ids, oldest
    first; the last is answered. Raises `MailRefused` for what could forge a header (line ends, control
    characters, names of headers that are decided here) and for what cannot be encoded.
    """

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    references: tuple[str, ...] = ()
    list_unsubscribe: str = ""
    headers: Mapping[str, str] = field(default_factory=_no_headers, hash=False)
    to_name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "references", tuple(self.references))
        object.__setattr__(self, "headers", MappingProxyType(dict(self.headers)))
        lines = {"to": self.to, "to_name": self.to_name, "subject": self.subject}
        for name, value in {**lines, **self.headers}.items():
            if not is_one_line(value):
                raise MailRefused(name, "has a line end or a control character")
        for name, ids in (("message_id", (self.message_id,)), ("references", self.references)):
            if not all(_MESSAGE_ID.fullmatch(value) for value in ids):
                raise MailRefused(name, "needs the form <left@right>")
        if self.list_unsubscribe and not _URL.fullmatch(self.list_unsubscribe):
            raise MailRefused("list_unsubscribe", "needs a web address")
        for name in self.headers:
            if not _HEADER_NAME.fullmatch(name) or name.lower() in _TAKEN:
                raise MailRefused("headers", "names one that cannot be set")
        for name, value in (("text", self.text), ("html", self.html)):
            try:
                value.encode()
            except UnicodeEncodeError:
                raise MailRefused(name, "has half a character") from None


@dataclass(frozen=True)
class Sender:
    """Who the hub's mail comes from. `address` is also where bounces go."""

    name: str
    address: Address
    reply_to: str = ""

    @classmethod
    def of(cls, sender: str, reply_to: str = "") -> Sender:
        """Read `Name <address>` twice; raises `AddressUnusable`."""
        return cls(*parse_sender(sender), format_address(*parse_sender(reply_to)) if reply_to else "")


class _AsWritten(BaseHeader):
    """A header whose value is ASCII by now, and is folded at its blanks alone.

    Python's own folding cuts words that are longer than a line, addresses and message ids among them, and
    loses quotes around names before 3.11.10.
    """

    max_count: ClassVar[Literal[1] | None] = 1

    @classmethod
    def parse(cls, value: str, about: dict[str, Any]) -> None:
        about["decoded"] = value
        about["parse_tree"] = None

    def fold(self, *, policy: Policy) -> str:
        lines = [f"{self.name}:"]
        for word in str(self).split():
            if lines[-1].endswith(":") or len(lines[-1]) + 1 + len(word) <= _LONGEST_LINE:
                lines[-1] += f" {word}"
            else:
                lines.append(f" {word}")
        return "".join(f"{line}{policy.linesep}" for line in lines)


def _policy() -> EmailPolicy[EmailMessage]:
    registry = HeaderRegistry(default_class=cast("Any", _AsWritten))
    for name in ("to", "from", "reply-to", "subject", "message-id", "date"):
        registry.map_to_type(name, _AsWritten)
    # Every mail server takes seven bits; few announce less, but the ones behind them are unknown.
    return SMTP.clone(header_factory=registry, cte_type="7bit")


_POLICY = _policy()


def build(mail: OutgoingMail, to: Address, sender: Sender, at: datetime) -> EmailMessage:
    """Return a mail as multipart/alternative, with the headers of an automatic message (RFC 3834)."""
    message = EmailMessage(policy=_POLICY.clone(utf8=to.needs_utf8))
    message["From"] = format_address(sender.name, sender.address)
    message["To"] = format_address(mail.to_name, to)
    message["Subject"] = encode_words(mail.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = mail.message_id
    if mail.references:
        message["In-Reply-To"] = mail.references[-1]
        message["References"] = " ".join(mail.references)
    if sender.reply_to:
        message["Reply-To"] = sender.reply_to
    message["Auto-Submitted"] = "auto-generated"
    if mail.list_unsubscribe:
        message["List-Unsubscribe"] = f"<{mail.list_unsubscribe}>"
    for name, value in mail.headers.items():
        message[name] = encode_words(value)
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


def message_id(registry: Any, kind: str, key: str | int) -> str:
    """Return the message id of one thing that mail is about, the same at every call.

    `kind` is a word such as `comment`; `key` tells things of one kind apart, in letters, digits, `.`, `_` and
    `-`. Raises `MailRefused` for others.
    """
    if not _KIND.fullmatch(kind):
        raise MailRefused("kind", "needs lower-case letters, digits and hyphens")
    if not _KEY.fullmatch(str(key)):
        raise MailRefused("key", "needs letters, digits, dots, hyphens and underscores")
    return f"<{kind}.{key}@{mail_domain(BASE_URL.of(registry))}>"


def thread_id(registry: Any, advisory_id: str) -> str:
    """Return the message id that all mail about an advisory refers to, so that clients show one thread."""
    return message_id(registry, "advisory", advisory_id)
