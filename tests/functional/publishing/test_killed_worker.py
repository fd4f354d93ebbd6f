"""A real worker, killed between the push and the final transaction."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from advisoryhub_core.advisories.states import State
from advisoryhub_publishing import services
from advisoryhub_publishing.models import PublicationTask, TaskStatus
from tests.support.hub import Hub

# post-receive runs once the branch has moved, while `git push` still waits for it: after the push, before the
# worker hears of it. Its first run walks up to the Python process of the pool and kills that.
HOOK = """#!/bin/sh
marker="$(dirname "$0")/killed"
[ -e "$marker" ] && exit 0
touch "$marker"
pid=$$
while [ "$pid" -gt 1 ]; do
    pid=$(sed 's/.*) //' "/proc/$pid/stat" | cut -d ' ' -f 2)
    if tr '\\0' ' ' <"/proc/$pid/cmdline" | grep -q advisoryhub_cli; then
        kill -9 "$pid"
        exit 0
    fi
done
"""


def environment(hub: Hub) -> dict[str, str]:
    """What a worker process needs to serve this test's hub."""
    given = hub.registry.settings
    url = hub.registry.db_engine.url.render_as_string(hide_password=False)
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ},
        "PYTHONWARNINGS": "ignore",
        "DATABASE_URL": url,
        "CELERY_BROKER_URL": given["celery.broker_url"],
        "REDIS_URL": given["redis.url"],
        "OIDC_ISSUER": given["oidc.issuer"],
        "OIDC_CLIENT_ID": given["oidc.client_id"],
        "OIDC_CLIENT_SECRET": given["oidc.client_secret"],
        "OIDC_ADMIN_GROUP": given["oidc.admin_group"],
        "ADVISORYHUB_BASE_URL": given["advisoryhub.base_url"],
        "ADVISORYHUB_SESSION_SECRET": given["session.secret"],
        "ADVISORYHUB_PRINCIPAL_KEY": given["advisoryhub.principal_key"],
        "PUB_REPO_URL": given["publishing.repo_url"],
        "CELERY_CONCURRENCY": "1",
    }


@contextmanager
def worker(hub: Hub, folder: Path) -> Iterator[Path]:
    """Run `advisoryhub worker` until the block ends; yields its log."""
    log = folder / "worker.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "advisoryhub_cli", "worker"],
            cwd=folder,
            env=environment(hub),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield log
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


def state_of(hub: Hub, task_id: int) -> dict[str, Any]:
    with hub.system() as act:
        task = act.db.get_one(PublicationTask, task_id)
        return {"status": task.status, "attempts": task.attempts, "state": task.advisory.state}


@pytest.mark.invariant("INV-LIFECYCLE-3")
@pytest.mark.invariant("INV-PUB-4")
def test_redelivery_after_a_kill_finishes_without_a_second_commit(hub: Hub, tmp_path: Path) -> None:
    project = hub.project(mature=True)
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    hook = hub.repository / "hooks" / "post-receive"
    hook.write_text(HOOK)
    hook.chmod(0o755)
    with hub.acting_for(member) as act:
        task_id = services.publish(act, hub.pk(advisory_id)).id
    with worker(hub, tmp_path) as log:
        deadline = time.monotonic() + 60
        while state_of(hub, task_id)["status"] is not TaskStatus.SUCCEEDED:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
    assert (hook.parent / "killed").exists()
    assert "WorkerLostError" in log.read_text() or "SIGKILL" in log.read_text()
    assert state_of(hub, task_id) == {"status": TaskStatus.SUCCEEDED, "attempts": 2, "state": State.PUBLISHED}
    commits = subprocess.run(
        ["git", "-C", str(hub.repository), "log", "--format=%s", "main"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert commits == [f"Publish advisory {advisory_id}"]
    ledger = hub.ledger(advisory_id)
    assert ledger.count("advisory.published") == ledger.count("publication.succeeded") == 1
    assert ledger.count("publication.started") == 2
