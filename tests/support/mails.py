"""Mails, and mailers on a given server."""

from __future__ import annotations

from typing import Any

from advisoryhub_core.mail.message import OutgoingMail, Sender
from advisoryhub_core.mail.transport import Server, SMTPMailer
from tests.support.mailbox import LOOPBACK, Mailbox

SENDER = "Advisories <advisories@hub.example.org>"


def make_mail(to: str = "ada@example.org", **more: Any) -> OutgoingMail:
    values: dict[str, Any] = {
        "subject": "ECL-aaaa-bbbb-cccc was published",
        "text": "It was published.\n",
        "html": "<p>It was published.</p>",
        "message_id": f"<comment.1.{abs(hash(to))}@hub.example.org>",
    }
    return OutgoingMail(to, **{**values, **more})


def make_mailer(mailbox: Mailbox, **options: Any) -> SMTPMailer:
    values: dict[str, Any] = {
        "host": LOOPBACK,
        "port": mailbox.port,
        "timeout": 1,
        "helo": "hub.example.org",
    }
    return SMTPMailer(Server(**{**values, **options}), Sender.of(SENDER))
