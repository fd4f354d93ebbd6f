"""The mail slice: settings, and the mailer that they make."""

from __future__ import annotations

from typing import Any

import structlog

from advisoryhub_core.mail import settings
from advisoryhub_core.mail.addresses import mail_domain
from advisoryhub_core.mail.message import Sender
from advisoryhub_core.mail.transport import NullMailer, Server, SMTPMailer
from advisoryhub_core.redaction import register_secret
from advisoryhub_core.web.settings import BASE_URL

_LOG = structlog.get_logger(__name__)


def includeme(config: Any) -> None:
    config.add_settings(settings.ALL)
    settings.report_contradictions(config.registry)
    config.action("advisoryhub.mailer", make_mailer, (config.registry,))


def make_mailer(registry: Any) -> None:
    """Put a mailer into the registry; nothing is connected before the first mail."""
    if not settings.HOST.of(registry):
        _LOG.warning("mail_is_off", mend="set email.host (EMAIL_HOST) and email.from (EMAIL_FROM)")
        registry.mailer = NullMailer()
        return
    if settings.PASSWORD.of(registry):
        register_secret(settings.PASSWORD.of(registry))
    server = Server(
        host=settings.HOST.of(registry),
        port=settings.PORT.of(registry),
        timeout=settings.TIMEOUT.of(registry),
        helo=mail_domain(BASE_URL.of(registry)),
        starttls=settings.USE_TLS.of(registry),
        tls=settings.USE_SSL.of(registry),
        user=settings.USER.of(registry),
        password=settings.PASSWORD.of(registry),
    )
    sender = Sender.of(settings.FROM.of(registry), settings.REPLY_TO.of(registry))
    registry.mailer = SMTPMailer(server, sender)
