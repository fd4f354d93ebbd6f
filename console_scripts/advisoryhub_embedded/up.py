"""`advisoryhub up`: the whole hub with everything it needs, in one folder, until Ctrl-C."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from advisoryhub_embedded.constants import DEFAULT_PORT
from advisoryhub_embedded.errors import EmbeddedExtraMissing, StackRefused
from advisoryhub_embedded.files import FileLock, private_folder, write_private
from advisoryhub_embedded.hub import HubCommands
from advisoryhub_embedded.keepsakes import is_free
from advisoryhub_embedded.outside import Given
from advisoryhub_embedded.parts import Part, ProcessPart, Step
from advisoryhub_embedded.people import DEMO_PEOPLE
from advisoryhub_embedded.services import Services
from advisoryhub_embedded.supervisor import Supervisor, line

_LOCK = "up.lock"
_ENVIRONMENT = "environment.json"


def up(
    ini_path: Path | None,
    *,
    port: int = DEFAULT_PORT,
    demo: bool = True,
    data_dir: Path = Path("var"),
    commands: HubCommands | None = None,
    tell: Callable[[str], None] | None = None,
) -> int:
    """Run the stack with its data in `data_dir` and the web server on `port`; return the exit status.

    With `demo` an empty database is given demo data. Parts whose setting is given in the environment or
    in the ini file are not started. `commands` replaces the hub's own processes, `tell` the terminal.
    """
    say = tell or _print
    data_dir = data_dir.absolute()
    try:
        given = Given.from_file(ini_path, os.environ)
        with _claimed(data_dir, port):
            _check_port(port)
            stack = _Stack(given, data_dir, port, commands or HubCommands.of_console(ini_path, port), say)
            return stack.run(demo=demo)
    except (StackRefused, EmbeddedExtraMissing) as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1


def running_environment(data_dir: Path = Path("var")) -> dict[str, str]:
    """Return the environment of the stack that runs in this folder, so that commands beside it find it.

    Empty if none does.
    """
    if not (data_dir / _LOCK).exists():
        return {}
    with FileLock(data_dir / _LOCK) as lock:
        if lock.acquire():
            return {}
    try:
        kept = json.loads((data_dir / _ENVIRONMENT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in kept.items()}


class _Stack:
    def __init__(
        self, given: Given, data_dir: Path, port: int, commands: HubCommands, tell: Callable[[str], None]
    ) -> None:
        self._services = Services(given, data_dir, port)
        self._data_dir = data_dir
        self._port = port
        self._commands = commands
        self._tell = tell

    def run(self, *, demo: bool) -> int:
        environment_file = self._data_dir / _ENVIRONMENT
        try:
            return Supervisor(self._tell).run(self._stages(demo=demo), self._announce)
        finally:
            environment_file.unlink(missing_ok=True)

    def _stages(self, *, demo: bool) -> Iterator[Sequence[Part]]:
        for name, place in self._services.outside():
            self._tell(line(name, f"as configured ({place})"))
        yield self._services.parts
        # Addresses are known now.
        handed = self._services.environment()
        write_private(self._data_dir / _ENVIRONMENT, json.dumps(handed))
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"} | handed
        logs = self._services.log_dir
        yield [Step("Migrations", self._commands.migrate, logs / "migrate.log", environment=environment)]
        if demo:
            yield [Step("Demo data", self._commands.seed, logs / "seed-demo.log", environment=environment)]
        broker_url = self._services.broker_url
        yield [
            ProcessPart(
                "Worker and beat",
                self._commands.worker,
                logs / "worker.log",
                environment=environment,
                where="running",
                is_ready=lambda: self._commands.worker_answers(broker_url),
            ),
            ProcessPart(
                "Web",
                self._commands.web,
                logs / "web.log",
                environment=environment,
                where=f"port {self._port}",
                is_ready=lambda: self._commands.web_is_ready(self._port),
            ),
        ]

    def _announce(self) -> None:
        self._tell("")
        self._tell(f"AdvisoryHub is ready: {self._services.base_url}")
        if self._services.provider is not None:
            self._tell("Sign in as one of these; there is no password:")
            for person in DEMO_PEOPLE:
                self._tell(f"    {person.name:<20}{person.email:<20}{person.role}")
        self._tell("Ctrl-C ends it; the data stays.")


def _claimed(data_dir: Path, port: int) -> FileLock:
    """Take the folder for this process; raises `StackRefused` if another one has it."""
    try:
        # Started by root, PostgreSQL's own user has to pass through; all that is below is closed to it.
        private_folder(data_dir, 0o711 if os.geteuid() == 0 else 0o700)
        lock = FileLock(data_dir / _LOCK)
        if lock.acquire():
            lock.write(f"process {os.getpid()}, port {port}")
            return lock
        holder = lock.path.read_text(encoding="utf-8") or "a process that just started"
    except OSError as error:
        raise StackRefused(f"{data_dir} cannot be used: {error.strerror}") from None
    raise StackRefused(f"AdvisoryHub already runs in this folder ({holder}); stop it first")


def _check_port(port: int) -> None:
    if not is_free(port):
        raise StackRefused(f"Port {port} is taken by another process: stop it, or choose another with --port")


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
