"""The options of `seed-demo`, and where it refuses."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from advisoryhub_cli import seeding
from advisoryhub_cli.context import CLIContext
from advisoryhub_cli.demo.advisories import STORIES
from advisoryhub_cli.demo.reset import InProduction
from advisoryhub_cli.demo.story import Draft, Publish
from advisoryhub_core.advisories.payload.identifiers import is_advisory_id
from advisoryhub_core.advisories.payload.schema import validate_pinned
from advisoryhub_core.db.migrate import MigrationFailed, downgrade
from tests.support.hub import ADMINS, Hub


def run(hub: Hub, *arguments: str) -> Result:
    context = CLIContext()
    context.registry = hub.registry
    return CliRunner().invoke(seeding.seed_demo, arguments, obj=context)


def figures(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def scalar(hub: Hub, query: str) -> Any:
    with hub.system() as act:
        return act.db.scalar(text(query))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """Only some of the stories, for tests that are not about them; returns how many are published."""
    published = [s for s in STORIES if any(isinstance(step, Publish) for step in s.steps)][:2]
    drafts = [s for s in STORIES if isinstance(s, Draft) and not s.steps][:1]
    monkeypatch.setattr(seeding, "STORIES", (*published, *drafts))
    return len(published)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://localhost:6543", True),
        ("http://hub.localhost", True),
        ("http://127.8.0.1:80", True),
        ("http://[::1]:6543/", True),
        ("https://hub.example.org", False),
        ("http://10.0.0.1", False),
        ("http://localhost.example.org", False),
    ],
)
def test_it_refuses_in_production(hub: Hub, few: int, monkeypatch, url: str, *, allowed: bool) -> None:
    monkeypatch.setitem(hub.registry.settings, "advisoryhub.base_url", url)
    monkeypatch.setitem(hub.registry.settings, "publishing.repo_url", "")
    result = run(hub)
    assert (result.exit_code == 0) is allowed
    assert (scalar(hub, "SELECT count(*) FROM projects") > 1) is allowed
    if not allowed:
        assert isinstance(result.exception, InProduction)
        assert "production" in result.exception.message


def test_the_embedded_stack_is_not_production(hub: Hub, few: int, monkeypatch) -> None:
    monkeypatch.setitem(hub.registry.settings, "advisoryhub.base_url", "https://hub.example.org")
    monkeypatch.setitem(hub.registry.settings, "publishing.repo_url", "")
    monkeypatch.setenv("ADVISORYHUB_EMBEDDED", "1")
    assert run(hub).exit_code == 0


def test_if_empty_leaves_a_hub_with_projects_alone(hub: Hub) -> None:
    hub.project()
    assert figures(run(hub, "--if-empty", "--size", "10", "--json")) == {"seeded": False}
    assert scalar(hub, "SELECT count(*) FROM advisories") == 0


def test_a_hub_with_projects_is_left_alone_without_a_flag(hub: Hub) -> None:
    hub.project()
    result = run(hub)
    assert result.exit_code == 1
    assert "--reset" in result.output
    assert scalar(hub, "SELECT count(*) FROM advisories") == 0


def test_reset_empties_the_hub_and_ends_its_sessions(hub: Hub, few: int, monkeypatch) -> None:
    monkeypatch.setitem(hub.registry.settings, "sqlalchemy.owner_url", hub.registry.owner_url)
    monkeypatch.setitem(hub.registry.settings, "publishing.repo_url", "")
    slug = hub.project()
    advisory_id = hub.draft(slug)
    browser = hub.browser_as(hub.person(ADMINS))
    browser.get(f"/advisories/{advisory_id}/", status=200)
    assert figures(run(hub, "--reset", "--json"))["seeded"] is True
    assert scalar(hub, f"SELECT count(*) FROM projects WHERE slug = '{slug}'") == 0
    assert scalar(hub, "SELECT count(*) FROM projects WHERE slug = 'unsorted'") == 1
    assert scalar(hub, f"SELECT count(*) FROM advisories WHERE advisory_id = '{advisory_id}'") == 0
    # The first person of the new hub has the number that somebody had in the old one.
    assert browser.get("/advisories/", expect_errors=True).status_int != 200


def test_reset_empties_nothing_where_publishing_could_not_work(hub: Hub, few: int, monkeypatch) -> None:
    monkeypatch.setitem(hub.registry.settings, "sqlalchemy.owner_url", hub.registry.owner_url)
    monkeypatch.setitem(hub.registry.settings, "publishing.repo_url", str(hub.repository / "absent"))
    slug = hub.project()
    assert "cannot be used" in str(run(hub, "--reset").exception)
    assert scalar(hub, f"SELECT count(*) FROM projects WHERE slug = '{slug}'") == 1


def test_a_database_without_schema_is_sent_to_migrate(hub: Hub, monkeypatch) -> None:
    monkeypatch.setitem(hub.registry.settings, "sqlalchemy.owner_url", hub.registry.owner_url)
    downgrade(hub.registry, "base")
    result = run(hub, "--if-empty")
    assert isinstance(result.exception, MigrationFailed)
    assert "advisoryhub migrate" in str(result.exception)


def test_reset_and_if_empty_exclude_each_other(hub: Hub) -> None:
    slug = hub.project()
    assert run(hub, "--reset", "--if-empty").exit_code == 2
    assert scalar(hub, f"SELECT count(*) FROM projects WHERE slug = '{slug}'") == 1


@pytest.mark.invariant("INV-LIFECYCLE-3")
def test_without_a_repository_what_would_be_published_stays_a_draft(hub: Hub, few: int, monkeypatch) -> None:
    monkeypatch.setitem(hub.registry.settings, "publishing.repo_url", "")
    said = figures(run(hub, "--json"))
    assert said["advisories"]["published"] == 0
    assert said["left_as_drafts"] >= few


@pytest.mark.invariant("INV-PLUGIN-1")
def test_without_the_plugin_what_would_be_published_stays_a_draft(hub: Hub, few: int, monkeypatch) -> None:
    monkeypatch.setattr(hub.registry, "hub_plugins", ())
    result = run(hub)
    assert result.exit_code == 0
    assert "left as drafts" in result.output
    assert scalar(hub, "SELECT count(*) FROM publication_tasks") == 0


def test_a_repository_of_ones_own_is_made_and_the_configured_one_left_alone(
    hub: Hub, few: int, tmp_path: Path
) -> None:
    before = dict(hub.registry.settings)
    path = tmp_path / "made" / "here.git"
    said = figures(run(hub, "--with-publish-repo", str(path), "--json"))
    assert said["advisories"]["published"] == few
    count = ["git", "rev-list", "--count", "--all"]
    made = subprocess.run(count, cwd=path, check=True, capture_output=True, text=True)
    configured = subprocess.run(count, cwd=hub.repository, check=True, capture_output=True, text=True)
    assert int(made.stdout) >= few
    assert int(configured.stdout) == 0
    assert dict(hub.registry.settings) == before


def test_a_folder_that_is_no_repository_is_refused_before_anything_is_written(
    hub: Hub, few: int, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    result = run(hub, "--with-publish-repo", str(tmp_path))
    assert "cannot be used" in str(result.exception)
    assert scalar(hub, "SELECT count(*) FROM projects") == 1
    assert [entry.name for entry in tmp_path.iterdir() if entry.name == "notes.txt"]


@pytest.mark.invariant("INV-LIFECYCLE-3")
def test_a_failed_push_leaves_a_draft_and_fails_the_command(hub: Hub, few: int) -> None:
    hook = hub.repository / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho the archive is closed >&2\nexit 1\n")
    hook.chmod(0o755)
    result = run(hub)
    assert result.exit_code == 1
    assert "publications failed" in result.output
    assert "the archive is closed" in result.output
    assert scalar(hub, "SELECT count(*) FROM advisories WHERE state = 'published'") == 0
    assert scalar(hub, "SELECT count(*) FROM publication_tasks WHERE status <> 'failed'") == 0


def test_generated_advisories_come_on_top_and_keep_the_rules(hub: Hub) -> None:
    hub.project()
    said = figures(run(hub, "--size", "1500", "--ledger", "10", "--json"))
    assert said["seeded"] is False
    assert said["generated"] == sum(said["advisories"].values()) == 1500
    assert min(said["advisories"].values()) > 50
    figures(run(hub, "--size", "100", "--json"))
    assert scalar(hub, "SELECT count(*) FROM advisories") == 1600
    assert scalar(hub, "SELECT count(DISTINCT project_id) FROM advisories") == 200
    average = scalar(
        hub, "SELECT count(*)::float / 1500 FROM audit_log l JOIN advisories a ON a.id = l.advisory_id"
    )
    assert average == pytest.approx(10, abs=0.5)
    with hub.system() as act:
        pairs = act.db.execute(
            text(
                "SELECT a.advisory_id, a.assigned_cve_id, a.summary, a.affected, v.payload FROM advisories a"
                " JOIN advisory_versions v ON v.advisory_id = a.id AND v.number = a.current_version"
            )
        ).all()
    assert len(pairs) == 1600
    for row in pairs[::13]:
        assert is_advisory_id(row.advisory_id)
        assert validate_pinned(row.payload) == row.payload
        for name in ("advisory_id", "assigned_cve_id", "summary", "affected"):
            assert row.payload[name] == getattr(row, name)


def test_generated_advisories_are_the_same_every_time(hub: Hub, monkeypatch) -> None:
    monkeypatch.setitem(hub.registry.settings, "sqlalchemy.owner_url", hub.registry.owner_url)
    monkeypatch.setitem(hub.registry.settings, "publishing.repo_url", "")
    monkeypatch.setattr(seeding, "STORIES", ())
    seen = []
    for _time in range(2):
        figures(run(hub, "--reset", "--size", "50", "--json"))
        query = "SELECT jsonb_agg(jsonb_build_array(advisory_id, summary, state) ORDER BY id) FROM advisories"
        seen.append(scalar(hub, query))
    assert seen[0] == seen[1]
    assert len({summary for _id, summary, _state in seen[0]}) > 45


def test_a_pipe_gets_plain_lines(hub: Hub) -> None:
    hub.project()
    result = run(hub, "--size", "20")
    assert "Generated advisories: 20 of 20" in result.stderr
    assert "\x1b" not in result.output
    assert result.stdout.startswith("Advisories in the hub: ")
