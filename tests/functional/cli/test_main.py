"""The command `advisoryhub` from a shell: exit status, help, names, words for a bad configuration."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from advisoryhub_cli.main import main
from advisoryhub_core.db.settings import PRINCIPAL_KEY
from tests.functional.plugins.kit import Plugin, installed
from tests.support.hub import ADMINS


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without an ini file."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Everything that has to be given, by environment; nothing that would be connected to."""
    secret = "long enough to be a secret of this test"
    for name, value in {
        "DATABASE_URL": "postgresql://app:pa55word@127.0.0.1:1/hub",
        PRINCIPAL_KEY.env: secret,
        "ADVISORYHUB_BASE_URL": "https://hub.example.org",
        "ADVISORYHUB_SESSION_SECRET": secret,
        "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "OIDC_ISSUER": "https://id.example.org",
        "OIDC_CLIENT_ID": "hub",
        "OIDC_CLIENT_SECRET": secret,
        "OIDC_ADMIN_GROUP": ADMINS,
    }.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_everything_wrong_with_the_configuration_is_said_at_once(
    configured: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configured.delenv("OIDC_ISSUER")
    configured.setenv("DATABASE_URL", "mysql://root:pa55word@db/hub")
    configured.setenv("STEP_UP_MAX_AGE_SECONDS", "soon")
    configured.setenv("ADVISORYHUB_SESSION_SECRET", "short-s3cret")
    configured.setenv("PUB_REPO_URL", "http://x y")
    configured.setenv("READYZ_INCLUDE_PUB_REPO", "perhaps")
    status, _out, err = run(capsys, "settings")
    assert status == 1
    assert err.startswith("The configuration cannot be used:\n")
    for wrong in (
        "sqlalchemy.url (environment: DATABASE_URL) needs an absolute URL",
        "oidc.issuer (environment: OIDC_ISSUER) must be given",
        "step_up.max_age_seconds (environment: STEP_UP_MAX_AGE_SECONDS) needs a whole number",
        "session.secret (environment: ADVISORYHUB_SESSION_SECRET) needs at least 32 characters",
        "readyz.include_pub_repo (environment: READYZ_INCLUDE_PUB_REPO) needs true or false",
    ):
        assert wrong in err
    assert "Traceback" not in err
    for secret in ("pa55word", "short-s3cret"):
        assert secret not in err


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("migrate", "--help"), ("--version",)])
def test_help_needs_no_configuration(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    status, out, err = run(capsys, *arguments)
    assert status == 0
    assert err == ""
    if "--version" not in arguments:
        assert "Usage: advisoryhub" in out


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    _status, out, _err = run(capsys, "--help")
    for name in ("beat", "migrate", "seed-demo", "serve", "settings", "up", "worker"):
        assert f"\n  {name} " in out


@pytest.mark.parametrize("name", ["seed-demo", "seed_demo"])
def test_names_with_underscores_are_accepted(capsys: pytest.CaptureFixture[str], name: str) -> None:
    status, out, _err = run(capsys, name, "--help")
    assert status == 0
    assert "--with-publish-repo" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("no-such-command",), "no-such-command"),
        (("migrate", "--no-such-option"), "--no-such-option"),
        (("-c", "absent.ini", "settings"), "there is no file absent.ini"),
        (("up", "--port", "70000"), "70000"),
    ],
)
def test_wrong_usage_exits_2(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    status, _out, err = run(capsys, *arguments)
    assert status == 2
    assert said in err
    assert "Traceback" not in err


def test_a_plugin_adds_a_command(configured: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    @click.command("howl-at-moon")
    def howl() -> None:
        """Howl."""
        click.echo("Aooo!")

    with installed(Plugin("moon", lambda config: config.add_command(howl))):
        assert "howl-at-moon" in run(capsys, "--help")[1]
        assert run(capsys, "howl_at_moon")[:2] == (0, "Aooo!\n")


def conflicting(config: Any) -> None:
    config.add_task("publishing.run", print)


def failing(_config: Any) -> None:
    raise LookupError("half of it")


@pytest.mark.parametrize(
    ("includeme", "said"),
    [(conflicting, "Conflicting configuration"), (failing, "plugin odd cannot be included")],
)
def test_plugins_that_cannot_be_used_end_a_command_in_words(
    configured: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], includeme: Any, said: str
) -> None:
    with installed(Plugin("odd", includeme)):
        assert run(capsys, "--help")[0] == 0
        status, _out, err = run(capsys, "settings")
    assert status == 1
    assert said in err
    assert "Traceback" not in err


def test_the_module_is_the_command(tmp_path: Path) -> None:
    """In a process of its own, in a folder that it does not know."""
    ended = subprocess.run(
        [sys.executable, "-m", "advisoryhub_cli", "settings"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "(environment: DATABASE_URL) must be given" in ended.stderr
    assert "Traceback" not in ended.stderr
