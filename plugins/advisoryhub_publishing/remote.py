"""The publication repository as configured."""

from __future__ import annotations

from typing import Any

from advisoryhub_publishing import settings
from advisoryhub_publishing.git import NoAuth, Remote, SSHKeyAuth, TokenAuth, open_branch


def remote_from(registry: Any) -> Remote:
    """Return the remote. Raises `ValueError` that names the settings, never their values (INV-PUB-2)."""
    url = settings.REPO_URL.of(registry)
    token = settings.REPO_TOKEN.of(registry)
    key = settings.REPO_SSH_KEY.of(registry)
    if not url:
        raise ValueError(
            f"No publication repository is configured: set {settings.REPO_URL.key} ({settings.REPO_URL.env})."
        )
    if token and key:
        raise ValueError(f"Set {settings.REPO_TOKEN.key} or {settings.REPO_SSH_KEY.key}, never both.")
    auth: NoAuth | TokenAuth | SSHKeyAuth = NoAuth()
    if token:
        auth = TokenAuth(token)
    elif key:
        auth = SSHKeyAuth(key, settings.REPO_KNOWN_HOSTS.of(registry) or None)
    return Remote(url, settings.REPO_BRANCH.of(registry), auth)


def check_repository(registry: Any) -> None:
    """Readiness: raise unless the branch can be read."""
    with open_branch(remote_from(registry), scratch_root=settings.SCRATCH_FOLDER.of(registry)):
        pass
