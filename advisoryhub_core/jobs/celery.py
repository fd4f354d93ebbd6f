"""The Celery application: JSON only, late acknowledgement where asked for, limits on every task."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from celery import Celery, Task
from celery.signals import worker_process_init
from pyramid_retry import IRetryableError

from advisoryhub_core.acts import Origin
from advisoryhub_core.jobs.context import RetryLater, TaskContext
from advisoryhub_core.jobs.queue import REQUEST_ID_HEADER
from advisoryhub_core.jobs.settings import BROKER_URL, CONCURRENCY

log = structlog.get_logger(__name__)

SOFT_LIMIT_SECONDS = 120
HARD_LIMIT_SECONDS = 150
# Longer than any task's hard limit, so that a message comes back only after its run is surely dead.
VISIBILITY_TIMEOUT_SECONDS = 1200
_MAX_RETRIES = 5


@dataclass(frozen=True)
class TaskDeclaration:
    """A function `(context: TaskContext, *ids)` and the options of its Celery task."""

    name: str
    body: Callable[..., None]
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PeriodicTask:
    """A beat entry: `seconds` between runs unless the integer setting `setting_name` says otherwise."""

    name: str
    task: str
    seconds: int
    setting_name: str | None = None


class HubTask(Task):  # type: ignore[misc]  # Celery's Task is untyped
    """Runs a declared body with a `TaskContext`, and retries only after its transaction is gone."""

    abstract = True
    body: Callable[..., None]
    hub_registry: Any

    def __call__(self, *args: Any) -> None:
        request = self.request
        request_id = (request.headers or {}).get(REQUEST_ID_HEADER) or None
        context = TaskContext(
            registry=self.hub_registry,
            delivery_id=request.id or "",
            origin=Origin(request_id=request_id),
        )
        structlog.contextvars.bind_contextvars(task=self.name, task_id=request.id, request_id=request_id)
        try:
            type(self).body(context, *args)
        except RetryLater as error:
            retry: Exception = error
            countdown = error.seconds
        except Exception as error:
            if not IRetryableError.providedBy(error):
                log.exception("task_failed", error=type(error).__name__)
                raise
            retry, countdown = error, 0.5 * (request.retries + 1)
        else:
            log.info("task_done")
            return
        finally:
            structlog.contextvars.clear_contextvars()
        raise self.retry(exc=retry, countdown=countdown, max_retries=_MAX_RETRIES)


def make_celery(registry: Any) -> Celery:
    """Return the application with every declared task and beat entry."""
    app = Celery("advisoryhub", broker=BROKER_URL.of(registry), set_as_current=False, task_cls=HubTask)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_soft_time_limit=SOFT_LIMIT_SECONDS,
        task_time_limit=HARD_LIMIT_SECONDS,
        task_default_queue="advisoryhub",
        worker_concurrency=CONCURRENCY.of(registry),
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=2,
        broker_transport_options={
            "visibility_timeout": VISIBILITY_TIMEOUT_SECONDS,
            "socket_connect_timeout": 2,
            "socket_timeout": 10,
        },
        beat_scheduler="celery.beat:Scheduler",
        beat_schedule=_beat_schedule(registry),
        timezone="UTC",
    )
    for declaration in declared_tasks(registry):
        _register(app, registry, declaration)
    worker_process_init.connect(lambda **_kw: registry.db_engine.dispose(close=False), weak=False)
    return app


def declared_tasks(registry: Any) -> list[TaskDeclaration]:
    if not hasattr(registry, "hub_tasks"):
        registry.hub_tasks = []
    return registry.hub_tasks  # type: ignore[no-any-return]  # the registry is untyped


def periodic_tasks(registry: Any) -> list[PeriodicTask]:
    if not hasattr(registry, "hub_periodic_tasks"):
        registry.hub_periodic_tasks = []
    return registry.hub_periodic_tasks  # type: ignore[no-any-return]  # the registry is untyped


def _register(app: Celery, registry: Any, declaration: TaskDeclaration) -> None:
    attributes = {
        "name": declaration.name,
        "body": staticmethod(declaration.body),
        "hub_registry": registry,
        "__module__": declaration.body.__module__,
        **declaration.options,
    }
    app.register_task(type("DeclaredTask", (HubTask,), attributes)())


def _beat_schedule(registry: Any) -> dict[str, dict[str, Any]]:
    schedule: dict[str, dict[str, Any]] = {}
    for entry in periodic_tasks(registry):
        value = registry.settings[entry.setting_name] if entry.setting_name else entry.seconds
        if value is False:
            continue
        seconds = entry.seconds if value is True else int(value)
        schedule[entry.name] = {
            "task": entry.task,
            "schedule": dt.timedelta(seconds=seconds),
            # A sweep that waited longer than its interval is superseded by the next one.
            "options": {"expires": seconds},
        }
    return schedule
