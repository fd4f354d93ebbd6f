"""Which paths may be written: none that could leave a clone on any system (INV-PUB-8)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from advisoryhub_publishing.git.errors import GitFailed

_MAX_COMPONENT = 255
_MAX_PATH = 1024
_ODD_CHARACTERS = re.compile(r'[\\<>:"|?*]')
_GIT_FOLDER = re.compile(r"\.git|git~\d+", re.IGNORECASE)
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)


def check_paths(paths: Iterable[str]) -> None:
    """Raise `GitFailed("paths", …)` naming every path that may not be written, and why.

    Refused are absolute paths, `.` and `..`, anything Git, macOS or Windows could take for `.git`,
    characters and names that another system reads differently, and a path below another one.
    """
    paths = set(paths)
    problems = [f"{path[:200]!r} {problem}" for path in sorted(paths) if (problem := _problem(path))]
    for path in sorted(paths):
        problems += [
            f"{path[:200]!r} lies below {above!r}, which is a file"
            for above in parents_of(path)
            if above in paths
        ]
    if problems:
        raise GitFailed("paths", "these paths cannot be published: " + "; ".join(problems))


def parents_of(path: str) -> list[str]:
    """Return the folders above `path`, outermost first."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def _problem(path: str) -> str | None:
    if not path:
        return "is empty"
    if path.startswith("/"):
        return "is absolute"
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        return "is not valid Unicode"
    if size > _MAX_PATH:
        return f"is longer than {_MAX_PATH} bytes"
    return next((problem for part in path.split("/") if (problem := _component_problem(part))), None)


def _component_problem(part: str) -> str | None:
    if part in ("", ".", ".."):
        return "has an empty, '.' or '..' component"
    if any(unicodedata.category(letter)[0] in "CZ" and letter != " " for letter in part):
        return "contains control or invisible characters"
    checks = (
        (_ODD_CHARACTERS.search(part), 'contains one of \\ < > : " | ? *'),
        (
            part[-1] in ". " or part[0] == " ",
            "has a component that begins or ends with a space, or ends with a dot",
        ),
        (
            _GIT_FOLDER.fullmatch(unicodedata.normalize("NFKC", part)),
            "has a component that stands for Git's own folder",
        ),
        (_DEVICE.fullmatch(part), "has a component that is a device on Windows"),
        (unicodedata.normalize("NFC", part) != part, "is not in Unicode normal form C"),
        (len(part.encode()) > _MAX_COMPONENT, f"has a component longer than {_MAX_COMPONENT} bytes"),
    )
    return next((problem for found, problem in checks if found), None)
