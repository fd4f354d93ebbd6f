"""Processes of the stack: each under a keeper, in its own session, writing its own log."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from advisoryhub_embedded import keeper
from advisoryhub_embedded.errors import PartFailed
from advisoryhub_embedded.files import FileLock, open_log
from advisoryhub_embedded.system_user import SystemUser

_POLL_SECONDS = 0.02
_KEEPER_SECONDS = 5.0
_FIRST_SIGNAL_STATUS = 128


class KeptProcess:
    """One run of a command, which ends no later than the process that started it.

    `grace` is how many seconds it gets to end after `stop_signal` before its process group is killed.
    """

    def __init__(
        self,
        part: str,
        command: Sequence[str],
        log_path: Path,
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        grace: float = 10.0,
        user: SystemUser | None = None,
        lock: FileLock | None = None,
    ) -> None:
        self.log_path = log_path
        self._part = part
        self._grace = grace
        self._folder = folder
        self._environment = environment
        self._lock = lock
        uid, gid = (user.uid, user.gid) if user else (-1, -1)
        settings = [str(int(stop_signal)), str(grace), str(uid), str(gid)]
        # A bare interpreter: no site packages, no environment variables that change it.
        self._command = [sys.executable, "-I", "-S", keeper.__file__, *settings, *command]
        self._process: subprocess.Popen[bytes] | None = None
        self._guard = threading.Lock()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start the command; raises `PartFailed` if it was told to stop before."""
        log = open_log(self.log_path)
        try:
            with self._guard:
                if self._stopping.is_set():
                    raise PartFailed(self._part, "was told to stop before it started")
                self._process = subprocess.Popen(  # noqa: S603 (the stack's own commands, no shell)
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=dict(os.environ if self._environment is None else self._environment),
                    cwd=self._folder,
                    start_new_session=True,
                    pass_fds=(self._lock.descriptor,) if self._lock else (),
                )
        finally:
            os.close(log)

    def poll(self) -> int | None:
        """Return the exit status if the command ended, 128 plus the signal's number if one ended it."""
        return None if self._process is None else self._process.poll()

    def wait_until(self, is_ready: Callable[[], bool], seconds: float) -> None:
        """Wait until `is_ready`; raises `PartFailed` when the command ends, is stopped or is too slow."""
        deadline = time.monotonic() + seconds
        while True:
            if (status := self.poll()) is not None:
                raise self.failed(f"{describe_status(status)} before it was ready")
            if is_ready():
                return
            if time.monotonic() >= deadline:
                raise self.failed(f"was not ready after {seconds:.0f} seconds")
            if self._stopping.wait(_POLL_SECONDS):
                raise self.failed("was told to stop before it was ready")

    def complete(self, seconds: float) -> None:
        """Start the command and wait for its end; raises `PartFailed` unless it ends well in time."""
        self.start()
        assert self._process is not None
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.stop()
            raise self.failed(f"had not finished after {seconds:.0f} seconds") from None
        self._close_pipe()
        if status:
            raise self.failed(describe_status(status))

    def failed(self, message: str) -> PartFailed:
        return PartFailed(self._part, message, self.log_path)

    def stop(self) -> None:
        """Ask the command to end, wait for it, and kill what is left of it after its grace."""
        with self._guard:
            self._stopping.set()
        if self._process is None:
            return
        self._close_pipe()
        try:
            self._process.wait(self._grace + _KEEPER_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """Kill the command and its process group at once; `stop` then finds it gone."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)

    def _close_pipe(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()


def describe_status(status: int) -> str:
    """Say in words how a process ended."""
    if status > _FIRST_SIGNAL_STATUS:
        try:
            return f"was ended by {signal.Signals(status - _FIRST_SIGNAL_STATUS).name}"
        except ValueError:
            pass
    return f"ended with exit status {status}"
