"""The demonstration as a whole, seeded once into a hub with a publication repository."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from advisoryhub_cli.context import CLIContext
from advisoryhub_cli.demo.advisories import STORIES
from advisoryhub_cli.demo.people import COLLABORATOR, NOBODY
from advisoryhub_cli.demo.story import Publish, Withdraw
from advisoryhub_cli.seeding import seed_demo
from advisoryhub_core.advisories.models import Advisory, AdvisoryVersion
from advisoryhub_core.advisories.payload.schema import validate_pinned
from advisoryhub_core.advisories.payloads import pinned
from advisoryhub_core.advisories.states import State
from tests.support.hub import Hub


@pytest.fixture(scope="module")
def seeded(
    registry: Any, postgres: Any, provider: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Hub, dict[str, Any]]]:
    """The seeded hub, and what the command said about it."""
    with Hub.on_copy(registry, postgres, provider, tmp_path_factory.mktemp("seeded")) as hub:
        context = CLIContext()
        context.registry = registry
        outcome = CliRunner().invoke(seed_demo, ["--json"], obj=context, catch_exceptions=False)
        assert outcome.exit_code == 0, outcome.output
        yield hub, json.loads(outcome.stdout)


def _one(hub: Hub, query: str, **values: Any) -> Any:
    with hub.system() as act:
        return act.db.scalar(text(query), values)


def test_every_state_is_there_many_times(seeded) -> None:
    hub, said = seeded
    assert set(said["advisories"]) == {state.value for state in State}
    assert min(said["advisories"].values()) >= 5
    assert sum(said["advisories"].values()) == len(STORIES)
    assert _one(hub, "SELECT count(*) FROM projects") == 13


@pytest.mark.invariant("INV-VERSION-1")
def test_the_newest_version_equals_the_live_row_and_is_valid(seeded) -> None:
    hub, _said = seeded
    with hub.system() as act:
        rows = act.db.query(Advisory, AdvisoryVersion).join(
            AdvisoryVersion,
            (AdvisoryVersion.advisory_id == Advisory.id)
            & (AdvisoryVersion.number == Advisory.current_version),
        )
        pairs = rows.all()
        assert len(pairs) == len(STORIES)
        for advisory, newest in pairs:
            assert newest.payload == pinned(advisory)
            assert validate_pinned(newest.payload) == newest.payload
            assert advisory.created_at <= newest.created_at <= advisory.modified_at


@pytest.mark.invariant("INV-LIFECYCLE-3")
def test_published_ones_were_pushed_and_nothing_else_was(seeded) -> None:
    hub, said = seeded
    listing = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", "main"],
        cwd=hub.repository,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    pushed = {path.split("/")[-1] for path in listing if path.startswith("osv/") and path.count("/") == 2}
    with hub.system() as act:
        published = set(act.db.scalars(text("SELECT advisory_id FROM advisories WHERE state = 'published'")))
        withdrawn = set(
            act.db.scalars(
                text("SELECT advisory_id FROM advisories WHERE dismissed_from_state = 'published'")
            )
        )
        # The record of a withdrawn advisory's number stays public, as rejected.
        numbers = set(
            act.db.scalars(
                text(
                    "SELECT assigned_cve_id FROM advisories"
                    " WHERE state = 'published' AND assigned_cve_id IS NOT NULL"
                    " UNION SELECT cve_id FROM orphan_cves"
                )
            )
        )
    assert {name.removesuffix(".json") for name in pushed if name.startswith("ECL-")} == published | withdrawn
    assert len(published) == said["advisories"]["published"]
    assert len(withdrawn) == 1
    assert len(numbers) >= 3
    assert {path.split("/")[-1] for path in listing if path.startswith("cves/")} == {
        f"{number}.json" for number in numbers
    }


def test_dates_run_over_a_year_and_agree_with_each_other(seeded) -> None:
    hub, _said = seeded
    assert _one(hub, "SELECT max(created_at) - min(created_at) > interval '300 days' FROM advisories")
    assert _one(hub, "SELECT bool_and(created_at <= modified_at AND modified_at <= now()) FROM advisories")
    assert _one(
        hub,
        "SELECT bool_and(p.created_at = p.started_at AND p.finished_at <= now() AND p.first_published_at <="
        " p.created_at AND p.attempts = 1) FROM publication_tasks p",
    )
    assert (
        _one(
            hub,
            "SELECT count(*) FROM (SELECT v.created_at < lag(v.created_at) OVER (PARTITION BY v.advisory_id"
            " ORDER BY v.number) AS back FROM advisory_versions v) s WHERE back",
        )
        == 0
    )


def test_drafts_have_versions_by_several_people_and_some_lack_something(seeded) -> None:
    hub, _said = seeded
    assert (
        _one(
            hub,
            "SELECT count(*) FROM (SELECT v.advisory_id FROM advisory_versions v JOIN advisories a ON"
            " a.id = v.advisory_id WHERE a.state = 'draft'"
            " GROUP BY 1 HAVING count(DISTINCT v.editor_id) > 1) s",
        )
        >= 2
    )
    assert _one(hub, "SELECT count(*) FROM advisories WHERE state = 'draft' AND details = ''") >= 2


def test_the_collaborator_sees_three_advisories_and_nobody_is_unknown(seeded) -> None:
    hub, _said = seeded
    with hub.system() as act:
        held = act.db.scalars(
            text("SELECT g.permission FROM grants g JOIN users u ON u.id = g.user_id WHERE u.email = :email"),
            {"email": COLLABORATOR.email},
        )
        assert sorted(held) == ["collaborator", "collaborator", "viewer"]
    assert _one(hub, "SELECT count(*) FROM users WHERE email = :email", email=NOBODY.email) == 0


def test_people_who_sign_in_find_the_accounts_that_were_seeded(seeded) -> None:
    hub, _said = seeded
    before = _one(hub, "SELECT id FROM users WHERE email = :email", email=COLLABORATOR.email)
    browser = hub.browser_as(before)
    assert browser.get("/advisories/", status=200)
    assert _one(hub, "SELECT count(*) FROM users WHERE email = :email", email=COLLABORATOR.email) == 1


def test_a_draft_waits_to_be_moved(seeded) -> None:
    hub, _said = seeded
    query = "SELECT count(*) FROM advisories WHERE state = 'draft' AND reassignment_suggested_id IS NOT NULL"
    assert _one(hub, query) == 1


@pytest.mark.invariant("INV-AUDIT-3")
def test_every_publication_is_on_the_ledger_once_and_none_is_sent_to_a_worker(seeded) -> None:
    hub, _said = seeded
    asked = sum(isinstance(step, Publish) for story in STORIES for step in story.steps)
    withdrawn = sum(isinstance(step, Withdraw) for story in STORIES for step in story.steps)
    for action, expected in (
        ("publication.requested", asked + withdrawn),
        ("publication.pushed", asked + withdrawn),
        ("advisory.published", asked),
    ):
        assert _one(hub, "SELECT count(*) FROM audit_log WHERE action = :action", action=action) == expected
    assert hub.run_jobs("publishing") == 0
