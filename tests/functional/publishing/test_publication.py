"""Publishing through the service and its worker: happy path, failures, takeover, reaper."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from advisoryhub_core.advisories.queries import find_visible
from advisoryhub_core.advisories.services import edit_advisory
from advisoryhub_core.advisories.states import State
from advisoryhub_core.errors import NotPermitted, NotReady
from advisoryhub_core.jobs.context import TaskContext
from advisoryhub_publishing import services, tasks
from advisoryhub_publishing.models import PublicationTask, TaskStatus
from tests.support.hub import Hub, good_payload


def git(repository: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(repository), *arguments], check=True, capture_output=True, text=True
    ).stdout


def commits(repository: Path) -> list[str]:
    return git(repository, "log", "--format=%s", "main").splitlines()


def files(repository: Path) -> set[str]:
    return set(git(repository, "ls-tree", "-r", "--name-only", "main").split())


def publish(hub: Hub, advisory_id: str, by: int) -> int:
    with hub.acting_for(by) as act:
        return services.publish(act, hub.pk(advisory_id)).id


def task_of(hub: Hub, task_id: int) -> dict[str, Any]:
    with hub.system() as act:
        task = act.db.get_one(PublicationTask, task_id)
        return {
            "status": task.status,
            "error": task.error,
            "commit": task.commit_sha,
            "attempts": task.attempts,
            "state": task.advisory.state,
            "published_at": task.advisory.published_at,
            "first": task.first_published_at,
            "modified": task.modified_at,
            "republish": task.advisory.republish_required,
            "artifacts": {artifact.kind: artifact.path for artifact in task.artifacts},
        }


@pytest.fixture
def mature(hub: Hub) -> tuple[str, int]:
    """A mature project and a member of its team."""
    project = hub.project(mature=True)
    return project, hub.member(project)


@pytest.mark.invariant("INV-LIFECYCLE-3")
@pytest.mark.invariant("INV-PUB-4")
@pytest.mark.invariant("INV-PUB-5")
def test_a_publication_is_queued_pushed_and_then_published(hub: Hub, mature: tuple[str, int]) -> None:
    project, member = mature
    advisory_id = hub.draft(project, by=member)
    task_id = publish(hub, advisory_id, member)
    assert task_of(hub, task_id)["status"] is TaskStatus.QUEUED
    assert task_of(hub, task_id)["state"] is State.DRAFT
    assert hub.run_jobs("publishing") == 1
    done = task_of(hub, task_id)
    assert done["status"] is TaskStatus.SUCCEEDED
    assert done["state"] is State.PUBLISHED
    assert done["published_at"] == done["first"] == done["modified"]
    assert done["commit"] == git(hub.repository, "rev-parse", "main").strip()
    assert commits(hub.repository) == [f"Publish advisory {advisory_id}"]
    assert files(hub.repository) == set(done["artifacts"].values())
    assert [
        action for action in hub.ledger(advisory_id) if action.startswith(("publication", "advisory"))
    ] == [
        "advisory.created",
        "publication.requested",
        "publication.started",
        "publication.artifact_built",
        "publication.artifact_built",
        "publication.pushed",
        "publication.succeeded",
        "advisory.published",
        "advisory.state_changed",
    ]


@pytest.mark.invariant("INV-VERSION-3")
def test_the_pinned_version_is_published_whatever_came_after(hub: Hub, mature: tuple[str, int]) -> None:
    project, member = mature
    advisory_id = hub.draft(project, by=member, summary="The reviewed text")
    task_id = publish(hub, advisory_id, member)
    with hub.acting_for(member) as act:
        edit_advisory(act, hub.pk(advisory_id), good_payload(summary="A later text"), base_version=1)
    hub.run_jobs()
    done = task_of(hub, task_id)
    osv = json.loads(git(hub.repository, "show", f"main:{done['artifacts']['osv']}"))
    assert osv["summary"] == "The reviewed text"
    assert done["republish"] is True


def test_publishing_again_keeps_the_first_date_and_grows_the_history(
    hub: Hub, mature: tuple[str, int]
) -> None:
    project, member = mature
    advisory_id = hub.draft(project, by=member)
    first = publish(hub, advisory_id, member)
    hub.run_jobs()
    with hub.acting_for(member) as act:
        edit_advisory(act, hub.pk(advisory_id), good_payload(summary="Corrected"), base_version=1)
    second = publish(hub, advisory_id, member)
    hub.run_jobs()
    before, after = task_of(hub, first), task_of(hub, second)
    assert after["published_at"] == before["first"]
    assert after["modified"] > before["modified"]
    assert after["artifacts"] == before["artifacts"]
    assert after["republish"] is False
    csaf = json.loads(git(hub.repository, "show", f"main:{after['artifacts']['csaf']}"))
    assert [entry["number"] for entry in csaf["document"]["tracking"]["revision_history"]] == ["1", "2"]
    assert len(commits(hub.repository)) == 2


def test_a_cve_record_comes_with_an_assigned_number(hub: Hub, mature: tuple[str, int]) -> None:
    from advisoryhub_core.workflows.cves import assign_cve  # noqa: PLC0415

    project, member = mature
    advisory_id = hub.draft(project, by=member)
    with hub.acting_for(hub.admin()) as act:
        assign_cve(act, hub.pk(advisory_id), "CVE-2026-12345")
    task_id = publish(hub, advisory_id, member)
    hub.run_jobs()
    done = task_of(hub, task_id)
    assert done["artifacts"]["cve"] == "cves/2026/12xxx/CVE-2026-12345.json"
    record = json.loads(git(hub.repository, "show", f"main:{done['artifacts']['cve']}"))
    assert record["cveMetadata"]["cveId"] == "CVE-2026-12345"


def test_a_missing_assigner_fails_with_the_name_of_the_setting(hub: Hub, mature: tuple[str, int]) -> None:
    from advisoryhub_core.workflows.cves import assign_cve  # noqa: PLC0415

    project, member = mature
    advisory_id = hub.draft(project, by=member)
    with hub.acting_for(hub.admin()) as act:
        assign_cve(act, hub.pk(advisory_id), "CVE-2026-12346")
    key = "publishing.cve_assigner_org_id"
    before = hub.registry.settings[key]
    hub.set_settings(**{key: None})
    try:
        task_id = publish(hub, advisory_id, member)
        hub.run_jobs()
    finally:
        hub.set_settings(**{key: before})
    failed = task_of(hub, task_id)
    assert failed["status"] is TaskStatus.FAILED
    assert key in failed["error"]
    assert failed["state"] is State.DRAFT


@pytest.mark.invariant("INV-LIFECYCLE-3")
@pytest.mark.parametrize("where", ["clone", "push"])
def test_a_failure_leaves_the_state_and_a_retry_heals_it(
    hub: Hub, mature: tuple[str, int], where: str
) -> None:
    project, member = mature
    advisory_id = hub.draft(project, by=member)
    hook = hub.repository / "hooks" / "pre-receive"
    if where == "clone":
        hub.set_settings(**{"publishing.repo_url": str(hub.repository) + "-missing"})
    else:
        hook.write_text("#!/bin/sh\necho 'branch protected, token=supersecretvalue' >&2\nexit 1\n")
        hook.chmod(0o755)
    task_id = publish(hub, advisory_id, member)
    hub.run_jobs()
    failed = task_of(hub, task_id)
    assert failed["status"] is TaskStatus.FAILED
    assert failed["state"] is State.DRAFT
    assert failed["published_at"] is None
    assert failed["error"]
    assert "supersecretvalue" not in failed["error"]
    assert "publication.failed" in hub.ledger(advisory_id)
    hub.set_settings(**{"publishing.repo_url": str(hub.repository)})
    hook.unlink(missing_ok=True)
    with hub.acting_for(member) as act:
        again = services.retry(act, act.db.get_one(PublicationTask, task_id)).id
    hub.run_jobs()
    assert task_of(hub, again)["status"] is TaskStatus.SUCCEEDED
    assert task_of(hub, again)["state"] is State.PUBLISHED


def test_only_a_failed_publication_is_retried(hub: Hub, mature: tuple[str, int]) -> None:
    project, member = mature
    advisory_id = hub.draft(project, by=member)
    task_id = publish(hub, advisory_id, member)
    hub.run_jobs()
    with hub.acting_for(member) as act, pytest.raises(services.TaskNotFailed):
        services.retry(act, act.db.get_one(PublicationTask, task_id))


@pytest.mark.invariant("INV-CONCURRENCY-1")
def test_one_publication_is_in_flight(hub: Hub, mature: tuple[str, int]) -> None:
    project, member = mature
    advisory_id = hub.draft(project, by=member)
    publish(hub, advisory_id, member)
    with pytest.raises(services.PublicationInProgress):
        publish(hub, advisory_id, member)


@pytest.mark.invariant("INV-CONCURRENCY-1")
def test_of_two_simultaneous_requests_exactly_one_is_queued(hub: Hub, mature: tuple[str, int]) -> None:
    project, member = mature
    advisory_id = hub.draft(project, by=member)
    results: list[str] = []
    barrier = threading.Barrier(2)

    def ask() -> None:
        barrier.wait()
        try:
            publish(hub, advisory_id, member)
        except (services.PublicationInProgress, IntegrityError) as error:
            results.append(type(error).__name__)
        else:
            results.append("queued")

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["PublicationInProgress", "queued"]


def test_an_unfinished_draft_is_refused_with_all_that_is_missing(hub: Hub, mature: tuple[str, int]) -> None:
    project, member = mature
    advisory_id = hub.draft(project, by=member, details="", affected=[], severity=[])
    with pytest.raises(NotReady) as refused:
        publish(hub, advisory_id, member)
    assert len(refused.value.missing) == 3


@pytest.mark.invariant("INV-PERM-1")
@pytest.mark.invariant("INV-PERM-2")
def test_the_team_of_a_project_that_is_not_mature_cannot_publish(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    with pytest.raises(NotPermitted):
        publish(hub, advisory_id, member)
    publish(hub, advisory_id, hub.admin())


@pytest.mark.invariant("INV-AUTH-1")
def test_authority_lost_between_asking_and_publishing_stops_it(hub: Hub, mature: tuple[str, int]) -> None:
    project, member = mature
    advisory_id = hub.draft(project, by=member)
    task_id = publish(hub, advisory_id, member)
    with hub.system() as act:
        act.db.execute(text("DELETE FROM user_groups WHERE user_id = :id"), {"id": member})
    hub.run_jobs()
    stopped = task_of(hub, task_id)
    assert stopped["status"] is TaskStatus.FAILED
    assert stopped["state"] is State.DRAFT
    assert git(hub.repository, "branch", "--list") == ""


def test_a_run_that_died_after_the_push_is_finished_without_a_second_commit(
    hub: Hub, mature: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    project, member = mature
    advisory_id = hub.draft(project, by=member)
    task_id = publish(hub, advisory_id, member)

    class Died(BaseException):
        """As abrupt as a killed worker."""

    def die(*_arguments: Any, **_more: Any) -> None:
        raise Died

    context = TaskContext(hub.registry, delivery_id="one message")
    with monkeypatch.context() as patched:
        patched.setattr(services, "record_push", die)
        with pytest.raises(Died):
            tasks.run(context, task_id)
    assert task_of(hub, task_id)["status"] is TaskStatus.RUNNING
    assert task_of(hub, task_id)["state"] is State.DRAFT
    tasks.run(TaskContext(hub.registry, delivery_id="another message"), task_id)
    assert task_of(hub, task_id)["status"] is TaskStatus.RUNNING
    tasks.run(context, task_id)
    done = task_of(hub, task_id)
    assert done["status"] is TaskStatus.SUCCEEDED
    assert done["attempts"] == 2
    assert commits(hub.repository) == [f"Publish advisory {advisory_id}"]
    tasks.run(context, task_id)
    assert task_of(hub, task_id)["attempts"] == 2


@pytest.mark.invariant("INV-PUB-7")
def test_stale_tasks_are_reaped_and_fresh_ones_left(hub: Hub, mature: tuple[str, int]) -> None:
    project, member = mature
    stale, fresh = hub.draft(project, by=member), hub.draft(project, by=member)
    stale_task, fresh_task = publish(hub, stale, member), publish(hub, fresh, member)
    with hub.system() as act:
        task = act.db.get_one(PublicationTask, stale_task)
        task.created_at = act.now() - dt.timedelta(hours=3)
    tasks.reap(TaskContext(hub.registry))
    assert task_of(hub, stale_task)["status"] is TaskStatus.FAILED
    assert task_of(hub, stale_task)["state"] is State.DRAFT
    assert "publication.task_reaped" in hub.ledger(stale)
    assert task_of(hub, fresh_task)["status"] is TaskStatus.QUEUED


def test_a_lost_message_is_sent_again(hub: Hub, mature: tuple[str, int]) -> None:
    project, member = mature
    advisory_id = hub.draft(project, by=member)
    task_id = publish(hub, advisory_id, member)
    hub.registry.celery.control.purge()
    assert hub.run_jobs("publishing") == 0
    with hub.system() as act:
        act.db.get_one(PublicationTask, task_id).created_at = act.now() - dt.timedelta(minutes=5)
    tasks.resend(TaskContext(hub.registry))
    assert hub.run_jobs("publishing") == 1
    assert task_of(hub, task_id)["status"] is TaskStatus.SUCCEEDED


def test_a_collaborator_sees_exports_and_a_viewer_does_not_publish(hub: Hub, mature: tuple[str, int]) -> None:
    project, member = mature
    advisory_id = hub.draft(project, by=member)
    viewer = hub.person()
    hub.grant(advisory_id, viewer)
    with hub.acting_for(viewer) as act:
        assert find_visible(act.db, act.identity, advisory_id) is not None
        assert act.db.scalar(select(PublicationTask.id)) is None
        with pytest.raises(NotPermitted):
            services.publish(act, hub.pk(advisory_id))
