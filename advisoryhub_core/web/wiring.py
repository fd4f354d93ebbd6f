"""The web slice: sessions, CSRF, rate limits, headers, errors, static files, template globals."""

from __future__ import annotations

from typing import Any

from pyramid.tweens import EXCVIEW, INGRESS
from pyramid.viewderivers import INGRESS as FIRST
from pyramid.viewderivers import csrf_view

from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.web import settings, static
from advisoryhub_core.web.derivers import step_up_view

_LATE = 100


def includeme(config: Any) -> None:
    config.add_settings(settings.ALL)
    config.set_default_permission(Cap.NOBODY)
    config.set_default_csrf_options(require_csrf=True)
    # Above the permission check, so that a forged request does not even consult ambient authority.
    config.add_view_deriver(csrf_view, "csrf_view", under=FIRST, over="secured_view")
    config.add_view_deriver(step_up_view, "step_up", under="secured_view", over="owrapped_view")
    config.include("advisoryhub_core.web.sessions")
    config.include("advisoryhub_core.web.ratelimit")
    config.include("advisoryhub_core.web.templating")
    config.include("advisoryhub_core.web.errors")
    config.action("advisoryhub.static", static.collect, (config.registry,), order=_LATE)
    config.add_tween("advisoryhub_core.web.tweens.sanity_tween_factory", under=EXCVIEW)
    config.add_tween(
        "advisoryhub_core.web.tweens.session_tween_factory",
        under="advisoryhub_core.web.headers.headers_tween_factory",
        over="pyramid_tm.tm_tween_factory",
    )
    config.add_tween("advisoryhub_core.web.headers.headers_tween_factory", under=INGRESS)
    config.add_tween(
        "advisoryhub_core.web.tweens.access_log_tween_factory",
        under=INGRESS,
        over="advisoryhub_core.web.headers.headers_tween_factory",
    )
