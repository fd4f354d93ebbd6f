"""What the application role sees and may do, tried in plain SQL (INV-CONF-2, INV-CONF-3)."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url, select, text

from advisoryhub_core.access.models import Grant, GrantPermission
from advisoryhub_core.accounts.models import User
from advisoryhub_core.accounts.services import replace_groups
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.queries import visible_to
from advisoryhub_core.db.principal import SYSTEM, Principal, signed
from advisoryhub_core.db.session import act_as, open_session
from tests.support.hub import ADMINS, PRINCIPAL_KEY, Hub, team_of

TABLES = (
    "advisories",
    "advisory_versions",
    "advisory_identifiers",
    "grants",
    "audit_log",
    "publication_tasks",
    "publication_artifacts",
)


def app_connection(hub: Hub) -> psycopg.Connection[Any]:
    """A connection as the application role, outside SQLAlchemy."""
    url = hub.registry.db_engine.url
    return psycopg.connect(host=url.query["host"], user=url.username, dbname=url.database)


def as_system(connection: psycopg.Connection[Any], statement: str) -> None:
    """Run a statement with the widest principal there is."""
    connection.execute(
        "SELECT set_config('advisoryhub.principal', %s, true)", [signed(SYSTEM, PRINCIPAL_KEY)]
    )
    connection.execute(statement)  # type: ignore[arg-type]


def counts(hub: Hub, principal: str | None) -> dict[str, int]:
    """Rows of each protected table for a value of `advisoryhub.principal`."""
    with app_connection(hub) as connection:
        if principal is not None:
            connection.execute("SELECT set_config('advisoryhub.principal', %s, true)", [principal])
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # type: ignore[index]
            for table in TABLES
        }


@pytest.fixture
def populated(hub: Hub) -> Hub:
    project = hub.project(mature=True)
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    hub.grant(advisory_id, hub.person())
    hub.draft(hub.project())
    hub.report()
    return hub


@pytest.mark.invariant("INV-CONF-2")
def test_without_a_principal_there_are_no_rows(populated: Hub) -> None:
    assert set(counts(populated, None).values()) == {0}
    assert set(counts(populated, "").values()) == {0}


@pytest.mark.invariant("INV-CONF-3")
def test_a_signed_principal_sees_its_rows_and_a_forged_or_stale_one_none(populated: Hub) -> None:
    everything = counts(populated, signed(SYSTEM, PRINCIPAL_KEY))
    assert everything["advisories"] == 3
    assert everything["audit_log"] > 0
    admin = populated.admin()
    good = signed(Principal(admin, admin=True), PRINCIPAL_KEY)
    assert counts(populated, good)["advisories"] == 3
    user, flag, expiry, mac = good.split("|")
    forgeries = [
        f"{user}|{flag}|{expiry}|{'0' * 64}",
        f"{user}|{flag}|{int(expiry) + 1}|{mac}",
        f"{int(user) + 1}|{flag}|{expiry}|{mac}",
        f"{user}|1|{expiry}",
        f"{good}|",
        f" {good}",
        "system|1|99999999999|" + mac,
        signed(SYSTEM, "another key, that the database does not know"),
        signed(Principal(admin, admin=True), PRINCIPAL_KEY, now=time.time() - 4000),
        "1|1|1|\u00e9",
        "'; DROP TABLE users; --",
    ]
    for forged in forgeries:
        assert set(counts(populated, forged).values()) == {0}, forged


@pytest.mark.invariant("INV-CONF-3")
def test_a_person_cannot_make_themselves_an_administrator(populated: Hub) -> None:
    member = populated.person()
    good = signed(Principal(member, admin=False), PRINCIPAL_KEY)
    user, _flag, expiry, mac = good.split("|")
    assert set(counts(populated, f"{user}|1|{expiry}|{mac}").values()) == {0}


@pytest.mark.invariant("INV-CONF-3")
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM hub_private.principal_key",
        "SELECT hub_private.install_principal_key('\\x00', '\\x00')",
        "CREATE TABLE public.mine ()",
        "CREATE FUNCTION public.hub_principal2() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE advisories DISABLE ROW LEVEL SECURITY",
        "DROP POLICY advisories_visible ON advisories",
        "ALTER ROLE advisoryhub_app SUPERUSER",
        "SET ROLE advisoryhub_owner",
        "SET session_replication_role = replica",
    ],
)
def test_the_application_role_cannot_reach_the_key_or_lift_the_policies(hub: Hub, statement: str) -> None:
    with app_connection(hub) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "invariant"),
    [
        ("DELETE FROM advisories", "INV-IMPL-1"),
        ("TRUNCATE advisories CASCADE", "INV-IMPL-1"),
        ("UPDATE advisory_versions SET payload = '{}'", "INV-IMPL-5"),
        ("DELETE FROM advisory_versions", "INV-IMPL-5"),
        ("TRUNCATE advisory_versions CASCADE", "INV-IMPL-5"),
        ("UPDATE audit_log SET action = 'x'", "INV-AUDIT-1"),
        ("DELETE FROM audit_log", "INV-AUDIT-1"),
        ("TRUNCATE audit_log", "INV-AUDIT-1"),
    ],
)
@pytest.mark.invariant("INV-IMPL-1")
@pytest.mark.invariant("INV-IMPL-5")
@pytest.mark.invariant("INV-AUDIT-1")
def test_history_is_refused_to_the_application_and_to_the_owner(
    populated: Hub, statement: str, invariant: str
) -> None:
    with app_connection(populated) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_system(connection, statement)
    owner = make_url(populated.registry.owner_url)
    with (
        psycopg.connect(host=owner.query["host"], user=owner.username, dbname=owner.database) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match=invariant),
    ):
        connection.execute(statement)


@pytest.mark.invariant("INV-ID-1")
def test_an_advisory_keeps_its_identity(populated: Hub) -> None:
    with app_connection(populated) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_system(connection, "UPDATE advisories SET advisory_id = 'ECL-2222-2222-2222'")


@pytest.mark.invariant("INV-ID-2")
def test_a_ghsa_id_belongs_to_one_advisory(populated: Hub) -> None:
    with app_connection(populated) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        as_system(connection, "UPDATE advisories SET ghsa_id = 'GHSA-2c3f-4g5h-6j7m'")


@pytest.mark.invariant("INV-LIFECYCLE-1")
def test_there_is_no_fifth_state(populated: Hub) -> None:
    with app_connection(populated) as connection, pytest.raises(psycopg.errors.CheckViolation):
        as_system(connection, "UPDATE advisories SET state = 'archived'")


@pytest.mark.invariant("INV-VERSION-1")
def test_version_numbers_have_no_gap(populated: Hub) -> None:
    with app_connection(populated) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        as_system(
            connection,
            "INSERT INTO advisory_versions (advisory_id, number, payload)"
            " SELECT id, 7, '{}' FROM advisories LIMIT 1",
        )


@pytest.mark.invariant("INV-VERSION-2")
def test_a_version_cannot_be_missing_below_its_advisory(populated: Hub) -> None:
    with app_connection(populated) as connection:
        as_system(connection, "UPDATE advisories SET current_version = 9")
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.commit()


@pytest.mark.invariant("INV-ACCESS-4")
@pytest.mark.invariant("INV-AUTH-3")
def test_owner_cannot_be_granted(populated: Hub) -> None:
    with app_connection(populated) as connection, pytest.raises(psycopg.errors.CheckViolation):
        as_system(connection, "UPDATE grants SET permission = 'owner'")


@pytest.mark.invariant("INV-ACCESS-1")
def test_one_grant_for_each_person_and_advisory(populated: Hub) -> None:
    with app_connection(populated) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        as_system(
            connection,
            "INSERT INTO grants (advisory_id, user_id, permission)"
            " SELECT advisory_id, user_id, 'collaborator' FROM grants",
        )


@pytest.mark.invariant("INV-CONF-2")
@pytest.mark.invariant("INV-AUTH-7")
def test_row_level_security_and_the_visibility_query_agree(hub: Hub) -> None:
    """Over generated memberships and grants, both ways of asking give the same advisories."""
    projects = [hub.project() for _ in range(3)]
    advisories = [hub.draft(project) for project in projects for _ in range(2)] + [hub.report()]
    groups = [team_of(project) for project in projects] + ["readers@example.org", ADMINS]
    hub.person("readers@example.org")

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        held=st.sets(st.sampled_from(groups)),
        direct=st.sets(st.sampled_from(advisories)),
        by_group=st.sets(st.sampled_from(advisories)),
        shadow=st.booleans(),
    )
    def agree(held: set[str], direct: set[str], by_group: set[str], shadow: bool) -> None:
        user_id = hub.person()
        with hub.system() as act:
            act.db.execute(text("DELETE FROM grants"))
            user = act.db.get_one(User, user_id)
            replace_groups(act, user, tuple(sorted(held)))
        for advisory_id in direct:
            hub.grant(advisory_id, user_id)
        for advisory_id in by_group:
            hub.grant_group(advisory_id, "readers@example.org")
        with hub.acting_for(user_id) as act:
            asked = set(act.db.scalars(select(Advisory.advisory_id).where(visible_to(act.db, act.identity))))
            secured = set(act.db.scalars(select(Advisory.advisory_id)))
        assert asked == secured
        if shadow:
            with hub.system() as act:
                act.db.get_one(User, user_id).is_provisioned = True
            assert (
                counts(hub, signed(Principal(user_id, admin=ADMINS in held), PRINCIPAL_KEY))["advisories"]
                == 0
            )

    agree()


def test_the_principal_is_set_again_after_a_rollback(populated: Hub) -> None:
    import transaction  # noqa: PLC0415

    manager = transaction.TransactionManager(explicit=True)
    manager.begin()
    session = open_session(populated.registry.db_engine, PRINCIPAL_KEY, manager)
    act_as(session, SYSTEM)
    assert session.scalar(text("SELECT count(*) FROM advisories")) == 3
    manager.abort()
    manager.begin()
    assert session.scalar(text("SELECT count(*) FROM advisories")) == 3
    manager.abort()
    manager.begin()
    act_as(session, Principal(None, admin=False))
    assert session.scalar(text("SELECT count(*) FROM advisories")) == 0
    manager.abort()
    session.close()


def test_a_raw_statement_survives_the_transaction(hub: Hub) -> None:
    with hub.system() as act:
        act.db.execute(text("INSERT INTO groups (name) VALUES ('raw@example.org')"))
    with hub.system() as act:
        assert act.db.scalar(text("SELECT count(*) FROM groups WHERE name = 'raw@example.org'")) == 1


def test_a_grant_reaches_the_advisory_through_row_level_security(hub: Hub) -> None:
    advisory_id = hub.draft(hub.project())
    viewer = hub.person()
    with hub.acting_for(viewer) as act:
        assert act.db.scalar(select(Advisory.id)) is None
    hub.grant(advisory_id, viewer)
    with hub.acting_for(viewer) as act:
        assert act.db.scalar(select(Advisory.advisory_id)) == advisory_id
        assert act.db.scalar(select(Grant.permission)) is GrantPermission.VIEWER
