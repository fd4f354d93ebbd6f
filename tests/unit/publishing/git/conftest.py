"""Real Git repositories, and real Git servers on loopback."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from advisoryhub_publishing.git import Commit

PLAIN_ENV = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Someone",
    "GIT_AUTHOR_EMAIL": "someone@example.org",
    "GIT_COMMITTER_NAME": "Someone",
    "GIT_COMMITTER_EMAIL": "someone@example.org",
}


@dataclass
class BareRepository:
    """A bare repository as its server sees it."""

    path: Path

    @property
    def url(self) -> str:
        return self.path.as_uri()

    def git(self, *arguments: str, given: bytes = b"") -> bytes:
        command = ["git", "--git-dir", str(self.path), *arguments]
        return subprocess.run(command, input=given, env=PLAIN_ENV, check=True, capture_output=True).stdout

    def head(self, branch: str = "main") -> str:
        return self.git("rev-parse", f"refs/heads/{branch}").decode().strip()

    def log(self, pretty: str = "%s") -> list[str]:
        return self.git("log", f"--format={pretty}", "main").decode().splitlines()

    def names(self) -> list[str]:
        return self.git("ls-tree", "-r", "-z", "--name-only", "main").decode().split("\0")[:-1]

    def files(self) -> dict[str, bytes]:
        return {name: self.git("cat-file", "blob", f"main:{name}") for name in self.names()}

    def add(self, files: dict[str, bytes], mode: str = "100644", message: str = "Earlier work") -> None:
        """Commit files (or links, with mode 120000) on main as somebody else would."""
        who = "S <s@example.org> 1700000000 +0000"
        parts = [f"commit refs/heads/main\ncommitter {who}\ndata {len(message)}\n{message}\n"]
        if self.git("for-each-ref", "refs/heads/main"):
            parts.append("from refs/heads/main^0\n")
        stream = "".join(parts).encode()
        for name, content in files.items():
            stream += b"M %s inline %s\ndata %d\n%s\n" % (mode.encode(), name.encode(), len(content), content)
        self.git("fast-import", "--quiet", given=stream)

    def add_submodule(self, name: str) -> None:
        stream = b"commit refs/heads/main\ncommitter S <s@example.org> 1700000000 +0000\ndata 1\ns\n"
        stream += b"from refs/heads/main^0\nM 160000 " + b"1" * 40 + b" " + name.encode() + b"\n"
        self.git("fast-import", "--quiet", given=stream)

    def hook(self, name: str, script: str) -> None:
        path = self.path / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture
def new_repository(tmp_path: Path) -> Callable[[str], BareRepository]:
    def make(name: str) -> BareRepository:
        path = tmp_path / "server" / name
        command = ["git", "init", "--quiet", "--bare", "--initial-branch=main", str(path)]
        subprocess.run(command, env=PLAIN_ENV, check=True)
        return BareRepository(path)

    return make


@pytest.fixture
def empty(new_repository: Callable[[str], BareRepository]) -> BareRepository:
    return new_repository("advisories.git")


@pytest.fixture
def repository(empty: BareRepository) -> BareRepository:
    empty.add({"README.md": b"# Advisories\n"})
    return empty


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    path = tmp_path / "scratch"
    path.mkdir()
    return path


@pytest.fixture
def commit() -> Commit:
    when = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    return Commit("Publish advisory ECL-2345-6789-cfgh", "Security Team", "security@example.org", when)


@pytest.fixture
def git_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Put a recording `git` first on PATH; the function returns the command lines so far."""
    log = tmp_path / "git-calls"
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\necho "$*" >> {log}\nexec {shutil.which("git")} "$@"\n', encoding="utf-8")
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", str(wrapper.parent), prepend=os.pathsep)
    return lambda: log.read_text(encoding="utf-8").splitlines()


@dataclass
class HTTPRemote:
    """A Git server over HTTP that asks for credentials and records what it sees."""

    root: Path
    password: str
    user: str = "x-access-token"
    redirect_to: str | None = None
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    while_answering: Callable[[], None] = lambda: None
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    remote: HTTPRemote

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def log_message(self, *_arguments: object) -> None:
        pass

    def _answer(self, body: bytes) -> None:
        remote = self.remote
        given = self.headers.get("Authorization")
        remote.requests.append((f"{self.command} {self.path}", given))
        remote.while_answering()
        if remote.redirect_to is not None:
            self._respond(302, b"", {"Location": remote.redirect_to + self.path})
        elif not self._allowed(given):
            self._respond(401, b"no entry", {"WWW-Authenticate": 'Basic realm="git"'})
        else:
            self._backend(body)

    def _allowed(self, given: str | None) -> bool:
        expected = f"{self.remote.user}:{self.remote.password}".encode()
        return given == "Basic " + base64.b64encode(expected).decode()

    def _backend(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        env = {
            **PLAIN_ENV,
            "GIT_PROJECT_ROOT": str(self.remote.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_USER": self.remote.user,
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, env=env, check=False, capture_output=True
        ).stdout
        head, _, content = done.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self._respond(int(headers.pop("Status", "200").split()[0]), content, headers)

    def _respond(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def http_server(tmp_path: Path) -> Iterator[Callable[..., HTTPRemote]]:
    """Start Git servers over HTTP for the repositories in the `server` folder."""
    servers = []

    def start(password: str = "", **options: object) -> HTTPRemote:
        remote = HTTPRemote(tmp_path / "server", password, **options)
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"remote": remote}))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        remote.url = f"http://127.0.0.1:{server.server_address[1]}"
        return remote

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
