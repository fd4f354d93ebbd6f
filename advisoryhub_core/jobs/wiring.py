"""The jobs slice: declared tasks, beat entries, and the Celery application they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from advisoryhub_core.jobs import settings
from advisoryhub_core.jobs.celery import (
    PeriodicTask,
    TaskDeclaration,
    declared_tasks,
    make_celery,
    periodic_tasks,
)

# After every slice and plugin has declared its tasks, whatever the order of their includes.
_LATE = 100


def includeme(config: Any) -> None:
    config.add_settings(settings.ALL)
    config.add_directive("add_task", add_task)
    config.add_directive("add_periodic_task", add_periodic_task)
    config.action("advisoryhub.celery", _make, (config.registry,), order=_LATE)


def add_task(config: Any, name: str, body: Callable[..., None], **options: Any) -> None:
    """Directive: declare a task `body(context: TaskContext, *ids)` under `name`.

    `options` are Celery's (time_limit, acks_late, reject_on_worker_lost, …). The body must be
    idempotent: a message may arrive twice.
    """
    declaration = TaskDeclaration(name, body, options)
    introspectable = config.introspectable("advisoryhub tasks", name, name, "task")
    config.action(
        ("advisoryhub.task", name),
        declared_tasks(config.registry).append,
        (declaration,),
        introspectables=(introspectable,),
    )


def add_periodic_task(
    config: Any, name: str, task: str, schedule: int, setting_name: str | None = None
) -> None:
    """Directive: run `task` every `schedule` seconds.

    `setting_name` is the ini key of a declared setting: an integer replaces the seconds, a boolean
    switches the entry off.
    """
    entry = PeriodicTask(name, task, schedule, setting_name)
    introspectable = config.introspectable("advisoryhub periodic tasks", name, name, "periodic task")
    config.action(
        ("advisoryhub.periodic_task", name),
        periodic_tasks(config.registry).append,
        (entry,),
        introspectables=(introspectable,),
    )


def _make(registry: Any) -> None:
    registry.celery = make_celery(registry)
