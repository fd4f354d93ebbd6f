"""Writing the ledger and the access log: always redacted, always in the act's own transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert

from advisoryhub_core.acts import Act, Origin
from advisoryhub_core.audit.actions import audit_actions
from advisoryhub_core.audit.models import AccessLogEntry, AuditLogEntry
from advisoryhub_core.redaction import bounded, redact_text, redact_value

_AGENT_LENGTH = 400


class UnknownAuditAction(LookupError):
    """An action was written that no slice or plugin declared."""


def record(
    act: Act,
    action: str,
    *,
    advisory_id: int | None = None,
    previous: Any = None,
    new: Any = None,
    actor_id: int | None = None,
    comment_id: int | None = None,
    **metadata: Any,
) -> None:
    """Write one entry of `action`; every value is redacted first (INV-AUDIT-2).

    `actor_id` defaults to the acting person. Where the act came from is kept unless the action is declared
    `without_origin` (INV-AUDIT-4, INV-AUDIT-6). Inserted without RETURNING, because the acting person need
    not be allowed to read what they caused. Raises `UnknownAuditAction`.
    """
    declared = audit_actions(act.registry).get(action)
    if declared is None:
        raise UnknownAuditAction(action)
    origin = Origin() if declared.without_origin else act.origin
    agent, request_id = origin.user_agent, origin.request_id
    values: dict[str, Any] = {
        "actor_id": act.identity.user_id if actor_id is None else actor_id,
        "action": action,
        "advisory_id": advisory_id,
        "details": redact_value(metadata),
        "ip": origin.ip,
        "user_agent": bounded(redact_text(agent.replace("\0", "")), _AGENT_LENGTH) if agent else None,
        # It may come from the client, who may have put anything there.
        "request_id": redact_text(request_id) if request_id else None,
    }
    if declared.ephemeral:
        act.db.execute(insert(AccessLogEntry).values(values).inline())
        return
    values["previous"] = redact_value(previous)
    values["new"] = redact_value(new)
    values["comment_id"] = comment_id
    act.db.execute(insert(AuditLogEntry).values(values).inline())
