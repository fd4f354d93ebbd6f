"""Sending work to the workers: after commit, never before, and never at the cost of the request."""

from __future__ import annotations

from typing import Any

import structlog

from advisoryhub_core.acts import Act

log = structlog.get_logger(__name__)

REQUEST_ID_HEADER = "hub_request_id"


def enqueue(act: Act, task_name: str, *args: int | str) -> None:
    """Send `task_name` once the act's transaction has committed; a rollback sends nothing (INV-PUB-5).

    Arguments are ids, never objects. A broker that is down costs the message and not the request: the
    row that the work is about stays queued, and its sweep sends it again.
    """
    act.tm.get().addAfterCommitHook(
        _send_if_committed, (act.registry, task_name, args, act.origin.request_id)
    )


def send(registry: Any, task_name: str, args: tuple[int | str, ...], request_id: str | None) -> bool:
    """Send one message now; log and return False if the broker does not take it."""
    try:
        registry.celery.tasks[task_name].apply_async(
            args=args, retry=False, headers={REQUEST_ID_HEADER: request_id or ""}
        )
    except Exception as error:  # noqa: BLE001 (whatever the transport raises, the request has succeeded)
        log.warning("job_not_sent", task=task_name, error=type(error).__name__)
        return False
    return True


def _send_if_committed(
    committed: bool,  # noqa: FBT001 (the transaction package calls it by position)
    registry: Any,
    task_name: str,
    args: tuple[int | str, ...],
    request_id: str | None,
) -> None:
    if committed:
        send(registry, task_name, args, request_id)
