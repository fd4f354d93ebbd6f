"""INV-AUDIT-7: whoever changes the ledger behind the triggers is found, and told where."""

from __future__ import annotations

from typing import Any

import pytest

from advisoryhub_core.audit.canonical import seal_hash
from advisoryhub_core.audit.verification import Problem
from tests.functional.audit.tampering import behind_the_triggers, check, seal, write
from tests.support.hub import Hub

pytestmark = pytest.mark.invariant("INV-AUDIT-7")

HASH_AGAIN = """
UPDATE audit_log SET commitment =
    hub_private.audit_commitment(salt, ip, user_agent, previous, new, metadata) WHERE id = %(id)s;
UPDATE audit_log SET entry_hash = hub_private.audit_entry_hash(
    id, at, actor_id, action, advisory_id, comment_id, request_id, commitment) WHERE id = %(id)s;
"""
COPY = """
INSERT INTO audit_log (id, at, action, metadata, salt, commitment, entry_hash)
OVERRIDING SYSTEM VALUE
SELECT %(new_id)s, at, action, metadata, salt, commitment, entry_hash FROM audit_log WHERE id = %(id)s
"""
VALUES = {
    "at": "at + interval '1 microsecond'",
    "actor_id": "CASE WHEN actor_id IS NULL THEN (SELECT min(id) FROM users) END",
    "action": "'project.created'",
    "advisory_id": "CASE WHEN advisory_id IS NULL THEN (SELECT min(id) FROM advisories) END",
    "comment_id": "7",
    "request_id": "'another'",
    "previous": "'{}'",
    "new": "NULL",
    "metadata": 'metadata || \'{"by": "somebody else"}\'',
    "ip": "'192.0.2.1'",
    "user_agent": "''",
    "salt": "salt || salt",
    "commitment": "sha256('')",
}


@pytest.fixture
def ledger(hub: Hub) -> tuple[Hub, list[int]]:
    """Three seals over five or more entries, and one entry that is not sealed."""
    hub.draft(hub.project(mature=True))
    write(hub, "Ada", "Grace", "Edsger", "Alan", "Donald")
    while seal(hub, 3).entries:
        pass
    return hub, write(hub, "Barbara")


def change(hub: Hub, sql: str, **values: Any) -> None:
    with behind_the_triggers(hub) as connection:
        for statement in sql.split(";"):
            if statement.strip():
                assert connection.execute(statement, values).rowcount > 0  # type: ignore[arg-type]


def test_what_nobody_touched_is_in_order(ledger: tuple[Hub, list[int]]) -> None:
    hub, ids = ledger
    report = check(hub)
    assert report.ok
    assert (report.sealed, report.unsealed, report.replaced) == (len(ids) - 1, 1, 0)
    assert report.seals == report.head_seal == -(-(len(ids) - 1) // 3)
    assert check(hub, expect=report.head).expected_seal == report.head_seal


@pytest.mark.parametrize("column", VALUES)
@pytest.mark.parametrize("place", [1, -1], ids=["sealed", "unsealed"])
def test_a_changed_value_is_found_in_every_column(
    ledger: tuple[Hub, list[int]], column: str, place: int
) -> None:
    hub, ids = ledger
    change(hub, f"UPDATE audit_log SET {column} = {VALUES[column]} WHERE id = %(id)s", id=ids[place])
    finding = check(hub).finding
    assert finding is not None
    assert (finding.problem, finding.entry_id) == (Problem.CHANGED_VALUE, ids[place])
    assert finding.seal == (1 if place == 1 else None)


def test_a_change_whose_hashes_were_made_to_fit_is_found(ledger: tuple[Hub, list[int]]) -> None:
    hub, ids = ledger
    change(
        hub, 'UPDATE audit_log SET new = \'{"name": "innocent"}\' WHERE id = %(id)s;' + HASH_AGAIN, id=ids[2]
    )
    finding = check(hub).finding
    assert finding is not None
    assert (finding.problem, finding.entry_id, finding.seal) == (Problem.CHANGED_HASH, ids[2], 1)
    assert "together" in finding.message


def test_a_changed_hash_alone_is_found(ledger: tuple[Hub, list[int]]) -> None:
    hub, ids = ledger
    change(hub, "UPDATE audit_log SET entry_hash = sha256('') WHERE id = %(id)s", id=ids[0])
    finding = check(hub).finding
    assert finding is not None
    assert (finding.problem, finding.entry_id) == (Problem.CHANGED_HASH, ids[0])
    assert "its hash was changed" in finding.message


@pytest.mark.parametrize("place", [0, 3, -2], ids=["the first", "in between", "the last sealed one"])
def test_a_missing_entry_is_found(ledger: tuple[Hub, list[int]], place: int) -> None:
    hub, ids = ledger
    change(hub, "DELETE FROM audit_log WHERE id = %(id)s", id=ids[place])
    finding = check(hub).finding
    assert finding is not None
    assert (finding.problem, finding.entry_id) == (Problem.MISSING_ENTRY, ids[place])


def test_an_extra_entry_is_found_where_ids_have_a_gap(hub: Hub) -> None:
    ids = write(hub, "Ada")
    with hub.system() as act:
        write_and_roll_back = act.db.begin_nested()
        write_one = "INSERT INTO audit_log (action) VALUES ('project.updated')"
        act.db.connection().exec_driver_sql(write_one)
        write_and_roll_back.rollback()
    ids = write(hub, "Grace")
    gap = ids[-1] - 1
    assert gap not in ids
    seal(hub)
    assert check(hub).ok
    change(hub, COPY, id=ids[0], new_id=gap)
    change(hub, HASH_AGAIN, id=gap)
    finding = check(hub).finding
    assert finding is not None
    assert (finding.problem, finding.entry_id) == (Problem.EXTRA_ENTRY, gap)


def test_an_extra_entry_before_all_others_is_found(ledger: tuple[Hub, list[int]]) -> None:
    hub, ids = ledger
    change(hub, COPY, id=ids[0], new_id=-5)
    change(hub, HASH_AGAIN, id=-5)
    finding = check(hub).finding
    assert finding is not None
    assert (finding.problem, finding.entry_id) == (Problem.EXTRA_ENTRY, -5)


@pytest.mark.parametrize(
    ("sql", "seal_number"),
    [
        ("UPDATE audit_seals SET sealed_at = sealed_at - interval '1 day' WHERE number = 2", 2),
        ("UPDATE audit_seals SET previous_hash = sha256('') WHERE number = 2", 2),
        ("UPDATE audit_seals SET hash = sha256('') WHERE number = 1", 1),
        ("UPDATE audit_seals SET entry_hashes = decode(repeat('00', 96), 'hex') WHERE number = 1", 1),
        ("DELETE FROM audit_seals WHERE number = 1", 2),
        ("DELETE FROM audit_seals WHERE number = 2", 3),
    ],
)
def test_a_changed_or_missing_seal_breaks_the_chain(
    ledger: tuple[Hub, list[int]], sql: str, seal_number: int
) -> None:
    hub, _ids = ledger
    change(hub, sql)
    finding = check(hub).finding
    assert finding is not None
    assert (finding.problem, finding.seal) == (Problem.BROKEN_CHAIN, seal_number)


def test_a_seal_made_to_fit_a_rewritten_entry_breaks_the_chain_at_the_next(
    ledger: tuple[Hub, list[int]],
) -> None:
    hub, ids = ledger
    change(hub, "UPDATE audit_log SET action = 'user.created' WHERE id = %(id)s;" + HASH_AGAIN, id=ids[0])
    forge_seal(hub, 1)
    finding = check(hub).finding
    assert finding is not None
    assert (finding.problem, finding.seal) == (Problem.BROKEN_CHAIN, 2)


def test_a_chain_written_anew_is_found_by_a_head_that_was_recorded_elsewhere(
    ledger: tuple[Hub, list[int]],
) -> None:
    hub, ids = ledger
    before = check(hub)
    change(hub, "UPDATE audit_log SET action = 'user.created' WHERE id = %(id)s;" + HASH_AGAIN, id=ids[0])
    for number in range(1, before.seals + 1):
        forge_seal(hub, number)
    assert check(hub).ok
    finding = check(hub, expect=before.head).finding
    assert finding is not None
    assert finding.problem == Problem.UNEXPECTED_HEAD


def test_a_chain_that_was_cut_is_found_by_a_head_that_was_recorded_elsewhere(
    ledger: tuple[Hub, list[int]],
) -> None:
    hub, _ids = ledger
    recorded = check(hub).head
    change(hub, "DELETE FROM audit_log WHERE id >= (SELECT max(first_entry_id) FROM audit_seals)")
    change(hub, "DELETE FROM audit_seals WHERE number = (SELECT max(number) FROM audit_seals)")
    assert check(hub).ok
    assert not check(hub, expect=recorded).ok


def forge_seal(hub: Hub, number: int) -> None:
    """Write a seal that is right in itself, over the entries and the seal before it as they are now."""
    with behind_the_triggers(hub) as connection:
        ids, sealed_us, previous = connection.execute(
            "SELECT s.entry_ids, (extract(epoch FROM s.sealed_at) * 1000000)::bigint,"
            " coalesce(p.hash, s.previous_hash) FROM audit_seals s"
            " LEFT JOIN audit_seals p ON p.number = s.number - 1 WHERE s.number = %s",
            [number],
        ).fetchone()  # type: ignore[misc]
        hashes = b"".join(
            row[0]
            for row in connection.execute(
                "SELECT entry_hash FROM audit_log WHERE id = ANY(%s) ORDER BY id", [ids]
            )
        )
        forged = seal_hash(
            number=number,
            previous_hash=previous,
            sealed_at_microseconds=sealed_us,
            entry_ids=ids,
            entry_hashes=hashes,
        )
        connection.execute(
            "UPDATE audit_seals SET previous_hash = %s, hash = %s, entry_hashes = %s WHERE number = %s",
            [previous, forged, hashes, number],
        )
