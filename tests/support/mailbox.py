"""A real SMTP server that keeps what it is sent, and can be told to misbehave."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

_READY_SECONDS = 10.0
_FOREVER = 3600.0
LOOPBACK = "127.0.0.1"

STEPS = ("connect", "mail", "rcpt", "data")
"""Where in a delivery the server may hang, drop the connection or answer something else."""


@dataclass(frozen=True)
class Received:
    """One message with its envelope."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    def parsed(self) -> EmailMessage:
        return cast("EmailMessage", message_from_bytes(self.content, policy=default))


@dataclass
class _Behaviour:
    answers: dict[str, str] = field(default_factory=dict)
    recipients: dict[str, str] = field(default_factory=dict)
    hang: set[str] = field(default_factory=set)
    drop: dict[str, int] = field(default_factory=dict)
    per_connection: int | None = None


class Mailbox:
    """The server on a loopback port, run in a thread; `received` and `connections` count since `clear`.

    `tls` encrypts the connection from its start, `starttls` on request; with `password` it asks for a
    sign-in, whoever it is.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        password: str = "",
        smtputf8: bool = True,
    ) -> None:
        self.port = 0
        self.received: list[Received] = []
        self.connections = 0
        self.signed_in_as: list[str] = []
        self._tls = tls
        self._password = password
        self._options: dict[str, Any] = {
            "hostname": "mailbox.test",
            "enable_SMTPUTF8": smtputf8,
            "tls_context": starttls,
            "auth_require_tls": False,
            "authenticator": self._authenticate,
        }
        self._behaviour = _Behaviour()
        self._open: set[asyncio.BaseTransport] = set()
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def settings(self) -> dict[str, str]:
        """The settings that point a hub at it."""
        return {
            "email.host": LOOPBACK,
            "email.port": str(self.port),
            "email.from": "Advisories <advisories@hub.example.org>",
            "email.timeout": "5",
        }

    def messages(self) -> list[EmailMessage]:
        """Return what was delivered, oldest first."""
        return [item.parsed() for item in self.received]

    def to(self, address: str) -> list[EmailMessage]:
        """Return what was delivered to an address, whatever its headers say."""
        return [item.parsed() for item in self.received if address in item.recipients]

    def clear(self) -> None:
        """Forget all messages, behave well again, and let go of whoever still hangs."""
        self._loop.call_soon_threadsafe(self._let_go)
        self._behaviour = _Behaviour()
        self.received.clear()
        self.signed_in_as.clear()
        self.connections = 0

    def refuse(self, address: str, answer: str = "550 5.1.1 No such user here") -> None:
        """Refuse a recipient for good, or with another answer."""
        self._behaviour.recipients[address] = answer

    def defer(self, address: str, answer: str = "450 4.2.1 Mailbox busy, try later") -> None:
        """Refuse a recipient for now."""
        self._behaviour.recipients[address] = answer

    def answer(self, step: str, text: str) -> None:
        """Answer a step after `connect` with something else."""
        self._behaviour.answers[step] = text

    def hang(self, step: str) -> None:
        """Say nothing any more from a step on."""
        self._behaviour.hang.add(step)

    def drop(self, step: str, times: int = 1_000_000) -> None:
        """Break the connection at a step."""
        self._behaviour.drop[step] = times

    def limit(self, messages: int) -> None:
        """End a connection with 421 after so many messages."""
        self._behaviour.per_connection = messages

    def __enter__(self) -> Self:
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="mailbox", daemon=True
        )
        self._thread.start()
        assert self._ready.wait(_READY_SECONDS)
        return self

    def __exit__(self, *_error: object) -> None:
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._let_go)
        self._loop.call_soon_threadsafe(self._leave.set)
        self._thread.join(_READY_SECONDS)
        assert not self._thread.is_alive()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._leave = asyncio.Event()
        server = await self._loop.create_server(self._protocol, LOOPBACK, self.port, ssl=self._tls)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._leave.wait()
        server.close()
        # Aborted transports close in the next turn of the loop.
        await asyncio.sleep(0.05)

    def _protocol(self) -> asyncio.BaseProtocol:
        self.connections += 1
        if "connect" in self._behaviour.hang or self._take("connect"):
            return _NoGreeting(self)
        return SMTP(_Hooks(self), loop=self._loop, **self._options)

    def _authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        right = data.password == self._password.encode()
        self.signed_in_as += [data.login.decode()] if right else []
        return AuthResult(success=right, handled=False)

    def _let_go(self) -> None:
        for transport in self._open:
            cast("asyncio.Transport", transport).abort()
        self._open.clear()

    def _take(self, step: str) -> bool:
        left = self._behaviour.drop.get(step, 0)
        self._behaviour.drop[step] = max(left - 1, 0)
        return left > 0

    async def misbehave(self, step: str, server: SMTP, session: Any) -> str | None:
        """Return another answer to a step, None for the usual one; hang or break it off if told so."""
        behaviour = self._behaviour
        if self._password and not session.authenticated:
            return "530 5.7.0 Sign in first"
        transport = cast("asyncio.Transport", server.transport)
        if step in behaviour.hang:
            self._open.add(transport)
            await asyncio.sleep(_FOREVER)
        if self._take(step):
            transport.abort()
            # Losing the connection cancels this.
            await asyncio.sleep(_FOREVER)
        delivered = getattr(session, "delivered", 0)
        if step == "mail" and behaviour.per_connection is not None and delivered >= behaviour.per_connection:
            self._loop.call_later(0.05, transport.close)
            return "421 4.7.0 Too many messages on this connection"
        return behaviour.answers.get(step)

    def answer_to(self, address: str) -> str | None:
        return self._behaviour.recipients.get(address)


class _NoGreeting(asyncio.Protocol):
    """A connection that never gets a word, or is broken at once."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if "connect" in self._mailbox._behaviour.hang:
            self._mailbox._open.add(transport)
        else:
            cast("asyncio.Transport", transport).abort()


class _Hooks:
    """What aiosmtpd asks at each step."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_MAIL(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if other := await self._mailbox.misbehave("mail", server, session):
            return other
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if other := await self._mailbox.misbehave("rcpt", server, session):
            return other
        if other := self._mailbox.answer_to(address):
            return other
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if other := await self._mailbox.misbehave("data", server, session):
            return other
        session.delivered = getattr(session, "delivered", 0) + 1  # type: ignore[attr-defined]  # ours, for `limit`
        assert isinstance(envelope.content, bytes)
        self._mailbox.received.append(
            Received(envelope.mail_from or "", tuple(envelope.rcpt_tos), envelope.content)
        )
        return "250 OK"


@contextmanager
def emptied(mailbox: Mailbox) -> Iterator[Mailbox]:
    """Lend a server of the whole run to one test."""
    mailbox.clear()
    yield mailbox
    mailbox.clear()
