"""What the mail settings refuse, alone and together, and which mailer they make."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from advisoryhub_core.app import SLICES
from advisoryhub_core.mail import settings
from advisoryhub_core.mail.message import OutgoingMail, thread_id
from advisoryhub_core.mail.transport import NullMailer, SMTPMailer
from advisoryhub_core.mail.wiring import make_mailer
from advisoryhub_core.redaction import redact_text
from advisoryhub_core.settings import SettingsError, raise_for_problems
from advisoryhub_core.settings.declaration import declare
from tests.support.mailbox import Mailbox

GIVEN = {"email.host": "mail.example.org", "email.from": "Hub <hub@example.org>"}


def declared(**given: str) -> Any:
    registry = SimpleNamespace(settings={"advisoryhub.base_url": "https://hub.example.org", **given})
    declare(registry, settings.ALL, owner="test")
    settings.report_contradictions(registry)
    return registry


def problems(given: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as failure:
        raise_for_problems(declared(**given))
    return [str(problem) for problem in failure.value.problems]


def test_without_a_server_nothing_else_is_needed() -> None:
    registry = declared()
    raise_for_problems(registry)
    with capture_logs() as lines:
        make_mailer(registry)
    assert isinstance(registry.mailer, NullMailer)
    assert [(line["event"], line["log_level"]) for line in lines] == [("mail_is_off", "warning")]


def test_with_a_server_and_a_sender_mail_is_on() -> None:
    registry = declared(**GIVEN)
    raise_for_problems(registry)
    with capture_logs() as lines:
        make_mailer(registry)
    assert isinstance(registry.mailer, SMTPMailer)
    assert lines == []


def test_the_password_is_known_to_the_redactor() -> None:
    password = "a-password-of-the-mail-server"
    make_mailer(declared(**GIVEN, **{"email.host_user": "hub", "email.host_password": password}))
    assert password not in redact_text(f"said {password}")


def test_a_server_without_a_sender_is_a_mistake() -> None:
    assert problems({"email.host": "mail.example.org"}) == [
        "email.from (environment: EMAIL_FROM) must be given, since email.host is"
    ]


def test_a_sender_that_is_none_is_said_once() -> None:
    (problem,) = problems({"email.host": "mail.example.org", "email.from": "nobody"})
    assert problem == (
        "email.from (environment: EMAIL_FROM) "
        "needs an e-mail address, or Name <address>: it needs a name, an @ and a domain"
    )


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (
            {"email.use_tls": "yes", "email.use_ssl": "yes"},
            "email.use_ssl (environment: EMAIL_USE_SSL) contradicts email.use_tls: choose one of them",
        ),
        (
            {"email.host_user": "hub"},
            "email.host_password (environment: EMAIL_HOST_PASSWORD) must be given, since email.host_user is",
        ),
        (
            {"email.host_password": "a long password"},
            "email.host_user (environment: EMAIL_HOST_USER) must be given, since email.host_password is",
        ),
    ],
)
def test_settings_that_do_not_go_together(given: dict[str, str], problem: str) -> None:
    assert problems({**GIVEN, **given}) == [problem]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("email.port", "0"),
        ("email.port", "smtp"),
        ("email.timeout", "0"),
        ("email.use_tls", "perhaps"),
        ("email.reply_to", "jürg@example.org"),
        ("email.host_password", "pässword-of-hub"),
    ],
)
def test_values_that_cannot_be_used(key: str, value: str) -> None:
    user = {"email.host_user": "hub", "email.host_password": "a long password"}
    (problem,) = problems({**GIVEN, **user, key: value})
    assert problem.startswith(f"{key} (environment: EMAIL_")
    assert value not in problem or value.isdigit()


def test_the_hub_under_test_sends_to_the_mailbox(registry: Any, mailbox: Mailbox) -> None:
    thread = thread_id(registry, "ECL-aaaa-bbbb-cccc")
    mail = OutgoingMail("ada@example.org", "Hello", "text", "<p>text</p>", "<a@h>", references=(thread,))
    registry.mailer.deliver([mail])
    (message,) = mailbox.to("ada@example.org")
    assert message["References"] == "<advisory.ECL-aaaa-bbbb-cccc@localhost>"
    assert message["From"] == "Advisories <advisories@hub.example.org>"
    assert "advisoryhub_core.mail.wiring" in SLICES
