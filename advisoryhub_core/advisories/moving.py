"""Moving a locked advisory to another project; the project is payload, so each move is a version."""

from __future__ import annotations

from typing import Any

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.permissions import owns_project
from advisoryhub_core.advisories.services import save_version
from advisoryhub_core.audit.services import record
from advisoryhub_core.errors import Conflict, NotPermitted
from advisoryhub_core.events import ProjectChanged
from advisoryhub_core.projects.models import Project


class SameProject(Conflict):
    """The advisory belongs to that project already."""

    code = "same_project"


def require_other_target(act: Act, advisory: Advisory, project: Project) -> None:
    """Raise `SameProject`, or `NotPermitted` for somebody who is neither admin nor on the target's team."""
    if project.id == advisory.project_id:
        raise SameProject("The advisory belongs to this project already. Choose another one.")
    owns = owns_project(
        admin=act.identity.is_admin or act.identity.is_system,
        group_ids=act.identity.group_ids,
        security_team_id=project.security_team_id,
    )
    if not owns:
        raise NotPermitted("You may move advisories to the projects of your own security teams only.")


def put_into(act: Act, advisory: Advisory, project: Project) -> None:
    """Set the project as a new version, with what an edit does to a review. The caller records it."""
    advisory.project = project
    save_version(act, advisory, ["project"], edited=False)


def move(act: Act, advisory: Advisory, project: Project, *, triage: bool, **metadata: Any) -> None:
    """Move a locked advisory for whoever may: version, ledger and event."""
    before = advisory.project
    put_into(act, advisory, project)
    record(
        act,
        "advisory.project_changed",
        advisory_id=advisory.id,
        previous={"project": before.slug},
        new={"project": project.slug},
        version=advisory.current_version,
        **metadata,
    )
    act.notify(ProjectChanged(act, advisory.id, before.id, project.id, triage))
