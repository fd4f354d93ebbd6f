"""What every template finds: the layout, the person, the navigation, flashes and static URLs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from pyramid.events import BeforeRender
from pyramid.renderers import get_renderer, render

from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.notifications.inbox import COUNT_CAP, unread_count
from advisoryhub_core.ops.maintenance import notice
from advisoryhub_core.plugins.extensions import extensions
from advisoryhub_core.web.pages import MACRO_TEMPLATES, THEME_COOKIE, THEMES, Asset, Flash, NavItem, _
from advisoryhub_core.web.redirects import SIGN_IN_PATH
from advisoryhub_core.web.resources import site_caps
from advisoryhub_core.web.settings import SITE_TITLE


def flash(request: Any, kind: str, text: str) -> None:
    """Keep a message for the next page; `kind` is info, success, warning or error."""
    request.session.flash([kind, text])


def add_globals(event: Any) -> None:
    """Subscriber: give a page's template its globals; JSON needs none, and /healthz no session."""
    request = event.get("request")
    if request is None or not str(event.get("renderer_name", "")).endswith(".pt"):
        return
    registry = request.registry
    identity = getattr(request, "identity", None)
    event.update(
        {name: get_renderer(spec).implementation() for name, spec in MACRO_TEMPLATES.items()},
        identity=identity,
        csrf_token=_CSRFToken(request),
        csp_nonce=request.csp_nonce,
        nav=_navigation(request),
        flashes=_Flashes(request),
        # Asked by the layout alone, once a page: parts and fragments cost no query.
        maintenance=lambda: notice(request),
        unread=_Unread(request),
        static=registry.static_files.url,
        plugin_assets=_plugin_assets(registry),
        sign_in_url=sign_in_url(request),
        site_title=SITE_TITLE.of(registry),
        theme=_theme(request),
        lang=request.locale_name,
    )


def _theme(request: Any) -> str:
    """Return the theme: what the header's switch set in this browser, else the person's preference."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    if chosen in THEMES:
        return str(chosen)
    return request.identity.theme if request.identity else "auto"


def sign_in_url(request: Any) -> str:
    """Return the way to sign in and come back to this page; never to an answer of the provider."""
    back = "/" if request.path.startswith("/oidc/") else request.path_qs
    return f"{SIGN_IN_PATH}?{urlencode({'next': back})}"


class _CSRFToken:
    """Asked for only where a form is rendered, so that reading a page needs no session."""

    def __init__(self, request: Any) -> None:
        self._request = request

    def __str__(self) -> str:
        return str(self._request.session.get_csrf_token())


class _Flashes:
    """Popped only when the layout shows them."""

    def __init__(self, request: Any) -> None:
        self._request = request

    def __iter__(self) -> Any:
        return (Flash(kind, text) for kind, text in self._request.session.pop_flash())


class _Unread:
    """Counted only when the layout asks; an error page has no transaction to count in, and shows none."""

    def __init__(self, request: Any) -> None:
        self._request = request

    @property
    def count(self) -> str | None:
        """How many notifications are unread, `99+` past that; None for none."""
        request = self._request
        if request.identity is None or request.exception is not None:
            return None
        found = unread_count(request.db, request.identity)
        return (f"{COUNT_CAP}+" if found > COUNT_CAP else str(found)) if found else None


def _navigation(request: Any) -> list[NavItem]:
    caps = site_caps(request)
    entries: list[tuple[int, str, str, Cap | None]] = [
        (10, _("nav-advisories", default="Advisories"), "/advisories/", Cap.LIST)
    ]
    entries += [(n.order, n.title, n.path, n.capability) for n in extensions(request.registry).nav]
    return [
        NavItem(title=title, url=path, active=request.path.startswith(path))
        for _order, title, path, cap in sorted(entries, key=lambda entry: entry[0])
        if cap is None or cap in caps
    ]


def _plugin_assets(registry: Any) -> list[Asset]:
    return [
        Asset("css" if name.endswith(".css") else "js", registry.static_files.url(f"{asset.name}/{name}"))
        for asset in extensions(registry).assets
        for name in asset.files
    ]


def includeme(config: Any) -> None:
    config.add_subscriber(add_globals, BeforeRender)


class _Markup(str):
    """Rendered by a template, so already escaped."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def render_markup(renderer: str, values: dict[str, Any], request: Any) -> _Markup:
    """Render a template to markup that another template may insert (a plugin's panel)."""
    return _Markup(render(renderer, values, request=request))
