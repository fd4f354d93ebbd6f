"""Where a cluster and its socket lie."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from advisoryhub_embedded.errors import PartFailed
from advisoryhub_embedded.files import private_folder
from advisoryhub_embedded.postgres_binaries import DURABLE_ROOT, SCRATCH_ROOT, root_folder
from advisoryhub_embedded.system_user import SystemUser, user_for

# sockaddr_un holds 108 bytes with the closing zero; the socket is called .s.PGSQL.5432.
_SOCKET_FOLDER_LIMIT = 107 - len("/.s.PGSQL.5432")


@dataclass(frozen=True)
class ClusterHome:
    """The folders of one cluster, and the user whose they are (None: the current one).

    `base` is only written by whoever starts the server; `cluster` and `sockets` are the server's, and
    closed to everybody else, since whoever reaches the socket is let in without a password.
    """

    base: Path
    sockets: Path
    user: SystemUser | None

    @property
    def cluster(self) -> Path:
        return self.base / "cluster"

    @property
    def lock_path(self) -> Path:
        return self.base / "lock"

    def server_folder(self, path: Path) -> Path:
        """Make a folder that only the server (and root) can enter."""
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            found = path.lstat()
            mine = {os.geteuid(), self.user.uid if self.user else os.geteuid()}
            if not stat.S_ISDIR(found.st_mode) or found.st_uid not in mine:
                raise PartFailed("PostgreSQL", f"does not trust {path}: somebody else made it") from None
        path.chmod(0o700)
        if self.user is not None:
            os.chown(path, self.user.uid, self.user.gid, follow_symlinks=False)
        return path


def settle(data_dir: Path, *, durable: bool) -> ClusterHome:
    """Make the folders of the cluster known as `data_dir`; raises `PartFailed`.

    Started by root, the server runs as another user, who may be unable to pass through the folders
    above `data_dir` (root's home is closed to others). They are left as they are: the data then lies
    below /var/lib, or /var/tmp if it need not last, and `data_dir` becomes a link to it. /var/tmp would
    not do for data that has to last: what is there may be cleared away after some weeks.
    """
    data_dir = data_dir.absolute()
    data_dir.parent.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    user = user_for(data_dir / "cluster")
    base = private_folder(data_dir) if user is None else _reachable_base(data_dir, user, durable=durable)
    return ClusterHome(base, _socket_folder(base), user)


def remove(data_dir: Path) -> None:
    """Delete a cluster that is not running, wherever it lies."""
    base = data_dir.resolve()
    shutil.rmtree(base, ignore_errors=True)
    shutil.rmtree(_socket_folder(base), ignore_errors=True)
    if data_dir.is_symlink():
        data_dir.unlink()


def _reachable_base(data_dir: Path, user: SystemUser, *, durable: bool) -> Path:
    if data_dir.is_symlink():
        base = data_dir.readlink()
        if base.parent not in (DURABLE_ROOT, SCRATCH_ROOT):
            raise PartFailed("PostgreSQL", f"does not follow the link {data_dir}: the stack did not make it")
        root_folder(base.parent)
        return root_folder(base)
    if user.can('cd "$1"', str(data_dir.parent)):
        data_dir.mkdir(mode=0o711, exist_ok=True)
        data_dir.chmod(data_dir.stat().st_mode & 0o755 | 0o111)
        return data_dir
    if data_dir.exists():
        raise PartFailed(
            "PostgreSQL",
            f"cannot reach {data_dir} as its own system user: move the folder out of the way, "
            "or start as the user whose folder it is",
        )
    mark = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    base = root_folder(root_folder(DURABLE_ROOT if durable else SCRATCH_ROOT) / mark)
    data_dir.symlink_to(base)
    return base


def _socket_folder(base: Path) -> Path:
    """Return the folder of the socket: below the data, or in /tmp where that path would be too long.

    A comma would be read as the end of one host in a list of hosts.
    """
    folder = base / "socket"
    if len(os.fsencode(folder)) <= _SOCKET_FOLDER_LIMIT and "," not in str(folder):
        return folder
    mark = hashlib.sha256(os.fsencode(base)).hexdigest()[:12]
    return Path(f"/tmp/advisoryhub-{mark}")  # noqa: S108 (`server_folder` refuses one made by others)
