"""The application factory. Web processes, workers and commands share one composition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyramid_tm

from advisoryhub_core import models
from advisoryhub_core.configurator import HubConfigurator
from advisoryhub_core.plugins.loader import load_plugins
from advisoryhub_core.settings import raise_for_problems
from advisoryhub_core.web.request import HubRequest
from advisoryhub_core.web.resources import Root

# Order is meaning: transactions before whoever writes, tweens last.
SLICES = (
    "advisoryhub_core.ops.wiring",
    "advisoryhub_core.db.wiring",
    "advisoryhub_core.jobs.wiring",
    "advisoryhub_core.audit.wiring",
    "advisoryhub_core.plugins.wiring",
    "advisoryhub_core.web.wiring",
    "advisoryhub_core.mail.wiring",
    "advisoryhub_core.accounts.wiring",
    "advisoryhub_core.advisories.wiring",
    "advisoryhub_core.access.wiring",
    "advisoryhub_core.workflows.wiring",
    "advisoryhub_core.comments.wiring",
    "advisoryhub_core.notifications.wiring",
)

# The models are handed on, and thereby imported: no relationship may wait for a slice that is wired later.
__all__ = ["SLICES", "configure", "main", "models"]

_FIXED_SETTINGS: Mapping[str, Any] = {
    "tm.manager_hook": pyramid_tm.explicit_manager,
    "tm.commit_veto": pyramid_tm.default_commit_veto,
    # It asks who is signed in, outside the error views, and of requests that need nobody.
    "tm.annotate_user": False,
    "retry.attempts": 3,
    "pyramid.default_locale_name": "en",
}


def configure(settings: Mapping[str, Any]) -> HubConfigurator:
    """Return the committed configuration of the hub with its plugins.

    `settings` are an ini file's; the environment wins over them. Raises `SettingsError` with everything
    that is wrong with the settings, and `PluginFailed` for a plugin that cannot be used.
    """
    config = HubConfigurator(
        settings={**settings, **_FIXED_SETTINGS}, root_factory=Root, request_factory=HubRequest
    )
    config.include("pyramid_retry")
    config.include("pyramid_tm")
    config.include("pyramid_chameleon")
    for name in SLICES:
        config.include(name)
    load_plugins(config)
    raise_for_problems(config.registry)
    config.commit()
    return config


def main(global_config: Mapping[str, str] | None = None, **settings: Any) -> Any:  # noqa: ARG001 (Paste's call)
    """`paste.app_factory`: return the WSGI application."""
    from advisoryhub_core.web.static import with_static_files  # noqa: PLC0415 (workers serve no files)

    config = configure(settings)
    return with_static_files(config.make_wsgi_app(), config.registry)
