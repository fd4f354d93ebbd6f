"""Settings of notifications."""

from __future__ import annotations

from advisoryhub_core.settings import Setting, integer

BATCH = Setting(
    key="notifications.batch_size",
    env="NOTIFICATIONS_BATCH_SIZE",
    parse=integer(minimum=1, maximum=500),
    default=50,
    help="Mails that are handed to the mail server over one connection.",
)
ATTEMPTS = Setting(
    key="notifications.max_attempts",
    env="NOTIFICATIONS_MAX_ATTEMPTS",
    parse=integer(minimum=1, maximum=20),
    default=8,
    help="How often a mail is tried that the mail server defers; with the default, for about a day.",
)

ALL = (BATCH, ATTEMPTS)
