"""Asking for a project: a select, with the projects that an act may have as its target."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from advisoryhub_core.advisories.pages import _
from advisoryhub_core.projects.models import Project
from advisoryhub_core.web.asked import Asked

REQUIRED = _("choose-target", default="Choose a project.")


def project_choice(
    projects: Iterable[Project], *, label: Any, nothing: Any, required: Any = "", hint: Any = ""
) -> Asked:
    """Return the question for one of `projects`, by slug; `nothing` is shown for none."""
    return Asked(
        name="project",
        label=label,
        hint=hint,
        required=required,
        choices=(("", nothing), *((project.slug, project.name) for project in projects)),
    )


CHOOSE = _("choose", default="Choose …")
