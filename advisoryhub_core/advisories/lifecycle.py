"""Transitions of state: each locks, re-checks under the lock, and writes everything in one transaction.

What happens to reports is in `triage.py`, a withdrawal in `withdrawal.py`.
"""

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
from advisoryhub_core.advisories.reasons import ReasonMissing, reason_given
from advisoryhub_core.advisories.reassignment import clear_reassignment_request
from advisoryhub_core.advisories.services import change_state, insert_advisory, lock
from advisoryhub_core.advisories.states import State
from advisoryhub_core.advisories.withdrawal import bring_back
from advisoryhub_core.audit.services import record
from advisoryhub_core.comments.notes import post_note
from advisoryhub_core.db.session import system_scope
from advisoryhub_core.events import AdvisoryCreated, AdvisoryReopened, Published, ReportSubmitted
from advisoryhub_core.plugins.extensions import pass_publish_gates
from advisoryhub_core.projects.models import Project
from advisoryhub_core.workflows.teardown import (
    cancel_open_cve_request,
    orphan_number,
    restore_cve,
    tear_down_review,
)

REPORT_DETAILS_LIMIT = 16_000

__all__ = [
    "REPORT_DETAILS_LIMIT",
    "ReasonMissing",
    "dismiss",
    "dismiss_advisory",
    "mark_published",
    "reopen_advisory",
    "submit_triage_report",
]


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
        act.notify(ReportSubmitted(act, advisory.id))
    return advisory


def dismiss_advisory(act: Act, advisory_id: int, *, reason: str) -> Advisory:
    """Give a draft up, for a reason (lifecycle row 6).

    Its open CVE request is cancelled, its number becomes an orphan, its review and a request to reassign
    it end. Raises `ReasonMissing`, `NotPermitted`, and whatever a subscriber refuses with (a publication
    that is under way).
    """
    text = reason_given(reason, "Say why the advisory is dismissed.")
    locked = lock(act, advisory_id)
    locked.require(Cap.DISMISS)
    advisory = locked.advisory
    # The review first: an approval that ends here is not carried to the version without the number.
    tear_down_review(act, advisory)
    cancel_open_cve_request(act, advisory)
    orphan_number(act, advisory)
    clear_reassignment_request(act, advisory, "dismissed")
    dismiss(act, advisory, text)
    return advisory


def dismiss(act: Act, advisory: Advisory, reason: str) -> None:
    """Move a locked advisory to dismissed, with the reason as a public comment."""
    record(act, "advisory.dismissed", advisory_id=advisory.id)
    # Nothing is written to the database in between: state and origin contradict each other until both are.
    advisory.dismissed_reason = reason
    advisory.modified_at = act.now()
    advisory.dismissed_from_state = advisory.state
    change_state(act, advisory, State.DISMISSED, narrated=True)
    post_note(act, advisory, "dismiss", reason, internal=False)
    act.db.flush()


def reopen_advisory(act: Act, advisory_id: int) -> Advisory:
    """Bring a dismissed advisory back to where it was (lifecycle rows 9 and 9a, INV-LIFECYCLE-4).

    What the dismissal took from it in CVE numbers is put back. A withdrawn one is published again: that
    takes a fresh sign-in, passes the publish gates, and its state changes after the push. Raises
    `NotPermitted`, `StepUpRequired`, and whatever a gate or the publisher refuses with.
    """
    seen = act.db.get(Advisory, advisory_id)
    if seen is not None and seen.dismissed_from_state is State.PUBLISHED:
        # Before the lock: a gate may refresh the advisory over the network.
        act.require_step_up()
        pass_publish_gates(act, seen)
    locked = lock(act, advisory_id)
    locked.require(Cap.REOPEN)
    advisory = locked.advisory
    # Never None for a dismissed advisory, by a CHECK.
    target = advisory.dismissed_from_state
    if target is None or target is State.PUBLISHED:
        bring_back(act, advisory)
        return advisory
    record(act, "advisory.reopened", advisory_id=advisory.id, new={"state": target.value})
    advisory.dismissed_reason = ""
    advisory.modified_at = act.now()
    advisory.dismissed_from_state = None
    change_state(act, advisory, target)
    restore_cve(act, advisory, target)
    act.db.flush()
    act.notify(AdvisoryReopened(act, advisory.id, target.value))
    return advisory


def mark_published(act: Act, advisory: Advisory, *, version: int, at: dt.datetime, actor_id: int) -> None:
    """Record a clean push of `version` on a locked advisory (lifecycle rows 7, 8 and 9a, INV-LIFECYCLE-3).

    `at` becomes the first publication if there was none. An edit saved while the push was under way
    leaves the advisory waiting for the next publication.
    """
    first = advisory.published_at is None
    if first:
        advisory.published_at = at
    advisory.republish_required = advisory.current_version != version
    record(act, "advisory.published", advisory_id=advisory.id, actor_id=actor_id, new={"version": version})
    if advisory.state is not State.PUBLISHED:
        clear_reassignment_request(act, advisory, "published", actor_id=actor_id)
        advisory.dismissed_reason = ""
        advisory.dismissed_from_state = None
        change_state(act, advisory, State.PUBLISHED, narrated=True, actor_id=actor_id)
    act.db.flush()
    act.notify(Published(act, advisory.id, version, first))
