"""Scratch folders: private, fresh for each attempt, removed afterwards (INV-PUB-1)."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "advisoryhub-git-"
_POLL = 0.02
_LEFT_BEHIND = 3 * 3600


@contextmanager
def scratch_folder(root: Path | None) -> Iterator[Path]:
    """Yield a new folder, mode 0700, below `root` (default: the system's), removed whatever happens."""
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=root, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def sweep(root: Path | None) -> None:
    """Remove scratch folders that a killed process left behind hours ago: they may hold a key file."""
    oldest = time.time() - _LEFT_BEHIND
    for folder in _root(root).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            status = folder.lstat()
            if status.st_uid == os.getuid() and status.st_mtime < oldest:
                shutil.rmtree(folder)


@contextmanager
def turn(root: Path | None, patience: float) -> Iterator[None]:
    """Let one publication at a time use `root`, so that those of one machine do not refuse each other.

    Only a courtesy: after `patience` seconds it goes on without, and the retry on a moved branch
    settles the race. The lock is on the folder itself, so it leaves no file and ends with its process.
    """
    handle = os.open(_root(root), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        deadline = time.monotonic() + patience
        while not _locked(handle) and time.monotonic() < deadline:
            time.sleep(_POLL)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _root(root: Path | None) -> Path:
    return Path(tempfile.gettempdir()) if root is None else root
