"""`migrate --check`: whether the schema is at head, by its exit status, for scripts."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from advisoryhub_cli import schema
from advisoryhub_cli.context import CLIContext
from advisoryhub_core.db.migrate import MigrationFailed, downgrade
from tests.support.hub import Hub


@pytest.fixture
def owned(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """The hub with its own database for the owner role, too."""
    monkeypatch.setitem(hub.registry.settings, "sqlalchemy.owner_url", hub.registry.owner_url)
    return hub


def migrate(hub: Hub, *arguments: str) -> Result:
    context = CLIContext()
    context.registry = hub.registry
    return CliRunner().invoke(schema.migrate, arguments, obj=context)


def test_at_head_it_exits_0_and_changes_nothing(owned: Hub) -> None:
    result = migrate(owned, "--check")
    assert (result.exit_code, result.stdout) == (0, "The schema is at head.\n")


@pytest.mark.parametrize(
    ("revision", "named"),
    [
        ("core_0004", ["core_"]),
        ("publishing@base", ["publishing_0002"]),
        ("base", ["core_", "publishing_"]),
    ],
)
def test_behind_it_exits_1_with_names_and_migrating_mends_it(
    owned: Hub, revision: str, named: list[str]
) -> None:
    downgrade(owned.registry, revision)
    checked = migrate(owned, "--check")
    assert checked.exit_code == 1
    assert all(name in checked.stderr for name in named), checked.stderr
    assert "advisoryhub migrate" in checked.stderr
    assert migrate(owned).exit_code == 0
    assert migrate(owned).exit_code == 0
    assert migrate(owned, "--check").exit_code == 0
    assert owned.project()


def test_without_the_owners_url_it_says_what_to_set(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(hub.registry.settings, "sqlalchemy.owner_url", "")
    for arguments in ((), ("--check",)):
        failure = migrate(hub, *arguments).exception
        assert isinstance(failure, MigrationFailed)
        assert "DATABASE_OWNER_URL" in str(failure)
