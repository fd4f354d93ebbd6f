"""The hub without its publishing plugin: everything of it is gone, and nothing else is (INV-PLUGIN-1)."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy import inspect, text

from advisoryhub_cli import schema
from advisoryhub_cli.context import CLIContext
from advisoryhub_core.advisories.states import State
from advisoryhub_core.advisories.withdrawal import NothingPublishes, withdraw_advisory
from advisoryhub_core.settings import declared_settings
from tests.functional.plugins.conftest import MakeHub
from tests.functional.plugins.kit import Maker
from tests.support.hub import csrf
from tests.support.lifecycle import do, facts

WITHOUT = {"advisoryhub.plugins": "none"}


@pytest.mark.invariant("INV-PLUGIN-1")
def test_it_migrates_an_empty_database_without_the_plugins_tables(maker: Maker) -> None:
    maker.postgres.create_database("without_plugins")
    with maker.registry(database="without_plugins", **WITHOUT) as registry:
        context = CLIContext()
        context.registry = registry
        result = CliRunner().invoke(schema.migrate, obj=context)
        assert result.exit_code == 0, result.output
        assert CliRunner().invoke(schema.migrate, ["--check"], obj=context).exit_code == 0
        with registry.db_engine.connect() as connection:
            tables = set(inspect(connection).get_table_names())
            assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1
        registry.db_engine.dispose()
    maker.postgres.drop_database("without_plugins")
    assert "advisories" in tables
    assert not {name for name in tables if name.startswith("publication")}


@pytest.mark.invariant("INV-PLUGIN-1")
def test_advisories_are_written_and_read_and_nothing_offers_to_publish(make_hub: MakeHub) -> None:
    with make_hub(**WITHOUT) as hub:
        project = hub.project(mature=True)
        member = hub.member(project)
        advisory_id = hub.draft(project, by=member)
        browser = hub.browser_as(member)
        assert advisory_id in browser.get("/advisories/").text
        page = browser.get(f"/advisories/{advisory_id}/")
        assert "publication" not in page.text.lower()
        assert f"/advisories/{advisory_id}/publish/" not in page.text
        form = browser.get(f"/advisories/{advisory_id}/edit/").forms["advisory-form"]
        form["summary"] = "Edited without publishing"
        assert "Saved as version 2" in form.submit("act", value="save").follow().text
        token = csrf(page)
        for path in ("/publication/", "/publication/tasks/1/retry/", f"/advisories/{advisory_id}/publish/"):
            browser.get(path, status=404)
            browser.post(path, {"csrf_token": token, "confirm": advisory_id}, status=404)
        browser.get(f"/advisories/{advisory_id}/publication-card/", status=404)
        assert browser.get("/readyz", status=200).json == {"status": "ok"}


@pytest.mark.invariant("INV-PLUGIN-1")
def test_a_withdrawal_that_nobody_would_push_is_refused_without_a_trace(make_hub: MakeHub) -> None:
    with make_hub(**WITHOUT) as hub:
        advisory_id = hub.in_state(hub.project(), State.PUBLISHED)
        before = hub.ledger(advisory_id)
        with pytest.raises(NothingPublishes):
            do(hub, hub.admin(), withdraw_advisory, advisory_id, reason="Not a flaw.")
        assert hub.ledger(advisory_id) == before
        assert facts(hub, advisory_id, "withdrawn_reason", "current_version") == ("", 1)


@pytest.mark.invariant("INV-PLUGIN-1")
def test_its_settings_tasks_schedules_and_actions_are_gone(maker: Maker) -> None:
    with maker.registry(**WITHOUT) as registry:
        owners = {item.owner for item in declared_settings(registry)}
        assert not {owner for owner in owners if not owner.startswith("advisoryhub_core")}
        assert not [name for name in registry.celery.tasks if name.startswith("publishing")]
        assert registry.celery.conf.beat_schedule
        assert not [name for name in registry.celery.conf.beat_schedule if name.startswith("publishing")]
        assert not [name for name in registry.hub_audit_actions if name.startswith("publication")]
