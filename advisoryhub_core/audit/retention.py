"""What the database's own functions do with the ledger and the access log, each in the system scope.

They are the only ways to seal, prune or rewrite entries and to drop months (INV-AUDIT-1, INV-AUDIT-7).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from psycopg.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from advisoryhub_core.acts import Act
from advisoryhub_core.errors import Conflict
from advisoryhub_core.redaction import redact_text, redact_value

BATCH = 1000
"""Entries under one seal: an entry that was changed is found by reading one batch."""


@dataclass(frozen=True)
class Sealed:
    """The newest seal, and how many entries it took in just now."""

    seal: int | None
    entries: int
    head: str | None


@dataclass(frozen=True)
class Pruned:
    """What a prune took, or would take: `entry_id` is its own entry, None where it left none."""

    entries: int
    last_entry_id: int | None
    entry_id: int | None


@dataclass(frozen=True)
class Rewriting:
    """New personal values of one entry.

    `values` has the new `previous`, `new`, `metadata`, `ip` and `user_agent`; those not named stay.
    """

    entry_id: int
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MaintenanceStep:
    """One thing done to the access log: created, drained, deleted (out of the default partition), dropped."""

    step: str
    partition: str
    entries: int


class LogBusy(Conflict):
    """Somebody holds the access log's table for longer than we wait."""

    code = "access_log_busy"


def seal_entries(act: Act, most: int = BATCH) -> Sealed | None:
    """Seal up to `most` committed entries in their order; None where the ledger was too busy to be asked.

    Call it in a transaction that has written no entry: it waits for everybody who has, half a second long.
    """
    row = act.db.execute(text("SELECT * FROM hub_seal_audit(:most)"), {"most": most}).one()
    if row.sealed is None:
        return None
    return Sealed(row.seal_number, row.sealed, row.head.hex() if row.head else None)


def prune_ledger(
    act: Act, *, cutoff: dt.datetime, horizon_days: int, reason: str, dry_run: bool = False
) -> Pruned:
    """Delete the sealed batches all of whose entries are older than `cutoff`, and write `audit.pruned`.

    Entries of the last 90 days are out of reach. Raises SQLAlchemy's `DBAPIError` for a younger cutoff, and
    for a ledger that does not have the entries that its seals count.
    """
    row = act.db.execute(
        text("SELECT * FROM hub_prune_audit(:cutoff, :horizon, :reason, :dry_run)"),
        {"cutoff": cutoff, "horizon": horizon_days, "reason": redact_text(reason), "dry_run": dry_run},
    ).one()
    return Pruned(row.pruned, row.last_pruned_id, row.entry_id)


def rewrite_entries(act: Act, rewritings: Iterable[Rewriting], *, details: dict[str, Any]) -> int:
    """Rewrite personal values of entries for a person who is forgotten; return the id of `user.forgotten`.

    That entry's metadata is `details`, which must not tell of the person, with the number of entries and a
    digest over the rewritten values: verification accepts these and no others. Everything is redacted
    (INV-AUDIT-2). Raises SQLAlchemy's `DBAPIError` for an entry that is missing, named twice, or itself tells
    of a prune or a forgetting.
    """
    changes = [{**redact_value(item.values), "id": item.entry_id} for item in rewritings]
    parameters = {
        "changes": json.dumps(changes),
        "actor": act.identity.user_id,
        "details": json.dumps(redact_value(details)),
    }
    statement = text("SELECT hub_forget_audit(CAST(:changes AS jsonb), :actor, CAST(:details AS jsonb))")
    return int(act.db.scalars(statement, parameters).one())


def maintain_access_log(
    act: Act, retention_days: int | None, *, dry_run: bool = False
) -> list[MaintenanceStep]:
    """Make the months up to three ahead, move entries from the default partition, drop expired months.

    `retention_days` None keeps everything. Safe to repeat. Raises `LogBusy` (INV-AUDIT-5).
    """
    statement = text("SELECT * FROM hub_maintain_access_log(:days, :dry_run)")
    try:
        rows = act.db.execute(statement, {"days": retention_days, "dry_run": dry_run}).all()
    except DBAPIError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise LogBusy("The access log is in use for too long. Nothing was changed; try again.") from error
        raise
    return [MaintenanceStep(*row) for row in rows]
