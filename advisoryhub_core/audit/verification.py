"""Reading the ledger through and telling whether it is what was sealed (INV-AUDIT-7).

Everything is streamed: memory does not grow with the ledger. One snapshot is read, so that entries, seals and
prunes that happen meanwhile do not look like damage.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Result, Row, text

from advisoryhub_core.acts import Act
from advisoryhub_core.audit.canonical import (
    HASH_BYTES,
    NO_SEAL,
    commitment,
    entry_hash,
    replacements_digest,
    seal_hash,
)

_ENTRIES_AT_ONCE = 2000
_SEALS_AT_ONCE = 20

_ENTRIES = """
SELECT l.id, (extract(epoch FROM l.at) * 1000000)::bigint AS at_us, l.actor_id, l.action, l.advisory_id,
    l.comment_id, l.request_id, text(l.ip) AS ip, l.user_agent, l.previous::text AS previous,
    l.new::text AS new, l.metadata::text AS metadata, l.salt, l.commitment, l.entry_hash,
    r.commitment AS replaced_by, r.forgotten_entry_id
FROM audit_log l
LEFT JOIN LATERAL (
    SELECT a.commitment, a.forgotten_entry_id FROM audit_replacements a
    WHERE a.entry_id = l.id ORDER BY a.forgotten_entry_id DESC LIMIT 1
) r ON true
ORDER BY l.id
"""
_SEALS = """
SELECT number, first_entry_id, last_entry_id, entry_count, entry_ids, entry_hashes, previous_hash, hash,
    (extract(epoch FROM sealed_at) * 1000000)::bigint AS sealed_us
FROM audit_seals ORDER BY number
"""
_CHECKPOINT = """
SELECT c.*, l.action, l.metadata->>'seal' AS told_seal, l.metadata->>'seal_hash' AS told_hash
FROM audit_checkpoints c LEFT JOIN audit_log l ON l.id = c.pruned_entry_id
ORDER BY c.seal_number DESC LIMIT 1
"""
_FORGOTTEN = (
    "SELECT id, metadata->>'digest' AS digest FROM audit_log WHERE action = 'user.forgotten' ORDER BY id"
)
_REPLACEMENTS = (
    "SELECT entry_id, commitment FROM audit_replacements WHERE forgotten_entry_id = :id ORDER BY entry_id"
)


class Problem(enum.StrEnum):
    """What is wrong with the first bad entry."""

    CHANGED_VALUE = "changed value"
    CHANGED_HASH = "changed hash"
    MISSING_ENTRY = "missing entry"
    EXTRA_ENTRY = "extra entry"
    BROKEN_CHAIN = "broken chain"
    UNRECORDED_REPLACEMENT = "unrecorded replacement"
    UNEXPECTED_HEAD = "unexpected head"


@dataclass(frozen=True)
class Finding:
    """The first thing that is not as it was sealed; `entry_id` and `seal` where it has one."""

    problem: Problem
    message: str
    entry_id: int | None = None
    seal: int | None = None


@dataclass(frozen=True)
class Checkpoint:
    """Where the chain begins after a prune."""

    seal: int
    head: str
    last_entry_id: int


@dataclass(frozen=True)
class Report:
    """What was read up to the end, or up to the finding.

    `head` is the hash of the newest seal, None where nothing was ever sealed; `expected_seal` the seal
    whose hash is the one that was expected.
    """

    sealed: int
    unsealed: int
    replaced: int
    seals: int
    checkpoint: Checkpoint | None
    head_seal: int | None
    head: str | None
    expected_seal: int | None
    finding: Finding | None

    @property
    def ok(self) -> bool:
        return self.finding is None


class _Found(Exception):
    def __init__(
        self, problem: Problem, message: str, *, entry_id: int | None = None, seal: int | None = None
    ) -> None:
        super().__init__(message)
        self.finding = Finding(problem, message, entry_id, seal)


def is_head(given: str) -> bool:
    """Tell whether `given` is written as the head of a chain is."""
    return re.fullmatch(r"[0-9a-fA-F]{64}", given) is not None


def verify(
    act: Act, *, expect: str | None = None, progress: Callable[[int], object] = lambda _entries: None
) -> Report:
    """Check every entry and seal, and report the first that is wrong.

    `expect` is a head in hex that was recorded elsewhere: it must be the hash of some seal of the chain, or
    of the checkpoint. `act` is in the system scope and has not used its transaction yet. `progress` is told
    how many more entries were read.
    """
    act.db.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    return _Verifier(act, expect.lower() if expect else None, progress).run()


class _Verifier:
    def __init__(self, act: Act, expect: str | None, progress: Callable[[int], object]) -> None:
        self._act = act
        self._expect = expect
        self._progress = progress
        self._sealed = self._unsealed = self._replaced = self._seals = 0
        self._seal_number = 0
        self._seal_hash = NO_SEAL
        self._last_entry_id = 0
        self._expected_seal: int | None = None
        self._checkpoint: Checkpoint | None = None
        # The acts of forgetting whose digest fits: one number for each person who was ever forgotten.
        self._vouching: frozenset[int] = frozenset()

    def run(self) -> Report:
        finding = None
        try:
            self._begin()
            with (
                self._stream(_ENTRIES, _ENTRIES_AT_ONCE) as rows,
                self._stream(_SEALS, _SEALS_AT_ONCE) as seals,
            ):
                entries = self._counted(rows)
                waiting = self._sealed_entries(seals, entries)
                self._unsealed_entries(waiting, entries)
            self._compare_head()
        except _Found as found:
            finding = found.finding
        return Report(
            sealed=self._sealed,
            unsealed=self._unsealed,
            replaced=self._replaced,
            seals=self._seals,
            checkpoint=self._checkpoint,
            head_seal=self._seal_number or None,
            head=self._seal_hash.hex() if self._seal_number else None,
            expected_seal=self._expected_seal,
            finding=finding,
        )

    def _begin(self) -> None:
        """Start from the checkpoint, and find out which acts of forgetting can vouch for replacements."""
        row = self._act.db.execute(text(_CHECKPOINT)).one_or_none()
        if row is not None:
            told = (row.action, row.told_seal, row.told_hash)
            if told != ("audit.pruned", str(row.seal_number), row.seal_hash.hex()):
                raise _Found(
                    Problem.BROKEN_CHAIN,
                    f"The checkpoint after seal {row.seal_number} is not the one that its prune wrote down in"
                    f" entry {row.pruned_entry_id}.",
                    entry_id=row.pruned_entry_id,
                    seal=row.seal_number,
                )
            self._checkpoint = Checkpoint(row.seal_number, row.seal_hash.hex(), row.last_entry_id)
            self._advance(row.seal_number, row.seal_hash)
            self._last_entry_id = row.last_entry_id
        with self._stream(_FORGOTTEN, _ENTRIES_AT_ONCE) as forgotten:
            self._vouching = frozenset(row.id for row in forgotten if self._digest(row.id) == row.digest)

    def _digest(self, forgotten_entry_id: int) -> str:
        with self._stream(_REPLACEMENTS, _ENTRIES_AT_ONCE, {"id": forgotten_entry_id}) as rows:
            return replacements_digest((row.entry_id, row.commitment) for row in rows)

    def _counted(self, entries: Iterable[Row[Any]]) -> Iterator[Row[Any]]:
        for number, entry in enumerate(entries, start=1):
            if number % _ENTRIES_AT_ONCE == 0:
                self._progress(_ENTRIES_AT_ONCE)
            yield entry

    def _sealed_entries(self, seals: Iterable[Row[Any]], entries: Iterator[Row[Any]]) -> Row[Any] | None:
        """Hold each seal against the chain and its entries; return the first entry after the last seal."""
        entry = next(entries, None)
        for seal in seals:
            self._check_seal(seal)
            for place, entry_id in enumerate(seal.entry_ids):
                if entry is not None and entry.id < entry_id:
                    raise _extra(entry.id)
                if entry is None or entry.id > entry_id:
                    raise _Found(
                        Problem.MISSING_ENTRY,
                        f"Entry {entry_id} is missing; seal {seal.number} has it.",
                        entry_id=entry_id,
                        seal=seal.number,
                    )
                sealed_hash = seal.entry_hashes[place * HASH_BYTES : (place + 1) * HASH_BYTES]
                self._check_entry(entry, sealed_hash, seal.number)
                self._sealed += 1
                entry = next(entries, None)
            self._last_entry_id = seal.last_entry_id
            self._seals += 1
            self._advance(seal.number, seal.hash)
        return entry

    def _unsealed_entries(self, entry: Row[Any] | None, entries: Iterator[Row[Any]]) -> None:
        while entry is not None:
            if entry.id <= self._last_entry_id:
                raise _extra(entry.id)
            self._check_entry(entry, None, None)
            self._unsealed += 1
            entry = next(entries, None)

    def _advance(self, number: int, head: bytes) -> None:
        self._seal_number, self._seal_hash = number, head
        if self._expect == head.hex():
            self._expected_seal = number

    def _check_seal(self, seal: Row[Any]) -> None:
        says = None
        if seal.number != self._seal_number + 1:
            says = f"Seal {self._seal_number + 1} is missing; the next one is seal {seal.number}."
        elif seal.previous_hash != self._seal_hash:
            says = f"Seal {seal.number} does not follow from what is before it in the chain."
        elif seal.hash != seal_hash(
            number=seal.number,
            previous_hash=seal.previous_hash,
            sealed_at_microseconds=seal.sealed_us,
            entry_ids=seal.entry_ids,
            entry_hashes=seal.entry_hashes,
        ):
            says = f"Seal {seal.number} was changed: its hash is not that of what it holds."
        if says is not None:
            raise _Found(Problem.BROKEN_CHAIN, says, entry_id=seal.first_entry_id, seal=seal.number)

    def _check_entry(self, entry: Row[Any], sealed_hash: bytes | None, seal: int | None) -> None:
        """Raise unless the entry's hash is the sealed one (if it is sealed) and that of what it holds."""
        is_now = entry_hash(
            entry_id=entry.id,
            at_microseconds=entry.at_us,
            actor_id=entry.actor_id,
            action=entry.action,
            advisory_id=entry.advisory_id,
            comment_id=entry.comment_id,
            request_id=entry.request_id,
            commitment=entry.commitment,
        )
        problem, says = Problem.CHANGED_HASH, None
        if sealed_hash is not None and entry.entry_hash != sealed_hash:
            alone = is_now == sealed_hash
            says = "its hash was changed" if alone else "it was changed, and its hash together with it"
        elif is_now != entry.entry_hash:
            problem = Problem.CHANGED_VALUE
            says = "time, actor, action, subject, request or commitment was changed"
        if says is not None:
            raise _Found(problem, f"Entry {entry.id}: {says}.", entry_id=entry.id, seal=seal)
        self._check_values(entry, seal)

    def _check_values(self, entry: Row[Any], seal: int | None) -> None:
        """Raise unless the personal values are those committed to, or those that a forgetting put there."""
        values = (entry.ip, entry.user_agent, entry.previous, entry.new, entry.metadata)
        values_now = commitment(entry.salt, *values)
        if entry.action == "user.forgotten" and entry.id not in self._vouching:
            raise _Found(
                Problem.UNRECORDED_REPLACEMENT,
                f"Entry {entry.id}: the recorded replacements are not those whose digest it holds.",
                entry_id=entry.id,
                seal=seal,
            )
        if entry.replaced_by is None:
            if values_now != entry.commitment:
                raise _Found(
                    Problem.CHANGED_VALUE,
                    f"Entry {entry.id}: previous or new value, metadata, address or agent was changed.",
                    entry_id=entry.id,
                    seal=seal,
                )
            return
        if entry.forgotten_entry_id not in self._vouching or values_now != entry.replaced_by:
            raise _Found(
                Problem.UNRECORDED_REPLACEMENT,
                f"Entry {entry.id}: entry {entry.forgotten_entry_id} does not vouch for its values.",
                entry_id=entry.id,
                seal=seal,
            )
        self._replaced += 1

    def _compare_head(self) -> None:
        if self._expect is not None and self._expected_seal is None:
            raise _Found(
                Problem.UNEXPECTED_HEAD,
                "No seal of this chain has the expected hash: it is another ledger's or older than the last"
                " prune, or the chain was cut or written anew since.",
            )

    def _stream(
        self, statement: str, at_once: int, parameters: dict[str, Any] | None = None
    ) -> closing[Result[Any]]:
        options = {"stream_results": True, "yield_per": at_once}
        return closing(self._act.db.execute(text(statement), parameters or {}, execution_options=options))


def _extra(entry_id: int) -> _Found:
    return _Found(
        Problem.EXTRA_ENTRY,
        f"Entry {entry_id} was put in: no seal has it, though later entries are sealed.",
        entry_id=entry_id,
    )
