"""Writing projects; the project `unsorted` that always exists (INV-PROJECT-2)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from advisoryhub_core.accounts.models import Group
from advisoryhub_core.accounts.settings import ADMIN_GROUP, GROUP_PATTERN
from advisoryhub_core.acts import Act
from advisoryhub_core.audit.services import record
from advisoryhub_core.errors import Conflict, NotFound, NotPermitted
from advisoryhub_core.events import ProjectUpdated
from advisoryhub_core.forms import read
from advisoryhub_core.projects.models import UNSORTED, Project
from advisoryhub_core.projects.schemas import PROJECT

_SLUG_CONSTRAINT = "uq_projects_slug"


def ensure_group(db: Session, name: str) -> Group:
    """Return the group called `name`, adding it if the mirror does not know it yet."""
    db.execute(upsert(Group).values(name=name).on_conflict_do_nothing())
    return db.scalars(select(Group).where(Group.name == name)).one()


def ensure_unsorted(db: Session, admin_group: str) -> Project:
    """Make sure that `unsorted` exists and belongs to the admin group."""
    team = ensure_group(db, admin_group)
    project = db.scalar(select(Project).where(Project.slug == UNSORTED))
    if project is None:
        project = Project(
            slug=UNSORTED,
            name="Unsorted",
            description="Reports whose project is not known yet.",
            security_team=team,
        )
        db.add(project)
    elif project.security_team_id != team.id:
        project.security_team = team
    db.flush()
    return project


def create_project(
    act: Act,
    *,
    slug: str,
    name: str,
    security_team: str,
    description: str = "",
    homepage: str = "",
    mature: bool = False,
) -> Project:
    """Add a project with its security team.

    Raises `NotPermitted` for all but administrators, and `PayloadInvalid` with every mistake, a taken slug
    among them.
    """
    _require_administrator(act)
    values = _read(
        act,
        None,
        slug=slug,
        name=name,
        description=description,
        homepage=homepage,
        security_team=security_team,
    )
    project = Project(
        slug=values["slug"],
        name=values["name"],
        description=values["description"],
        homepage=values["homepage"],
        security_team=ensure_group(act.db, values["security_team"]),
        is_mature_publisher=mature,
    )
    with _refusing_a_taken_slug(act.db):
        act.db.add(project)
    record(
        act,
        "project.created",
        new={"slug": project.slug, "security_team": values["security_team"], "mature": mature},
    )
    return project


def update_project(
    act: Act,
    project_id: int,
    *,
    slug: str,
    name: str,
    description: str,
    homepage: str,
    security_team: str,
    mature: bool,
) -> Project:
    """Change a project; what an advisory's versions have pinned stays as it was.

    `unsorted` keeps its slug and its team (INV-PROJECT-2). Who is on a new team owns the project's
    advisories from the next request on. Nothing is written where nothing changes. Raises `NotPermitted` for
    all but administrators, `NotFound`, and `PayloadInvalid` with every mistake, a taken slug among them.
    """
    _require_administrator(act)
    project = act.db.scalar(
        select(Project)
        .where(Project.id == project_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if project is None:
        raise NotFound("There is no such project.")
    values = _read(
        act,
        project,
        slug=slug,
        name=name,
        description=description,
        homepage=homepage,
        security_team=security_team,
    )
    before, after = _described(project), {**values, "mature": mature}
    changed = tuple(sorted(field for field in after if after[field] != before[field]))
    if not changed:
        return project
    with _refusing_a_taken_slug(act.db):
        project.slug, project.name = values["slug"], values["name"]
        project.description, project.homepage = values["description"], values["homepage"]
        project.is_mature_publisher = mature
        if "security_team" in changed:
            project.security_team = ensure_group(act.db, values["security_team"])
    record(
        act,
        "project.updated",
        previous={field: before[field] for field in changed},
        new={field: after[field] for field in changed},
        project=before["slug"],
    )
    act.notify(ProjectUpdated(act, project.id, changed))
    return project


def own_projects(act: Act) -> list[Project]:
    """Return the projects that the acting person may write advisories for, by name."""
    query = select(Project).options(joinedload(Project.security_team)).order_by(Project.name)
    if not (act.identity.is_admin or act.identity.is_system):
        query = query.where(Project.id.in_(sorted(act.identity.team_project_ids)))
    return list(act.db.scalars(query))


def all_projects(act: Act) -> list[Project]:
    """Return every project by name."""
    return list(act.db.scalars(select(Project).order_by(Project.name)))


def project_called(act: Act, slug: str) -> Project:
    """Return the project with this slug. Raises `Conflict` where there is none (any more)."""
    project = act.db.scalar(select(Project).where(Project.slug == slug))
    if project is None:
        raise Conflict(f"There is no project {slug}.")
    return project


def _require_administrator(act: Act) -> None:
    if not (act.identity.is_admin or act.identity.is_system):
        raise NotPermitted("Only administrators add and change projects.")


def _described(project: Project) -> dict[str, Any]:
    return {
        "slug": project.slug,
        "name": project.name,
        "description": project.description,
        "homepage": project.homepage,
        "security_team": project.security_team.name,
        "mature": project.is_mature_publisher,
    }


def _read(act: Act, project: Project | None, **fields: str) -> dict[str, Any]:
    def taken(wanted: str) -> bool:
        others = select(Project.id).where(Project.slug == wanted)
        if project is not None:
            others = others.where(Project.id != project.id)
        return act.db.scalar(others) is not None

    return read(
        PROJECT,
        fields,
        taken=taken,
        group_pattern=GROUP_PATTERN.of(act.registry),
        unsorted=ADMIN_GROUP.of(act.registry) if project is not None and project.is_unsorted else None,
    )


@contextmanager
def _refusing_a_taken_slug(db: Session) -> Iterator[None]:
    """Write what is changed inside; raise `Conflict` where somebody took the slug at the same time."""
    try:
        with db.begin_nested():
            yield
            db.flush()
    except IntegrityError as error:
        if _SLUG_CONSTRAINT not in str(error.orig):
            raise
        raise Conflict("Another project has just taken this id. Choose another.") from error
