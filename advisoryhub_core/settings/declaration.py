"""The declaration of one setting, and the directive that resolves declarations."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")


class SettingsError(Exception):
    """The configuration cannot be used; `problems` lists everything that is wrong with it."""

    def __init__(self, problems: Iterable[SettingsProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True)
class SettingsProblem:
    key: str
    env: str
    message: str

    def __str__(self) -> str:
        return f"{self.key} (environment: {self.env}) {self.message}"


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One typed setting.

    `default` is the value used when nothing is given; a `required` setting has none and must be
    given. A value in the environment wins over the ini file; `<env>_FILE` names a file (a mounted
    secret) whose stripped content is the value.
    """

    key: str
    env: str
    parse: Callable[[str], T]
    default: T
    help: str
    secret: bool = False
    required: bool = False

    def of(self, registry: Any) -> T:
        """Return the resolved value of this setting in an application's registry."""
        return cast(T, registry.settings[self.key])

    def resolve(self, ini: Mapping[str, Any], environ: Mapping[str, str]) -> T:
        """Return the value from environment, ini file or default; raise `ValueError` if unusable."""
        raw = self._raw(ini, environ)
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            if self.required:
                raise ValueError("must be given")
            return self.default
        if not isinstance(raw, str):
            return cast(T, raw)
        return self.parse(raw.strip())

    def given(self, ini: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
        """Tell whether ini file or environment say anything about this setting."""
        return bool(environ.get(self.env) or environ.get(f"{self.env}_FILE") or ini.get(self.key))

    def _raw(self, ini: Mapping[str, Any], environ: Mapping[str, str]) -> Any:
        file_name = environ.get(f"{self.env}_FILE")
        if file_name and environ.get(self.env):
            raise ValueError(f"is given twice: unset {self.env} or {self.env}_FILE")
        if file_name:
            try:
                return Path(file_name).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise ValueError(f"cannot be read from {self.env}_FILE: {type(error).__name__}") from None
        if environ.get(self.env):
            return environ[self.env]
        return ini.get(self.key)


@dataclass(frozen=True)
class Declared:
    """A setting together with the slice or plugin that owns it."""

    setting: Setting[Any]
    owner: str


def declare(registry: Any, settings: Iterable[Setting[Any]], *, owner: str) -> None:
    """Declare settings and put their typed values into `registry.settings`.

    Problems are gathered; `raise_for_problems` reports all of them once everything is included.
    """
    declared, problems = _state(registry)
    for setting in settings:
        if setting.key in declared:
            if declared[setting.key].setting is not setting:
                first = declared[setting.key].owner
                raise ValueError(f"setting {setting.key} is declared twice: by {first} and by {owner}")
            continue
        declared[setting.key] = Declared(setting, owner)
        try:
            value = setting.resolve(registry.settings, os.environ)
        except ValueError as error:
            problems.append(SettingsProblem(setting.key, setting.env, str(error)))
            value = setting.default
        registry.settings[setting.key] = value


def report_problem(registry: Any, setting: Setting[Any], message: str) -> None:
    """Add what is wrong with a declared setting beside others; its own problem, if it has one, is enough."""
    _, problems = _state(registry)
    if all(problem.key != setting.key for problem in problems):
        problems.append(SettingsProblem(setting.key, setting.env, message))


def declared_settings(registry: Any) -> list[Declared]:
    """Every declared setting, sorted by ini key."""
    declared, _ = _state(registry)
    return [declared[key] for key in sorted(declared)]


def raise_for_problems(registry: Any) -> None:
    """Raise `SettingsError` naming every setting that is missing or malformed."""
    _, problems = _state(registry)
    if problems:
        raise SettingsError(problems)


def _state(registry: Any) -> tuple[dict[str, Declared], list[SettingsProblem]]:
    if not hasattr(registry, "hub_settings"):
        registry.hub_settings = ({}, [])
    return cast("tuple[dict[str, Declared], list[SettingsProblem]]", registry.hub_settings)
