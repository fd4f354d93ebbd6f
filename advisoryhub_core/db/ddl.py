"""What migrations of the core and of plugins share: grants, row-level security, append-only tables.

Each helper writes plain SQL through Alembic's `op`; names of triggers and policies carry what they
guard, so that a refused statement tells the reader which rule it met.
"""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy.sql.elements import quoted_name


def app_role() -> str:
    """Return the quoted name of the application role that migrations grant to."""
    name = op.get_context().config.attributes["app_role"]  # type: ignore[union-attr]  # set by our runner
    return op.get_bind().dialect.identifier_preparer.quote(quoted_name(name, quote=True))


def grant(table: str, privileges: str) -> None:
    """Grant `privileges` on `table` to the application role, and nothing else."""
    op.execute(f"REVOKE ALL ON {table} FROM {app_role()}")
    op.execute(f"GRANT {privileges} ON {table} TO {app_role()}")


_SEES_ALL = "(SELECT sees_all FROM hub_principal())"
_SEES_ADVISORY = "(SELECT a.id FROM advisories a WHERE a.id = {table}.{column}) IS NOT NULL"


def sees_advisory(table: str, column: str = "advisory_id") -> str:
    """Return the condition that the principal sees the advisory that a row of `table` hangs on.

    A scalar sub-select and not EXISTS: PostgreSQL may turn the latter into a hash of every advisory that the
    principal sees, built anew in each statement. This one is looked up by the primary key for each row that
    the rest of the statement leaves.
    """
    return _SEES_ADVISORY.format(table=table, column=column)


def visible_with_advisory(table: str, column: str = "advisory_id") -> None:
    """Row-level security: a row of `table` is there for those who see the advisory it hangs on."""
    seen = f"{_SEES_ALL} OR {sees_advisory(table, column)}"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY {table}_visible ON {table} USING ({seen}) WITH CHECK ({seen})")


def append_only(
    table: str, invariant: str, *, operations: str = "UPDATE OR DELETE", refusal: str = "hub_refuse"
) -> None:
    """Refuse `operations` and TRUNCATE on `table` for everybody, its owner included.

    ENABLE ALWAYS keeps the triggers in force whatever `session_replication_role` says. `refusal` is the
    trigger function, for tables with a controlled exception.
    """
    arguments = f"'{invariant}'"
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE {operations} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {refusal}({arguments})"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION hub_refuse({arguments})"
    )
    for trigger in (f"{table}_append_only", f"{table}_no_truncate"):
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")


def check_values(table: str, column: str, values: Any, *, nullable: bool = False) -> None:
    """A CHECK constraint that `column` holds one of `values` (a StrEnum or an iterable of str)."""
    listed = ", ".join(f"'{value}'" for value in values)
    null = f"{column} IS NULL OR " if nullable else ""
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{column} CHECK ({null}{column} IN ({listed}))")
