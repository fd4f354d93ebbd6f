"""A generated hub: people in every way to an advisory, and rows in every table that hangs on one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import Connection, text

from advisoryhub_core.advisories.states import State
from tests.support.hub import ADMINS

PROJECTS = 3
READERS = ("readers@example.org", "writers@example.org")
KINDS = ("active", "shadow", "banned", "inactive")


@dataclass(frozen=True)
class Person:
    """`teams` are numbers of projects. A shadow is in no group, whatever is drawn (INV-OIDC-5)."""

    kind: str
    admin: bool
    teams: frozenset[int]
    readers: frozenset[str]

    @property
    def groups(self) -> frozenset[str]:
        if self.kind == "shadow":
            return frozenset()
        return self.readers | {team(number) for number in self.teams} | ({ADMINS} if self.admin else set())


@dataclass(frozen=True)
class Plan:
    """Grants name an advisory, a person or a group of readers by number, and a permission."""

    advisories: tuple[tuple[int, State], ...]
    people: tuple[Person, ...]
    direct: Mapping[tuple[int, int], str]
    by_group: Mapping[tuple[int, str], str]


def team(number: int) -> str:
    return f"team{number}@example.org"


_permissions = st.sampled_from(("viewer", "collaborator"))
_person = st.builds(
    Person,
    # Most may sign in: the others see nothing, and teach nothing about the rest.
    kind=st.sampled_from((*("active",) * 6, *KINDS[1:])),
    admin=st.sampled_from((False, False, False, True)),
    teams=st.frozensets(st.integers(0, PROJECTS - 1), max_size=2),
    readers=st.frozensets(st.sampled_from(READERS)),
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a hub in which every state is there, and anybody may hold a grant on anything."""
    projects = st.integers(0, PROJECTS - 1)
    states = [*State, *draw(st.lists(st.sampled_from(list(State)), max_size=3))]
    advisories = tuple((draw(projects), state) for state in states)
    people = tuple(draw(st.lists(_person, min_size=2, max_size=5)))
    places = st.integers(0, len(advisories) - 1)
    holders = st.integers(0, len(people) - 1)
    return Plan(
        advisories,
        people,
        draw(st.dictionaries(st.tuples(places, holders), _permissions, max_size=10)),
        draw(st.dictionaries(st.tuples(places, st.sampled_from(READERS)), _permissions, max_size=4)),
    )


def populate(superuser: Connection, plan: Plan) -> list[int]:
    """Write the plan, and in every table a row for each advisory and, where it is, each person.

    Returns the people's ids, in the plan's order.
    """
    groups = {
        name: _one(superuser, "INSERT INTO groups (name) VALUES (:name) RETURNING id", name=name)
        for name in (*READERS, *(team(number) for number in range(PROJECTS)))
    }
    groups[ADMINS] = _one(superuser, "SELECT id FROM groups WHERE name = :name", name=ADMINS)
    projects = [
        _one(
            superuser,
            "INSERT INTO projects (slug, name, security_team_id) VALUES (:slug, :slug, :team) RETURNING id",
            slug=f"drift{number}",
            team=groups[team(number)],
        )
        for number in range(PROJECTS)
    ]
    people = [_add_person(superuser, number, person, groups) for number, person in enumerate(plan.people)]
    advisories = [
        _one(superuser, _ADVISORY, id=f"drift-{number}", project=projects[project], state=state.value)
        for number, (project, state) in enumerate(plan.advisories)
    ]
    grants = [
        {"advisory": advisories[place], "user": people[holder], "group": None, "permission": permission}
        for (place, holder), permission in plan.direct.items()
    ] + [
        {"advisory": advisories[place], "user": None, "group": groups[name], "permission": permission}
        for (place, name), permission in plan.by_group.items()
    ]
    if grants:
        superuser.execute(
            text(
                "INSERT INTO grants (advisory_id, user_id, group_id, permission)"
                " VALUES (:advisory, :user, :group, :permission)"
            ),
            grants,
        )
    for statement in (*_HANGING, *_OF_EACH_PERSON, *_OF_NO_ADVISORY):
        superuser.execute(text(statement), {"author": people[0]})
    return people


def _one(connection: Connection, statement: str, **values: Any) -> int:
    return int(connection.execute(text(statement), values).scalar_one())


def _add_person(superuser: Connection, number: int, person: Person, groups: Mapping[str, int]) -> int:
    user_id = _one(
        superuser,
        "INSERT INTO users (email, subject, is_active, is_provisioned, banned_at) VALUES (:name, :name,"
        " CAST(:kind AS text) <> 'inactive', CAST(:kind AS text) = 'shadow',"
        " CASE CAST(:kind AS text) WHEN 'banned' THEN now() END) RETURNING id",
        name=f"drift{number}@example.org",
        kind=person.kind,
    )
    for name in sorted(person.groups):
        superuser.execute(
            text("INSERT INTO user_groups (user_id, group_id) VALUES (:user, :group)"),
            {"user": user_id, "group": groups[name]},
        )
    return user_id


_ADVISORY = """
    INSERT INTO advisories (advisory_id, project_id, state, dismissed_from_state, published_at,
        summary)
    VALUES (:id, :project, CAST(:state AS text),
        CASE WHEN CAST(:state AS text) = 'dismissed' THEN 'draft' END,
        CASE WHEN CAST(:state AS text) = 'published' THEN now() END, 'Drift')
    RETURNING id
"""

_HANGING = (
    "INSERT INTO advisory_versions (advisory_id, number, payload) SELECT id, 1, '{}' FROM advisories",
    (
        "INSERT INTO comments (advisory_id, author_id, body, internal)"
        " SELECT id, :author, 'Words', internal FROM advisories, (VALUES (true), (false)) AS of(internal)"
    ),
    (
        "INSERT INTO comment_versions (comment_id, advisory_id, number, body)"
        " SELECT id, advisory_id, 1, body FROM comments"
    ),
    (
        "INSERT INTO invitations (advisory_id, email, permission, expires_at)"
        " SELECT id, 'guest@example.net', 'viewer', now() FROM advisories"
    ),
    "INSERT INTO review_tasks (advisory_id, version) SELECT id, 1 FROM advisories",
    "INSERT INTO cve_request_tasks (advisory_id) SELECT id FROM advisories",
    "INSERT INTO orphan_cves (advisory_id, cve_id) SELECT id, 'CVE-2026-10001' FROM advisories",
    "INSERT INTO orphan_reassignment_tasks (orphan_id, advisory_id) SELECT id, advisory_id FROM orphan_cves",
    (
        "INSERT INTO publication_tasks (advisory_id, version, status, revision, revision_summary,"
        " first_published_at, modified_at, enqueued_by_id)"
        " SELECT id, 1, 'queued', 1, '', now(), now(), :author FROM advisories"
    ),
    (
        "INSERT INTO publication_artifacts (advisory_id, task_id, kind, path, content)"
        " SELECT advisory_id, id, 'osv', 'osv/x.json', '{}' FROM publication_tasks"
    ),
    "INSERT INTO audit_log (action, advisory_id) SELECT 'advisory.created', id FROM advisories",
    "INSERT INTO access_log (action, advisory_id) SELECT 'advisory.viewed', id FROM advisories",
    (
        "INSERT INTO notification_events (event, advisory_id, actor_id) SELECT 'created', id, :author"
        " FROM advisories"
    ),
    (
        "INSERT INTO notifications (event_id, invitation_id, advisory_id, reason)"
        " SELECT e.id, i.id, e.advisory_id, 'invited' FROM notification_events e"
        " JOIN invitations i ON i.advisory_id = e.advisory_id"
    ),
)
_OF_EACH_PERSON = (
    (
        "INSERT INTO notifications (event_id, user_id, advisory_id, reason)"
        " SELECT e.id, u.id, e.advisory_id, 'team' FROM notification_events e, users u"
    ),
    (
        "INSERT INTO advisory_visits (user_id, advisory_id, last_version)"
        " SELECT u.id, a.id, 1 FROM users u, advisories a"
    ),
    (
        "INSERT INTO advisory_notification_preferences (user_id, advisory_id, preset)"
        " SELECT u.id, a.id, 'important' FROM users u, advisories a"
    ),
    "INSERT INTO notification_preferences (user_id) SELECT id FROM users",
)
_OF_NO_ADVISORY = (
    "INSERT INTO audit_log (action) VALUES ('project.updated')",
    "INSERT INTO access_log (action) VALUES ('account.signed_in')",
    (
        "INSERT INTO audit_seals (number, first_entry_id, last_entry_id, entry_count, entry_ids,"
        " entry_hashes, previous_hash, hash, sealed_at)"
        " VALUES (1, 1, 1, 1, '{1}', sha256(''), sha256(''), sha256(''), now())"
    ),
    "INSERT INTO audit_replacements (forgotten_entry_id, entry_id, commitment) VALUES (1, 1, sha256(''))",
    (
        "INSERT INTO audit_checkpoints (seal_number, seal_hash, last_entry_id, entry_count, pruned_entry_id)"
        " VALUES (0, sha256(''), 1, 1, 1)"
    ),
)
