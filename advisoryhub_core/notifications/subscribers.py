"""From domain events to the outbox: a row in the act's own transaction, and a message after its commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import insert

from advisoryhub_core import events
from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.states import Kind, State
from advisoryhub_core.jobs.queue import enqueue
from advisoryhub_core.notifications.kinds import COMMENT, INVITATION, kind_of
from advisoryhub_core.notifications.models import NotificationEvent
from advisoryhub_core.workflows.models import ReviewTaskStatus

HANDLE_TASK = "notifications.handle"

Ids = Mapping[str, int | list[int]]
Told = tuple[str, Ids] | None


class UnknownNotification(LookupError):
    """An event was announced that neither the core nor a plugin declared."""


def announce(act: Act, code: str, advisory_id: int, **ids: int | list[int]) -> None:
    """Write an event to the outbox and have it handled after the commit.

    `ids` are numbers that the handler re-reads the rest by, never content (INV-SECRET-3). Inserted without
    RETURNING, since the acting person may lose sight of the advisory by this very act. Raises
    `UnknownNotification`.
    """
    if kind_of(act.registry, code) is None:
        raise UnknownNotification(code)
    row = {
        "event": code,
        "advisory_id": advisory_id,
        "actor_id": act.identity.user_id,
        "data": ids,
        "created_at": act.now(),
    }
    act.db.execute(insert(NotificationEvent).values(row).inline())
    enqueue(act, HANDLE_TASK, advisory_id)


def tell(event: Any) -> None:
    """Subscriber: announce what a domain event means to people; nothing for most of them."""
    told = _TABLE[type(event)](event)
    if told is not None:
        code, ids = told
        announce(event.act, code, event.advisory_id, **ids)


def _created(event: events.AdvisoryCreated) -> Told:
    advisory = event.act.db.get_one(Advisory, event.advisory_id)
    # A report is told of by `ReportSubmitted`.
    is_report = advisory.state is State.TRIAGE and advisory.kind is Kind.NATIVE
    return None if is_report else ("created", {})


def _project_changed(event: events.ProjectChanged) -> Told:
    return "report_reassigned" if event.triage else "project_changed", {"project_id": event.after_id}


def _review_decided(event: events.ReviewDecided) -> Told:
    codes = {
        ReviewTaskStatus.APPROVED.value: "review_approved",
        ReviewTaskStatus.CHANGES_REQUESTED.value: "review_changes_requested",
    }
    code = codes.get(event.decision)
    return (code, {"version": event.version}) if code else None


def _published(event: events.Published) -> Told:
    """The first publication; a later one is an export."""
    return ("published", {"version": event.version}) if event.first else None


def _cve_reserved(event: events.CVEReserved) -> Told:
    """A decision about a request; of a number that came back, the reopening tells."""
    return None if event.restored else ("cve_reserved", {})


def _comment(event: events.CommentAdded) -> Told:
    return COMMENT, {
        "comment_id": event.comment_id,
        "mentioned_users": list(event.mentioned_users),
        "mentioned_groups": list(event.mentioned_groups),
    }


def _versioned(code: str) -> Callable[[Any], Told]:
    return lambda event: (code, {"version": event.version})


def _plain(code: str) -> Callable[[Any], Told]:
    return lambda _event: (code, {})


_TABLE: Mapping[type[events.AdvisoryEvent], Callable[[Any], Told]] = {
    events.AdvisoryCreated: _created,
    events.ReportSubmitted: _plain("report_submitted"),
    events.ReportPromoted: _plain("report_promoted"),
    events.ReportDismissed: _plain("report_dismissed"),
    events.RoutingFlagged: _plain("routing_flagged"),
    events.RoutingFlagCleared: _plain("routing_cleared"),
    events.AdvisoryReopened: _plain("reopened"),
    events.ProjectChanged: _project_changed,
    events.ReviewSubmitted: _versioned("review_submitted"),
    events.ReviewDecided: _review_decided,
    events.CVEReserved: _cve_reserved,
    events.CVERejected: _plain("cve_rejected"),
    events.Published: _published,
    events.Withdrawn: _versioned("withdrawn"),
    events.ExportSucceeded: _versioned("export_succeeded"),
    events.ExportFailed: _versioned("export_failed"),
    events.CommentAdded: _comment,
    events.InvitationIssued: lambda event: (INVITATION, {"invitation_id": event.invitation_id}),
}


def includeme(config: Any) -> None:
    for event in _TABLE:
        config.add_subscriber(tell, event)
