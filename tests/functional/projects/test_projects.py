"""Projects: who owns them, what they may be called, and what a change leaves alone."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from advisoryhub_core.accounts.models import User
from advisoryhub_core.accounts.services import replace_groups
from advisoryhub_core.advisories.payload.messages import PayloadInvalid
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.queries import capabilities_on
from advisoryhub_core.errors import Conflict, NotFound, NotPermitted
from advisoryhub_core.projects.models import Project
from advisoryhub_core.projects.services import create_project, ensure_unsorted, update_project
from tests.support.hub import ADMINS, Hub, team_of

GIVE_AWAY = (
    "UPDATE projects SET security_team_id = (SELECT id FROM groups WHERE name = 'others@example.org')"
    " WHERE slug = 'unsorted'"
)


def fields_of(hub: Hub, slug: str) -> dict[str, Any]:
    with hub.system() as act:
        project = act.db.scalars(select(Project).where(Project.slug == slug)).one()
        return {
            "slug": project.slug,
            "name": project.name,
            "description": project.description,
            "homepage": project.homepage,
            "security_team": project.security_team.name,
            "mature": project.is_mature_publisher,
        }


def change(hub: Hub, which: str, /, *, by: int | None = None, **changes: Any) -> None:
    fields = {**fields_of(hub, which), **changes}
    with hub.acting_for(by or hub.admin()) as act:
        project_id = act.db.scalars(select(Project.id).where(Project.slug == which)).one()
        update_project(act, project_id, **fields)


def entries(hub: Hub, action: str) -> list[tuple[Any, ...]]:
    with hub.system() as act:
        rows = act.db.execute(
            text("SELECT previous, new, metadata FROM audit_log WHERE action = :action ORDER BY id"),
            {"action": action},
        )
        return [tuple(row) for row in rows]


@pytest.mark.invariant("INV-PROJECT-1")
def test_a_team_is_a_group_and_its_members_own_the_advisories(hub: Hub) -> None:
    project = hub.project()
    advisory = hub.draft(project)
    person = hub.person()
    browser = hub.browser_as(person)
    path = f"/advisories/{advisory}/"
    browser.get(path, status=404)
    with hub.system() as act:
        replace_groups(act, act.db.get_one(User, person), (team_of(project),))
    browser.get(path, status=200)
    browser.get(f"{path}edit/", status=200)
    with pytest.raises(IntegrityError), hub.system() as act:
        act.db.execute(text("UPDATE projects SET security_team_id = 0 WHERE slug = :slug"), {"slug": project})
    with pytest.raises(IntegrityError), hub.system() as act:
        act.db.execute(
            text("UPDATE projects SET security_team_id = NULL WHERE slug = :slug"), {"slug": project}
        )


@pytest.mark.invariant("INV-PROJECT-1")
def test_another_team_owns_from_the_next_request_on(hub: Hub) -> None:
    project = hub.project()
    old, new = hub.member(project), hub.person("successors@example.org")
    advisory = hub.draft(project, by=old)
    path = f"/advisories/{advisory}/edit/"
    before, after = hub.browser_as(old), hub.browser_as(new)
    before.get(path, status=200)
    after.get(path, status=404)
    change(hub, project, security_team="successors@example.org")
    before.get(path, status=404)
    after.get(path, status=200)


@pytest.mark.invariant("INV-PROJECT-2")
@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"slug": "sorted"}, {"slug"}),
        ({"security_team": "others@example.org"}, {"security_team"}),
        ({"slug": "sorted", "security_team": "others@example.org"}, {"slug", "security_team"}),
    ],
)
def test_unsorted_keeps_its_name_and_its_owners(hub: Hub, changes: dict[str, str], wrong: set[str]) -> None:
    with pytest.raises(PayloadInvalid) as refused:
        change(hub, "unsorted", **changes)
    assert set(refused.value.errors) == wrong
    change(hub, "unsorted", name="Not sorted yet", description="Reports that wait for a project.")
    assert fields_of(hub, "unsorted")["security_team"] == ADMINS


@pytest.mark.invariant("INV-PROJECT-2")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE projects SET slug = 'sorted' WHERE slug = 'unsorted'",
        GIVE_AWAY,
        "DELETE FROM projects WHERE slug = 'unsorted'",
    ],
)
def test_the_database_keeps_unsorted(hub: Hub, statement: str) -> None:
    admin = hub.person(ADMINS, "others@example.org")
    with (
        pytest.raises(ProgrammingError, match=r"INV-PROJECT-2|permission denied"),
        hub.acting_for(admin) as act,
    ):
        act.db.connection().exec_driver_sql(statement)
    owner = create_engine(hub.registry.owner_url)
    with pytest.raises(ProgrammingError, match="INV-PROJECT-2"), owner.begin() as connection:
        connection.exec_driver_sql(statement)
    owner.dispose()


@pytest.mark.invariant("INV-PROJECT-2")
def test_migrating_moves_unsorted_with_the_admin_group(hub: Hub) -> None:
    with hub.system() as act:
        ensure_unsorted(act.db, "new-admins@example.org")
    assert fields_of(hub, "unsorted")["security_team"] == "new-admins@example.org"


@pytest.mark.invariant("INV-PERM-2")
def test_maturity_is_the_projects_and_decides_who_publishes(hub: Hub) -> None:
    project, other = hub.project(), hub.project()
    member = hub.member(project)
    advisory = hub.draft(project, by=member)

    def may_publish() -> bool:
        with hub.acting_for(member) as act:
            return Cap.PUBLISH in capabilities_on(act.db, act.registry, act.identity, hub.row(act, advisory))

    assert not may_publish()
    change(hub, other, mature=True)
    assert not may_publish()
    change(hub, project, mature=True)
    assert may_publish()
    change(hub, project, mature=False)
    assert not may_publish()


def test_a_change_is_on_the_ledger_with_what_changed_and_only_then(hub: Hub) -> None:
    project = hub.project("tools.before")
    change(hub, project)
    assert entries(hub, "project.updated") == []
    change(hub, project, slug="tools.after", name="After", mature=True)
    assert entries(hub, "project.updated") == [
        (
            {"slug": "tools.before", "name": "Tools.Before", "mature": False},
            {"slug": "tools.after", "name": "After", "mature": True},
            {"project": "tools.before"},
        )
    ]


def test_another_name_changes_no_version(hub: Hub) -> None:
    project = hub.project("tools.before")
    advisory = hub.draft(project)

    def payloads() -> list[Any]:
        with hub.system() as act:
            return list(
                act.db.scalars(
                    text(
                        "SELECT v.payload FROM advisory_versions v JOIN advisories a ON a.id = v.advisory_id"
                        " WHERE a.advisory_id = :id ORDER BY v.number"
                    ),
                    {"id": advisory},
                )
            )

    before = payloads()
    assert before[0]["project_slug"] == "tools.before"
    change(hub, project, slug="tools.after", name="After")
    assert payloads() == before


def test_every_mistake_is_said_at_once(hub: Hub) -> None:
    taken = hub.project()
    project = hub.project()
    wrong = {
        "slug": "Technology Jetty",
        "name": " ",
        "homepage": "ftp://example.org/",
        "security_team": "jetty-security",
        "description": "x" * 4001,
    }
    for act_on in (
        lambda: change(hub, project, **wrong),
        lambda: _create(hub, **wrong),
    ):
        with pytest.raises(PayloadInvalid) as refused:
            act_on()
        assert set(refused.value.errors) == set(wrong)
    with pytest.raises(PayloadInvalid) as refused:
        change(hub, project, slug=taken, homepage="javascript:alert(1)")
    assert set(refused.value.errors) == {"slug", "homepage"}
    with pytest.raises(PayloadInvalid) as refused:
        _create(hub, slug="unsorted", name="Mine", security_team="x@example.org")
    assert set(refused.value.errors) == {"slug"}


def _create(hub: Hub, **fields: Any) -> None:
    with hub.acting_for(hub.admin()) as act:
        create_project(act, **fields)


@pytest.mark.parametrize(
    "slug", ["technology.jetty", "ee4j.jakartaee-platform", "iot.4diac", "modeling", "a.b_c.d"]
)
def test_ids_of_projects_that_are_taken(hub: Hub, slug: str) -> None:
    _create(
        hub, slug=slug, name="A project", security_team="team@example.org", homepage="https://example.org"
    )
    assert fields_of(hub, slug)["homepage"] == "https://example.org"


@pytest.mark.parametrize("slug", ["", ".", "a..b", "a.", ".a", "a/b", "ä.b", "a-", "A.b", "a b", "a" * 129])
def test_ids_of_projects_that_are_refused(hub: Hub, slug: str) -> None:
    with pytest.raises(PayloadInvalid) as refused:
        _create(hub, slug=slug, name="A project", security_team="team@example.org")
    assert set(refused.value.errors) == {"slug"}


def test_a_team_that_is_never_mirrored_is_refused(hub: Hub) -> None:
    for team in ("two words@example.org", "plain", "a@b@c", ""):
        with pytest.raises(PayloadInvalid) as refused:
            _create(hub, slug="tools.x", name="A project", security_team=team)
        assert set(refused.value.errors) == {"security_team"}


def test_only_administrators_change_projects(hub: Hub) -> None:
    project = hub.project()
    with pytest.raises(NotPermitted):
        change(hub, project, by=hub.member(project), name="Ours")
    with hub.acting_for(hub.member(project)) as act, pytest.raises(NotPermitted):
        create_project(act, slug="tools.mine", name="Mine", security_team=team_of(project))
    with pytest.raises(NotFound), hub.acting_for(hub.admin()) as act:
        update_project(act, 10**6, **fields_of(hub, project))


def test_an_id_that_is_taken_at_the_same_moment_is_a_conflict(hub: Hub) -> None:
    admin = hub.admin()
    outcome: list[object] = []

    def second() -> None:
        try:
            with hub.acting_for(admin) as act:
                create_project(act, slug="tools.race", name="Second", security_team="b@example.org")
        except Conflict as error:
            outcome.append(error)

    thread = threading.Thread(target=second)
    with hub.acting_for(admin) as act:
        create_project(act, slug="tools.race", name="First", security_team="a@example.org")
        thread.start()
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        with hub.as_nobody() as connection:
            deadline = time.monotonic() + 10
            while not connection.scalar(waiting) and time.monotonic() < deadline:
                time.sleep(0.02)
    thread.join()
    assert [type(error) for error in outcome] == [Conflict]
    assert fields_of(hub, "tools.race")["name"] == "First"
