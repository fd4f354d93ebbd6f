"""Transactions at a moment of the past, in which nothing is sent to the workers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from advisoryhub_core.acts import Act, utc_now
from advisoryhub_core.jobs.context import TaskContext


class _Unsent:
    """Stands for a transaction manager and its transaction, and takes no work for after the commit.

    A worker would push a publication of the demonstration to whatever repository it is configured for,
    and mail would tell people about what never happened.
    """

    def get(self) -> _Unsent:
        return self

    def addAfterCommitHook(self, *_arguments: Any) -> None:  # noqa: N802 (the transaction package's name)
        """Forget the hook."""


@dataclass
class DemoContext(TaskContext):
    """A `TaskContext` whose acts take place at `moment` and send no jobs."""

    moment: dt.datetime = field(default_factory=utc_now)

    @contextmanager
    def system(self) -> Iterator[Act]:
        """One transaction in the system scope, at the moment."""
        with super().system() as act:
            yield self._placed(act)

    @contextmanager
    def acting_for(self, user_id: int) -> Iterator[Act]:
        """One transaction on behalf of a person, at the moment; raises `NotPermitted`."""
        with super().acting_for(user_id) as act:
            yield self._placed(act)

    def _placed(self, act: Act) -> Act:
        return replace(act, clock=lambda: self.moment, tm=_Unsent())
