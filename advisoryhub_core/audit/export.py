"""The ledger as text, entry by entry."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import text

from advisoryhub_core.acts import Act

COLUMNS = (
    *("id", "at", "actor_id", "actor", "action", "advisory", "comment_id", "previous", "new", "metadata"),
    *("ip", "user_agent", "request_id", "commitment", "entry_hash"),
)
_AT_ONCE = 2000
# Spreadsheets take a cell that begins like this for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_ENTRIES = """
SELECT l.id, l.at, l.actor_id, u.email AS actor, l.action, a.advisory_id AS advisory, l.comment_id,
    l.previous, l.new, l.metadata, host(l.ip) AS ip, l.user_agent, l.request_id,
    encode(l.commitment, 'hex') AS commitment, encode(l.entry_hash, 'hex') AS entry_hash
FROM audit_log l
LEFT JOIN users u ON u.id = l.actor_id
LEFT JOIN advisories a ON a.id = l.advisory_id
WHERE CAST(:since AS timestamptz) IS NULL OR l.at >= :since
ORDER BY l.id
"""


def entries(act: Act, since: dt.datetime | None = None) -> Iterator[dict[str, Any]]:
    """Yield the entries written at or after `since` that the act may see, oldest first, one at a time."""
    rows = act.db.execute(
        text(_ENTRIES), {"since": since}, execution_options={"stream_results": True, "yield_per": _AT_ONCE}
    )
    for row in rows.mappings():
        yield {**row, "at": row["at"].astimezone(dt.UTC).isoformat()}


def json_lines(act: Act, since: dt.datetime | None = None) -> Iterator[str]:
    for entry in entries(act, since):
        yield json.dumps(entry, ensure_ascii=False)


def csv_lines(act: Act, since: dt.datetime | None = None) -> Iterator[str]:
    """Yield a header, then a line for each entry; an apostrophe defuses what spreadsheets would run."""
    buffer = io.StringIO()
    # The writer quotes the characters of its line end, and either of them ends a line for some reader.
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in _rows(act, since):
        writer.writerow(row)
        yield buffer.getvalue().removesuffix("\r\n")
        buffer.seek(0)
        buffer.truncate()


def _rows(act: Act, since: dt.datetime | None) -> Iterator[tuple[str, ...]]:
    yield COLUMNS
    for entry in entries(act, since):
        yield tuple(_cell(entry[name]) for name in COLUMNS)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{told}" if told.startswith(_FORMULA) else told
