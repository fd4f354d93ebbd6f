"""The inbox and the preferences, one's own and those for one advisory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.view import view_config, view_defaults

from advisoryhub_core.advisories import presenters
from advisoryhub_core.advisories.payload.messages import PayloadInvalid
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.resources import AdvisoryResource
from advisoryhub_core.notifications import services, wording
from advisoryhub_core.notifications.asks import PRESETS, advisory_questions, own_questions
from advisoryhub_core.notifications.inbox import InboxRow, inbox_page, unread_count
from advisoryhub_core.notifications.models import AdvisoryNotificationPreference, Preset
from advisoryhub_core.notifications.pages import InboxLine, InboxPageView, PreferencesPage
from advisoryhub_core.notifications.preferences import (
    SWITCHES,
    Choice,
    advisory_preference,
    of_preset,
    own_wish,
)
from advisoryhub_core.notifications.resources import AdvisoryNotifications, NotificationsNode
from advisoryhub_core.web.asked import Asked, fields
from advisoryhub_core.web.numbers import whole_number
from advisoryhub_core.web.pages import FormField, Moment, Pager, Panel, _, error_links
from advisoryhub_core.web.redirects import local_path
from advisoryhub_core.web.request import HubRequest
from advisoryhub_core.web.templating import flash, render_markup

INBOX_PATH = "/notifications/inbox/"

_PREFERENCES = "advisoryhub_templates:notifications/preferences.pt"
_PANEL = "advisoryhub_templates:notifications/panel.pt"


@view_config(
    context=NotificationsNode,
    name="inbox",
    permission=Cap.ACCOUNT,
    renderer="advisoryhub_templates:notifications/inbox.pt",
    request_method="GET",
)
def inbox(_context: NotificationsNode, request: HubRequest) -> dict[str, Any]:
    """One's own notifications, newest first; `unread=1` leaves out what was read."""
    unread = request.GET.get("unread") == "1"
    found = inbox_page(
        request.db,
        request.act.identity,
        unread=unread,
        before=whole_number(request.GET.get("before")),
        after=whole_number(request.GET.get("after")),
    )
    return {
        "page": InboxPageView(
            lines=tuple(_line(request, row) for row in found.rows),
            unread_only=unread,
            any_unread=unread_count(request.db, request.act.identity) > 0,
            preferences_url=wording.PREFERENCES_PATH,
            here=request.path_qs,
            pager=Pager(
                newer_url=_page_url(unread=unread, after=found.newer) if found.newer else None,
                older_url=_page_url(unread=unread, before=found.older) if found.older else None,
            ),
        )
    }


@view_config(context=NotificationsNode, name="read", permission=Cap.ACCOUNT, request_method="POST")
def mark_read(_context: NotificationsNode, request: HubRequest) -> Any:
    """Mark one as read, by hand."""
    number = whole_number(request.POST.get("id"))
    if number is not None:
        services.mark_read(request.act, number)
    return HTTPSeeOther(_back(request))


@view_config(context=NotificationsNode, name="read-all", permission=Cap.ACCOUNT, request_method="POST")
def mark_all_read(_context: NotificationsNode, request: HubRequest) -> Any:
    services.mark_all_read(request.act)
    return HTTPSeeOther(INBOX_PATH)


@view_defaults(context=NotificationsNode, name="preferences", permission=Cap.ACCOUNT)
class OwnPreferences:
    """`/notifications/preferences/`: a person's own defaults. What was typed is never lost."""

    def __init__(self, _context: NotificationsNode, request: HubRequest) -> None:
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Any:
        identity = self.request.act.identity
        wish = own_wish(self.request.db, identity.user_id or 0)
        return self._page({**_values(wish.choice), "digest": wish.digest.value}, {}, 200)

    @view_config(request_method="POST")
    def save(self) -> Any:
        given = _posted(self.request)
        try:
            services.save_preferences(self.request.act, given)
        except PayloadInvalid as error:
            return self._page(given, error.errors, error.status)
        _saved(self.request)
        return HTTPSeeOther(wording.PREFERENCES_PATH)

    def _page(self, given: Mapping[str, Any], errors: Mapping[str, Sequence[str]], status: int) -> Any:
        form = _Form(own_questions(), given, errors)
        page = PreferencesPage(
            switches=form.but("digest"),
            last=form.only("digest"),
            problems=form.problems,
            url=wording.PREFERENCES_PATH,
            preferences_url=wording.PREFERENCES_PATH,
        )
        return _rendered(self.request, page, status)


@view_defaults(context=AdvisoryNotifications, permission=Cap.ACCOUNT)
class AdvisoryPreferences:
    """`/advisories/{id}/notifications/`: how one advisory differs from a person's own defaults."""

    def __init__(self, context: AdvisoryNotifications, request: HubRequest) -> None:
        self.request = request
        self.resource: AdvisoryResource = context.__parent__

    @view_config(request_method="GET")
    def show(self) -> Any:
        stored = _stored(self.resource, self.request)
        own = own_wish(self.request.db, self.request.act.identity.user_id or 0).choice
        preset = stored.preset if stored else Preset.DEFAULTS
        # The switches show one's own defaults until some are chosen, since they count for that alone.
        custom = stored is not None and preset is Preset.CUSTOM
        choice = of_preset(Preset.CUSTOM, own, stored.overrides) if stored and custom else own
        return self._page({**_values(choice), "preset": preset.value}, {}, 200)

    @view_config(request_method="POST")
    def save(self) -> Any:
        given = _posted(self.request)
        try:
            services.save_advisory_preference(self.request.act, self.resource.advisory, given)
        except PayloadInvalid as error:
            return self._page(given, error.errors, error.status)
        _saved(self.request)
        return HTTPSeeOther(self.resource.path)

    def _page(self, given: Mapping[str, Any], errors: Mapping[str, Sequence[str]], status: int) -> Any:
        form = _Form(advisory_questions(), given, errors)
        page = PreferencesPage(
            heading=presenters.heading(self.resource.advisory, self.resource.caps()),
            first=form.only("preset"),
            switches=form.but("preset"),
            problems=form.problems,
            url=wording.choices_path(self.resource.advisory.advisory_id),
            preferences_url=wording.PREFERENCES_PATH,
        )
        return _rendered(self.request, page, status)


def advisory_panel(request: HubRequest, resource: AdvisoryResource) -> Panel:
    """Return the card that says what one hears of this advisory, and leads to where that is changed."""
    stored = _stored(resource, request)
    preset = dict(PRESETS)[stored.preset.value] if stored else dict(PRESETS)[Preset.DEFAULTS.value]
    if stored and stored.preset is Preset.CUSTOM:
        preset = _("preset-custom-short", default="Your own choice")
    values = {"preset": preset, "url": wording.choices_path(resource.advisory.advisory_id)}
    title = _("notifications-panel", default="Notifications")
    return Panel(name="notifications", title=title, html=render_markup(_PANEL, values, request))


class _Form:
    """The inputs of a form, split by name, with a link for each mistake."""

    def __init__(
        self, asked: Sequence[Asked], given: Mapping[str, Any], errors: Mapping[str, Sequence[str]]
    ) -> None:
        self._fields = fields(asked, given, errors)
        self.problems = error_links(errors, [field.name for field in self._fields])

    def only(self, name: str) -> tuple[FormField, ...]:
        return tuple(field for field in self._fields if field.name == name)

    def but(self, name: str) -> tuple[FormField, ...]:
        return tuple(field for field in self._fields if field.name != name)


def _stored(resource: AdvisoryResource, request: HubRequest) -> AdvisoryNotificationPreference | None:
    return advisory_preference(request.db, request.act.identity.user_id or 0, resource.advisory.id)


def _values(choice: Choice) -> dict[str, str]:
    switches = {switch.value: "true" if getattr(choice, switch.value) else "" for switch in SWITCHES}
    return {**switches, "comments": choice.comments.value}


def _posted(request: HubRequest) -> dict[str, str]:
    return {name: value for name, value in request.POST.items() if name != "csrf_token"}


def _saved(request: HubRequest) -> None:
    done = _("preferences-saved", default="Your preferences were saved.")
    flash(request, "success", request.localizer.translate(done))


def _rendered(request: HubRequest, page: PreferencesPage, status: int) -> Any:
    response = render_to_response(_PREFERENCES, {"page": page}, request=request)
    response.status_int = status
    return response


def _line(request: HubRequest, row: InboxRow) -> InboxLine:
    return InboxLine(
        id=row.id,
        text=wording.sentence(request.registry, row.event, row.reason),
        url=wording.target_path(row.advisory_id, row.comment_id),
        advisory_id=row.advisory_id,
        project_name=row.project_name,
        why=wording.why(row.reason),
        at=Moment.at(row.created_at),
        unread=not row.read,
    )


def _page_url(*, unread: bool, before: int | None = None, after: int | None = None) -> str:
    asked = {"unread": "1" if unread else None, "before": before, "after": after}
    kept = {name: value for name, value in asked.items() if value is not None}
    return f"{INBOX_PATH}?{urlencode(kept)}" if kept else INBOX_PATH


def _back(request: HubRequest) -> str:
    """Return the page of the inbox that the button was on."""
    path = local_path(request.POST.get("back"))
    return path if path.startswith(INBOX_PATH) else INBOX_PATH
