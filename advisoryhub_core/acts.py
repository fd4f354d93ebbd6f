"""An act: who does something, through which session, from where. What every service takes first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from advisoryhub_core.accounts.identity import Identity
from advisoryhub_core.errors import StepUpRequired
from advisoryhub_core.settings import Setting, boolean, integer

STEP_UP_REQUIRED = Setting(
    key="step_up.required",
    env="STEP_UP_REQUIRED",
    parse=boolean(),
    default=True,
    help="Ask for a fresh sign-in before a sensitive act.",
)
STEP_UP_MAX_AGE = Setting(
    key="step_up.max_age_seconds",
    env="STEP_UP_MAX_AGE_SECONDS",
    parse=integer(minimum=30),
    default=300,
    help="Seconds for which a sign-in counts as fresh, by the ID token's auth_time.",
)
# How far the provider's clock may run ahead of ours.
_CLOCK_SKEW = dt.timedelta(seconds=60)


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class Origin:
    """Where an act came from (INV-AUDIT-4); empty for tasks and commands."""

    ip: str | None = None
    user_agent: str | None = None
    request_id: str | None = None


@dataclass(frozen=True)
class Act:
    """The context of one request or task. `tm` is the transaction manager that owns `db`."""

    db: Session
    identity: Identity
    registry: Any
    tm: Any
    origin: Origin = field(default_factory=Origin)
    clock: Callable[[], dt.datetime] = utc_now
    from_web: bool = False

    def now(self) -> dt.datetime:
        return self.clock()

    def notify(self, event: object) -> None:
        """Send a domain event to its subscribers, inside this transaction."""
        self.registry.notify(event)

    @property
    def stepped_up(self) -> bool:
        """Whether the sign-in is fresh enough for a sensitive act.

        A task or command acts on authority that was checked when the act was asked for.
        """
        if not self.from_web or not STEP_UP_REQUIRED.of(self.registry):
            return True
        auth_time = self.identity.auth_time
        if auth_time is None or auth_time > self.now() + _CLOCK_SKEW:
            return False
        return self.now() - auth_time <= dt.timedelta(seconds=STEP_UP_MAX_AGE.of(self.registry))

    def require_step_up(self) -> None:
        """Raise `StepUpRequired` unless the sign-in is fresh."""
        if not self.stepped_up:
            raise StepUpRequired
