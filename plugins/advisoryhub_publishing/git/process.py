"""Running Git: argument lists, a given environment, a time limit for the whole process group."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from advisoryhub_publishing.git.errors import GitFailed
from advisoryhub_publishing.git.model import Limits

_WORDS_LIMIT = 256 * 1024
_CHUNK = 64 * 1024
_GRACE = 5.0
_SLICE = 0.5


@dataclass(frozen=True)
class Finished:
    """What a Git process left: exit code, its output, and what it said on standard error."""

    code: int
    output: bytes
    words: str


class _Drain(threading.Thread):
    """Reads a pipe to its end and keeps the first `limit` bytes, so that no writer ever blocks."""

    def __init__(self, pipe: IO[bytes], limit: int) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._limit = limit
        self._kept = bytearray()
        self.overflowed = False

    def run(self) -> None:
        with self._pipe, suppress(OSError, ValueError):
            while chunk := self._pipe.read1(_CHUNK):  # type: ignore[attr-defined]  # a BufferedReader
                room = self._limit - len(self._kept)
                self._kept += chunk[:room]
                self.overflowed |= len(chunk) > room

    def result(self) -> bytes:
        return bytes(self._kept)


class Git:
    """Runs Git processes for one publication.

    `folder` is the scratch folder, where standard input is spooled. Nothing is run past
    `deadline`, a reading of the monotonic clock.
    """

    def __init__(self, folder: Path, env: Mapping[str, str], limits: Limits, deadline: float) -> None:
        self._folder = folder
        self._env = dict(env)
        self._limits = limits
        self._deadline = deadline

    def run(
        self,
        step: str,
        arguments: Sequence[str],
        *,
        kind: Literal["local", "network"] = "local",
        given: bytes = b"",
        tolerate: bool = False,
    ) -> Finished:
        """Run `git arguments` with `given` as standard input and return what it left.

        Raises `GitFailed` when the time is up, when the output is larger than `limits.output`, and on
        a non-zero exit unless `tolerate`.
        """
        allowed = min(getattr(self._limits, kind), self._deadline - time.monotonic())
        if allowed <= 0:
            raise GitFailed(step, f"gave up after {self._limits.total:g} s in total")
        finished = self._run(step, ["git", *arguments], given, allowed)
        if finished.code and not tolerate:
            words = finished.words.strip() or f"git {arguments[0]} ended with exit code {finished.code}"
            raise GitFailed(step, words)
        return finished

    def _run(self, step: str, command: list[str], given: bytes, allowed: float) -> Finished:
        spool = self._folder / "stdin"
        spool.write_bytes(given)
        with spool.open("rb") as stdin:
            process = self._start(step, command, stdin)
            drains = (
                _Drain(_pipe(process.stdout), self._limits.output),
                _Drain(_pipe(process.stderr), _WORDS_LIMIT),
            )
            try:
                for drain in drains:
                    drain.start()
                code = _wait(process, drains[0], allowed)
            except subprocess.TimeoutExpired:
                raise GitFailed(
                    step, f"git {command[1]} did not finish within {allowed:.3g} s and was stopped"
                ) from None
            finally:
                _end(process)
                for drain in drains:
                    drain.join(_GRACE)
        output, words = drains
        if output.overflowed:
            raise GitFailed(step, f"git {command[1]} printed more than {self._limits.output} bytes")
        return Finished(code, output.result(), words.result().decode("utf-8", "replace"))

    def _start(self, step: str, command: list[str], stdin: IO[bytes]) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603 (an argument list; the program is Git)
                command,
                cwd=self._folder,
                env=self._env,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise GitFailed(
                step, "the program git was not found on PATH; install Git 2.39 or newer"
            ) from None


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _wait(process: subprocess.Popen[bytes], output: _Drain, allowed: float) -> int:
    """Return the exit code, or raise `TimeoutExpired` after `allowed` seconds.

    The end of the output announces the exit at once, where waiting for the process alone would poll.
    """
    deadline = time.monotonic() + allowed
    while output.is_alive() and process.poll() is None and (left := deadline - time.monotonic()) > 0:
        output.join(min(left, _SLICE))
    return process.wait(max(deadline - time.monotonic(), 0))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole group (transports and helpers too) of a process that has not been reaped."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
