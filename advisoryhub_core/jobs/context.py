"""What a task works with: transactions of its own, each on behalf of a person or of the system."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import transaction

from advisoryhub_core.accounts.identity import SYSTEM_IDENTITY, Identity, load_identity
from advisoryhub_core.accounts.settings import ADMIN_GROUP
from advisoryhub_core.acts import Act, Origin
from advisoryhub_core.db.session import act_as, open_session
from advisoryhub_core.db.settings import PRINCIPAL_KEY
from advisoryhub_core.errors import NotPermitted


class RetryLater(Exception):
    """Raised by a task body to be run again after `seconds`."""

    def __init__(self, reason: str, *, seconds: float = 10) -> None:
        super().__init__(reason)
        self.seconds = seconds


@dataclass
class TaskContext:
    """The registry and this delivery.

    `delivery_id` stays the same when a message is delivered again or retried, which happens only after
    the earlier run is dead: whoever stored it may take over what that run left.
    """

    registry: Any
    delivery_id: str = ""
    origin: Origin = field(default_factory=Origin)

    @contextmanager
    def system(self) -> Iterator[Act]:
        """One transaction in the system scope; committed at the end, aborted on an error."""
        with self._transaction() as act:
            act_as(act.db, SYSTEM_IDENTITY.principal)
            yield act

    @contextmanager
    def acting_for(self, user_id: int) -> Iterator[Act]:
        """One transaction on behalf of a person; raises `NotPermitted` if they may no longer sign in."""
        with self._transaction() as act:
            identity = load_identity(act.db, user_id, admin_group=ADMIN_GROUP.of(self.registry))
            if identity is None:
                raise NotPermitted("The person who asked for this may no longer sign in.")
            act_as(act.db, identity.principal)
            yield self._act(act.db, act.tm, identity)

    @contextmanager
    def _transaction(self) -> Iterator[Act]:
        manager = transaction.TransactionManager(explicit=True)
        session = open_session(self.registry.db_engine, PRINCIPAL_KEY.of(self.registry), manager)
        try:
            with manager:
                yield self._act(session, manager, SYSTEM_IDENTITY)
        finally:
            session.close()

    def _act(self, session: Any, manager: Any, identity: Identity) -> Act:
        return Act(db=session, identity=identity, registry=self.registry, tm=manager, origin=self.origin)
