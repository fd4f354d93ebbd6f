"""The list of advisories: filters, search, capped counts and keyset pages, all within what one sees."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import decimal
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Float,
    and_,
    any_,
    column,
    func,
    literal,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import TableValuedAlias

from advisoryhub_core.accounts.identity import Identity
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.queries import owned_by, visible_to
from advisoryhub_core.advisories.states import Kind, ReviewStatus, State
from advisoryhub_core.comments.visits import News, changed_advisory_ids, news
from advisoryhub_core.projects.models import Project

PAGE_SIZE = 25
# Past this many, a tab says "1,000+": an exact count would read every visible row on every page.
COUNT_CAP = 1000
# A search ranks this many hits at most.
SEARCH_CAP = 500
# No time that a page gave out lies beyond this, in epoch seconds.
_LATEST_KEY = 1e12


class InvalidCursor(ValueError):
    """The cursor is not one that a page gave out."""


@dataclass(frozen=True)
class ListQuery:
    """What the list is asked for; empty values do not filter. `cursor` comes from `ListResult`."""

    state: State | None = None
    project: str = ""
    severity: str = ""
    review: ReviewStatus | None = None
    has_cve: bool = False
    linked: bool = False
    mine: bool = False
    changed: bool = False
    q: str = ""
    cursor: str = ""
    size: int = PAGE_SIZE

    @property
    def filters(self) -> bool:
        """Whether anything beyond the state tab narrows the list."""
        plain = ListQuery(state=self.state, cursor=self.cursor, size=self.size)
        return self != plain


@dataclass(frozen=True)
class ListRow:
    """A row of the list, detached from the session."""

    id: int
    advisory_id: str
    summary: str
    project_name: str
    project_slug: str
    state: State
    kind: Kind
    review_status: ReviewStatus
    severity_level: str | None
    severity_score: decimal.Decimal | None
    assigned_cve_id: str | None
    aliases: list[str]
    modified_at: dt.datetime
    republish_required: bool
    flagged: bool
    rank: float
    news: News | None = None


@dataclass(frozen=True)
class ListResult:
    """One page. `counts` is keyed by state and None for all, capped at `COUNT_CAP` + 1."""

    rows: list[ListRow]
    newer: str | None
    older: str | None
    counts: dict[State | None, int]


@dataclass(frozen=True)
class _Cursor:
    older: bool
    key: float
    id: int


def list_page(db: Session, identity: Identity, query: ListQuery) -> ListResult:
    """Return one page of what the person may see. Raises `InvalidCursor`."""
    hits = _search_hits(db, query)
    visible = visible_to(db, identity)
    condition = and_(visible, *_filters(db, query, identity))
    cursor = _decode(query.cursor) if query.cursor else None
    rows = _fetch(db, identity, condition, hits, query, cursor=cursor)
    few = hits is not None or query.changed
    counts = _exact_counts(db, condition, hits) if few else _counts(db, condition)
    found = news(db, identity, (row.id for row in rows))
    rows = [replace(row, news=found.get(row.id)) for row in rows]
    return _page(rows, counts, cursor, query.size)


def _search_hits(db: Session, query: ListQuery) -> TableValuedAlias | None:
    """Search once, and return the hits as a table for the statements that read and count them."""
    if not query.q:
        return None
    asked = select(column("found_id", BigInteger), column("rank", Float))
    found = db.execute(asked.select_from(func.hub_search(query.q, SEARCH_CAP))).all()
    ids, ranks = [row.found_id for row in found], [row.rank for row in found]
    return (
        func.unnest(literal(ids, ARRAY(BigInteger)), literal(ranks, ARRAY(Float)))
        .table_valued(column("found_id", BigInteger), column("rank", Float), name="hits")
        .render_derived()
    )


def _filters(db: Session, query: ListQuery, identity: Identity) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.project:
        project_id = select(Project.id).where(Project.slug == query.project).scalar_subquery()
        conditions.append(Advisory.project_id == project_id)
    if query.severity:
        conditions.append(Advisory.severity_level == query.severity)
    if query.review is not None:
        conditions.append(Advisory.review_status == query.review)
    if query.has_cve:
        conditions.append(Advisory.assigned_cve_id.is_not(None))
    if query.linked:
        # As a word of the statement, and not as a value of it: the index of linked ones is a partial one.
        linked = literal(Kind.GHSA_LINKED, Advisory.kind.type, literal_execute=True)
        conditions.append(Advisory.kind == linked)
    if query.mine:
        conditions.append(Advisory.created_by_id == identity.user_id)
    if query.changed:
        # As one array of ids, for which the primary key is used: it may be long, and each count has it.
        changed = literal(changed_advisory_ids(db, identity), ARRAY(BigInteger))
        conditions.append(Advisory.id == any_(changed))
    return conditions


def _fetch(
    db: Session,
    identity: Identity,
    condition: ColumnElement[bool],
    hits: TableValuedAlias | None,
    query: ListQuery,
    *,
    cursor: _Cursor | None,
) -> list[ListRow]:
    key: Any = hits.c.rank if hits is not None else func.extract("epoch", Advisory.modified_at)
    order: Any = hits.c.rank if hits is not None else Advisory.modified_at
    statement: Any = (
        select(
            Advisory.id,
            Advisory.advisory_id,
            Advisory.summary,
            Project.name.label("project_name"),
            Project.slug.label("project_slug"),
            Advisory.state,
            Advisory.kind,
            Advisory.review_status,
            Advisory.severity_level,
            Advisory.severity_score,
            Advisory.assigned_cve_id,
            Advisory.aliases,
            Advisory.modified_at,
            Advisory.republish_required,
            # Routing is told to owners (`Cap.SEE_ROUTING`).
            and_(Advisory.routing_flagged_at.is_not(None), owned_by(identity)).label("flagged"),
            key.label("rank"),
        )
        .join(Project, Project.id == Advisory.project_id)
        .where(condition)
    )
    if hits is not None:
        statement = statement.join(hits, hits.c.found_id == Advisory.id)
    if query.state is not None:
        statement = statement.where(Advisory.state == query.state)
    if cursor is not None:
        statement = statement.where(_beyond(order, cursor, by_time=hits is None))
    newest_first = cursor is None or cursor.older
    directed = (order.desc(), Advisory.id.desc()) if newest_first else (order.asc(), Advisory.id.asc())
    found = db.execute(statement.order_by(*directed).limit(query.size + 1))
    return [ListRow(**row) for row in found.mappings()]


def _beyond(order: Any, cursor: _Cursor, *, by_time: bool) -> ColumnElement[bool]:
    edge: Any = func.to_timestamp(cursor.key) if by_time else literal(cursor.key, Float)
    place = tuple_(order, Advisory.id)
    mark = tuple_(edge, literal(cursor.id))
    return place < mark if cursor.older else place > mark


def _counts(db: Session, condition: ColumnElement[bool]) -> dict[State | None, int]:
    def capped(state: State | None) -> Any:
        inner = select(literal(1).label("one")).select_from(Advisory).where(condition)
        inner = inner.where(Advisory.state == state if state is not None else true()).limit(COUNT_CAP + 1)
        return select(func.count()).select_from(inner.subquery()).scalar_subquery()

    keys: list[State | None] = [None, *State]
    row = db.execute(select(*(capped(key) for key in keys))).one()
    return dict(zip(keys, row, strict=True))


def _exact_counts(
    db: Session, condition: ColumnElement[bool], hits: TableValuedAlias | None
) -> dict[State | None, int]:
    """Count what is reached by a list of ids, the hits of a search or what one has visited, in one go."""
    query = select(Advisory.state, func.count()).where(condition).group_by(Advisory.state)
    if hits is not None:
        query = query.join(hits, hits.c.found_id == Advisory.id)
    by_state = {state: int(count) for state, count in db.execute(query)}
    found: dict[State | None, int] = {
        None: sum(by_state.values()),
        **{state: by_state.get(state, 0) for state in State},
    }
    return {key: min(count, COUNT_CAP + 1) for key, count in found.items()}


def _page(
    rows: list[ListRow], counts: dict[State | None, int], cursor: _Cursor | None, size: int
) -> ListResult:
    more = len(rows) > size
    rows = rows[:size]
    if cursor is not None and not cursor.older:
        rows.reverse()
        newer, older = more, True
    else:
        newer, older = cursor is not None, more
    return ListResult(
        rows=rows,
        newer=_encode(rows[0], older=False) if rows and newer else None,
        older=_encode(rows[-1], older=True) if rows and older else None,
        counts=counts,
    )


def _encode(row: ListRow, *, older: bool) -> str:
    text = f"{'o' if older else 'n'}|{row.rank!s}|{row.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(text: str) -> _Cursor:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True).decode("ascii")
        direction, key, identifier = raw.split("|")
        cursor = _Cursor(older=direction == "o", key=float(key), id=int(identifier))
    except (ValueError, binascii.Error):
        raise InvalidCursor(text) from None
    if direction not in {"o", "n"} or not abs(cursor.key) < _LATEST_KEY or not 0 < cursor.id < 2**63:
        raise InvalidCursor(text)
    return cursor
