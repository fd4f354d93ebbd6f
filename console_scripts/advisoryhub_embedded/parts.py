"""What the supervisor knows of a part of the stack."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from advisoryhub_embedded.process import KeptProcess

_STEP_SECONDS = 600.0


class Part(ABC):
    """Something that can be started and stopped; `log_path` is where it writes, None if nowhere."""

    name: str
    log_path: Path | None = None

    @property
    @abstractmethod
    def where(self) -> str:
        """Return where the part can be found, for people."""

    @abstractmethod
    def start(self) -> None:
        """Return once the part is ready; raises `PartFailed`."""

    def stop(self) -> None:  # noqa: B027 (a part that leaves nothing running has nothing to stop)
        """End the part cleanly, also in the middle of `start` in another thread; twice is harmless."""

    def kill(self) -> None:  # noqa: B027 (likewise)
        """End the part at once, for somebody who has no patience; `stop` is still called."""

    def poll(self) -> int | None:
        """Return the exit status of a part that ended by itself (128 plus the number of a signal)."""
        return None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class ProcessPart(Part):
    """A part that is one command, ready once `is_ready` says so."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log_path: Path,
        *,
        environment: Mapping[str, str],
        where: str = "",
        is_ready: Callable[[], bool],
        ready_seconds: float = 90.0,
        grace: float = 15.0,
    ) -> None:
        self.name = name
        self.log_path = log_path
        self._where = where
        self._is_ready = is_ready
        self._ready_seconds = ready_seconds
        self._process = KeptProcess(name, command, log_path, environment=environment, grace=grace)

    @property
    def where(self) -> str:
        return self._where

    def start(self) -> None:
        self._process.start()
        self._process.wait_until(self._is_ready, self._ready_seconds)

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        self._process.kill()

    def poll(self) -> int | None:
        return self._process.poll()


class Step(Part):
    """A command that has to succeed once before the next part starts."""

    def __init__(
        self, name: str, command: Sequence[str], log_path: Path, *, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        self.log_path = log_path
        self._process = KeptProcess(name, command, log_path, environment=environment)

    @property
    def where(self) -> str:
        return "done"

    def start(self) -> None:
        self._process.complete(_STEP_SECONDS)

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        self._process.kill()
