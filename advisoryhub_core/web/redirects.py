"""Where a browser may be sent back to: paths of this host and nothing else."""

from __future__ import annotations

import re

_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")
_LENGTH = 2000

SIGN_IN_PATH = "/oidc/authenticate/"
STEP_UP_PATH = "/oidc/step-up/"


def local_path(target: str | None, default: str = "/") -> str:
    r"""Return `target` if it is a plain path of this host, else `default`.

    Refuses what browsers read as another host: `//host`, `/\host`, schemes, control characters.
    """
    if target is None or len(target) > _LENGTH or not _PATH.fullmatch(target):
        return default
    return target
