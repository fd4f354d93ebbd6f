"""What stands on the branch that a hub under test publishes to."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.support.hub import Hub


def document(hub: Hub, kind: str) -> dict[str, Any]:
    """Return the one document of a kind on the branch."""
    listing = _git(hub, "ls-tree", "-r", "--name-only", "main").split()
    (path,) = [name for name in listing if name.startswith(f"{kind}/") and name.endswith(".json")]
    found: dict[str, Any] = json.loads(_git(hub, "show", f"main:{path}"))
    return found


def _git(hub: Hub, *words: str) -> str:
    return subprocess.run(
        ["git", "-C", str(hub.repository), *words], check=True, capture_output=True, text=True
    ).stdout
