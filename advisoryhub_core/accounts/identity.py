"""Who is acting: detached data, loaded once per request or task, that survives a rollback."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from advisoryhub_core.db.principal import NOBODY, SYSTEM, Principal


@dataclass(frozen=True)
class Identity:
    """A person, or the system.

    `auth_time` is the ID token's; `group_ids` and `team_project_ids` come from the mirror of the identity
    provider's groups, never from the request (INV-OIDC-2).
    """

    user_id: int | None
    email: str = ""
    display_name: str = ""
    groups: tuple[str, ...] = ()
    group_ids: frozenset[int] = frozenset()
    team_project_ids: frozenset[int] = frozenset()
    is_admin: bool = False
    is_system: bool = False
    auth_time: dt.datetime | None = None
    theme: str = "auto"
    language: str = "en"

    @property
    def principal(self) -> Principal:
        if self.is_system:
            return SYSTEM
        return Principal(self.user_id, self.is_admin) if self.user_id is not None else NOBODY

    @property
    def label(self) -> str:
        return self.display_name or self.email


SYSTEM_IDENTITY = Identity(user_id=None, display_name="AdvisoryHub", is_system=True)

_LOAD = text("""
    SELECT u.email, u.display_name, u.theme, u.language,
           ARRAY(SELECT g.name FROM groups g JOIN user_groups m ON m.group_id = g.id
                 WHERE m.user_id = u.id ORDER BY g.id) AS names,
           ARRAY(SELECT m.group_id FROM user_groups m WHERE m.user_id = u.id ORDER BY m.group_id) AS ids,
           ARRAY(SELECT p.id FROM projects p JOIN user_groups m ON m.group_id = p.security_team_id
                 WHERE m.user_id = u.id) AS projects
    FROM users u
    WHERE u.id = :user_id AND u.is_active AND NOT u.is_provisioned AND u.banned_at IS NULL
""")


def load_identity(
    connection: Connection | Session, user_id: int, *, admin_group: str, auth_time: dt.datetime | None = None
) -> Identity | None:
    """Return the person's identity, or None for one who is unknown, a shadow, inactive or banned.

    INV-AUTH-8: read from the database each time, so that a ban holds from the next request on.
    """
    row: Any = connection.execute(_LOAD, {"user_id": user_id}).one_or_none()
    if row is None:
        return None
    return Identity(
        user_id=user_id,
        email=row.email,
        display_name=row.display_name,
        groups=tuple(row.names),
        group_ids=frozenset(row.ids),
        team_project_ids=frozenset(row.projects),
        is_admin=admin_group in row.names,
        auth_time=auth_time,
        theme=row.theme,
        language=row.language,
    )
