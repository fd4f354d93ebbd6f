"""The hashes of the ledger as the database writes them (migration `0011_seals.py`), computed here once more.

A verifier that asked the database for them would believe whoever replaced its functions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

NO_SEAL = bytes(32)
"""What stands for the hash before the first seal's."""

HASH_BYTES = 32


def framed(value: object | None) -> str:
    """Return a value as `length:value` in bytes, None as `-`: side by side they read in one way only."""
    if value is None:
        return "-"
    text = str(value)
    return f"{len(text) if text.isascii() else len(text.encode())}:{text}"


def commitment(salt: bytes, *values: str | None) -> bytes:
    """Return the commitment to `values`: ip, user agent, previous, new and metadata as PostgreSQL's text."""
    return hashlib.sha256(salt + _bytes("values", values)).digest()


def entry_hash(
    *,
    entry_id: int,
    at_microseconds: int,
    actor_id: int | None,
    action: str,
    advisory_id: int | None,
    comment_id: int | None,
    request_id: str | None,
    commitment: bytes,
) -> bytes:
    """Return the hash over everything but the personal values, for which their commitment stands."""
    values = (entry_id, at_microseconds, actor_id, action, advisory_id, comment_id, request_id)
    return hashlib.sha256(_bytes("entry", (*values, commitment.hex()))).digest()


def seal_hash(
    *,
    number: int,
    previous_hash: bytes,
    sealed_at_microseconds: int,
    entry_ids: Sequence[int],
    entry_hashes: bytes,
) -> bytes:
    ids = ",".join(str(entry_id) for entry_id in entry_ids)
    digest = hashlib.sha256(entry_hashes).hexdigest()
    values = (number, previous_hash.hex(), sealed_at_microseconds, ids, digest)
    return hashlib.sha256(_bytes("seal", values)).digest()


def replacements_digest(replacements: Iterable[tuple[int, bytes]]) -> str:
    """Return the digest, in hex, over (entry, new commitment) in the order of the entries."""
    digest = hashlib.sha256(_bytes("replacements", ()))
    for entry_id, replaced_by in replacements:
        digest.update((framed(entry_id) + framed(replaced_by.hex())).encode())
    return digest.hexdigest()


def _bytes(kind: str, values: Iterable[object | None]) -> bytes:
    return (f"advisoryhub.audit.{kind}.1" + "".join(framed(value) for value in values)).encode()
