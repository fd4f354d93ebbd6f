"""`settings`: what can be configured, without showing a secret; and the page generated from it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from advisoryhub_cli import settings_report
from advisoryhub_cli.context import CLIContext
from advisoryhub_core.settings import declared_settings

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = ROOT / "docs" / "operations" / "settings.md"


def report(registry: Any, *arguments: str) -> str:
    context = CLIContext()
    context.registry = registry
    result = CliRunner().invoke(settings_report.settings, arguments, obj=context, env={"COLUMNS": "400"})
    assert result.exit_code == 0, result.output
    return result.stdout


def test_no_report_shows_a_secret(registry: Any) -> None:
    secrets = [
        str(item.setting.of(registry))
        for item in declared_settings(registry)
        if item.setting.secret and item.setting.of(registry)
    ]
    assert len(secrets) >= 5
    for arguments in ((), ("--json",), ("--markdown",)):
        shown = report(registry, *arguments)
        for secret in secrets:
            assert secret not in shown


def test_json_has_every_setting_with_its_value_and_owner(registry: Any) -> None:
    rows = {row["key"]: row for row in json.loads(report(registry, "--json"))}
    assert set(rows) == {item.setting.key for item in declared_settings(registry)}
    assert rows["session.secret"]["value"] == "(hidden)"
    assert rows["advisoryhub.base_url"]["value"] == "http://localhost"
    assert rows["step_up.required"] == {
        "key": "step_up.required",
        "env": "STEP_UP_REQUIRED",
        "default": "true",
        "value": "true",
        "owner": "advisoryhub_core.accounts",
        "help": "Ask for a fresh sign-in before a sensitive act.",
    }
    assert rows["publishing.repo_url"]["owner"] == "advisoryhub_publishing"
    assert rows["publishing.repo_token"]["value"] == ""


def test_the_table_names_every_key(registry: Any) -> None:
    table = report(registry)
    for item in declared_settings(registry):
        assert item.setting.key in table
        assert item.setting.env in table


def test_the_reference_is_what_the_command_prints(registry: Any) -> None:
    mend = "run `advisoryhub settings --markdown > docs/operations/settings.md`"
    assert REFERENCE.read_text(encoding="utf-8") == report(registry, "--markdown"), mend


def test_the_reference_depends_on_no_value(registry: Any) -> None:
    text = report(registry, "--markdown")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) == len(declared_settings(registry))
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in rows)
    for item in declared_settings(registry):
        assert item.setting.help.endswith("."), item.setting.key
        assert re.fullmatch(r"[A-Z][A-Z0-9_]+", item.setting.env), item.setting.key
