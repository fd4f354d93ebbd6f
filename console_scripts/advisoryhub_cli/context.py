"""What commands share: the ini file and the application, configured once and only when needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import click
from plaster import get_settings

from advisoryhub_core.acts import Act
from advisoryhub_core.app import configure
from advisoryhub_core.jobs.context import TaskContext

DEFAULT_INI = "development.ini"


@dataclass
class CLIContext:
    """The command line's `-c`, and what follows from it."""

    ini: str | None = None
    overrides: dict[str, Any] = field(default_factory=dict)

    @property
    def ini_path(self) -> Path | None:
        """The ini file in use; None for configuration by environment alone."""
        if self.ini is not None:
            path = Path(self.ini)
            if not path.is_file():
                raise click.UsageError(f"there is no file {self.ini}")
            return path
        default = Path(DEFAULT_INI)
        return default if default.is_file() else None

    @property
    def ini_settings(self) -> dict[str, Any]:
        path = self.ini_path
        return dict(get_settings(str(path), "app:main")) if path else {}

    @cached_property
    def registry(self) -> Any:
        """The configured application's registry. Raises `SettingsError`, `PluginFailed`."""
        return configure({**running_stack(), **self.ini_settings, **self.overrides}).registry

    @contextmanager
    def system_act(self) -> Iterator[Act]:
        """One transaction in the system scope."""
        with TaskContext(self.registry).system() as act:
            yield act


def running_stack() -> dict[str, str]:
    """Return the settings of an embedded stack that runs in this folder, so that commands beside it find it.

    Empty where none runs, and where the embedded stack is not installed. An ini file and the environment
    win over it.
    """
    try:
        # Here, because the embedded stack is an extra that production does not install.
        from advisoryhub_embedded.constants import INI_KEYS  # noqa: PLC0415
        from advisoryhub_embedded.up import running_environment  # noqa: PLC0415
    except ImportError:
        return {}
    return {INI_KEYS[name]: value for name, value in running_environment().items() if name in INI_KEYS}


pass_hub = click.make_pass_decorator(CLIContext, ensure=True)
