"""Structured logs: one JSON object per line (or readable text), bound to the request, redacted last."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from advisoryhub_core.redaction import redact_value
from advisoryhub_core.settings import Setting, choice

LOG_FORMAT = Setting(
    key="log.format",
    env="LOG_FORMAT",
    parse=choice("json", "text"),
    default="json",
    help="json for machines, text for a terminal.",
)
LOG_LEVEL = Setting(
    key="log.level",
    env="LOG_LEVEL",
    parse=choice("DEBUG", "INFO", "WARNING", "ERROR"),
    default="INFO",
    help="The least severe level that is written.",
)
ALL = (LOG_FORMAT, LOG_LEVEL)


def configure_logging(registry: Any) -> None:
    """Send structlog's and the standard library's records through one redacting formatter to stderr."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    renderer: Any = (
        structlog.processors.JSONRenderer(sort_keys=True)
        if LOG_FORMAT.of(registry) == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _redact,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    # Ours of an earlier call, and those that imported libraries put there: one line per event.
    for old in [h for h in root.handlers if type(h) is logging.StreamHandler]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(LOG_LEVEL.of(registry))
    # httpx logs every URL at INFO, query strings included.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    redacted = redact_value(dict(event))
    return redacted if isinstance(redacted, dict) else event
