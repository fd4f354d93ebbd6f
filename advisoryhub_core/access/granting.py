"""Writing a grant: the one place that inserts one.

Apart from the services, because the report form gives its reporter access as part of its own act. The
caller holds the advisory's lock, or has just inserted the advisory.
"""

from __future__ import annotations

from typing import Any

from advisoryhub_core.access.models import Grant, GrantPermission
from advisoryhub_core.accounts.models import Group, User
from advisoryhub_core.acts import Act
from advisoryhub_core.audit.services import record
from advisoryhub_core.events import GrantChanged


def give_access(
    act: Act,
    advisory_id: int,
    principal: User | Group,
    permission: GrantPermission,
    *,
    created_by_id: int | None = None,
) -> Grant:
    """Insert a grant for somebody who has none, on the ledger and as an event (INV-ACCESS-5)."""
    grant = insert_grant(act, advisory_id, principal, permission, created_by_id=created_by_id)
    record(act, "access.granted", advisory_id=advisory_id, new=told(grant))
    return grant


def insert_grant(
    act: Act,
    advisory_id: int,
    principal: User | Group,
    permission: GrantPermission,
    *,
    created_by_id: int | None = None,
) -> Grant:
    """Insert a grant that the ledger tells by an entry of another kind."""
    grant = Grant(
        advisory_id=advisory_id,
        user=principal if isinstance(principal, User) else None,
        group=principal if isinstance(principal, Group) else None,
        permission=permission,
        created_by_id=created_by_id,
        created_at=act.now(),
    )
    act.db.add(grant)
    act.db.flush()
    notify_changed(act, grant)
    return grant


def notify_changed(act: Act, grant: Grant, *, revoked: bool = False) -> None:
    """Send `GrantChanged`."""
    grant_id = None if revoked else grant.id
    act.notify(GrantChanged(act, grant.advisory_id, grant_id, grant.user_id, grant.group_id))


def told(grant: Grant) -> dict[str, Any]:
    """Return what the ledger says about a grant."""
    holder = {"user_id": grant.user_id} if grant.group is None else {"group": grant.group.name}
    return {**holder, "permission": grant.permission.value}
