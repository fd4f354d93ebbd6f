"""Looking up paths in Git's trees without checking them out: only the folders on the way are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from advisoryhub_publishing.git.errors import GitFailed
from advisoryhub_publishing.git.paths import parents_of

_FOLDER = "40000"
_KINDS = {_FOLDER: "a folder", "120000": "a symbolic link", "160000": "a submodule"}
_ENTRY = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a tree: its mode as Git writes it and the id of what it names."""

    mode: str
    oid: str

    @property
    def is_folder(self) -> bool:
        return self.mode == _FOLDER

    @property
    def is_file(self) -> bool:
        return self.mode.startswith("100")

    @property
    def kind(self) -> str:
        return _KINDS.get(self.mode, "a file")


Tree = Mapping[bytes, tuple[bytes, bytes]]
ReadTrees = Callable[[list[str]], Mapping[str, bytes]]


def parse_tree(raw: bytes) -> dict[bytes, tuple[bytes, bytes]]:
    """Read a tree object (mode, space, name, null, 20 bytes of id, repeated): name → mode and id."""
    return {name: (mode, oid) for mode, name, oid in _ENTRY.findall(raw)}


def _entry(found: tuple[bytes, bytes] | None) -> Entry | None:
    return None if found is None else Entry(found[0].decode(), found[1].hex())


class Trees:
    """The trees of one clone, read through `read_trees`: one call for all folders of the same depth."""

    def __init__(self, read_trees: ReadTrees) -> None:
        self._read_trees = read_trees
        self._known: dict[str, Tree] = {}

    def lookup(self, root: str, paths: Iterable[str]) -> dict[str, Entry | None]:
        """Return what stands at each of `paths` and at each folder above them; None where nothing does.

        `root` is the id of a tree.
        """
        wanted = {ancestor for path in paths for ancestor in (*parents_of(path), path)}
        found: dict[str, Entry | None] = {"": Entry(_FOLDER, root)}
        for level in _by_depth(wanted):
            above = {path: found[path.rpartition("/")[0]] for path in level}
            self._load(entry.oid for entry in above.values() if entry is not None and entry.is_folder)
            for path, folder in above.items():
                inside = self._known[folder.oid] if folder is not None and folder.is_folder else {}
                found[path] = _entry(inside.get(path.rpartition("/")[2].encode()))
        del found[""]
        return found

    def _load(self, oids: Iterable[str]) -> None:
        missing = sorted(set(oids) - self._known.keys())
        if missing:
            self._known |= {oid: parse_tree(raw) for oid, raw in self._read_trees(missing).items()}


def _by_depth(paths: Iterable[str]) -> list[list[str]]:
    levels: dict[int, list[str]] = {}
    for path in paths:
        levels.setdefault(path.count("/"), []).append(path)
    return [levels[depth] for depth in sorted(levels)]


def refuse_unsafe(found: Mapping[str, Entry | None], paths: Iterable[str]) -> None:
    """Raise `GitFailed("paths", …)` unless each path is a file or free, below real folders (INV-PUB-8).

    A link on the branch would carry the write elsewhere in every clone that follows links.
    """
    problems = []
    for path in sorted(paths):
        target = found[path]
        if target is not None and not target.is_file:
            problems.append(f"{path!r} is {target.kind} on the branch")
        for folder in parents_of(path):
            entry = found[folder]
            if entry is not None and not entry.is_folder:
                problems.append(f"{path!r} lies below {folder!r}, which is {entry.kind} on the branch")
    if problems:
        raise GitFailed(
            "paths", "; ".join(problems) + "; remove it from the branch or change the path template"
        )
