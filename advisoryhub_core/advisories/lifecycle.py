"""Transitions of state: each locks, re-checks under the lock, and writes everything in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from advisoryhub_core.access.granting import give_access
from advisoryhub_core.access.models import GrantPermission
from advisoryhub_core.accounts.models import User
from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.services import change_state, insert_advisory, lock
from advisoryhub_core.advisories.states import State
from advisoryhub_core.audit.services import record
from advisoryhub_core.db.session import system_scope
from advisoryhub_core.errors import HubError
from advisoryhub_core.events import AdvisoryCreated, Published
from advisoryhub_core.projects.models import Project

REPORT_DETAILS_LIMIT = 16_000


class ReasonMissing(HubError):
    """The act needs a reason."""

    code = "reason_missing"


def submit_triage_report(
    act: Act, project: Project, data: Mapping[str, Any], *, reporter_id: int | None = None
) -> Advisory:
    """Take a report in as triage (lifecycle row 1); the only way to a native triage row (INV-LIFECYCLE-2).

    Written in the system scope, since a stranger may not read what they report. On `unsorted` the
    routing flag is set (INV-INTAKE-4); a signed-in reporter gets viewer (INV-INTAKE-3). Raises
    `PayloadInvalid` with every mistake.
    """
    with system_scope(act.db):
        advisory = insert_advisory(act, project, data, State.TRIAGE, details_limit=REPORT_DETAILS_LIMIT)
        if project.is_unsorted:
            advisory.routing_flagged_at = act.now()
        if reporter_id is not None:
            give_access(act, advisory.id, act.db.get_one(User, reporter_id), GrantPermission.VIEWER)
        record(act, "advisory.triage_submitted", advisory_id=advisory.id, new={"project": project.slug})
        act.notify(AdvisoryCreated(act, advisory.id))
    return advisory


def dismiss_advisory(act: Act, advisory_id: int, *, reason: str) -> Advisory:
    """Give a draft up, for a reason (lifecycle row 6). Raises `ReasonMissing`, `NotPermitted`."""
    if not reason.strip():
        raise ReasonMissing("Say why the advisory is dismissed.")
    locked = lock(act, advisory_id)
    locked.require(Cap.DISMISS)
    advisory = locked.advisory
    advisory.dismissed_from_state = advisory.state
    advisory.dismissed_reason = reason.strip()
    advisory.modified_at = act.now()
    # One UPDATE: state and origin contradict each other for as long as only one of them is written.
    with act.db.no_autoflush:
        record(act, "advisory.dismissed", advisory_id=advisory.id)
        change_state(act, advisory, State.DISMISSED, narrated=True)
    act.db.flush()
    return advisory


def mark_published(act: Act, advisory: Advisory, *, version: int, at: dt.datetime, actor_id: int) -> None:
    """Record a clean push of `version` on a locked advisory (lifecycle rows 7 and 8, INV-LIFECYCLE-3).

    `at` becomes the first publication if there was none. An edit saved while the push was under way
    leaves the advisory waiting for the next publication.
    """
    first = advisory.published_at is None
    if first:
        advisory.published_at = at
    advisory.republish_required = advisory.current_version != version
    record(act, "advisory.published", advisory_id=advisory.id, actor_id=actor_id, new={"version": version})
    if advisory.state is not State.PUBLISHED:
        change_state(act, advisory, State.PUBLISHED, narrated=True, actor_id=actor_id)
    act.db.flush()
    act.notify(Published(act, advisory.id, version, first))
