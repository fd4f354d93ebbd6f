"""Handing mail to the mail server: one connection for a batch, one outcome for each mail."""

from __future__ import annotations

import smtplib
import ssl
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, Self

import structlog

from advisoryhub_core.mail.addresses import Address, AddressUnusable, parse_address
from advisoryhub_core.mail.message import OutgoingMail, Sender, build
from advisoryhub_core.redaction import bounded

_LOG = structlog.get_logger(__name__)

LONGEST_REASON = 500
"""Characters of a reason, at most."""

_YES = 2
_NEVER = 5
_CLOSING = 421
# Permanent by number, but about how the hub talks to this server: an operator can mend it.
_ABOUT_THE_HUB = frozenset({500, 502, 503, 504, 530, 534, 535, 538})
# A server that takes connections and answers nothing would cost the whole batch a timeout for each mail.
_MOST_LOSSES = 3


@dataclass(frozen=True)
class Delivery:
    """What became of one mail."""

    mail: OutgoingMail


@dataclass(frozen=True)
class Sent(Delivery):
    """The mail server took it; whether it arrives is the server's matter."""


@dataclass(frozen=True)
class Refused(Delivery):
    """It will never be taken: not to be tried again. `reason` is redacted and bounded."""

    reason: str


@dataclass(frozen=True)
class Deferred(Delivery):
    """It was not taken now: to be tried again later. `reason` is redacted and bounded."""

    reason: str


class Mailer(Protocol):
    """What `registry.mailer` does."""

    def deliver(self, mails: Iterable[OutgoingMail]) -> list[Delivery]:
        """Hand mails over and return one outcome for each, in their order; network trouble is an outcome."""
        ...


@dataclass(frozen=True)
class Server:
    """How the mail server is reached. `timeout` is in seconds, `helo` is the name the hub gives itself."""

    host: str
    port: int
    timeout: float
    helo: str
    starttls: bool = False
    tls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)


class NullMailer:
    """Stands where mail is off: refuses each mail and logs that it did, without what is in it."""

    def deliver(self, mails: Iterable[OutgoingMail]) -> list[Delivery]:
        refused: list[Delivery] = []
        for mail in mails:
            _LOG.warning("mail_refused", reason="mail is off", message_id=mail.message_id)
            refused.append(Refused(mail, "Mail is off: email.host is not set."))
        return refused


class SMTPMailer:
    """Delivers through one mail server. Safe between threads: each batch has its own connection."""

    def __init__(
        self, server: Server, sender: Sender, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._server = server
        self._sender = sender
        self._clock = clock

    def deliver(self, mails: Iterable[OutgoingMail]) -> list[Delivery]:
        """Hand mails over through one connection, and return one outcome for each, in their order.

        A recipient's permanent refusal is `Refused`; a temporary one, and all that is wrong with connection,
        certificate, sign-in or sender, is `Deferred`. A connection that breaks is made anew for the next
        mail; one that cannot be made, or breaks three times in a row, defers the rest at once. A deferred
        mail may have arrived where the answer to it was lost: it has the same message id at the next try.
        """
        with _Connection(self._server) as connection:
            outcomes = [self._deliver(connection, mail) for mail in mails]
        counts = Counter(type(outcome).__name__.lower() for outcome in outcomes)
        _LOG.info("mail_delivered", **counts)
        return outcomes

    def _deliver(self, connection: _Connection, mail: OutgoingMail) -> Delivery:
        try:
            to = parse_address(mail.to)
        except AddressUnusable as error:
            return Refused(mail, f"The address {error}.")
        message = build(mail, to, self._sender, self._clock()).as_bytes()
        try:
            connection.send(self._sender.address, to, message)
        except _NotTaken as error:
            return (Refused if error.permanent else Deferred)(mail, error.reason)
        return Sent(mail)


class _NotTaken(Exception):
    """The mail server, or the way to it, did not take one mail."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        self.reason = bounded(" ".join(reason.split()), LONGEST_REASON)
        self.permanent = permanent
        super().__init__(self.reason)


class _Broken(Exception):
    """The connection broke. `untouched`: the server cannot have got the message, and did not hang."""

    def __init__(self, reason: str, *, untouched: bool) -> None:
        self.reason = reason
        self.untouched = untouched
        super().__init__(reason)


class _Connection:
    """A connection that is made when it is needed, and made anew after it broke."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None
        self._mid_transaction = False
        self._losses = 0
        self._given_up = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        if self._smtp is not None and kind is None:
            with suppress(OSError):
                self._smtp.quit()
        self._drop()

    def send(self, sender: Address, to: Address, message: bytes) -> None:
        """Hand one message over. Raises `_NotTaken`."""
        if self._given_up:
            raise _NotTaken(self._given_up)
        may_be_stale = self._smtp is not None
        # Servers end a connection after so many messages: that is no fault of the next one's.
        try:
            try:
                self._exchange(sender, to, message)
            except _Broken as broken:
                if not (may_be_stale and broken.untouched):
                    raise
                self._exchange(sender, to, message)
        except _Broken as broken:
            self._losses += 1
            if self._losses >= _MOST_LOSSES:
                self._give_up(broken.reason)
            raise _NotTaken(broken.reason) from broken
        except _NotTaken:
            self._losses = 0
            raise
        self._losses = 0

    def _exchange(self, sender: Address, to: Address, message: bytes) -> None:
        smtp = self._connected()
        if to.needs_utf8 and not smtp.has_extn("smtputf8"):
            raise _NotTaken("The address is not ASCII, and the mail server has no SMTPUTF8.", permanent=True)
        options = ["SMTPUTF8", "BODY=8BITMIME"] if to.needs_utf8 else []
        if smtp.has_extn("size"):
            options.append(f"size={len(message)}")
        untouched = True
        try:
            if self._mid_transaction:
                _require(smtp.rset())
            self._mid_transaction = True
            _require(smtp.mail(str(sender), options))
            _require(smtp.rcpt(str(to)), of_the_recipient=True)
            untouched = False
            _require(_data(smtp, message), of_the_recipient=True)
            self._mid_transaction = False
        except OSError as error:
            self._drop()
            reason = _describe(error, self._server.timeout)
            raise _Broken(reason, untouched=untouched and not _timed_out(error)) from error

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            try:
                self._smtp = _connect(self._server)
            except (OSError, UnicodeError) as error:
                # The next mail would meet the same, at the price of another timeout.
                reason = _describe(error, self._server.timeout)
                self._give_up(reason)
                raise _NotTaken(reason) from error
            self._mid_transaction = False
        return self._smtp

    def _give_up(self, reason: str) -> None:
        self._given_up = _NotTaken(reason).reason
        _LOG.warning("mail_server_trouble", reason=self._given_up)

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _connect(server: Server) -> smtplib.SMTP:
    """Return a connection on which mail can be sent; raises `OSError` and `UnicodeError` (a host's name)."""
    options: dict[str, Any] = {"local_hostname": server.helo, "timeout": server.timeout}
    context = ssl.create_default_context()
    smtp = (
        smtplib.SMTP_SSL(server.host, server.port, context=context, **options)
        if server.tls
        else smtplib.SMTP(server.host, server.port, **options)
    )
    try:
        if server.starttls:
            smtp.starttls(context=context)
        if server.user:
            smtp.login(server.user, server.password)
        smtp.ehlo_or_helo_if_needed()
    except BaseException:
        smtp.close()
        raise
    return smtp


def _data(smtp: smtplib.SMTP, message: bytes) -> tuple[int, bytes]:
    try:
        return smtp.data(message)
    except smtplib.SMTPDataError as error:
        return error.smtp_code, _as_bytes(error.smtp_error)


def _require(answer: tuple[int, bytes], *, of_the_recipient: bool = False) -> None:
    """Raise `_NotTaken` unless the answer is yes, and `SMTPServerDisconnected` where the server leaves."""
    code, text = answer
    if code // 100 == _YES:
        return
    reason = f"{code} {text.decode('utf-8', 'replace')}"
    if code == _CLOSING:
        raise smtplib.SMTPServerDisconnected(reason)
    raise _NotTaken(
        reason, permanent=of_the_recipient and code // 100 == _NEVER and code not in _ABOUT_THE_HUB
    )


def _as_bytes(text: bytes | str) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _timed_out(error: BaseException) -> bool:
    """Tell a timeout, which smtplib turns into a disconnection where it waits for an answer."""
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)


def _describe(error: Exception, timeout: float) -> str:
    if _timed_out(error):
        return f"The mail server did not answer within {timeout:g} seconds."
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_as_bytes(error.smtp_error).decode('utf-8', 'replace')}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The mail server's certificate is not trusted: {error.verify_message}."
    if isinstance(error, UnicodeError):
        return "The mail server's host name cannot be used."
    return f"The mail server cannot be used: {getattr(error, 'strerror', None) or error}"
