"""Settings of background jobs."""

from __future__ import annotations

from advisoryhub_core.settings import Setting, integer, url

BROKER_URL = Setting(
    key="celery.broker_url",
    env="CELERY_BROKER_URL",
    parse=url("redis", "rediss", "unix", "redis+socket"),
    default="",
    required=True,
    secret=True,
    help="The Redis or Valkey server that carries messages to the workers.",
)
CONCURRENCY = Setting(
    key="celery.concurrency",
    env="CELERY_CONCURRENCY",
    parse=integer(minimum=1, maximum=64),
    default=2,
    help="Tasks that one worker runs at the same time.",
)

ALL = (BROKER_URL, CONCURRENCY)
