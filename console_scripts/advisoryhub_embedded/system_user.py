"""The user that PostgreSQL runs as when the stack is started by root, whom PostgreSQL refuses."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from advisoryhub_embedded.errors import PartFailed

NAME = "advisoryhub-postgres"


@dataclass(frozen=True)
class SystemUser:
    uid: int
    gid: int

    def can(self, test: str, *arguments: str) -> bool:
        """Tell whether a shell test succeeds for this user; the only way that knows of all rules."""
        answer = subprocess.run(  # noqa: S603 (a fixed shell, and texts of this package)
            ["/bin/sh", "-c", test, "sh", *arguments],
            check=False,
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return answer.returncode == 0


def user_for(cluster: Path) -> SystemUser | None:
    """Return the user to run as, None to stay oneself.

    Only root changes: to the owner of an existing cluster, otherwise to a system user made for this.
    Raises `PartFailed` if the cluster belongs to somebody else, or no user can be made.
    """
    owner = cluster.stat() if cluster.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner.st_uid != os.geteuid():
            raise PartFailed(
                "PostgreSQL",
                f"cannot use {cluster}: it belongs to user {_name_of(owner.st_uid)}; "
                "start as that user or as root, or remove the folder",
            )
        return None
    if owner is not None and owner.st_uid != 0:
        return SystemUser(owner.st_uid, owner.st_gid)
    return _dedicated_user()


def _dedicated_user() -> SystemUser:
    """Look up the system user, making it at first; another process may make it at the same time."""
    found = _look_up(NAME)
    if found is not None:
        return found
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    problem = "there is no useradd"
    if useradd is not None:
        options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        options += ["--shell", "/usr/sbin/nologin"]
        made = subprocess.run(  # noqa: S603 (a fixed command)
            [useradd, *options, NAME], check=False, capture_output=True, text=True
        )
        found = _look_up(NAME)
        if found is not None:
            return found
        problem = " ".join(made.stderr.split()) or f"useradd ended with {made.returncode}"
    raise PartFailed(
        "PostgreSQL",
        f"does not run as root, and the system user {NAME} cannot be made ({problem}): "
        "start as an ordinary user",
    )


def _look_up(name: str) -> SystemUser | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return SystemUser(entry.pw_uid, entry.pw_gid)


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
