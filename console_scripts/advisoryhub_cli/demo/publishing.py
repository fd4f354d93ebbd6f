"""Publishing in this process, by a real push. Imported only where the publishing plugin is loaded."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from advisoryhub_cli.demo.context import DemoContext
from advisoryhub_core.advisories.withdrawal import withdraw_advisory
from advisoryhub_core.errors import HubError
from advisoryhub_publishing import services, settings, tasks
from advisoryhub_publishing.git import GitFailed
from advisoryhub_publishing.models import PublicationTask, TaskStatus
from advisoryhub_publishing.remote import check_repository


class RepositoryUnusable(HubError):
    """Nothing can be pushed to the publication repository."""

    code = "repository_unusable"


def publish(context: DemoContext, advisory_id: int, person_id: int) -> str:
    """Publish the newest version and wait for the push; return why it failed, or the empty string.

    Raises whatever the service refuses with.
    """
    with context.acting_for(person_id) as act:
        task_id = services.publish(act, advisory_id).id
    return _push(context, task_id)


def withdraw(context: DemoContext, advisory_id: int, person_id: int, reason: str) -> str:
    """Withdraw and wait for the push; return why it failed, or the empty string.

    Raises whatever the service refuses with.
    """
    with context.acting_for(person_id) as act:
        withdraw_advisory(act, advisory_id, reason=reason)
        task = services.last_task(act.db, advisory_id)
        if task is None:
            raise RuntimeError("a withdrawal was asked for, and no publication was queued")
        task_id = task.id
    return _push(context, task_id)


def _push(context: DemoContext, task_id: int) -> str:
    tasks.run(replace(context, delivery_id=f"seed-demo-{task_id}"), task_id)
    with context.system() as act:
        task = act.db.get_one(PublicationTask, task_id)
        return "" if task.status is TaskStatus.SUCCEEDED else task.error


@contextmanager
def repository(registry: Any, path: Path | None) -> Iterator[bool]:
    """Push to `path` meanwhile, a bare repository made if absent, or where the configuration says.

    Yields whether there is a repository at all. Raises `RepositoryUnusable`.
    """
    with _configured_for(registry, path):
        if not settings.REPO_URL.of(registry):
            yield False
            return
        try:
            check_repository(registry)
        except (GitFailed, ValueError) as error:
            raise RepositoryUnusable(f"The publication repository cannot be used: {error}") from error
        yield True


@contextmanager
def _configured_for(registry: Any, path: Path | None) -> Iterator[None]:
    if path is None:
        yield
        return
    _make_bare(path, settings.REPO_BRANCH.of(registry))
    # The credentials are for the configured repository and for no other.
    override = {
        settings.REPO_URL.key: str(path.resolve()),
        settings.REPO_TOKEN.key: "",
        settings.REPO_SSH_KEY.key: "",
    }
    before = {key: registry.settings[key] for key in override}
    registry.settings.update(override)
    try:
        yield
    finally:
        registry.settings.update(before)


def _make_bare(path: Path, branch: str) -> None:
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        return
    arguments = ["git", "init", "--quiet", "--bare", f"--initial-branch={branch}", "--", str(path)]
    try:
        subprocess.run(arguments, check=True, capture_output=True, text=True, timeout=60)  # noqa: S603 (no shell)
    except FileNotFoundError:
        raise RepositoryUnusable("The program git is not installed, and publishing needs it.") from None
    except subprocess.CalledProcessError as error:
        raise RepositoryUnusable(f"No repository can be made at {path}: {error.stderr.strip()}") from error
