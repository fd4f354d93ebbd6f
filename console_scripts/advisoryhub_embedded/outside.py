"""What the operator configured: a part whose setting is given is an outside one and is left alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plaster import PlasterError, get_settings

from advisoryhub_embedded.constants import INI_KEYS
from advisoryhub_embedded.errors import StackRefused


class Given:
    """Settings of the ini file and the environment, by environment name."""

    def __init__(self, ini: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        self._ini = ini
        self._environ = environ

    @classmethod
    def from_file(cls, ini_path: Path | None, environ: Mapping[str, str]) -> Given:
        """Read the ini file, if there is one; raises `StackRefused`."""
        if ini_path is None:
            return cls({}, environ)
        try:
            return cls(get_settings(str(ini_path), "app:main"), environ)
        except (OSError, ValueError, LookupError, PlasterError) as error:
            problem = " ".join(str(error).split())
            raise StackRefused(f"{ini_path} cannot be read ({type(error).__name__}): {problem}") from None

    def __contains__(self, name: str) -> bool:
        return bool(self._environ.get(name) or self._environ.get(f"{name}_FILE") or self._in_ini(name))

    def value(self, name: str) -> str | None:
        """Return what is given under this environment name, None if nothing; raises `StackRefused`."""
        if self._environ.get(name):
            return self._environ[name]
        if file_name := self._environ.get(f"{name}_FILE"):
            try:
                return Path(file_name).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise StackRefused(f"{name}_FILE cannot be read: {type(error).__name__}") from None
        return self._in_ini(name)

    def place(self, name: str) -> str:
        """Say where a given value comes from, without the value."""
        in_environment = self._environ.get(name) or self._environ.get(f"{name}_FILE")
        return name if in_environment else INI_KEYS[name]

    def _in_ini(self, name: str) -> str | None:
        return str(self._ini.get(INI_KEYS[name]) or "").strip() or None
