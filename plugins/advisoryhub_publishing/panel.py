"""The publication card on the advisory page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from advisoryhub_core.plugins.api import (
    Advisory,
    AdvisoryResource,
    Banner,
    Cap,
    HubRequest,
    Kind,
    Moment,
    PageAct,
    Panel,
    State,
    person,
    pinned,
    readiness,
    render_markup,
)
from advisoryhub_publishing import services, settings
from advisoryhub_publishing.assembly import LABELS
from advisoryhub_publishing.messages import _
from advisoryhub_publishing.models import IN_FLIGHT, PublicationTask, TaskStatus

_SHORT_SHA = 10


@dataclass(frozen=True)
class ArtifactView:
    label: str
    url: str
    download_url: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """`templates/panel.pt`; what each name means is said at its top."""

    status: str | None = None
    withdrawal: bool = False
    version: int = 0
    attempts: int = 0
    error: str = ""
    commit: str = ""
    commit_url: str | None = None
    repository: str = ""
    requested: Moment | None = None
    requested_by: str = ""
    finished: Moment | None = None
    artifacts: tuple[ArtifactView, ...] = ()
    acts: tuple[PageAct, ...] = ()
    blocked: Any = ""
    refresh_url: str | None = None


def render_panel(request: HubRequest, context: AdvisoryResource) -> Panel | None:
    """Return the card, as a panel of the advisory page; a report has nothing to publish yet."""
    if context.advisory.state is State.TRIAGE:
        return None
    html = render_markup(
        "advisoryhub_publishing:templates/panel.pt", {"card": make_card(request, context)}, request
    )
    return Panel(name="publication", title=_("panel-title", default="Publication"), html=html)


def render_banner(request: HubRequest, context: AdvisoryResource) -> Banner | None:
    """Return the message that a withdrawal, or bringing back, failed and can be tried again."""
    direction = services.direction_of(context.advisory)
    if direction == "publish":
        return None
    task = services.last_task(request.db, context.advisory.id)
    if task is not None and task.status in IN_FLIGHT:
        return None
    text = _(
        "banner-export-failed",
        default="Nothing has come of it yet: the last attempt to push it failed. Its error is on the card"
        " “Publication”. Until another attempt succeeds, everything public is as it was.",
    )
    acts = _acts(context, task)
    return Banner(kind="error", text=text, act=acts[0] if acts else None)


def make_card(request: HubRequest, context: AdvisoryResource) -> Card:
    task = services.last_task(request.db, context.advisory.id)
    acts = _acts(context, task)
    blocked = "" if acts else _blocked(context, task)
    if task is None:
        return Card(acts=acts, blocked=blocked)
    return Card(
        status=task.status.value,
        withdrawal=services.brought_out_a_withdrawal(request.db, task),
        version=task.version,
        attempts=task.attempts,
        error=task.error,
        commit=task.commit_sha[:_SHORT_SHA],
        commit_url=_commit_url(request.registry, task.commit_sha),
        requested=Moment.at(task.created_at),
        requested_by=person(task.enqueued_by, request.act, context.caps()),
        finished=Moment.at(task.finished_at) if task.finished_at else None,
        artifacts=tuple(_artifact(task, artifact.kind) for artifact in task.artifacts),
        acts=acts,
        blocked=blocked,
        refresh_url=f"{context.path}publication-card/" if task.status in IN_FLIGHT else None,
    )


def _acts(context: AdvisoryResource, task: PublicationTask | None) -> tuple[PageAct, ...]:
    if Cap.PUBLISH not in context.caps() or (task is not None and task.status in IN_FLIGHT):
        return ()
    if not context.advisory.is_withdrawing and readiness(pinned(context.advisory)):
        return ()
    return (
        PageAct(
            name="publish",
            title=_title(context, task),
            url=f"{context.path}publish/",
            tone="primary" if _is_due(context.advisory) else "plain",
            step_up=True,
        ),
    )


def _is_due(advisory: Advisory) -> bool:
    """Tell whether something waits to be published, and publishing does not just repeat what is out."""
    again = advisory.state is State.PUBLISHED and not advisory.is_withdrawing
    return advisory.republish_required or not again


def _title(context: AdvisoryResource, task: PublicationTask | None) -> Any:
    """Return what publishing would do now, in a word or two."""
    failed = task is not None and task.status is TaskStatus.FAILED
    direction = services.direction_of(context.advisory)
    if direction == "withdraw":
        return _("publish-withdraw", default="Withdraw …")
    if direction == "restore":
        return _("publish-restore", default="Bring back …")
    if failed:
        return _("publish-retry", default="Try again …")
    again = context.advisory.state is State.PUBLISHED
    return _("publish-again", default="Publish again …") if again else _("publish", default="Publish …")


def _blocked(context: AdvisoryResource, task: PublicationTask | None) -> Any:
    if task is not None and task.status in IN_FLIGHT:
        return ""
    waits = services.direction_of(context.advisory) != "publish"
    if (context.advisory.state is State.DISMISSED and not waits) or context.advisory.kind is not Kind.NATIVE:
        return ""
    if Cap.PUBLISH in context.caps():
        return _("blocked-readiness", default="What is still missing is listed at the top of the page.")
    if context.caps() & {Cap.SUBMIT_REVIEW, Cap.WITHDRAW_REVIEW}:
        return _(
            "blocked-review",
            default="The team publishes what an administrator has approved: submit the newest version for"
            " review, and publish it once it is approved.",
        )
    return _("blocked-permission", default="You may not publish this advisory as it stands.")


def _artifact(task: PublicationTask, kind: str) -> ArtifactView:
    url = f"/publication/tasks/{task.id}/artifact/{kind}/"
    return ArtifactView(LABELS.get(kind, kind), url, f"{url}?download=1")


def _commit_url(registry: Any, sha: str) -> str | None:
    template = settings.COMMIT_URL_TEMPLATE.of(registry)
    return template.replace("{sha}", sha) if template and sha else None
