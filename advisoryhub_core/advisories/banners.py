"""Standing messages on an advisory's page: what waits, and the act that answers it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from advisoryhub_core.accounts.models import User
from advisoryhub_core.advisories import presenters
from advisoryhub_core.advisories.deeds import Subject
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.pages import _
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.states import State
from advisoryhub_core.web.pages import Act, Banner


def banners(subject: Subject, caps: Collection[Cap], acts: Mapping[str, Act]) -> tuple[Banner, ...]:
    """Return the banners in order of urgency; `acts` are all that are offered, by the deed's name.

    What was written for the team alone is shown to nobody without `Cap.SEE_INTERNAL`.
    """
    return tuple(_banners(subject, caps, acts))


def _banners(subject: Subject, caps: Collection[Cap], acts: Mapping[str, Act]) -> Iterator[Banner]:
    advisory = subject.advisory
    if advisory.state is State.DISMISSED:
        yield _dismissed(advisory, acts)
    if advisory.is_withdrawing:
        text = _(
            "banner-withdrawing",
            default="A withdrawal is under way. The advisory counts as withdrawn once its documents have been"
            " pushed with the mark and this reason: ${reason}",
            mapping={"reason": advisory.withdrawn_reason},
        )
        yield Banner(kind="warning", text=text)
    elif advisory.republish_required:
        text = _(
            "banner-republish",
            default="The newest version is not published yet. Publish again to bring it out.",
        )
        yield Banner(kind="info", text=text)
    if Cap.SEE_INTERNAL in caps:
        yield from _for_contributors(subject, caps, acts)
    elif "accept-reassignment" in acts:
        yield _reassignment(subject, caps, acts, note="")
    if advisory.access_review_required_at is not None and "dismiss-access-review" in acts:
        text = _(
            "banner-access-review",
            default="The project was changed. Check who has access, and take it from those who should not.",
        )
        yield Banner(kind="warning", text=text, act=acts["dismiss-access-review"])


def _for_contributors(subject: Subject, caps: Collection[Cap], acts: Mapping[str, Act]) -> Iterator[Banner]:
    advisory = subject.advisory
    if advisory.state is State.TRIAGE and advisory.routing_flagged_at is not None:
        text = _(
            "banner-flagged",
            default="This report waits for an administrator, who finds out where it belongs. Until then"
            " nobody else edits it or decides about it.",
        )
        yield Banner(kind="warning", text=text, act=acts.get("clear-routing-flag"))
    if advisory.reassignment_requested_at is not None:
        yield _reassignment(subject, caps, acts, note=advisory.reassignment_note)
    if advisory.withdrawal_requested_at is not None:
        said = {
            "person": _asked_by(subject, caps, advisory.withdrawal_requested_by_id),
            "note": advisory.withdrawal_note,
        }
        text = _(
            "banner-withdrawal-requested",
            default="${person} asks to withdraw this advisory: ${note}",
            mapping=said,
        )
        act = acts.get("approve-withdrawal") or acts.get("cancel-withdrawal-request")
        yield Banner(kind="warning", text=text, act=act)


def _dismissed(advisory: Advisory, acts: Mapping[str, Act]) -> Banner:
    act = acts.get("reopen") or acts.get("bring-back")
    if advisory.is_restoring:
        text = _(
            "banner-restoring",
            default="This advisory is being brought back. It counts as published again once its documents"
            " have been pushed without the mark of the withdrawal.",
        )
        return Banner(kind="info", text=text)
    reason = {"reason": advisory.dismissed_reason}
    if advisory.dismissed_from_state is State.PUBLISHED:
        text = _("banner-withdrawn", default="This advisory was withdrawn: ${reason}", mapping=reason)
    else:
        text = _("banner-dismissed", default="This advisory was dismissed: ${reason}", mapping=reason)
    return Banner(kind="warning", text=text, act=act)


def _reassignment(subject: Subject, caps: Collection[Cap], acts: Mapping[str, Act], *, note: str) -> Banner:
    advisory = subject.advisory
    suggested = advisory.reassignment_suggested
    said = {
        "person": _asked_by(subject, caps, advisory.reassignment_requested_by_id),
        "note": note,
        "project": suggested.name if suggested is not None else "",
    }
    if suggested is None:
        text = _(
            "banner-reassignment",
            default="${person} asks to move this advisory to another project. ${note}",
            mapping=said,
        )
    else:
        text = _(
            "banner-reassignment-suggested",
            default="${person} asks to move this advisory to ${project}. ${note}",
            mapping=said,
        )
    act = acts.get("accept-reassignment") or acts.get("withdraw-reassignment")
    return Banner(kind="info", text=text, act=act)


def _asked_by(subject: Subject, caps: Collection[Cap], user_id: int | None) -> str:
    person = subject.act.db.get_one(User, user_id) if user_id is not None else None
    return presenters.person(person, subject.act, caps) if person is not None else "AdvisoryHub"
