"""What the two forms of preferences ask for; pages and services judge by the same description."""

from __future__ import annotations

from advisoryhub_core.notifications.kinds import Switch
from advisoryhub_core.notifications.models import CommentLevel, Digest, Preset
from advisoryhub_core.web.asked import Asked
from advisoryhub_core.web.pages import _

_LABELS = {
    Switch.CREATED: _("switch-created", default="New drafts in my projects, and advisories moved to them"),
    Switch.TRIAGE: _("switch-triage", default="Reports: new, accepted, dismissed, moved, reopened"),
    Switch.SUBMITTED: _("switch-submitted", default="Reviews and CVE requests: submitted and decided"),
    Switch.PUBLISHED: _("switch-published", default="Published and withdrawn"),
    Switch.EXPORT: _("switch-export", default="Exports: succeeded and failed"),
}
_NEEDED = _("needs-a-choice", default="Choose one of these.")
_LEVELS = (
    (CommentLevel.ALL.value, _("comments-all", default="All comments")),
    (CommentLevel.MENTIONED.value, _("comments-mentioned", default="Only where I am mentioned")),
)
_DIGESTS = (
    (Digest.OFF.value, _("digest-off", default="One by one, at once")),
    (Digest.HOURLY.value, _("digest-hourly", default="Gathered, every hour")),
    (Digest.DAILY.value, _("digest-daily", default="Gathered, once a day")),
)
PRESETS = (
    (Preset.DEFAULTS.value, _("preset-defaults", default="My defaults")),
    (Preset.EVERYTHING.value, _("preset-everything", default="Everything")),
    (Preset.IMPORTANT.value, _("preset-important", default="Important only")),
    (Preset.MENTIONS.value, _("preset-mentions", default="Mentions only")),
    (Preset.CUSTOM.value, _("preset-custom", default="Custom, as chosen below")),
)


def _switches() -> tuple[Asked, ...]:
    boxes = (Asked(name=switch.value, label=label, kind="checkbox") for switch, label in _LABELS.items())
    comments = Asked(
        name=Switch.COMMENTS.value,
        label=_("switch-comments", default="Comments"),
        kind="select",
        required=_NEEDED,
        choices=_LEVELS,
        hint=_("switch-comments-hint", default="Mentions of you always arrive."),
    )
    return (*boxes, comments)


def own_questions() -> tuple[Asked, ...]:
    """Return what a person's own defaults are made of."""
    digest = Asked(
        name="digest",
        label=_("digest", default="Mail"),
        kind="select",
        required=_NEEDED,
        choices=_DIGESTS,
        hint=_("digest-hint", default="The inbox here is always up to date."),
    )
    return (*_switches(), digest)


def advisory_questions() -> tuple[Asked, ...]:
    """Return what is asked about one advisory."""
    preset = Asked(
        name="preset",
        label=_("preset", default="For this advisory I hear of"),
        kind="select",
        required=_NEEDED,
        choices=PRESETS,
    )
    return (preset, *_switches())
