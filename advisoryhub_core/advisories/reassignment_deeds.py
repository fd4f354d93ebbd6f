"""The deeds that change an advisory's project, or ask somebody else to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.choosing import CHOOSE, REQUIRED, project_choice
from advisoryhub_core.advisories.deeds import Deed, Subject
from advisoryhub_core.advisories.lifecycle_deeds import INTERNAL_NOTE
from advisoryhub_core.advisories.pages import _
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.reassignment import (
    accept_reassignment_suggestion,
    change_project,
    dismiss_access_review,
    request_admin_reassignment,
    withdraw_admin_reassignment,
)
from advisoryhub_core.projects.models import Project
from advisoryhub_core.projects.services import project_called
from advisoryhub_core.web.asked import Asked, note

_ACCESS_HINT = _(
    "move-hint",
    default="Its team gets the advisory, and the present team loses it. Whoever was given access keeps it.",
)


def _pending(subject: Subject) -> bool:
    return subject.advisory.reassignment_requested_at is not None


def _none_pending(subject: Subject) -> bool:
    return not _pending(subject)


def _has_targets(subject: Subject) -> bool:
    return subject.has_targets


def _access_is_due(subject: Subject) -> bool:
    return subject.advisory.access_review_required_at is not None


def _chosen(act: Act, values: Mapping[str, Any]) -> Project | None:
    slug = values.get("project", "")
    return project_called(act, slug) if slug else None


def _moved(project: Project) -> Any:
    return _("moved-flash", default="It belongs to ${project} now.", mapping={"project": project.name})


def _ask_target(subject: Subject) -> tuple[Asked, ...]:
    label = _("field-new-project", default="New project")
    return (
        project_choice(subject.targets, label=label, nothing=CHOOSE, required=REQUIRED, hint=_ACCESS_HINT),
    )


def _change(act: Act, advisory_id: int, values: Mapping[str, Any]) -> Any:
    project = project_called(act, values["project"])
    change_project(act, advisory_id, project)
    return _moved(project)


def _ask_request(subject: Subject) -> tuple[Asked, ...]:
    required = _("reassignment-note-missing", default="Say why the advisory belongs elsewhere.")
    return (
        note(_("note", default="Note"), name="note", required=required, hint=INTERNAL_NOTE),
        project_choice(
            subject.other_projects,
            label=_("field-suggested-project", default="Suggested project"),
            nothing=_("suggest-none", default="None: an administrator finds out"),
            hint=_(
                "suggest-hint", default="Its team may accept the suggestion, too, if it sees the advisory."
            ),
        ),
    )


def _request(act: Act, advisory_id: int, values: Mapping[str, Any]) -> Any:
    request_admin_reassignment(act, advisory_id, note=values["note"], suggested=_chosen(act, values))
    return _("reassignment-requested-flash", default="The administrators were asked to move the advisory.")


def _withdraw(act: Act, advisory_id: int, _values: Mapping[str, Any]) -> Any:
    withdraw_admin_reassignment(act, advisory_id)
    return _("reassignment-withdrawn-flash", default="The request was taken back.")


def _ask_acceptance(subject: Subject) -> tuple[Asked, ...]:
    suggested = subject.advisory.reassignment_suggested
    if not subject.act.identity.is_admin:
        return ()
    nothing = CHOOSE
    if suggested is not None:
        nothing = _(
            "accept-suggested", default="As suggested: ${project}", mapping={"project": suggested.name}
        )
    return (
        project_choice(
            subject.targets,
            label=_("field-new-project", default="New project"),
            nothing=nothing,
            required="" if suggested is not None else REQUIRED,
        ),
    )


def _accept(act: Act, advisory_id: int, values: Mapping[str, Any]) -> Any:
    advisory = accept_reassignment_suggestion(act, advisory_id, _chosen(act, values))
    return _moved(advisory.project)


def _dismiss_review(act: Act, advisory_id: int, _values: Mapping[str, Any]) -> Any:
    dismiss_access_review(act, advisory_id)
    return _("access-reviewed-flash", default="The reminder to review access is gone.")


ACCESS_REVIEW = Deed(
    name="dismiss-access-review",
    cap=Cap.MANAGE_ACCESS,
    title=_("act-dismiss-access-review", default="Access is as it should be"),
    fits=_access_is_due,
    run=_dismiss_review,
    place="banner",
)

DEEDS = (
    Deed(
        name="change-project",
        cap=Cap.CHANGE_PROJECT,
        title=_("act-change-project", default="Change the project …"),
        submit=_("act-change-project-submit", default="Change the project"),
        asks=_ask_target,
        fits=_has_targets,
        run=_change,
        own_page=True,
        order=300,
    ),
    Deed(
        name="request-reassignment",
        cap=Cap.REQUEST_REASSIGNMENT,
        title=_("act-request-reassignment", default="Ask to move it elsewhere …"),
        submit=_("act-request-reassignment-submit", default="Ask the administrators"),
        explanation=_(
            "act-request-reassignment-text",
            default="Work on the advisory can go on while the request waits: it locks nothing.",
        ),
        asks=_ask_request,
        fits=_none_pending,
        run=_request,
        own_page=True,
        order=310,
    ),
    Deed(
        name="withdraw-reassignment",
        cap=Cap.WITHDRAW_REASSIGNMENT,
        title=_("act-withdraw-reassignment", default="Take the request to move it back"),
        fits=_pending,
        run=_withdraw,
        order=320,
    ),
    Deed(
        name="accept-reassignment",
        cap=Cap.ACCEPT_REASSIGNMENT,
        title=_("act-accept-reassignment", default="Move it …"),
        submit=_("act-accept-reassignment-submit", default="Move it"),
        explanation=_ACCESS_HINT,
        asks=_ask_acceptance,
        fits=_pending,
        run=_accept,
        own_page=True,
        place="banner",
    ),
    ACCESS_REVIEW,
)
