"""Every path, link and make target that the documents name exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from tests.house.tree import ROOT, files, where

_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_MAKE = re.compile(r"(?:^|[\s`$;&])make ((?:[A-Z_]+=\S+ )*)([a-z][a-z-]*)")
_TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
_PLACEHOLDER = re.compile(r"[*<>{}$…]|\b[A-Z]{2,}\b(?!\.md)")


def _documents() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *files(".md", below=("docs",))]


def named_paths(source: str, top_level: set[str]) -> Iterator[str]:
    """Yield the paths, relative to the root, that `source` names in code and that begin at `top_level`."""
    for token in _CODE.findall(_FENCE.sub("", source)):
        path = token.strip().removeprefix("./")
        first = path.split("/")[0]
        if (
            first in top_level
            and ("/" in path or "." in path)
            and not _PLACEHOLDER.search(path)
            and " " not in path
        ):
            yield path


def linked_paths(source: str) -> Iterator[str]:
    """Yield the targets of relative links, without their anchors."""
    for target in _LINK.findall(_FENCE.sub("", source)):
        if not re.match(r"[a-z]+:", target) and not target.startswith("#"):
            yield unquote(target.split("#")[0])


def named_targets(source: str) -> Iterator[str]:
    """Yield the make targets that `source` tells the reader to call."""
    code = "\n".join([*_FENCE.findall(source), *_CODE.findall(_FENCE.sub("", source))])
    for _, target in _MAKE.findall(code):
        yield target


def test_the_readers_find_what_a_document_names() -> None:
    source = (
        "Call `make test-fast ARGS=-x` in `docs/`; see `docs/none.md`, [this](../here.md#part), [that](https://a.b).\n"
        "Please make sure that `plugins/NAME/models.py` and `advisoryhub/sub` are yours.\n"
        "```\n$ make WORKERS=4 sure\n[no](link.md)\n```\n"
    )
    assert list(named_targets(source)) == ["sure", "test-fast"]
    assert list(named_paths(source, {"docs", "plugins"})) == ["docs/", "docs/none.md"]
    assert list(linked_paths(source)) == ["../here.md"]


def test_paths_named_in_the_documents_exist() -> None:
    top_level = {path.name for path in ROOT.iterdir()} - {"var", "build", "dist"}
    missing = [
        f"{where(document)}: {path}"
        for document in _documents()
        for path in named_paths(document.read_text(encoding="utf-8"), top_level)
        if not (ROOT / path).exists()
    ]
    assert missing == []


def test_links_in_the_documents_lead_somewhere() -> None:
    missing = [
        f"{where(document)}: {target}"
        for document in _documents()
        for target in linked_paths(document.read_text(encoding="utf-8"))
        if not (document.parent / target).exists()
    ]
    assert missing == []


def test_make_targets_named_in_the_documents_exist() -> None:
    targets = set(_TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    named = {
        (where(document), target)
        for document in _documents()
        for target in named_targets(document.read_text(encoding="utf-8"))
    }
    assert {target for name, target in named if name == "README.md"} >= {"run", "test"}
    assert sorted(pair for pair in named if pair[1] not in targets) == []


def test_every_target_is_in_the_help() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    explained = set(re.findall(r"^([a-z][a-z-]*):.* ## \S", makefile, re.MULTILINE))
    assert set(_TARGET.findall(makefile)) == explained
