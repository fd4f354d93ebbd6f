"""The deeds that decide about reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.choosing import CHOOSE, REQUIRED, project_choice
from advisoryhub_core.advisories.deeds import Deed, Subject
from advisoryhub_core.advisories.lifecycle_deeds import INTERNAL_NOTE
from advisoryhub_core.advisories.pages import _
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.triage import (
    clear_admin_routing_flag,
    flag_for_admin_routing,
    promote_triage_to_draft,
    reassign_triage_project,
)
from advisoryhub_core.projects.models import Project
from advisoryhub_core.projects.services import project_called
from advisoryhub_core.web.asked import Asked, note


def _real_targets(subject: Subject) -> tuple[Project, ...]:
    return tuple(project for project in subject.targets if not project.is_unsorted)


def _ask_promotion(subject: Subject) -> tuple[Asked, ...]:
    targets = _real_targets(subject)
    if subject.advisory.project.is_unsorted:
        label = _("field-project", default="Project")
        return (project_choice(targets, label=label, nothing=CHOOSE, required=REQUIRED),)
    if not targets:
        return ()
    stays = _("promote-stays", default="Leave it in ${project}", mapping={"project": _name(subject)})
    return (project_choice(targets, label=_("field-project", default="Project"), nothing=stays),)


def _name(subject: Subject) -> str:
    return subject.advisory.project.name


def _promote(act: Act, advisory_id: int, values: Mapping[str, Any]) -> Any:
    slug = values.get("project", "")
    promote_triage_to_draft(act, advisory_id, project=project_called(act, slug) if slug else None)
    return _("promoted-flash", default="The report is a draft now.")


def _ask_flag(_subject: Subject) -> tuple[Asked, ...]:
    required = _("flag-note-missing", default="Say why an administrator should look at the report.")
    return (note(_("note", default="Note"), name="note", required=required, hint=INTERNAL_NOTE),)


def _flag(act: Act, advisory_id: int, values: Mapping[str, Any]) -> Any:
    flag_for_admin_routing(act, advisory_id, note=values["note"])
    return _("flagged-flash", default="The administrators decide about the report from now on.")


def _clear_flag(act: Act, advisory_id: int, _values: Mapping[str, Any]) -> Any:
    clear_admin_routing_flag(act, advisory_id)
    return _("flag-cleared-flash", default="The report is its team's again.")


def _ask_target(subject: Subject) -> tuple[Asked, ...]:
    label = _("field-new-project", default="New project")
    return (project_choice(subject.targets, label=label, nothing=CHOOSE, required=REQUIRED),)


def _reassign(act: Act, advisory_id: int, values: Mapping[str, Any]) -> Any:
    project = project_called(act, values["project"])
    reassign_triage_project(act, advisory_id, project)
    return _("moved-flash", default="It belongs to ${project} now.", mapping={"project": project.name})


def _has_targets(subject: Subject) -> bool:
    return subject.has_targets


DEEDS = (
    Deed(
        name="promote",
        cap=Cap.PROMOTE,
        title=_("act-promote", default="Accept as draft …"),
        submit=_("act-promote-submit", default="Accept as draft"),
        explanation=_(
            "act-promote-text",
            default="The report becomes a draft of the project's team. Its id, comments and access stay.",
        ),
        tone="primary",
        asks=_ask_promotion,
        run=_promote,
        own_page=True,
        place="bar",
        order=10,
    ),
    Deed(
        name="flag",
        cap=Cap.FLAG_ROUTING,
        title=_("act-flag", default="Hand to the administrators …"),
        submit=_("act-flag-submit", default="Hand over"),
        explanation=_(
            "act-flag-text", default="From then on only administrators edit the report and decide about it."
        ),
        asks=_ask_flag,
        run=_flag,
        order=200,
    ),
    Deed(
        name="clear-routing-flag",
        cap=Cap.CLEAR_ROUTING,
        title=_("act-clear-flag", default="Give it back to the team"),
        run=_clear_flag,
        place="banner",
    ),
    Deed(
        name="reassign",
        cap=Cap.REASSIGN_TRIAGE,
        title=_("act-reassign", default="Move to another project …"),
        submit=_("act-reassign-submit", default="Move"),
        asks=_ask_target,
        fits=_has_targets,
        run=_reassign,
        own_page=True,
        order=210,
    ),
)
