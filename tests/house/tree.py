"""The checkout as the house rules see it: what is written by hand, without environments and build results."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("advisoryhub_core", "plugins", "console_scripts", "alembic", "templates")
_NOT_OURS = {"__pycache__", "build", "dist", "node_modules", "var"}
_HIDDEN_BUT_OURS = {".ci"}


def _is_ours(path: Path) -> bool:
    name = path.name
    if name.startswith("."):
        return name in _HIDDEN_BUT_OURS or path.is_file()
    return name not in _NOT_OURS and not name.endswith(".egg-info")


def files(*suffixes: str, below: tuple[str, ...] = ()) -> Iterator[Path]:
    """Yield the files of the checkout with one of `suffixes` (none: any), in the folders `below` the root."""
    pending = [ROOT / name for name in below] or [ROOT]
    while pending:
        for path in sorted(pending.pop().iterdir()):
            if not _is_ours(path):
                continue
            if path.is_dir():
                pending.append(path)
            elif not suffixes or path.suffix in suffixes:
                yield path


def where(path: Path) -> str:
    """Return `path` as a reader of the repository writes it."""
    return path.relative_to(ROOT).as_posix()
