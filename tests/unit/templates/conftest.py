"""Renders the interface's templates with sample pages, through the renderer the product uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from pyramid import testing
from pyramid.events import BeforeRender
from pyramid.renderers import get_renderer, render
from pyramid_chameleon.interfaces import IChameleonTranslate

from advisoryhub_core.web.pages import MACRO_TEMPLATES, Asset, Flash, NavItem


@dataclass(frozen=True)
class Identity:
    display_name: str
    email: str
    is_admin: bool = False


@dataclass(frozen=True)
class Unread:
    count: str | None


IDENTITY = Identity("Ana Ribeiro", "ana.ribeiro@example.org")
NAV = [
    NavItem(title="Advisories", url="/advisories/", active=True),
    NavItem(title="Inbox", url="/admin/inbox/", count="12"),
    NavItem(title="Administration", url="/admin/"),
    NavItem(title="Report", url="/report/"),
]
FLASHES = [
    Flash("success", "The draft was saved as version 6."),
    Flash("error", "The mail to <script>alert(1)</script> was refused."),
]


def hub_globals(**changes: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "identity": IDENTITY,
        "csrf_token": "csrf-token-value",
        "csp_nonce": "test-nonce",
        "nav": NAV,
        "flashes": [],
        "unread": Unread("12"),
        "static": lambda name: f"/static/{name}",
        "plugin_assets": [Asset("css", "/static/x/panel.css"), Asset("js", "/static/x/panel.js")],
        "site_title": "AdvisoryHub",
        "sign_in_url": "/oidc/authenticate/?next=%2Fadvisories%2F",
        "theme": "auto",
        "lang": "en",
        "maintenance": lambda: None,
    }
    return {**defaults, **changes}


def pseudo(msgid: Any, mapping: Mapping[str, Any] | None = None, default: Any = None, **_: Any) -> str | None:
    """Translate into brackets, so that what is translated can be told from what is not."""
    text = plain(msgid, mapping, default)
    marked = default is not None or hasattr(msgid, "interpolate")
    return f"⟦{text}⟧" if marked and text else text


def plain(msgid: Any, mapping: Mapping[str, Any] | None = None, default: Any = None, **_: Any) -> str | None:
    if msgid is None:
        return None
    text = default if default is not None else getattr(msgid, "default", None) or str(msgid)
    return _interpolated(text, mapping or getattr(msgid, "mapping", None) or {})


def _interpolated(text: str, mapping: Mapping[str, Any]) -> str:
    for name, value in mapping.items():
        text = text.replace(f"${{{name}}}", str(value))
    return text


def start(translate: Callable[..., str | None]) -> None:
    """Set Pyramid up with Chameleon and the macros every template finds."""
    config = testing.setUp()
    config.include("pyramid_chameleon")
    config.registry.registerUtility(translate, IChameleonTranslate)

    def macros(event: Any) -> None:
        event.update({name: get_renderer(spec).implementation() for name, spec in MACRO_TEMPLATES.items()})

    config.add_subscriber(macros, BeforeRender)


@pytest.fixture(scope="module")
def page() -> Iterator[Callable[..., str]]:
    """Return `page(template, context, **globals)`, the rendered text."""
    start(plain)
    yield lambda template, context, **changes: render(template, {**hub_globals(**changes), **context})
    testing.tearDown()


@pytest.fixture(scope="module")
def translated_page() -> Iterator[Callable[..., str]]:
    """As `page`, with every translated text in brackets."""
    start(pseudo)
    yield lambda template, context, **changes: render(template, {**hub_globals(**changes), **context})
    testing.tearDown()
