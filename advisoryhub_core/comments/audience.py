"""Who sees an advisory, and by which handle they are mentioned in a comment.

A handle is made of a display name or a group's name, never of an address: `@ada-lovelace`. Two of the same
handle, and people without a name, carry a number as well: `@ada-lovelace#12`, `@person#13`, `@team#g4`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import String, literal, select, type_coerce, union_all

from advisoryhub_core.access.models import Grant, GrantPermission
from advisoryhub_core.accounts.models import Group, User, user_groups
from advisoryhub_core.accounts.settings import ADMIN_GROUP
from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.permissions import Cap, Role, capabilities, derive_role
from advisoryhub_core.advisories.queries import facts_about
from advisoryhub_core.plugins.extensions import extensions
from advisoryhub_core.web.markdown import written_texts

SUGGESTED_AT_MOST = 8
MENTIONED_AT_MOST = 50
"""A comment that names more people or groups than this mentions the first of them only."""

_UNNAMED = "person"
_NOT_IN_A_HANDLE = re.compile(r"[\W_]+")
# Not within a word or an address, and not after the at sign of a longer one.
_MENTION = re.compile(r"(?<![\w@.+/-])@([^\W_][\w-]*(?:#g?[0-9]+)?)")


@dataclass(frozen=True)
class Participant:
    """A person or a group that sees the advisory, in its highest role."""

    id: int
    is_group: bool
    name: str
    email: str
    role: Role
    handle: str = ""


def audience(act: Act, advisory: Advisory, cap: Cap) -> list[Participant]:
    """Return the people and groups who hold `cap` (to see, or to see internal comments), by name.

    Read in two queries. Shadows, inactive and banned people are not among them: they see nothing.
    """
    everybody = _with_handles([*_people(act, advisory), *_groups(act, advisory)])
    holding = _roles_holding(act, advisory, cap, {each.role for each in everybody})
    return [each for each in everybody if each.role in holding]


def mentioned(body: str, seeing: Iterable[Participant]) -> list[Participant]:
    """Return whom a comment's text mentions, outside code and links, of those who may read it."""
    by_handle = {each.handle: each for each in seeing}
    found: dict[str, Participant] = {}
    for text in written_texts(body):
        for match in _MENTION.finditer(text):
            handle = _normal(match.group(1))
            if handle in by_handle and len(found) < MENTIONED_AT_MOST:
                found[handle] = by_handle[handle]
    return list(found.values())


def suggestions(q: str, seeing: Iterable[Participant], *, see_emails: bool) -> list[Participant]:
    """Return at most eight whose handle or name continues what was typed.

    Addresses are searched only for those who may read them, or typing would find out what is masked.
    """
    wanted = q.strip().casefold()
    ranked = []
    for each in seeing:
        words = [each.handle, *each.name.casefold().split()]
        if see_emails and not each.is_group:
            words.append(each.email.casefold())
        starts = [word.startswith(wanted) for word in words]
        if any(starts) or wanted in each.name.casefold():
            ranked.append((not starts[0], not any(starts), each.name.casefold(), each.handle, each))
    return [each for *_rank, each in sorted(ranked, key=lambda entry: entry[:4])[:SUGGESTED_AT_MOST]]


def _people(act: Act, advisory: Advisory) -> Iterator[Participant]:
    held = _granted_groups(advisory)
    ways = union_all(
        select(Grant.user_id, type_coerce(Grant.permission, String).label("way")).where(
            Grant.advisory_id == advisory.id, Grant.user_id.is_not(None)
        ),
        select(user_groups.c.user_id, type_coerce(held.c.permission, String)).join(
            held, held.c.group_id == user_groups.c.group_id
        ),
        select(user_groups.c.user_id, literal(Role.TEAM.value)).where(
            user_groups.c.group_id == advisory.project.security_team_id
        ),
        select(user_groups.c.user_id, literal(Role.ADMIN.value))
        .join(Group, Group.id == user_groups.c.group_id)
        .where(Group.name == ADMIN_GROUP.of(act.registry)),
    ).subquery()
    rows = act.db.execute(
        select(User.id, User.display_name, User.email, ways.c.way)
        .join(ways, ways.c.user_id == User.id)
        .where(User.is_active, ~User.is_provisioned, User.banned_at.is_(None))
        .order_by(User.id)
    )
    people: dict[int, tuple[Any, set[str]]] = {}
    for row in rows:
        people.setdefault(row.id, (row, set()))[1].add(row.way)
    for row, held_ways in people.values():
        yield Participant(row.id, False, row.display_name, row.email, _highest(held_ways))


def _groups(act: Act, advisory: Advisory) -> Iterator[Participant]:
    grant = _granted_groups(advisory)
    rows = act.db.execute(
        select(Group.id, Group.name, grant.c.permission)
        .outerjoin(grant, grant.c.group_id == Group.id)
        .where(
            (Group.id == advisory.project.security_team_id)
            | (Group.name == ADMIN_GROUP.of(act.registry))
            | grant.c.group_id.is_not(None)
        )
        .order_by(Group.id)
    )
    for row in rows:
        ways = {Role.ADMIN.value} if row.name == ADMIN_GROUP.of(act.registry) else set()
        if row.id == advisory.project.security_team_id:
            ways.add(Role.TEAM.value)
        if row.permission is not None:
            ways.add(row.permission.value)
        yield Participant(row.id, True, row.name, "", _highest(ways))


def _granted_groups(advisory: Advisory) -> Any:
    query = select(Grant.group_id, Grant.permission)
    return query.where(Grant.advisory_id == advisory.id, Grant.group_id.is_not(None)).subquery()


def _highest(ways: set[str]) -> Role:
    grants = [way for way in ways if way in set(GrantPermission)]
    return derive_role(admin=Role.ADMIN in ways, on_team=Role.TEAM in ways, grants=grants)


def _roles_holding(act: Act, advisory: Advisory, cap: Cap, roles: set[Role]) -> set[Role]:
    """Return the roles to which `permissions.py` grants `cap` on this advisory, as it stands."""
    facts = facts_about(act.db, act.registry, act.identity, advisory)
    rules = extensions(act.registry).capability_rules
    return {role for role in roles if cap in capabilities(replace(facts, role=role), rules)}


def _with_handles(everybody: list[Participant]) -> list[Participant]:
    plain = [_plain_handle(each) for each in everybody]
    often = Counter(plain)
    return [
        replace(each, handle=handle if handle != _UNNAMED and often[handle] == 1 else _numbered(each, handle))
        for each, handle in zip(everybody, plain, strict=True)
    ]


def _plain_handle(each: Participant) -> str:
    # A group is `name@realm`, and the realm looks like the end of an address.
    name = each.name.partition("@")[0] if each.is_group or "@" in each.name else each.name
    return _normal(_NOT_IN_A_HANDLE.sub("-", name).strip("-")) or _UNNAMED


def _numbered(each: Participant, handle: str) -> str:
    return f"{handle}#{'g' if each.is_group else ''}{each.id}"


def _normal(handle: str) -> str:
    return unicodedata.normalize("NFC", handle).casefold().rstrip("-")
