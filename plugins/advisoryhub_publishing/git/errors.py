"""The one error of this package."""

from __future__ import annotations

import re

from advisoryhub_core.plugins.formats import bounded

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_MESSAGE_LIMIT = 7500


class GitFailed(Exception):
    """A step of the Git work failed; nothing of this change reached the branch.

    `step` is one of `paths`, `clone`, `read`, `write`, `commit`, `push`. `message` says what is wrong
    and how to mend it where that is known; it is redacted (INV-SECRET-1), free of terminal control
    sequences, and leaves room for the step within the 8,000 characters of a task's error.
    """

    def __init__(self, step: str, message: str) -> None:
        self.step = step
        self.message = bounded(
            _CONTROL.sub("", message.replace("\r\n", "\n").replace("\r", "\n")).strip(), _MESSAGE_LIMIT
        )
        super().__init__(f"{step}: {self.message}")
