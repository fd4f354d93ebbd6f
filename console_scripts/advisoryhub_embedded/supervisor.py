"""Starting parts in stages, watching over them, and ending all of them together."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from types import FrameType

from advisoryhub_embedded.errors import PartFailed
from advisoryhub_embedded.parts import Part
from advisoryhub_embedded.process import describe_status

_POLL_SECONDS = 0.2
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _AskedToLeave(Exception):
    """A signal asked to end everything while parts were still starting."""


class Supervisor:
    """Runs stages of parts; `tell` is given one line at a time."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._stages: list[list[Part]] = []
        self._leaving = threading.Event()

    def run(self, stages: Iterable[Sequence[Part]], when_up: Callable[[], None]) -> int:
        """Start the stages one after the other, call `when_up`, and stay until a signal or a failure.

        The parts of one stage start at the same time. Stages may be a generator: each is asked for once
        the one before is up. Returns the exit status: 0 after SIGINT, SIGTERM or SIGHUP, 1 after a
        failure, which is told with the last lines of its log. Everything is stopped in either case; a
        second signal kills what does not want to stop. Call it in the main thread.
        """
        with self._handling_signals():
            try:
                for stage in stages:
                    self._start(stage)
                when_up()
                self._watch()
            except _AskedToLeave:
                return 0
            except PartFailed as failure:
                self._tell_failure(failure)
                return 1
            else:
                return 0
            finally:
                self._stop_all()

    def _start(self, parts: Sequence[Part]) -> None:
        self._stages.append(list(parts))
        with ThreadPoolExecutor(max(1, len(parts))) as pool:
            starting: set[Future[str]] = {pool.submit(_timed_start, part) for part in parts}
            try:
                while starting:
                    done, starting = wait(starting, _POLL_SECONDS, FIRST_COMPLETED)
                    for started in done:
                        self._tell(started.result())
                    self._check(self._stages[:-1])
                    self._leave_if_asked()
            except BaseException:
                # A start only ends early if its part is stopped, perhaps just after it looked.
                while starting:
                    _stop_together(parts)
                    _, starting = wait(starting, _POLL_SECONDS)
                raise

    def _leave_if_asked(self) -> None:
        if self._leaving.is_set():
            raise _AskedToLeave

    def _watch(self) -> None:
        while not self._leaving.wait(_POLL_SECONDS):
            self._check(self._stages)

    def _check(self, stages: Iterable[Iterable[Part]]) -> None:
        """Raise `PartFailed` for the first part that ended by itself."""
        for part in (part for stage in stages for part in stage):
            if (status := part.poll()) is not None:
                raise PartFailed(part.name, describe_status(status), part.log_path)

    def _stop_all(self) -> None:
        if any(self._stages):
            self._tell("Stopping …")
        for stage in reversed(self._stages):
            _stop_together(stage)

    def _tell_failure(self, failure: PartFailed) -> None:
        place = f"; its log is {failure.log_path}" if failure.log_path else ""
        self._tell(f"{failure.part} {failure.message}{place}")
        for line in failure.last_lines():
            self._tell(f"    {line}")

    @contextmanager
    def _handling_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._leaving.is_set():
            for part in (part for stage in self._stages for part in stage):
                part.kill()
        self._leaving.set()


def _timed_start(part: Part) -> str:
    began = time.monotonic()
    try:
        part.start()
    except OSError as error:
        raise PartFailed(part.name, f"cannot start: {error}", part.log_path) from error
    return line(part.name, part.where, time.monotonic() - began)


def line(name: str, where: str, seconds: float | None = None) -> str:
    """Return the line that tells of a part: its name, where it is, and how long it took."""
    took = "" if seconds is None else f"  ({seconds:.1f} s)"
    return f"{name:<24}{where}{took}"


def _stop_together(parts: Sequence[Part]) -> None:
    threads = [threading.Thread(target=part.stop, name=f"stop {part.name}") for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
