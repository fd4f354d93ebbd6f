"""The worker's side: intent before the push and outcome after it, no lock held across the network."""

from __future__ import annotations

import datetime as dt

import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from sqlalchemy.exc import DBAPIError

from advisoryhub_core.plugins.api import NotPermitted, RetryLater, TaskContext, send
from advisoryhub_publishing import services, settings
from advisoryhub_publishing.assembly import Built, build_all
from advisoryhub_publishing.git import Commit, GitFailed, Outcome, publish_files
from advisoryhub_publishing.remote import remote_from

log = structlog.get_logger(__name__)

# Queued for this long without a worker: the message may be lost, so it is sent again.
_RESEND_AFTER_SECONDS = 120
RUN_SOFT_LIMIT_SECONDS = 900
RUN_HARD_LIMIT_SECONDS = 960


def run(context: TaskContext, task_id: int) -> None:
    """Publish one task; safe to run again at any point (money rule, INV-LIFECYCLE-3)."""
    try:
        with context.system() as act:
            job = services.begin(act, task_id, context.delivery_id)
    except NotPermitted as error:
        _fail(context, task_id, error.message)
        return
    if job is None:
        log.info("publication_skipped", publication_task=task_id)
        return
    try:
        outcome = _publish(context, job)
    except (GitFailed, ValueError) as error:
        _fail(context, task_id, str(error))
    except SoftTimeLimitExceeded:
        _fail(context, task_id, f"The publication took longer than {RUN_SOFT_LIMIT_SECONDS} seconds.")
    except DBAPIError as error:
        raise RetryLater("the database is away or busy", seconds=15) from error
    except Exception as error:
        # A mistake of ours: end the task now, not when the reaper comes by; the log has the rest.
        _fail(context, task_id, f"The publication stopped on an unexpected error ({type(error).__name__}).")
        raise
    else:
        _finish(context, task_id, outcome)


def reap(context: TaskContext) -> None:
    """Fail tasks that ran or waited too long, row by row."""
    limits = {
        "running_seconds": settings.RUNNING_LIMIT.of(context.registry),
        "queued_seconds": settings.QUEUED_LIMIT.of(context.registry),
    }
    with context.system() as act:
        stale = services.stale_tasks(act, **limits)
    for task_id in stale:
        with context.system() as act:
            if services.reap(act, task_id, **limits):
                log.warning("publication_reaped", publication_task=task_id)


def resend(context: TaskContext) -> None:
    """Send the message of every queued task again that has waited for a while."""
    with context.system() as act:
        waiting = services.waiting_tasks(act, older_than_seconds=_RESEND_AFTER_SECONDS)
    for task_id in waiting:
        send(context.registry, services.RUN_TASK, (task_id,), context.origin.request_id)


def _publish(context: TaskContext, job: services.Job) -> Outcome:
    """Build, validate, store and push. Raises `ValueError` with everything that is wrong with a document."""
    built = build_all(context.registry, job.payload, job.publication)
    problems = [f"{item.label}: {error}" for item in built for error in item.errors]
    if problems:
        raise ValueError("The documents are not valid:\n" + "\n".join(problems))
    with context.system() as act:
        services.store_documents(act, job.task_id, built)
    return _push(context, job, built)


def _push(context: TaskContext, job: services.Job, built: list[Built]) -> Outcome:
    registry = context.registry
    commit = Commit(
        message=f"Publish advisory {job.advisory_id}\n",
        author_name=settings.AUTHOR_NAME.of(registry),
        author_email=settings.AUTHOR_EMAIL.of(registry),
        date=job.publication.modified_at.astimezone(dt.UTC),
    )
    return publish_files(
        remote_from(registry),
        {item.path: item.content for item in built},
        commit,
        scratch_root=settings.SCRATCH_FOLDER.of(registry),
    )


def _finish(context: TaskContext, task_id: int, outcome: Outcome) -> None:
    """Record the push, then flip the state; a database that is away is waited for, not given up on."""
    try:
        with context.system() as act:
            services.record_push(act, task_id, outcome.sha, changed=outcome.changed)
        with context.system() as act:
            services.succeed(act, task_id)
    except DBAPIError as error:
        raise RetryLater("the database is away after a clean push", seconds=15) from error


def _fail(context: TaskContext, task_id: int, error: str) -> None:
    with context.system() as act:
        services.fail(act, task_id, error)
