"""Settings of the ledger and the access log."""

from __future__ import annotations

from typing import Any

from advisoryhub_core.settings import Setting, boolean, integer

ACCESS_LOG_DAYS = Setting(
    key="audit.access_log_retention_days",
    env="AUDIT_ACCESS_LOG_RETENTION_DAYS",
    parse=integer(minimum=1, maximum=36500),
    default=90,
    help="Days for which access log entries are kept; a month is dropped when its last day is older.",
)
ACCESS_LOG_RETENTION = Setting(
    key="audit.access_log_retention_enabled",
    env="AUDIT_ACCESS_LOG_RETENTION_ENABLED",
    parse=boolean(),
    default=True,
    help="Whether expired months of the access log are dropped; coming months are made in any case.",
)

ALL = (ACCESS_LOG_DAYS, ACCESS_LOG_RETENTION)


def access_log_days(registry: Any) -> int | None:
    """Return for how many days access log entries are kept; None for ever."""
    return ACCESS_LOG_DAYS.of(registry) if ACCESS_LOG_RETENTION.of(registry) else None
