"""The environment of one publication's Git processes: nothing inherited, credentials for this call only.

The process's own environment is never changed; tokens live in the child's environment, key files in
the scratch folder (INV-SECRET-2).
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from advisoryhub_publishing.git.model import Remote, SSHKeyAuth, TokenAuth

TOKEN_VARIABLE = "ADVISORYHUB_GIT_TOKEN"  # noqa: S105 (the name of a variable, not a token)

_PASSED_ON = ("PATH", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")

_CONFIG = {
    "advice.detachedHead": "false",
    "core.symlinks": "false",
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    # The clone is thrown away, so nothing in it needs to survive a power cut.
    "core.fsync": "none",
    "credential.helper": "",
    # What is written once as a pack is pushed as it is, instead of being compressed a second time.
    "fastimport.unpackLimit": "1",
    # Never offer what the clone has: it asks only for what it lacks.
    "fetch.negotiationAlgorithm": "noop",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "http.followRedirects": "initial",
    "init.defaultBranch": "scratch",
    "maintenance.auto": "false",
    "protocol.ext.allow": "never",
    # Trees are mostly ids, which do not compress.
    "pack.compression": "1",
    "push.gpgSign": "false",
    "push.recurseSubmodules": "no",
}


def environment(remote: Remote, scratch: Path) -> dict[str, str]:
    """Return the whole environment for Git processes that talk to `remote`.

    `scratch` is a private folder of this publication; an SSH key is written there with mode 0600.
    """
    home = scratch / "home"
    home.mkdir(mode=0o700, exist_ok=True)
    env = {
        **_inherited(os.environ),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "TMPDIR": str(scratch),
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_ALLOW_PROTOCOL": "http:https" if remote.scheme == "http" else remote.scheme,
    }
    config = [*_CONFIG.items(), ("remote.origin.url", remote.url)]
    if remote.scheme == "file":
        # There is no server whose operator could have allowed partial clones of a local folder.
        config.append(("remote.origin.uploadpack", "git -c uploadpack.allowFilter=true upload-pack"))
    if isinstance(remote.auth, TokenAuth):
        env[TOKEN_VARIABLE] = remote.auth.token
        config.append((f"credential.{_origin(remote.url)}.helper", _credential_helper(remote.auth.username)))
    if remote.scheme == "ssh":
        auth = remote.auth if isinstance(remote.auth, SSHKeyAuth) else None
        env |= {"GIT_SSH_COMMAND": _ssh_command(auth, scratch), "GIT_SSH_VARIANT": "ssh"}
    if "SSL_CERT_FILE" in env:
        config.append(("http.sslCAInfo", env["SSL_CERT_FILE"]))
    return env | _config_variables(config)


def _inherited(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.upper() in _PASSED_ON}


def _config_variables(config: list[tuple[str, str]]) -> dict[str, str]:
    variables = {"GIT_CONFIG_COUNT": str(len(config))}
    for number, (key, value) in enumerate(config):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


def _origin(url: str) -> str:
    """Return scheme, host and port: the helper answers for no other host, also after a redirect."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _credential_helper(username: str) -> str:
    """Return a helper that prints the token from its environment; `printf` is built into the shell."""
    answer = f'printf "username=%s\\npassword=%s\\n" {shlex.quote(username)} "${TOKEN_VARIABLE}"'
    return f'!f() {{ test "$1" = get && {answer}; }}; f'


def _ssh_command(auth: SSHKeyAuth | None, scratch: Path) -> str:
    known_hosts = scratch / "known_hosts"
    pinned = auth is not None and auth.known_hosts is not None
    options = {
        "BatchMode": "yes",
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "ForwardAgent": "no",
        "ControlMaster": "no",
        "ControlPath": "none",
        "PermitLocalCommand": "no",
        "ConnectTimeout": "30",
        "ServerAliveInterval": "15",
        "UserKnownHostsFile": str(known_hosts),
        "GlobalKnownHostsFile": os.devnull,
        "StrictHostKeyChecking": "yes" if pinned else "accept-new",
        "LogLevel": "ERROR",
    }
    words = ["ssh", "-F", os.devnull]
    if auth is not None:
        words += ["-i", str(_private_file(scratch / "id", auth.private_key.strip() + "\n"))]
        _private_file(known_hosts, (auth.known_hosts or "").strip() + "\n")
    for name, value in options.items():
        words += ["-o", f'{name}="{value}"' if " " in value else f"{name}={value}"]
    return shlex.join(words)


def _private_file(path: Path, content: str) -> Path:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
    return path
