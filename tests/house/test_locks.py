"""The locks hold what `setup.py` and the build ask for, on every interpreter and system we support.

Offline: nothing is resolved again, each requirement is compared with the version that is pinned.
"""

from __future__ import annotations

import re
import runpy
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT

PYTHONS = ("3.11.0", "3.11.14", "3.12.0", "3.13.0")
SYSTEMS = (("linux", "Linux", "x86_64"), ("linux", "Linux", "aarch64"), ("darwin", "Darwin", "arm64"))
EXTRAS = {"prod": (), "run": ("embedded",), "dev": ("embedded", "test", "lint")}
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)(?:\s*;\s*(?P<marker>.+?))?$")


@dataclass(frozen=True)
class Pin:
    """One entry of a lock: a version, when it applies, and the checksums of its files."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


class LockBroken(Exception):
    """A line of a lock is not a hashed pin."""


def parse(source: str) -> list[Pin]:
    """Return the entries of a lock.

    Raises `LockBroken` for anything but `name==version [; marker] --hash=sha256:…`.
    """
    pins = []
    for entry in re.sub(r"\\\n\s*", " ", source).splitlines():
        if not entry or entry.startswith("#"):
            continue
        requirement, *hashes = re.split(r"\s+--hash=", entry)
        found = _PIN.match(requirement.strip())
        if (
            not found
            or not hashes
            or not all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes)
        ):
            raise LockBroken(entry[:100])
        pins.append(
            Pin(canonicalize_name(found["name"]), found["version"], found["marker"] or "", tuple(hashes))
        )
    return pins


def environments() -> Iterator[dict[str, str]]:
    for python in PYTHONS:
        for platform, system, machine in SYSTEMS:
            yield {
                "python_version": python.rpartition(".")[0],
                "python_full_version": python,
                "implementation_name": "cpython",
                "platform_python_implementation": "CPython",
                "os_name": "posix",
                "sys_platform": platform,
                "platform_system": system,
                "platform_machine": machine,
            }


def unmet(wanted: Iterable[str], pins: Iterable[Pin]) -> list[str]:
    """Return the requirements of `wanted` that `pins` do not meet in some environment, with the reason."""
    problems = set()
    requirements = [Requirement(text) for text in wanted]
    pins = list(pins)
    for environment in environments():
        chosen: dict[str, str] = {}
        for pin in pins:
            if not pin.marker or Marker(pin.marker).evaluate(environment):
                if pin.name in chosen:
                    problems.add(f"{pin.name} is pinned twice on {environment['python_full_version']}")
                chosen[pin.name] = pin.version
        for requirement in requirements:
            if requirement.marker and not requirement.marker.evaluate(environment):
                continue
            version = chosen.get(canonicalize_name(requirement.name))
            if version is None:
                problems.add(f"{requirement} is not in the lock for {environment['python_full_version']}")
            elif not requirement.specifier.contains(version, prereleases=True):
                problems.add(f"{requirement} is pinned at {version}")
    return sorted(problems)


@pytest.fixture(scope="module")
def asked_for() -> Mapping[str, Any]:
    """The arguments that `setup.py` gives to setuptools."""
    with mock.patch("setuptools.setup") as setup, pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        runpy.run_path(str(ROOT / "setup.py"))
    return setup.call_args.kwargs


def _lock(name: str) -> list[Pin]:
    return parse((ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXTRAS)
def test_the_lock_meets_setup_py_and_the_build(name: str, asked_for: Mapping[str, Any]) -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    extras = asked_for["extras_require"]
    wanted = [
        *build,
        *asked_for["install_requires"],
        *(text for extra in EXTRAS[name] for text in extras[extra]),
    ]
    assert unmet(wanted, _lock(name)) == []


def test_every_extra_is_locked(asked_for: Mapping[str, Any]) -> None:
    assert set(asked_for["extras_require"]) == set(EXTRAS["dev"])


def test_the_pythons_checked_are_those_of_setup_py(asked_for: Mapping[str, Any]) -> None:
    supported = SpecifierSet(asked_for["python_requires"])
    assert all(python in supported for python in PYTHONS)
    assert not {"3.10.99", "3.14.0"} & set(supported.filter(["3.10.99", "3.14.0"]))


def test_the_locks_agree_with_each_other() -> None:
    production, run, dev = (set(_lock(name)) for name in ("prod", "run", "dev"))
    assert production
    assert production <= run <= dev


def _pinned(line: str) -> str:
    return f"{line} \\\n    --hash=sha256:{'0' * 64}\n"


def test_a_pin_that_does_not_meet_its_requirement_is_found() -> None:
    pins = parse(_pinned("redis==6.4.0") + _pinned("click==8.5.1 ; python_full_version < '3.13'"))
    assert unmet(["redis>=7,<9", "click>=8.5", "rich"], pins) == [
        "click>=8.5 is not in the lock for 3.13.0",
        "redis<9,>=7 is pinned at 6.4.0",
        *(f"rich is not in the lock for {python}" for python in PYTHONS),
    ]
    assert unmet(["redis>=6", "click>=8.5; python_version < '3.13'"], pins) == []


@pytest.mark.parametrize(
    "line",
    [
        "click==8.5.1\n",
        "click>=8.5 --hash=sha256:" + "0" * 64,
        "click @ file:///srv/wheels/click.whl",
        "-e .",
        "--index-url https://packages.example/simple",
        "--find-links /srv/wheels",
    ],
)
def test_a_line_that_is_no_hashed_pin_is_refused(line: str) -> None:
    with pytest.raises(LockBroken):
        parse(line)
