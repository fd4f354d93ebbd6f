"""Generated advisories for benchmarks: many, fast, and always the same for the same numbers.

They are inserted in batches and not written through the services. What results keeps every rule that the
database keeps; but reports did not come from the form, and published ones were never pushed.
"""

from __future__ import annotations

import datetime as dt
import decimal
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from advisoryhub_cli.demo.advisories import STORIES
from advisoryhub_cli.demo.story import Draft
from advisoryhub_core.acts import Act
from advisoryhub_core.advisories import payloads
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.payload.identifiers import ALPHABET
from advisoryhub_core.advisories.payload.readiness import readiness
from advisoryhub_core.advisories.payload.schema import validate
from advisoryhub_core.advisories.payload.severity import derive
from advisoryhub_core.advisories.settings import ID_PREFIX
from advisoryhub_core.advisories.states import Kind, State
from advisoryhub_core.jobs.context import TaskContext
from advisoryhub_core.projects.models import Project
from advisoryhub_core.projects.services import create_project
from advisoryhub_core.workflows.models import CVERequestStatus, CVERequestTask

BATCH = 1000
PROJECTS = 200
_SLUG = "generated.project"
_SEED = 20260131

_STATES = (
    *(State.TRIAGE,) * 2,
    *(State.DRAFT,) * 6,
    *(State.PUBLISHED,) * 10,
    *(State.DISMISSED,) * 2,
)
_ADJECTIVES = (
    "adaptive", "buffered", "cached", "chunked", "concurrent", "deferred", "distributed", "encrypted",
    "federated", "incremental", "indexed", "legacy", "nested", "partitioned", "pooled", "recursive",
    "replicated", "sandboxed", "shared", "signed", "streaming", "synchronous", "templated", "virtual",
)  # fmt: skip
_NOUNS = (
    "allocator", "archive", "broker", "catalogue", "channel", "codec", "compiler", "connector", "cursor",
    "dispatcher", "exporter", "filter", "gateway", "handler", "importer", "journal", "ledger", "loader",
    "parser", "planner", "queue", "registry", "renderer", "resolver", "router", "scheduler", "serialiser",
    "session", "socket", "tokeniser", "validator", "watcher",
)  # fmt: skip

# 20^12 ids in an order that looks random and never repeats: the factor shares no divisor with 20^12.
_ID_SPACE = len(ALPHABET) ** 12
_ID_FACTOR = 2_654_435_769_111_117
_ID_OFFSET = 1_234_567_890_123

# Far beyond what is ever handed out in a year.
_FIRST_CVE = 80_000_000

_UNSET = {"ghsa_id": "", "ghsa_owner": "", "ghsa_repo": "", "withdrawn_reason": ""}

# A right that was given and taken back: two entries that leave nothing behind.
_SHARED = {"user_id": None, "permission": "viewer"}
_COME_AND_GONE = [
    {"action": "access.granted", "new": _SHARED},
    {"action": "access.revoked", "previous": _SHARED},
]

# How the wanted number of ledger entries is spread: few on most, many on some.
_LEDGER_WEIGHTS = (0.25, 0.5, 1.0, 2.25)

_INSERT_VERSIONS = text("""
    INSERT INTO advisory_versions (advisory_id, number, payload, created_at)
    SELECT v.advisory_id, v.number, v.payload, v.created_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS v(advisory_id bigint, number bigint, payload jsonb, created_at timestamptz)
    ORDER BY v.number
""")
_INSERT_LEDGER = text("""
    INSERT INTO audit_log (action, advisory_id, previous, new, metadata)
    SELECT e.action, e.advisory_id, e.previous, e.new, coalesce(e.metadata, '{}')
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS e(action text, advisory_id bigint, previous jsonb, new jsonb, metadata jsonb)
""")


@dataclass(frozen=True)
class _Template:
    """Valid authored fields with the severity that was derived from them."""

    values: Mapping[str, Any]
    level: str | None
    score: decimal.Decimal | None


@dataclass(frozen=True)
class _Made:
    """One advisory as it will be inserted, and the payload of its first version."""

    row: dict[str, Any]
    first: dict[str, Any]
    newest: dict[str, Any]


class Generator:
    """Makes advisories with `ledger` entries each on average, the same ones for the same numbers."""

    def __init__(self, registry: Any, *, now: dt.datetime, ledger: int = 1) -> None:
        self._registry = registry
        self._now = now
        self._ledger = ledger
        self._owed = 0.0
        self._templates = _templates()

    def run(self, size: int, advance: Callable[[int], None]) -> None:
        """Add `size` advisories, each batch in a transaction; `advance` gets how many were added."""
        with TaskContext(self._registry).system() as act:
            projects = _projects(act)
            start = _count_generated(act.db)
        # A source of variety, and no secret.
        rng = random.Random(_SEED + start)  # noqa: S311
        for first in range(start, start + size, BATCH):
            numbers = range(first, min(first + BATCH, start + size))
            made = [self._make(number, rng.choice(projects), rng) for number in numbers]
            with TaskContext(self._registry).system() as act:
                self._insert(act.db, made)
            advance(len(made))

    def _make(self, number: int, project: Project, rng: random.Random) -> _Made:
        template = rng.choice(self._templates)
        state = rng.choice(_STATES)
        created = self._now - dt.timedelta(days=rng.uniform(1, 365))
        modified = created + (self._now - created) * rng.random()
        has_cve = state is State.PUBLISHED and number % 3 == 0
        part = f"{rng.choice(_ADJECTIVES)} {rng.choice(_NOUNS)}"
        values = {
            **template.values,
            "summary": f"{template.values['summary']} in the {part}",
            "details": f"{template.values['details']}\nSeen in the {part} of build {number}.\n",
        }
        row = {
            "advisory_id": f"{ID_PREFIX.of(self._registry)}-{_id_of(number)}",
            "project_id": project.id,
            "kind": Kind.NATIVE,
            "state": state,
            "current_version": 2 if has_cve else 1,
            **values,
            "assigned_cve_id": f"CVE-{modified.year}-{_FIRST_CVE + number}" if has_cve else None,
            "severity_level": template.level,
            "severity_score": template.score,
            "created_at": created,
            "modified_at": modified,
            "published_at": modified if state is State.PUBLISHED else None,
            "dismissed_from_state": State.DRAFT if state is State.DISMISSED else None,
            "dismissed_reason": "Generated for a benchmark." if state is State.DISMISSED else "",
        }
        newest = payloads.pinned(Advisory(**row, **_UNSET, project=project))
        return _Made(row, {**newest, "assigned_cve_id": None}, newest)

    def _insert(self, db: Session, made: Sequence[_Made]) -> None:
        ids = db.scalars(
            insert(Advisory).returning(Advisory.id, sort_by_parameter_order=True), [item.row for item in made]
        )
        known = list(zip(ids, made, strict=True))
        versions = [version for key, item in known for version in _versions(key, item)]
        entries = [entry for key, item in known for entry in self._entries(key, item)]
        db.execute(_INSERT_VERSIONS, {"rows": json.dumps(versions)})
        db.execute(_INSERT_LEDGER, {"rows": json.dumps(entries)})
        requests = [_request(key, item.row) for key, item in known if item.row["assigned_cve_id"]]
        if requests:
            db.execute(insert(CVERequestTask), requests)

    def _entries(self, key: int, item: _Made) -> Iterator[dict[str, Any]]:
        history = _history(item)
        self._owed += self._ledger * _LEDGER_WEIGHTS[key % len(_LEDGER_WEIGHTS)] - len(history)
        while self._owed >= len(_COME_AND_GONE):
            history += _COME_AND_GONE
            self._owed -= len(_COME_AND_GONE)
        return ({"advisory_id": key, **entry} for entry in history)


def _templates() -> list[_Template]:
    """Return the demonstration's drafts that lack nothing for publication, validated."""
    contents = (validate(story.content) for story in STORIES if isinstance(story, Draft))
    return [_Template(values, *derive(values["severity"])) for values in contents if not readiness(values)]


def _projects(act: Act) -> list[Project]:
    """Return the generated projects, added where they are missing, as objects of no session."""
    known = set(act.db.scalars(select(Project.slug).where(Project.slug.startswith(_SLUG))))
    for number in range(1, PROJECTS + 1):
        slug = f"{_SLUG}{number:03}"
        if slug not in known:
            create_project(
                act,
                slug=slug,
                name=f"Generated Project {number}",
                security_team=f"{slug}-security@eclipse.org",
            )
    found = act.db.execute(
        select(Project.id, Project.slug, Project.name)
        .where(Project.slug.startswith(_SLUG))
        .order_by(Project.slug)
    )
    return [Project(id=row.id, slug=row.slug, name=row.name) for row in found]


def _count_generated(db: Session) -> int:
    """Return how many there are: advisories are never deleted, so this is the next one's number."""
    query = select(func.count()).select_from(Advisory).join(Advisory.project)
    return db.scalars(query.where(Project.slug.startswith(_SLUG))).one()


def _id_of(number: int) -> str:
    value = (number * _ID_FACTOR + _ID_OFFSET) % _ID_SPACE
    marks = []
    for _mark in range(12):
        value, place = divmod(value, len(ALPHABET))
        marks.append(ALPHABET[place])
    return "-".join("".join(marks[at : at + 4]) for at in (0, 4, 8))


def _versions(key: int, item: _Made) -> Iterator[dict[str, Any]]:
    row = item.row
    written = {"advisory_id": key, "created_at": row["modified_at"].isoformat()}
    if row["current_version"] > 1:
        yield {**written, "number": 1, "payload": item.first, "created_at": row["created_at"].isoformat()}
    yield {**written, "number": row["current_version"], "payload": item.newest}


def _request(key: int, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the CVE request that was answered with the advisory's number."""
    return {
        "advisory_id": key,
        "status": CVERequestStatus.RESERVED,
        "cve_id": row["assigned_cve_id"],
        "created_at": row["created_at"],
        "finished_at": row["modified_at"],
    }


def _history(item: _Made) -> list[dict[str, Any]]:
    """Return the ledger entries that the services would have written."""
    row, project = item.row, {"project": item.newest["project_slug"]}
    state: State = row["state"]
    if state is State.TRIAGE:
        return [{"action": "advisory.triage_submitted", "new": project}]
    history: list[dict[str, Any]] = [{"action": "advisory.created", "new": project}]
    if row["assigned_cve_id"]:
        history += [
            {"action": "cve.requested"},
            {
                "action": "cve.task_status_changed",
                "previous": {"status": CVERequestStatus.QUEUED},
                "new": {"status": CVERequestStatus.RESERVED, "cve": row["assigned_cve_id"]},
            },
        ]
    if state is State.PUBLISHED:
        history.append({"action": "advisory.published", "new": {"version": row["current_version"]}})
    if state is State.DISMISSED:
        history.append({"action": "advisory.dismissed"})
    if state is not State.DRAFT:
        history.append(
            {
                "action": "advisory.state_changed",
                "previous": {"state": State.DRAFT},
                "new": {"state": state},
                "metadata": {"narrated": True},
            }
        )
    return history
