"""Typed settings: one declaration gives the ini key, the environment name, the default and the help.

A slice or plugin declares its settings as module constants and hands them to the directive
`config.add_settings`; code reads them with `SETTING.of(registry)`. Every mistake in ini file and
environment is collected and reported at once when the application starts (`SettingsError`).
"""

from __future__ import annotations

from advisoryhub_core.settings.declaration import (
    Setting,
    SettingsError,
    SettingsProblem,
    declared_settings,
    raise_for_problems,
)
from advisoryhub_core.settings.kinds import (
    boolean,
    choice,
    integer,
    path,
    pattern,
    text,
    url,
    words,
)

__all__ = [
    "Setting",
    "SettingsError",
    "SettingsProblem",
    "boolean",
    "choice",
    "declared_settings",
    "integer",
    "path",
    "pattern",
    "raise_for_problems",
    "text",
    "url",
    "words",
]
