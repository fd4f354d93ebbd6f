"""Row-level security against the hub's own rules, in every protected table over generated hubs (INV-CONF-2).

What a person should see is worked out by the visibility query and by `permissions.py` on a connection that
no policy holds; what they do see is what plain SQL returns to the application role that acts for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Connection, Row, select, text
from sqlalchemy.orm import Session

from advisoryhub_core.accounts.identity import Identity
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.queries import capabilities_on, visible_to
from advisoryhub_core.db.principal import NOBODY, SYSTEM, Principal
from tests.functional.db.kit import application, identity_of, superuser
from tests.functional.db.population import Plan, plans, populate
from tests.support.hub import Hub

# What decides about a row of each table, besides the advisory that it hangs on.
WITH_ADVISORY = "whoever sees the advisory"
INTERNAL = "whoever sees the advisory; an internal comment only with Cap.SEE_INTERNAL"
OWN_VISIBLE = "the person it is about, while they see the advisory"
OWN = "the person it is about"
ALL_SEEING = "administrators and the system"

RULES = {
    "access_log": WITH_ADVISORY,
    "advisories": WITH_ADVISORY,
    "advisory_identifiers": WITH_ADVISORY,
    "advisory_notification_preferences": OWN_VISIBLE,
    "advisory_versions": WITH_ADVISORY,
    "advisory_visits": OWN_VISIBLE,
    "audit_checkpoints": ALL_SEEING,
    "audit_log": WITH_ADVISORY,
    "audit_replacements": ALL_SEEING,
    "audit_seals": ALL_SEEING,
    "comment_versions": INTERNAL,
    "comments": INTERNAL,
    "cve_request_tasks": WITH_ADVISORY,
    "grants": WITH_ADVISORY,
    "invitations": WITH_ADVISORY,
    "notification_events": WITH_ADVISORY,
    "notification_preferences": OWN,
    "notifications": OWN_VISIBLE,
    "orphan_cves": WITH_ADVISORY,
    "orphan_reassignment_tasks": WITH_ADVISORY,
    "publication_artifacts": WITH_ADVISORY,
    "publication_tasks": WITH_ADVISORY,
    "review_tasks": WITH_ADVISORY,
}

Key = tuple[str, str]


@dataclass(frozen=True)
class Stored:
    """A row as it is stored: on which advisory it hangs, whom it is about, and whether it is internal."""

    key: Key
    advisory_id: int | None
    user_id: int | None
    internal: bool


@dataclass(frozen=True)
class Expected:
    """What the hub's own rules say that somebody sees."""

    sees_all: bool
    user_id: int | None
    visible: frozenset[int]
    internal: frozenset[int]

    def has(self, row: Stored) -> bool:
        if self.sees_all:
            return True
        rule = RULES[row.key[0]]
        if rule == ALL_SEEING:
            return False
        own = self.user_id is not None and row.user_id == self.user_id
        if rule == OWN:
            return own
        if row.advisory_id not in self.visible:
            return False
        if rule == OWN_VISIBLE:
            return own
        return not row.internal or row.advisory_id in self.internal


def tables(connection: Connection) -> Iterator[Row[Any]]:
    """Yield each table of the hub's with whether it hangs on an advisory, is protected, or is a partition."""
    yield from connection.execute(
        text(
            "SELECT c.relname AS name, c.relrowsecurity AS protected, c.relispartition AS partition,"
            " EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'advisory_id'"
            "  AND NOT a.attisdropped) AS hangs,"
            " EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) AS has_policy"
            " FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        )
    )


@pytest.mark.invariant("INV-CONF-2")
def test_every_table_that_hangs_on_an_advisory_is_protected_and_compared_here(hub: Hub) -> None:
    with superuser(hub) as connection:
        found = list(tables(connection))
    assert [row.name for row in found if row.hangs and not row.protected] == []
    assert [row.name for row in found if row.protected and not row.partition and not row.has_policy] == []
    assert {row.name for row in found if row.protected and not row.partition} == set(RULES)


@pytest.mark.invariant("INV-CONF-2")
@pytest.mark.invariant("INV-COMMENT-2")
@pytest.mark.invariant("INV-OIDC-5")
def test_every_table_shows_what_the_visibility_query_and_the_capabilities_say(hub: Hub) -> None:
    with superuser(hub) as connection:
        seen_by_policy, stored_rows = _statements(connection)

        @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
        @given(plan=plans())
        def agree(plan: Plan) -> None:
            connection.rollback()
            people = populate(connection, plan)
            stored = [
                Stored((row.name, row.place), row.advisory_id, row.user_id, row.internal)
                for row in connection.execute(stored_rows)
            ]
            assert {row.key[0] for row in stored} | {"grants"} == set(RULES), "a table has no row to compare"
            for principal, expected in _principals(hub, connection, people):
                with application(connection, principal):
                    shown = {(row.name, row.place) for row in connection.execute(seen_by_policy)}
                wanted = {row.key for row in stored if expected.has(row)}
                assert shown - wanted == set(), f"{principal} sees what the hub would not show"
                assert wanted - shown == set(), f"{principal} does not see what the hub would show"

        agree()


def _principals(hub: Hub, connection: Connection, people: list[int]) -> Iterator[tuple[Principal, Expected]]:
    nothing = Expected(sees_all=False, user_id=None, visible=frozenset(), internal=frozenset())
    yield NOBODY, nothing
    yield SYSTEM, _expected(hub, connection, identity_of(connection, None))
    for user_id in people:
        identity = identity_of(connection, user_id)
        if identity is None:
            # They cannot sign in any more; a principal that was signed before is worth nothing.
            yield Principal(user_id, admin=False), nothing
            yield Principal(user_id, admin=True), nothing
        else:
            yield identity.principal, _expected(hub, connection, identity)


def _expected(hub: Hub, connection: Connection, identity: Identity | None) -> Expected:
    assert identity is not None
    with Session(bind=connection) as db:
        found = db.scalars(select(Advisory).where(visible_to(db, identity))).all()
        internal = {
            row.id for row in found if Cap.SEE_INTERNAL in capabilities_on(db, hub.registry, identity, row)
        }
        return Expected(
            sees_all=identity.is_admin or identity.is_system,
            user_id=identity.user_id,
            visible=frozenset(row.id for row in found),
            internal=frozenset(internal),
        )


def _statements(connection: Connection) -> tuple[Any, Any]:
    """Return the statement for which rows there are, and the one for what has to be known of them."""
    place = "tableoid::text || ctid::text AS place"
    shown, stored = [], []
    for name, rule in RULES.items():
        columns = set(
            connection.execute(
                text("SELECT attname FROM pg_attribute WHERE attrelid = CAST(:name AS regclass)"),
                {"name": name},
            ).scalars()
        )
        advisory = "id" if name == "advisories" else "advisory_id" if "advisory_id" in columns else "NULL"
        about = "user_id" if rule in {OWN, OWN_VISIBLE} else "NULL"
        internal = {
            "comments": "internal",
            "comment_versions": "(SELECT c.internal FROM comments c WHERE c.id = comment_id)",
        }.get(name, "false")
        shown.append(f"SELECT '{name}' AS name, {place} FROM {name}")
        stored.append(
            f"SELECT '{name}' AS name, {place}, CAST({advisory} AS bigint) AS advisory_id,"
            f" CAST({about} AS bigint) AS user_id, {internal} AS internal FROM {name}"
        )
    return text(" UNION ALL ".join(shown)), text(" UNION ALL ".join(stored))
