"""Recording a refused sign-in in a transaction of its own, since the refusal rolls its request back."""

from __future__ import annotations

from typing import Any

import transaction

from advisoryhub_core.accounts.identity import Identity
from advisoryhub_core.acts import Act
from advisoryhub_core.audit.services import record
from advisoryhub_core.db.session import open_session
from advisoryhub_core.db.settings import PRINCIPAL_KEY


def record_failure(request: Any, reason: str) -> None:
    """Write `auth.failed` with the reason's code, the address and the agent."""
    registry = request.registry
    manager = transaction.TransactionManager(explicit=True)
    origin = request.act_as(Identity(user_id=None)).origin
    with manager:
        session = open_session(registry.db_engine, PRINCIPAL_KEY.of(registry), manager)
        act = Act(db=session, identity=Identity(user_id=None), registry=registry, tm=manager, origin=origin)
        record(act, "auth.failed", reason=reason)
    session.close()
