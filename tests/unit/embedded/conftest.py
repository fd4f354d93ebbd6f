"""Short folders for servers, and a hub of scripts that the stack can run in place of the real one."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from advisoryhub_embedded.constants import INI_KEYS

FAKE_HUB = """
import http.server, os, signal, subprocess, sys, time
from pathlib import Path

folder, role = Path(sys.argv[1]), sys.argv[2]
(folder / f"{role}.pid").write_text(str(os.getpid()))
(folder / f"{role}.env").write_text("\\n".join(f"{k}={v}" for k, v in os.environ.items()))
if role in {"migrate", "seed"}:
    print(f"{role} wants to fail" if (folder / f"{role}-fails").exists() else f"{role} is fine")
    sys.exit(3 if (folder / f"{role}-fails").exists() else 0)
if role == "worker":
    if (folder / "worker-dies").exists():
        sys.exit("the worker never wanted to")
    child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
    (folder / "grandchild.pid").write_text(str(child.pid))
    if (folder / "worker-stubborn").exists():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while not (folder / "worker-dies").exists():
        time.sleep(0.02)
    print("the worker has had enough")
    sys.exit(7)

class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
    def log_message(self, *args):
        pass

http.server.HTTPServer(("127.0.0.1", int(sys.argv[3])), Ready).serve_forever()
"""

DRIVER = """
import sys
from pathlib import Path
from advisoryhub_embedded.hub import HubCommands
from advisoryhub_embedded.up import up

port, folder, ini = int(sys.argv[1]), sys.argv[2], sys.argv[3]
command = (sys.executable, f"{folder}/fake_hub.py", folder)
sys.exit(up(
    Path(ini) if ini else None,
    port=port,
    data_dir=Path(folder, "var"),
    commands=HubCommands(
        (*command, "migrate"), (*command, "seed"), (*command, "worker"), (*command, "web", str(port)),
        worker_answers=lambda url: Path(folder, "grandchild.pid").exists(),
    ),
))
"""


def wait_for(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def is_alive(pid):
    """A zombie that nobody has reaped yet does not count."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Folder:
    """A folder with the scripted hub, and the stacks that were started in it."""

    def __init__(self, path):
        self.path = path
        self.started = []
        (path / "fake_hub.py").write_text(FAKE_HUB)
        (path / "driver.py").write_text(DRIVER)

    @property
    def var(self):
        return self.path / "var"

    def start(self, port=None, ini="", **environment):
        port = port or free_port()
        kept = {
            name: value
            for name, value in os.environ.items()
            if name.removesuffix("_FILE") not in INI_KEYS and name != "PYTHONWARNINGS"
        }
        process = subprocess.Popen(
            [sys.executable, str(self.path / "driver.py"), str(port), str(self.path), ini],
            env={**kept, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        process.port = port
        self.started.append(process)
        return process

    def pid(self, role):
        return int((self.path / f"{role}.pid").read_text())

    def environment(self, role):
        return dict(line.split("=", 1) for line in (self.path / f"{role}.env").read_text().splitlines())

    def wait_for_hub(self):
        wait_for(lambda: (self.path / "web.pid").exists() and (self.path / "grandchild.pid").exists())

    def flag(self, name):
        (self.path / name).touch()

    def clean_up(self):
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def short_folder():
    """A folder that the database's own user can pass through, with a short path."""
    with tempfile.TemporaryDirectory(prefix="ahe-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def folder(short_folder):
    made = Folder(short_folder)
    yield made
    made.clean_up()


@pytest.fixture
def outside():
    """Settings that leave nothing to start but the repository, so that a stack is up at once."""
    return {
        "DATABASE_URL": "postgresql://outside/hub",
        "CELERY_BROKER_URL": "redis://outside:1/0",
        "OIDC_ISSUER": "https://login.example.org",
        "EMAIL_HOST": "mail.example.org",
    }


@pytest.fixture
def soon():
    return wait_for


@pytest.fixture
def alive():
    return is_alive


@pytest.fixture
def a_free_port():
    return free_port()
