"""What is decided about native reports: promote, dismiss, route to the administrators, move."""

from __future__ import annotations

from typing import Any

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.lifecycle import dismiss
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.moving import move, put_into, require_other_target
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.reasons import reason_given
from advisoryhub_core.advisories.services import change_state, lock
from advisoryhub_core.advisories.states import State
from advisoryhub_core.audit.services import record
from advisoryhub_core.comments.notes import post_note
from advisoryhub_core.errors import HubError
from advisoryhub_core.events import ReportDismissed, ReportPromoted, RoutingFlagCleared, RoutingFlagged
from advisoryhub_core.projects.models import Project
from advisoryhub_core.workflows.teardown import tear_down_review


class ProjectMissing(HubError):
    """A draft belongs to a real project."""

    code = "project_missing"


def promote_triage_to_draft(act: Act, advisory_id: int, *, project: Project | None = None) -> Advisory:
    """Accept a report as a draft of its project, or of `project` (lifecycle row 4).

    The row, its id, its creation time, comments and grants stay (INV-LIFECYCLE-5). Raises
    `ProjectMissing` where none but `unsorted` is named, and `NotPermitted`, also for somebody who is
    neither administrator nor on the target's team.
    """
    locked = lock(act, advisory_id)
    locked.require(Cap.PROMOTE)
    advisory = locked.advisory
    before = advisory.project
    target = before if project is None else project
    if target.is_unsorted:
        raise ProjectMissing("Choose the project that the report is about: a draft belongs to a real one.")
    moved: dict[str, Any] = {}
    if target.id != before.id:
        require_other_target(act, advisory, target)
        put_into(act, advisory, target)
        moved = {"previous": {"project": before.slug}, "new": {"project": target.slug}}
    advisory.routing_flagged_at = None
    advisory.modified_at = act.now()
    record(act, "advisory.triage_promoted", advisory_id=advisory.id, **moved)
    change_state(act, advisory, State.DRAFT, narrated=True)
    act.db.flush()
    act.notify(ReportPromoted(act, advisory.id))
    return advisory


def dismiss_triage(act: Act, advisory_id: int, *, reason: str) -> Advisory:
    """Turn a report down, for a reason (lifecycle row 5). Raises `ReasonMissing`, `NotPermitted`."""
    text = reason_given(reason, "Say why the report is dismissed.")
    locked = lock(act, advisory_id)
    locked.require(Cap.DISMISS_TRIAGE)
    advisory = locked.advisory
    tear_down_review(act, advisory)
    dismiss(act, advisory, text)
    act.notify(ReportDismissed(act, advisory.id))
    return advisory


def flag_for_admin_routing(act: Act, advisory_id: int, *, note: str) -> Advisory:
    """Hand a report to the administrators, who alone edit and decide from then on (INV-AUTH-6).

    Raises `ReasonMissing`, `NotPermitted` (also for administrators, on `unsorted`, and once flagged).
    """
    text = reason_given(note, "Say why an administrator should look at the report.")
    locked = lock(act, advisory_id)
    locked.require(Cap.FLAG_ROUTING)
    advisory = locked.advisory
    advisory.routing_flagged_at = act.now()
    record(act, "advisory.flagged_for_routing", advisory_id=advisory.id)
    post_note(act, advisory, "flag", text, internal=True)
    act.notify(RoutingFlagged(act, advisory.id))
    return advisory


def clear_admin_routing_flag(act: Act, advisory_id: int) -> Advisory:
    """Make a report its team's again; never on `unsorted` (INV-INTAKE-4). Raises `NotPermitted`."""
    locked = lock(act, advisory_id)
    locked.require(Cap.CLEAR_ROUTING)
    advisory = locked.advisory
    advisory.routing_flagged_at = None
    record(act, "advisory.routing_flag_cleared", advisory_id=advisory.id)
    act.db.flush()
    act.notify(RoutingFlagCleared(act, advisory.id))
    return advisory


def reassign_triage_project(act: Act, advisory_id: int, project: Project) -> Advisory:
    """Move a report to another project, as a new version.

    An administrator's move to a real project clears the routing flag, a move to `unsorted` sets it
    (INV-INTAKE-4). Raises `SameProject` and `NotPermitted`, also for somebody who is neither administrator
    nor on the target's team.
    """
    locked = lock(act, advisory_id)
    locked.require(Cap.REASSIGN_TRIAGE)
    advisory = locked.advisory
    require_other_target(act, advisory, project)
    if project.is_unsorted:
        advisory.routing_flagged_at = act.now()
    elif act.identity.is_admin or act.identity.is_system:
        advisory.routing_flagged_at = None
    move(act, advisory, project, triage=True)
    return advisory
