"""Asking for a publication, and what its worker writes. Locks are taken advisory first, then task."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from advisoryhub_core.plugins.api import (
    ADMIN_GROUP,
    Act,
    Advisory,
    AdvisoryVersion,
    Cap,
    Conflict,
    ExportFailed,
    ExportSucceeded,
    NotPermitted,
    NotReady,
    PublishRequested,
    bounded,
    capabilities_on,
    enqueue,
    load_identity,
    lock,
    mark_published,
    mark_withdrawn,
    pass_publish_gates,
    pinned,
    readiness,
    record,
    redact_text,
)
from advisoryhub_publishing.assembly import Built
from advisoryhub_publishing.documents.context import Publication, Revision, revision_summary
from advisoryhub_publishing.models import IN_FLIGHT, PublicationArtifact, PublicationTask, TaskStatus

RUN_TASK = "publishing.run"
Direction = Literal["publish", "withdraw", "restore"]
"""What publishing brings out: the newest version, a withdrawal, or the end of one."""
ERROR_LIMIT = 8000
_MILLISECOND = dt.timedelta(milliseconds=1)


class PublicationInProgress(Conflict):
    """A publication of this advisory is queued or running already."""

    code = "in_progress"


class TaskNotFailed(Conflict):
    """Only a failed publication can be tried again."""

    code = "not_failed"
    status = 400


@dataclass(frozen=True)
class Job:
    """What a worker needs of a task, detached from the session."""

    task_id: int
    advisory_id: str
    payload: dict[str, Any]
    publication: Publication


@dataclass(frozen=True)
class _Done:
    """A publication that came out; `withdrawn` if its version carried the reason of a withdrawal."""

    task: PublicationTask
    withdrawn: bool


def publish(act: Act, advisory_id: int) -> PublicationTask:
    """Pin the newest version and queue its publication, which may be a withdrawal or the end of one.

    Raises `StepUpRequired`, `NotPermitted`, `PublicationInProgress`, `NotReady` with all that is missing,
    and whatever a publish gate refuses with. The message is sent after commit (INV-PUB-5).
    """
    act.require_step_up()
    seen = act.db.get_one(Advisory, advisory_id)
    if not seen.is_withdrawing:
        # Before the lock: a gate may refresh the advisory over the network.
        pass_publish_gates(act, seen)
    locked = lock(act, advisory_id)
    locked.require(Cap.PUBLISH)
    return queue(act, locked.advisory)


def queue(act: Act, advisory: Advisory) -> PublicationTask:
    """Queue the publication of a locked advisory's newest version, for a person who may have it.

    Raises `PublicationInProgress`, `NotReady`: a withdrawal is never held up by what the advisory lacks.
    """
    refuse_in_flight(act.db, advisory.id)
    missing = () if advisory.is_withdrawing else readiness(pinned(advisory))
    if missing:
        raise NotReady([str(entry.message) for entry in missing])
    return _queue(act, advisory)


def retry(act: Act, task: PublicationTask) -> PublicationTask:
    """Publish again after a failure: a new task with the newest version.

    Raises `TaskNotFailed` and all that `publish` raises.
    """
    if task.status is not TaskStatus.FAILED:
        raise TaskNotFailed("Only a failed publication can be tried again.")
    return publish(act, task.advisory_id)


def begin(act: Act, task_id: int, delivery_id: str) -> Job | None:
    """Mark a task running and return its job; None where there is nothing to do.

    A task that runs already is taken over only by a delivery of the same message, whose earlier run is
    dead. Raises `NotPermitted` if the person who asked may not publish any more.
    """
    task = _lock_task(act, task_id)
    if task.status not in IN_FLIGHT:
        return None
    if task.status is TaskStatus.RUNNING and task.delivery_id != delivery_id:
        return None
    _require_authority(act, task)
    task.status = TaskStatus.RUNNING
    task.delivery_id = delivery_id
    task.attempts += 1
    task.started_at = act.now()
    record(
        act,
        "publication.started",
        advisory_id=task.advisory_id,
        actor_id=task.enqueued_by_id,
        task_id=task.id,
        attempt=task.attempts,
    )
    payload = _pinned_payload(act.db, task)
    return Job(task.id, payload["advisory_id"], payload, publication_of(act.db, task))


def publication_of(db: Session, task: PublicationTask) -> Publication:
    """Return the dates and the revision history that a task's documents carry."""
    earlier = _succeeded(db, task.advisory_id, other_than=task.id)
    withdrawn = _withdrawn_at(earlier, _pinned_payload(db, task), task.modified_at)
    revisions = [_revision(done.task) for done in earlier] + [_revision(task)]
    return Publication(task.first_published_at, task.modified_at, tuple(revisions), withdrawn)


def direction_of(advisory: Advisory) -> Direction:
    """Return what publishing an advisory as it stands would do."""
    if advisory.is_withdrawing:
        return "withdraw"
    return "restore" if advisory.is_restoring else "publish"


def brought_out_a_withdrawal(db: Session, task: PublicationTask) -> bool:
    """Tell whether the version that a task pins is a withdrawn one."""
    return _is_withdrawn(_pinned_payload(db, task))


def tentative_publication(db: Session, advisory: Advisory, now: dt.datetime) -> Publication:
    """Return the publication that asking now would pin, for a preview."""
    done = _succeeded(db, advisory.id)
    payload = pinned(advisory)
    modified_at = _next_modification(db, advisory.id, now)
    number = len(done) + 1
    summary = revision_summary(payload, number, was_withdrawn=bool(done) and done[-1].withdrawn)
    revisions = (*(_revision(each.task) for each in done), Revision(number, modified_at, summary))
    first = done[0].task.first_published_at if done else modified_at
    return Publication(first, modified_at, revisions, _withdrawn_at(done, payload, modified_at))


def store_documents(act: Act, task_id: int, built: Sequence[Built]) -> None:
    """Keep the built documents with the task, replacing those of an earlier attempt."""
    task = _lock_task(act, task_id)
    act.db.execute(delete(PublicationArtifact).where(PublicationArtifact.task_id == task_id))
    for item in built:
        act.db.add(
            PublicationArtifact(
                advisory_id=task.advisory_id,
                task_id=task_id,
                kind=item.kind,
                path=item.path,
                content=item.document,
            )
        )
        record(
            act,
            "publication.artifact_built",
            advisory_id=task.advisory_id,
            actor_id=task.enqueued_by_id,
            task_id=task_id,
            kind=item.kind,
            path=item.path,
        )
    act.db.flush()


def record_push(act: Act, task_id: int, sha: str, *, changed: bool) -> None:
    """Record a clean push before the state changes; the commit of an earlier attempt stays."""
    task = _lock_task(act, task_id)
    if not task.commit_sha or changed:
        task.commit_sha = sha
    record(
        act,
        "publication.pushed",
        advisory_id=task.advisory_id,
        actor_id=task.enqueued_by_id,
        task_id=task_id,
        commit=task.commit_sha,
        changed=changed,
    )
    act.db.flush()


def succeed(act: Act, task_id: int) -> None:
    """State, task, times and their audit rows in one transaction, after a clean push (INV-PUB-4)."""
    task = _lock_task(act, task_id)
    if task.status is TaskStatus.SUCCEEDED:
        return
    advisory = task.advisory
    task.status = TaskStatus.SUCCEEDED
    task.finished_at = act.now()
    task.error = ""
    record(
        act,
        "publication.succeeded",
        advisory_id=advisory.id,
        actor_id=task.enqueued_by_id,
        task_id=task.id,
        commit=task.commit_sha,
    )
    # The pinned version decides what was brought out, whatever came after (INV-VERSION-3).
    payload = _pinned_payload(act.db, task)
    by = task.enqueued_by_id
    if _is_withdrawn(payload):
        reason = payload["withdrawn_reason"]
        mark_withdrawn(act, advisory, version=task.version, reason=reason, actor_id=by)
    else:
        mark_published(act, advisory, version=task.version, at=task.first_published_at, actor_id=by)
    act.notify(ExportSucceeded(act, advisory.id, task.version))


def fail(act: Act, task_id: int, error: str, *, action: str = "publication.failed") -> None:
    """End a task as failed with a redacted error; the advisory's state stays as it was."""
    task = _lock_task(act, task_id)
    if task.status not in IN_FLIGHT:
        return
    task.status = TaskStatus.FAILED
    task.finished_at = act.now()
    task.error = bounded(redact_text(error), ERROR_LIMIT)
    record(
        act,
        action,
        advisory_id=task.advisory_id,
        actor_id=task.enqueued_by_id,
        task_id=task.id,
        error=task.error,
    )
    act.db.flush()
    act.notify(ExportFailed(act, task.advisory_id, task.version))


def stale_tasks(act: Act, *, running_seconds: int, queued_seconds: int) -> list[int]:
    """Return the ids of tasks that have been running or queued for too long."""
    now = act.now()
    return list(
        act.db.scalars(
            select(PublicationTask.id)
            .where(
                (
                    (PublicationTask.status == TaskStatus.RUNNING)
                    & (PublicationTask.started_at < now - dt.timedelta(seconds=running_seconds))
                )
                | (
                    (PublicationTask.status == TaskStatus.QUEUED)
                    & (PublicationTask.created_at < now - dt.timedelta(seconds=queued_seconds))
                )
            )
            .order_by(PublicationTask.id)
        )
    )


def waiting_tasks(act: Act, *, older_than_seconds: int) -> list[int]:
    """Return the ids of queued tasks whose message may be lost."""
    edge = act.now() - dt.timedelta(seconds=older_than_seconds)
    return list(
        act.db.scalars(
            select(PublicationTask.id)
            .where(PublicationTask.status == TaskStatus.QUEUED, PublicationTask.created_at < edge)
            .order_by(PublicationTask.id)
            .limit(1000)
        )
    )


def reap(act: Act, task_id: int, *, running_seconds: int, queued_seconds: int) -> bool:
    """Fail one stale task, unless it is locked or has moved on (INV-PUB-7)."""
    locked = act.db.scalar(
        select(Advisory.id)
        .join(PublicationTask, PublicationTask.advisory_id == Advisory.id)
        .where(PublicationTask.id == task_id)
        .with_for_update(of=Advisory, skip_locked=True)
    )
    if locked is None or task_id not in stale_tasks(
        act, running_seconds=running_seconds, queued_seconds=queued_seconds
    ):
        return False
    fail(
        act,
        task_id,
        "The publication did not finish in time and was given up. Nothing was changed here; try it again.",
        action="publication.task_reaped",
    )
    return True


def last_task(db: Session, advisory_id: int) -> PublicationTask | None:
    """Return the newest task of an advisory."""
    return db.scalar(
        select(PublicationTask)
        .where(PublicationTask.advisory_id == advisory_id)
        .order_by(PublicationTask.id.desc())
        .limit(1)
    )


def _queue(act: Act, advisory: Advisory) -> PublicationTask:
    publication = tentative_publication(act.db, advisory, act.now())
    if act.identity.user_id is None:
        raise NotPermitted("A publication is asked for by a person.")
    revision = publication.revisions[-1]
    task = PublicationTask(
        advisory=advisory,
        version=advisory.current_version,
        status=TaskStatus.QUEUED,
        revision=revision.number,
        revision_summary=revision.summary,
        first_published_at=publication.published_at,
        modified_at=publication.modified_at,
        enqueued_by_id=act.identity.user_id,
        created_at=act.now(),
    )
    act.db.add(task)
    act.db.flush()
    record(act, "publication.requested", advisory_id=advisory.id, task_id=task.id, version=task.version)
    act.notify(PublishRequested(act, advisory.id, task.version))
    enqueue(act, RUN_TASK, task.id)
    return task


def refuse_in_flight(db: Session, advisory_id: int) -> None:
    """Raise `PublicationInProgress` while a publication of a locked advisory is queued or running."""
    running = db.scalar(
        select(PublicationTask.id).where(
            PublicationTask.advisory_id == advisory_id, PublicationTask.status.in_(IN_FLIGHT)
        )
    )
    if running is not None:
        raise PublicationInProgress("This advisory is being published already. Wait until that has ended.")


def _lock_task(act: Act, task_id: int) -> PublicationTask:
    advisory_id = act.db.scalars(
        select(PublicationTask.advisory_id).where(PublicationTask.id == task_id)
    ).one()
    lock(act, advisory_id)
    return act.db.scalars(
        select(PublicationTask)
        .where(PublicationTask.id == task_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _require_authority(act: Act, task: PublicationTask) -> None:
    """The worker has no authority of its own: judge the person who asked, under the lock."""
    person = load_identity(act.db, task.enqueued_by_id, admin_group=ADMIN_GROUP.of(act.registry))
    if person is None or Cap.PUBLISH not in capabilities_on(act.db, act.registry, person, task.advisory):
        raise NotPermitted("The person who asked for this publication may not publish the advisory any more.")


def _pinned_payload(db: Session, task: PublicationTask) -> dict[str, Any]:
    payload: dict[str, Any] = db.scalars(
        select(AdvisoryVersion.payload).where(
            AdvisoryVersion.advisory_id == task.advisory_id, AdvisoryVersion.number == task.version
        )
    ).one()
    return payload


def _succeeded(db: Session, advisory_id: int, *, other_than: int = 0) -> list[_Done]:
    """Return the publications that came out, oldest first, with whether each was of a withdrawn version."""
    reason = func.coalesce(AdvisoryVersion.payload["withdrawn_reason"].as_string(), "")
    found = db.execute(
        select(PublicationTask, reason)
        .join(
            AdvisoryVersion,
            (AdvisoryVersion.advisory_id == PublicationTask.advisory_id)
            & (AdvisoryVersion.number == PublicationTask.version),
        )
        .where(
            PublicationTask.advisory_id == advisory_id,
            PublicationTask.status == TaskStatus.SUCCEEDED,
            PublicationTask.id != other_than,
        )
        .order_by(PublicationTask.revision)
    )
    return [_Done(task, bool(why.strip())) for task, why in found]


def _is_withdrawn(payload: Mapping[str, Any]) -> bool:
    return bool(str(payload.get("withdrawn_reason") or "").strip())


def _withdrawn_at(
    done: Sequence[_Done], payload: Mapping[str, Any], modified_at: dt.datetime
) -> dt.datetime | None:
    """Return since when an advisory with this payload is withdrawn, without a break; None if it is not."""
    if not _is_withdrawn(payload):
        return None
    since = modified_at
    for each in reversed(done):
        if not each.withdrawn:
            break
        since = each.task.modified_at
    return since


def _revision(task: PublicationTask) -> Revision:
    return Revision(task.revision, task.modified_at, task.revision_summary)


def _next_modification(db: Session, advisory_id: int, now: dt.datetime) -> dt.datetime:
    """Return `now` in whole milliseconds, or later: always past every publication asked for before."""
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)
    before = db.scalar(
        select(func.max(PublicationTask.modified_at)).where(PublicationTask.advisory_id == advisory_id)
    )
    return now if before is None or now > before else before + _MILLISECOND
