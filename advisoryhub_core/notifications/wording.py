"""What mails and the inbox say: what happened, where, why one is told; never what anything says."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from pyramid.i18n import make_localizer
from pyramid.interfaces import ILocalizer, ITranslationDirectories

from advisoryhub_core.notifications.recipients import Reason, wording_of
from advisoryhub_core.web.pages import _
from advisoryhub_core.web.settings import BASE_URL

PREFERENCES_PATH = "/notifications/preferences/"

_SOMETHING = _("notify-something", default="Something happened.")
_REASONS = {
    Reason.MENTION: _("why-mention", default="You get this because somebody mentioned you or your group."),
    Reason.TEAM: _("why-team", default="You get this because you are in the project's security team."),
    Reason.GRANT: _("why-grant", default="You get this because the advisory is shared with you."),
    Reason.ADMIN: _("why-admin", default="You get this because you are an administrator."),
    Reason.ROSTER: _(
        "why-roster",
        default="You get this because you are on the roster of the project's security team. Sign in to read"
        " more, and to choose what you get.",
    ),
    Reason.INVITED: _("why-invited", default="You get this because somebody invited this address."),
}


def localizer_for(registry: Any, language: str) -> Any:
    """Return the localizer of a person's language; there is no request to ask."""
    localizer = registry.queryUtility(ILocalizer, name=language)
    if localizer is None:
        localizer = make_localizer(language, registry.queryUtility(ITranslationDirectories, default=[]))
        registry.registerUtility(localizer, ILocalizer, name=language)
    return localizer


def sentence(registry: Any, event: str, reason: str) -> Any:
    """Return what happened, as a translation string; something vague for an event whose plugin is gone."""
    kind = wording_of(registry, event, reason)
    return kind.sentence if kind else _SOMETHING


def why(reason: str) -> Any:
    """Return why somebody is told, as a translation string."""
    return _REASONS[Reason(reason)]


def target_path(advisory_id: str, comment_id: int | None = None) -> str:
    """Return where one reads what a notification is about."""
    return f"/advisories/{advisory_id}/" + (f"#comment-{comment_id}" if comment_id else "")


def choices_path(advisory_id: str) -> str:
    """Return where one chooses what one hears of one advisory."""
    return f"/advisories/{advisory_id}/notifications/"


def absolute(registry: Any, path: str) -> str:
    return urljoin(BASE_URL.of(registry), path)
