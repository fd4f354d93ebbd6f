"""Translatable texts of this plugin."""

from __future__ import annotations

from collections.abc import Mapping

from pyramid.i18n import TranslationStringFactory

from advisoryhub_core.plugins.api import Sentence

_ = TranslationStringFactory("advisoryhub")

SENTENCES: Mapping[str, Sentence] = {
    "publication.requested": Sentence(
        _("event-publication-requested", default="${actor} asked for version ${version} to be published."),
        _("event-publication-requested-plain", default="${actor} asked for the advisory to be published."),
    ),
    "publication.started": Sentence(
        _("event-publication-started", default="The publication that ${actor} asked for was started.")
    ),
    "publication.artifact_built": Sentence(
        _("event-publication-artifact-built", default="The document ${path} was built."),
        _("event-publication-artifact-built-plain", default="A document was built."),
    ),
    "publication.pushed": Sentence(_("event-publication-pushed", default="The documents were pushed.")),
    "publication.succeeded": Sentence(
        _("event-publication-succeeded", default="The publication that ${actor} asked for succeeded.")
    ),
    "publication.failed": Sentence(
        _("event-publication-failed", default="The publication that ${actor} asked for failed.")
    ),
    "publication.task_reaped": Sentence(
        _(
            "event-publication-task-reaped",
            default="The publication that ${actor} asked for did not come to an end and was given up.",
        )
    ),
}
"""What the timeline says of this plugin's actions."""
