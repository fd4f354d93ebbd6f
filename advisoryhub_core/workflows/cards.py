"""The cards on the advisory page that tell of its review and of its CVE number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from advisoryhub_core.accounts.models import User
from advisoryhub_core.advisories import presenters
from advisoryhub_core.advisories.content_pages import AliasView
from advisoryhub_core.advisories.pages import Review, _
from advisoryhub_core.advisories.resources import AdvisoryResource
from advisoryhub_core.advisories.states import Kind, ReviewStatus, State
from advisoryhub_core.advisories.views.deeds import acts_at, subject_of
from advisoryhub_core.web.pages import Act, Moment, Panel
from advisoryhub_core.web.request import HubRequest
from advisoryhub_core.web.templating import render_markup
from advisoryhub_core.workflows.models import (
    CVERequestStatus,
    CVERequestTask,
    OrphanCVE,
    OrphanStatus,
    ReviewTask,
    ReviewTaskStatus,
)
from advisoryhub_core.workflows.queries import Workflow

_TEMPLATES = "advisoryhub_templates:advisories/"
_DECIDED = frozenset({ReviewTaskStatus.APPROVED, ReviewTaskStatus.CHANGES_REQUESTED})


@dataclass(frozen=True)
class Deeded:
    """Who did something, and when."""

    person: Any
    at: Moment


@dataclass(frozen=True)
class VersionLink:
    number: int
    url: str


@dataclass(frozen=True)
class Gap:
    """Why the newest version is not the one that the review is about, with the difference."""

    text: Any
    url: str


@dataclass(frozen=True, kw_only=True)
class ReviewCard:
    """`advisories/review_card.pt`. `ended` says what became of an approval that does not stand any more."""

    status: Review
    submitted: Deeded | None = None
    version: VersionLink | None = None
    decided: Deeded | None = None
    approved: VersionLink | None = None
    gap: Gap | None = None
    ended: Any = ""
    acts: tuple[Act, ...] = ()


@dataclass(frozen=True)
class OrphanView:
    """A number that was taken off; `rejected` once that was noted."""

    number: AliasView
    rejected: bool
    at: Moment


@dataclass(frozen=True, kw_only=True)
class CVECard:
    """`advisories/cve_card.pt`. `wanted` is a number that the reopened advisory had and may get back."""

    number: AliasView | None = None
    requested: Deeded | None = None
    rejected: Deeded | None = None
    banned: bool = False
    orphans: tuple[OrphanView, ...] = ()
    wanted: str = ""
    acts: tuple[Act, ...] = ()

    @property
    def says_something(self) -> bool:
        told = (self.number, self.requested, self.rejected, self.banned, self.orphans, self.wanted, self.acts)
        return any(told)


def review_panel(request: HubRequest, context: AdvisoryResource) -> Panel | None:
    """Return the card of the review, or None where there is nothing to say and nothing to do."""
    card = review_card(context)
    if card.status == ReviewStatus.NONE.value and not card.ended and not card.acts:
        return None
    html = render_markup(f"{_TEMPLATES}review_card.pt", {"card": card}, request)
    return Panel(name="review", title=_("review-card", default="Review"), html=html)


def cve_panel(request: HubRequest, context: AdvisoryResource) -> Panel | None:
    """Return the card of the CVE number, or None where there is nothing to say and nothing to do."""
    card = cve_card(context)
    if not card.says_something:
        return None
    html = render_markup(f"{_TEMPLATES}cve_card.pt", {"card": card}, request)
    return Panel(name="cve", title=_("cve-number", default="CVE number"), html=html)


def review_card(context: AdvisoryResource) -> ReviewCard:
    advisory, task = context.advisory, subject_of(context).workflow.review
    acts = acts_at(context, "review")
    if advisory.kind is not Kind.NATIVE:
        return ReviewCard(status="none")
    status: Review = advisory.review_status.value
    if task is None or advisory.review_status is ReviewStatus.NONE:
        return ReviewCard(status=status, ended=_ended(context, task), acts=acts)
    approved = advisory.approved_version
    return ReviewCard(
        status=status,
        submitted=_deeded(context, task.submitted_by, Moment.at(task.created_at)),
        version=_version(context, task.version),
        decided=_decided(context, task),
        approved=_version(context, approved) if approved is not None else None,
        gap=_gap(context, task),
        acts=acts,
    )


def cve_card(context: AdvisoryResource) -> CVECard:
    advisory, workflow = context.advisory, subject_of(context).workflow
    number = advisory.assigned_cve_id
    return CVECard(
        number=presenters.alias(number) if number else None,
        requested=_requested(context, workflow.open_cve_request),
        rejected=_rejected(context, workflow) if number is None else None,
        banned=advisory.cve_requests_banned,
        orphans=tuple(_orphan(orphan) for orphan in workflow.orphans),
        wanted=workflow.reassignment.orphan.cve_id if workflow.reassignment else "",
        acts=acts_at(context, "cve"),
    )


def _deeded(context: AdvisoryResource, user: User | None, at: Moment) -> Deeded:
    if user is None:
        return Deeded(_("the-system", default="The system"), at)
    return Deeded(presenters.person(user, context.request.act, context.caps()), at)


def _version(context: AdvisoryResource, number: int) -> VersionLink:
    return VersionLink(number, f"{context.path}versions/{number}/")


def _decided(context: AdvisoryResource, task: ReviewTask) -> Deeded | None:
    if task.status not in _DECIDED or task.decided_at is None:
        return None
    return _deeded(context, task.reviewer, Moment.at(task.decided_at))


def _gap(context: AdvisoryResource, task: ReviewTask) -> Gap | None:
    """Return what tells the newest version from the reviewed one, where they differ."""
    advisory, newest = context.advisory, context.advisory.current_version
    approved = advisory.approved_version
    if advisory.review_status is ReviewStatus.SUBMITTED:
        base = task.version
        text = _("review-gap-submitted", default="Version ${newest} is newer than the submitted one.")
    elif approved is not None and approved != newest:
        base = approved
        text = _("review-gap-approved", default="Version ${newest} is the newest, and it is not approved.")
    elif approved is not None and task.decided_version is not None:
        base = task.decided_version
        text = _(
            "review-gap-carried",
            default="An administrator changed the approved version ${base}; the approval moved along.",
        )
    else:
        return None
    if base == newest:
        return None
    url = f"{context.path}versions/{newest}/diff/?against={base}"
    return Gap(text % {"newest": str(newest), "base": str(base)}, url)


def _ended(context: AdvisoryResource, task: ReviewTask | None) -> Any:
    """Return what became of an approval, as long as a publication waits for another one."""
    advisory = context.advisory
    waits = advisory.state is State.DRAFT or (
        advisory.state is State.PUBLISHED and advisory.republish_required
    )
    if task is None or task.status is not ReviewTaskStatus.APPROVED or not waits:
        return ""
    approved = {"number": task.decided_version}
    return _(
        "review-ended",
        default="The approval of version ${number} was revoked, or ended with an edit.",
        mapping=approved,
    )


def _requested(context: AdvisoryResource, task: CVERequestTask | None) -> Deeded | None:
    return _deeded(context, task.requested_by, Moment.at(task.created_at)) if task is not None else None


def _rejected(context: AdvisoryResource, workflow: Workflow) -> Deeded | None:
    task = workflow.cve_request
    if task is None or task.status is not CVERequestStatus.REJECTED or task.finished_at is None:
        return None
    return _deeded(context, task.assignee, Moment.at(task.finished_at))


def _orphan(orphan: OrphanCVE) -> OrphanView:
    rejected = orphan.status is OrphanStatus.MARKED_REJECTED
    at = orphan.resolved_at if rejected and orphan.resolved_at else orphan.created_at
    return OrphanView(presenters.alias(orphan.cve_id), rejected, Moment.at(at))
