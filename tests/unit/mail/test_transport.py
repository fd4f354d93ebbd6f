"""Mail over a real SMTP connection: who gets it, who does not, and what is tried again."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from advisoryhub_core.mail.message import OutgoingMail
from advisoryhub_core.mail.transport import (
    LONGEST_REASON,
    Deferred,
    Delivery,
    NullMailer,
    Refused,
    Sent,
)
from advisoryhub_core.redaction import known_secret
from tests.support.mailbox import Mailbox
from tests.support.mails import make_mail, make_mailer

PEOPLE = ("ada@example.org", "bob@example.org", "cleo@example.org")


def kinds(deliveries: list[Delivery]) -> list[type[Delivery]]:
    return [type(delivery) for delivery in deliveries]


def reason(delivery: Delivery) -> str:
    assert isinstance(delivery, Refused | Deferred)
    return delivery.reason


def test_a_batch_goes_through_one_connection_in_order(
    mailbox: Mailbox,
) -> None:
    mails = [make_mail(person) for person in PEOPLE]
    deliveries = make_mailer(mailbox).deliver(iter(mails))
    assert kinds(deliveries) == [Sent] * 3
    assert [delivery.mail for delivery in deliveries] == mails
    assert mailbox.connections == 1
    assert [item.recipients for item in mailbox.received] == [(person,) for person in PEOPLE]
    assert {item.sender for item in mailbox.received} == {"advisories@hub.example.org"}
    assert mailbox.to("bob@example.org")[0]["To"] == "bob@example.org"


def test_an_empty_batch_connects_to_nobody(mailbox: Mailbox) -> None:
    assert make_mailer(mailbox).deliver([]) == []
    assert mailbox.connections == 0


def test_a_refused_recipient_stops_nobody_else(mailbox: Mailbox) -> None:
    mailbox.refuse("bob@example.org")
    deliveries = make_mailer(mailbox).deliver([make_mail(person) for person in PEOPLE])
    assert kinds(deliveries) == [Sent, Refused, Sent]
    assert reason(deliveries[1]) == "550 5.1.1 No such user here"
    assert mailbox.connections == 1
    assert [item.recipients for item in mailbox.received] == [("ada@example.org",), ("cleo@example.org",)]


def test_a_busy_recipient_is_for_later(mailbox: Mailbox) -> None:
    mailbox.defer("ada@example.org")
    deliveries = make_mailer(mailbox).deliver([make_mail(person) for person in PEOPLE])
    assert kinds(deliveries) == [Deferred, Sent, Sent]
    assert reason(deliveries[0]) == "450 4.2.1 Mailbox busy, try later"


@pytest.mark.parametrize(
    ("step", "answer", "outcome"),
    [
        ("data", "554 5.7.1 We do not like it", Refused),
        ("data", "452 4.3.1 Disk full", Deferred),
        # About the sender or the hub: somebody can mend it, and then the mail is wanted.
        ("mail", "550 5.7.1 Sender not allowed", Deferred),
        ("rcpt", "530 5.7.0 Sign in first", Deferred),
        ("mail", "451 4.7.0 Greylisted", Deferred),
    ],
)
def test_what_is_tried_again(mailbox: Mailbox, step: str, answer: str, outcome: type[Delivery]) -> None:
    mailbox.answer(step, answer)
    deliveries = make_mailer(mailbox).deliver([make_mail(), make_mail("bob@example.org")])
    assert kinds(deliveries) == [outcome] * 2
    assert reason(deliveries[0]) == answer
    assert mailbox.received == []
    mailbox.clear()
    assert kinds(make_mailer(mailbox).deliver([make_mail()])) == [Sent]


@pytest.mark.parametrize("step", ["connect", "mail", "rcpt", "data"])
def test_a_server_that_hangs_costs_a_few_timeouts_and_no_more(mailbox: Mailbox, step: str) -> None:
    mailbox.hang(step)
    began = time.monotonic()
    deliveries = make_mailer(mailbox, timeout=0.3).deliver(
        [make_mail(f"p{number}@example.org") for number in range(40)]
    )
    assert time.monotonic() - began < 5
    assert kinds(deliveries) == [Deferred] * 40
    assert {reason(delivery) for delivery in deliveries} == {
        "The mail server did not answer within 0.3 seconds."
    }


@pytest.mark.parametrize("step", ["connect", "mail", "rcpt", "data"])
def test_a_server_that_breaks_every_connection_defers_all(mailbox: Mailbox, step: str) -> None:
    mailbox.drop(step)
    deliveries = make_mailer(mailbox).deliver([make_mail(f"p{number}@example.org") for number in range(40)])
    assert kinds(deliveries) == [Deferred] * 40
    assert mailbox.connections <= 3


@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
def test_a_broken_connection_is_made_anew_for_the_next(mailbox: Mailbox, step: str) -> None:
    mailbox.drop(step, times=1)
    deliveries = make_mailer(mailbox).deliver([make_mail(person) for person in PEOPLE])
    assert kinds(deliveries) == [Deferred, Sent, Sent]
    assert mailbox.connections == 2


def test_a_server_that_ends_connections_early_gets_all_of_it(
    mailbox: Mailbox,
) -> None:
    mailbox.limit(2)
    deliveries = make_mailer(mailbox).deliver([make_mail(f"p{number}@example.org") for number in range(7)])
    assert kinds(deliveries) == [Sent] * 7
    assert mailbox.connections == 4
    assert len({item.recipients for item in mailbox.received}) == 7


def test_a_message_is_not_handed_over_twice_where_the_answer_was_lost(
    mailbox: Mailbox,
) -> None:
    first, second = make_mail("ada@example.org"), make_mail("bob@example.org")

    def batch() -> Iterator[OutgoingMail]:
        yield first
        mailbox.drop("data", times=1)
        yield second

    assert kinds(make_mailer(mailbox).deliver(batch())) == [Sent, Deferred]
    assert [item.recipients for item in mailbox.received] == [("ada@example.org",)]


def test_a_port_where_nobody_listens(mailbox: Mailbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    deliveries = make_mailer(mailbox, port=port).deliver([make_mail(person) for person in PEOPLE])
    assert kinds(deliveries) == [Deferred] * 3
    assert reason(deliveries[2]) == "The mail server cannot be used: Connection refused"


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 80, "a..b"])
def test_a_host_that_is_none(mailbox: Mailbox, host: str) -> None:
    (delivery,) = make_mailer(mailbox, host=host).deliver([make_mail()])
    assert isinstance(delivery, Deferred)
    assert delivery.reason.startswith("The mail server")


@pytest.mark.parametrize("options", [{"starttls": True}, {"tls": True}])
def test_a_certificate_nobody_vouches_for_is_refused(certificate: Any, options: dict[str, bool]) -> None:
    context = dict.fromkeys(options, certificate.context)
    with Mailbox(**context) as server:
        deliveries = make_mailer(server, **options).deliver([make_mail(), make_mail("bob@example.org")])
        assert kinds(deliveries) == [Deferred] * 2
        assert reason(deliveries[0]) == (
            "The mail server's certificate is not trusted: self-signed certificate."
        )
        assert server.received == []


@pytest.mark.parametrize("options", [{"starttls": True}, {"tls": True}])
def test_a_certificate_that_is_vouched_for_is_used_and_the_hub_signs_in(
    certificate: Any,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, bool],
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    context = dict.fromkeys(options, certificate.context)
    with Mailbox(**context, password="a long password") as server:
        sender = make_mailer(server, **options, user="hub", password="a long password")
        assert kinds(sender.deliver([make_mail(), make_mail("bob@example.org")])) == [Sent] * 2
        assert server.signed_in_as == ["hub"]
        elsewhere = make_mailer(server, **options, host="localhost", user="hub", password="a long password")
        (delivery,) = elsewhere.deliver([make_mail()])
        assert "certificate is not trusted: Hostname mismatch" in reason(delivery)


def test_a_server_without_starttls_gets_nothing(mailbox: Mailbox) -> None:
    mailer = make_mailer(mailbox, starttls=True, user="hub", password="a long password")
    (delivery,) = mailer.deliver([make_mail()])
    assert isinstance(delivery, Deferred)
    assert delivery.reason == "The mail server cannot be used: STARTTLS extension not supported by server."
    assert mailbox.received == []


@pytest.mark.invariant("INV-SECRET-1")
def test_a_failed_sign_in_defers_and_names_no_secret() -> None:
    with Mailbox(password="another password") as server, known_secret("wrong-password"):
        deliveries = make_mailer(server, user="hub", password="wrong-password").deliver([make_mail()] * 3)
        assert kinds(deliveries) == [Deferred] * 3
        assert reason(deliveries[0]).startswith("535 ")
        assert server.connections == 1
    assert "wrong-password" not in repr(make_mailer(server, password="wrong-password")._server)


@pytest.mark.invariant("INV-SECRET-1")
def test_what_the_server_says_is_redacted_and_bounded(
    mailbox: Mailbox,
) -> None:
    with known_secret("hunter2-hunter2"):
        mailbox.refuse("ada@example.org", f"550 you said hunter2-hunter2\t to  me {'x' * 400}")
        mailbox.answer("data", f"554 see https://hub:pa55word@mail.example.org/ {'y' * 900}")
        mailer = make_mailer(mailbox)
        refused, other = mailer.deliver([make_mail("ada@example.org"), make_mail("bob@example.org")])
    assert reason(refused).startswith("550 you said [redacted] to me xxx")
    assert "pa55word" not in reason(other)
    assert len(reason(other)) == LONGEST_REASON


def test_addresses_beyond_ascii(mailbox: Mailbox) -> None:
    mails = [make_mail("jürg@bücher.example"), make_mail("ada@bücher.example")]
    deliveries = make_mailer(mailbox).deliver(mails)
    assert kinds(deliveries) == [Sent] * 2
    assert [item.recipients for item in mailbox.received] == [
        ("jürg@xn--bcher-kva.example",),
        ("ada@xn--bcher-kva.example",),
    ]
    assert mailbox.messages()[0]["To"] == "jürg@xn--bcher-kva.example"
    with Mailbox(smtputf8=False) as plain:
        deliveries = make_mailer(plain).deliver(mails)
        assert kinds(deliveries) == [Refused, Sent]
        assert "SMTPUTF8" in reason(deliveries[0])


@pytest.mark.parametrize("address", ["", "nobody", "a b@example.org", "@example.org", "ada@", "ada@faß.de"])
def test_what_is_no_address_is_refused_by_itself(mailbox: Mailbox, address: str) -> None:
    deliveries = make_mailer(mailbox).deliver([make_mail(address), make_mail("bob@example.org")])
    assert kinds(deliveries) == [Refused, Sent]
    assert reason(deliveries[0]).startswith("The address ")


def test_many_threads_may_use_one_mailer(mailbox: Mailbox) -> None:
    shared = make_mailer(mailbox, timeout=10)
    outcomes: list[Delivery] = []

    def run(number: int) -> None:
        outcomes.extend(shared.deliver([make_mail(f"p{number}-{each}@example.org") for each in range(5)]))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kinds(outcomes) == [Sent] * 30
    assert len({item.recipients for item in mailbox.received}) == 30


def test_an_interrupted_batch_leaves_at_once(mailbox: Mailbox) -> None:
    class OutOfTime(Exception):
        pass

    def batch() -> Iterator[OutgoingMail]:
        yield make_mail()
        raise OutOfTime

    with pytest.raises(OutOfTime):
        make_mailer(mailbox).deliver(batch())
    assert len(mailbox.received) == 1


def test_without_a_server_each_mail_is_refused_and_logged_without_what_is_in_it() -> None:
    with capture_logs() as lines:
        deliveries = NullMailer().deliver([make_mail(), make_mail("bob@example.org")])
    assert kinds(deliveries) == [Refused] * 2
    assert reason(deliveries[0]) == "Mail is off: email.host is not set."
    assert lines == [
        {
            "event": "mail_refused",
            "log_level": "warning",
            "reason": "mail is off",
            "message_id": delivery.mail.message_id,
        }
        for delivery in deliveries
    ]


def test_the_log_counts_and_names_nobody(mailbox: Mailbox) -> None:
    mailbox.refuse("bob@example.org", "550 bob@example.org is gone")
    with capture_logs() as lines:
        make_mailer(mailbox).deliver([make_mail(person) for person in PEOPLE])
    assert lines == [{"event": "mail_delivered", "log_level": "info", "sent": 2, "refused": 1}]
