"""What people are told of: one table says who, which switch silences it, and in which words.

The words name what happened and never what an advisory, a comment or an error says (INV-SECRET-3).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.plugins.extensions import extensions
from advisoryhub_core.web.pages import _


class Audience(enum.StrEnum):
    """Who is told, among those who may see the advisory when the mail is sent.

    `TEAM`: the project's team and the shadows of its roster. `EVERYBODY`: those, and whoever has a grant by
    themselves or by a group; administrators only where they are one of them. `ADMINS`: the administrators.
    `INVITED`: the address of an invitation.
    """

    TEAM = "team"
    EVERYBODY = "everybody"
    ADMINS = "admins"
    INVITED = "invited"


class Switch(enum.StrEnum):
    """What a person can turn off; the names are those of their preferences."""

    CREATED = "created"
    TRIAGE = "triage"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    EXPORT = "export"
    COMMENTS = "comments"


@dataclass(frozen=True, kw_only=True)
class NotificationKind:
    """One row of the table.

    `cap` is what one must hold to be told. `important` is what the preset of that name lets through.
    `subject` is a word or two for the subject line, `sentence` says what happened. `told_by` are codes that
    tell the same of the same version: who got one of those does not get this one.
    """

    code: str
    audience: Audience
    subject: Any
    sentence: Any
    switch: Switch | None = None
    cap: Cap = Cap.VIEW
    important: bool = True
    told_by: tuple[str, ...] = ()


COMMENT = "comment"
MENTION = "mention"
INVITATION = "invitation"

_KINDS = (
    NotificationKind(
        code="created",
        audience=Audience.TEAM,
        switch=Switch.CREATED,
        subject=_("notify-created-subject", default="new draft"),
        sentence=_("notify-created", default="A new advisory was created in a project of yours."),
    ),
    NotificationKind(
        code="report_submitted",
        audience=Audience.TEAM,
        switch=Switch.TRIAGE,
        subject=_("notify-report-subject", default="new report"),
        sentence=_("notify-report", default="A new report arrived and waits for triage."),
    ),
    NotificationKind(
        code="report_promoted",
        audience=Audience.EVERYBODY,
        switch=Switch.TRIAGE,
        subject=_("notify-promoted-subject", default="report accepted"),
        sentence=_("notify-promoted", default="The report was accepted and is a draft now."),
    ),
    NotificationKind(
        code="report_dismissed",
        audience=Audience.EVERYBODY,
        switch=Switch.TRIAGE,
        subject=_("notify-dismissed-subject", default="report dismissed"),
        sentence=_("notify-dismissed", default="The report was dismissed."),
    ),
    NotificationKind(
        code="report_reassigned",
        audience=Audience.TEAM,
        switch=Switch.TRIAGE,
        subject=_("notify-reassigned-subject", default="report for your project"),
        sentence=_("notify-reassigned", default="A report was moved to a project of yours."),
    ),
    NotificationKind(
        code="routing_flagged",
        audience=Audience.ADMINS,
        switch=Switch.TRIAGE,
        subject=_("notify-flagged-subject", default="flagged for routing"),
        sentence=_("notify-flagged", default="A team handed a report to the administrators."),
    ),
    NotificationKind(
        code="routing_cleared",
        audience=Audience.ADMINS,
        switch=Switch.TRIAGE,
        important=False,
        subject=_("notify-cleared-subject", default="routing flag cleared"),
        sentence=_("notify-cleared", default="The routing flag of a report was cleared."),
    ),
    NotificationKind(
        code="reopened",
        audience=Audience.EVERYBODY,
        switch=Switch.TRIAGE,
        subject=_("notify-reopened-subject", default="reopened"),
        sentence=_("notify-reopened", default="The advisory was reopened."),
    ),
    NotificationKind(
        code="project_changed",
        audience=Audience.TEAM,
        switch=Switch.CREATED,
        subject=_("notify-project-subject", default="advisory for your project"),
        sentence=_("notify-project", default="An advisory was moved to a project of yours."),
    ),
    NotificationKind(
        code="review_submitted",
        audience=Audience.ADMINS,
        switch=Switch.SUBMITTED,
        subject=_("notify-submitted-subject", default="review wanted"),
        sentence=_("notify-submitted", default="An advisory was submitted for review."),
    ),
    NotificationKind(
        code="review_approved",
        audience=Audience.TEAM,
        switch=Switch.SUBMITTED,
        subject=_("notify-approved-subject", default="review: approved"),
        sentence=_("notify-approved", default="The review ended: the submitted version was approved."),
    ),
    NotificationKind(
        code="review_changes_requested",
        audience=Audience.TEAM,
        switch=Switch.SUBMITTED,
        subject=_("notify-changes-subject", default="review: changes requested"),
        sentence=_("notify-changes", default="The review ended: changes were requested."),
    ),
    NotificationKind(
        code="cve_reserved",
        audience=Audience.TEAM,
        switch=Switch.SUBMITTED,
        subject=_("notify-cve-reserved-subject", default="CVE request granted"),
        sentence=_("notify-cve-reserved", default="A CVE number was reserved for the advisory."),
    ),
    NotificationKind(
        code="cve_rejected",
        audience=Audience.TEAM,
        switch=Switch.SUBMITTED,
        subject=_("notify-cve-rejected-subject", default="CVE request rejected"),
        sentence=_("notify-cve-rejected", default="The request for a CVE number was rejected."),
    ),
    NotificationKind(
        code="published",
        audience=Audience.EVERYBODY,
        switch=Switch.PUBLISHED,
        subject=_("notify-published-subject", default="published"),
        sentence=_("notify-published", default="The advisory was published."),
    ),
    NotificationKind(
        code="withdrawn",
        audience=Audience.EVERYBODY,
        switch=Switch.PUBLISHED,
        subject=_("notify-withdrawn-subject", default="withdrawn"),
        sentence=_("notify-withdrawn", default="The published advisory was withdrawn."),
    ),
    NotificationKind(
        code="export_succeeded",
        audience=Audience.EVERYBODY,
        cap=Cap.SEE_EXPORT,
        switch=Switch.EXPORT,
        important=False,
        told_by=("published", "withdrawn"),
        subject=_("notify-exported-subject", default="export succeeded"),
        sentence=_("notify-exported", default="The documents of the advisory were exported."),
    ),
    NotificationKind(
        code="export_failed",
        audience=Audience.EVERYBODY,
        cap=Cap.SEE_EXPORT,
        switch=Switch.EXPORT,
        subject=_("notify-export-failed-subject", default="export failed"),
        sentence=_(
            "notify-export-failed",
            default="The export of the advisory failed; nothing was changed. The advisory's page says more.",
        ),
    ),
    NotificationKind(
        code=COMMENT,
        audience=Audience.EVERYBODY,
        switch=Switch.COMMENTS,
        important=False,
        subject=_("notify-comment-subject", default="comment"),
        sentence=_("notify-comment", default="A comment was posted."),
    ),
    # How a comment reads to whom it mentions; never an event of its own, so that one mail tells both.
    NotificationKind(
        code=MENTION,
        audience=Audience.EVERYBODY,
        subject=_("notify-mention-subject", default="you were mentioned"),
        sentence=_("notify-mention", default="Somebody mentioned you in a comment."),
    ),
    NotificationKind(
        code=INVITATION,
        audience=Audience.INVITED,
        subject=_("notify-invitation-subject", default="invitation"),
        sentence=_(
            "notify-invitation",
            default="You are invited to an advisory that is not public. Accept with the link below.",
        ),
    ),
)

CORE_KINDS: Mapping[str, NotificationKind] = {kind.code: kind for kind in _KINDS}


def kind_of(registry: Any, code: str) -> NotificationKind | None:
    """Return the row of an event; None for one whose plugin is gone."""
    return CORE_KINDS.get(code) or extensions(registry).notification_kinds.get(code)
