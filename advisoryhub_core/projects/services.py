"""Writing projects; the project `unsorted` that always exists (INV-PROJECT-2)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session, joinedload

from advisoryhub_core.accounts.models import Group
from advisoryhub_core.acts import Act
from advisoryhub_core.audit.services import record
from advisoryhub_core.errors import Conflict, NotPermitted
from advisoryhub_core.projects.models import UNSORTED, Project


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
    """Add a project with its security team. Raises `NotPermitted`, `Conflict` for a taken slug."""
    if not (act.identity.is_admin or act.identity.is_system):
        raise NotPermitted("Only administrators add projects.")
    if act.db.scalar(select(Project.id).where(Project.slug == slug)) is not None:
        raise Conflict(f"There is a project {slug} already.")
    project = Project(
        slug=slug,
        name=name,
        description=description,
        homepage=homepage,
        security_team=ensure_group(act.db, security_team),
        is_mature_publisher=mature,
    )
    act.db.add(project)
    act.db.flush()
    record(act, "project.created", new={"slug": slug, "team": security_team, "mature": mature})
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
