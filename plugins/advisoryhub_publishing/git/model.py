"""What is published, where to, as whom, and within which limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from advisoryhub_publishing.git.branch import BranchReader

Files = Mapping[str, bytes]
Transform = Callable[["BranchReader"], Mapping[str, bytes | None]]

_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+-]{0,199}")
_BRANCH_FORBIDDEN = re.compile(r"\.\.|//|/\.|\.lock(?:/|$)|[./]$")
_SCP = re.compile(r"[A-Za-z0-9_][\w.+-]*@[A-Za-z0-9[][\w.:\]-]*:(?!//)[^\s\\]+")
_IDENTITY_FORBIDDEN = re.compile(r"[<>\x00-\x1f\x7f]")


@dataclass(frozen=True)
class NoAuth:
    """The remote needs no credentials (a folder on this machine)."""


@dataclass(frozen=True)
class TokenAuth:
    """A token sent over HTTPS as the password of `username`."""

    token: str = field(repr=False)
    username: str = "x-access-token"

    def __post_init__(self) -> None:
        if not self.token or any(letter < "!" or letter == "\x7f" for letter in self.token):
            raise ValueError("the Git token is empty or contains spaces or control characters")
        if not re.fullmatch(r"[\w.@+-]{1,200}", self.username):
            raise ValueError(
                "the Git user name is empty or contains characters other than letters, digits, . @ + -"
            )


@dataclass(frozen=True)
class SSHKeyAuth:
    """A private SSH key (its text), and the text of a `known_hosts` file if host keys are pinned.

    Without `known_hosts` the host key seen at each call is accepted.
    """

    private_key: str = field(repr=False)
    known_hosts: str | None = None

    def __post_init__(self) -> None:
        if "PRIVATE KEY" not in self.private_key:
            raise ValueError("the SSH key is not a private key; give the text of the key file, not its path")


Auth = NoAuth | TokenAuth | SSHKeyAuth


@dataclass(frozen=True)
class Remote:
    """A branch of a remote repository; token or SSH key, never both, by construction (INV-PUB-2).

    `url` is `https://…`, `ssh://…`, `user@host:path`, `file:///…` or an absolute path; `http://…`
    carries a token only to this machine. Credentials inside the URL are refused, since the URL is
    written to the clone's configuration. Raises `ValueError` naming everything that is wrong.
    """

    url: str
    branch: str = "main"
    auth: Auth = NoAuth()

    def __post_init__(self) -> None:
        problems = list(_url_problems(self.url, self.scheme, self.auth))
        if not _BRANCH.fullmatch(self.branch) or _BRANCH_FORBIDDEN.search(self.branch):
            problems.append("the branch name is not a valid Git branch name")
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def scheme(self) -> str:
        """The transport as Git names it: `https`, `http`, `ssh`, `file`, or empty if there is none."""
        if self.url.startswith("/"):
            return "file"
        if _SCP.fullmatch(self.url):
            return "ssh"
        return self.url.partition("://")[0].lower() if "://" in self.url else ""

    @property
    def ref(self) -> str:
        return f"refs/heads/{self.branch}"


def _url_problems(url: str, scheme: str, auth: Auth) -> list[str]:
    if scheme not in ("https", "http", "ssh", "file") or any(
        letter <= " " or letter == "\x7f" for letter in url
    ):
        allowed = "https://…, ssh://…, user@host:path, file:///… or an absolute path"
        return [f"the repository URL must be {allowed}, without spaces"]
    if "://" not in url:
        parts = urlsplit("file:///")
    else:
        try:
            parts = urlsplit(url)
        except ValueError:
            return ["the repository URL cannot be read"]
    problems = []
    if parts.password is not None or (parts.username and scheme != "ssh"):
        problems.append("the repository URL contains credentials; give the token as its own setting")
    if scheme != "file" and "://" in url and (not parts.hostname or parts.hostname.startswith("-")):
        problems.append("the repository URL names no host")
    if isinstance(auth, TokenAuth) and not (
        scheme == "https" or (scheme == "http" and _is_loopback(parts.hostname))
    ):
        problems.append("a token is only sent to https:// URLs")
    if isinstance(auth, SSHKeyAuth) and scheme != "ssh":
        problems.append("an SSH key needs an ssh:// or user@host:path URL")
    return problems


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Commit:
    """Message, author (also the committer) and time of a commit; `date` has a time zone."""

    message: str
    author_name: str
    author_email: str
    date: datetime

    def __post_init__(self) -> None:
        problems = []
        if not self.message.strip() or "\x00" in self.message:
            problems.append("the commit message is empty or contains a null character")
        for what, value in (("name", self.author_name), ("e-mail", self.author_email)):
            if not value.strip() or _IDENTITY_FORBIDDEN.search(value):
                problems.append(f"the author's {what} is empty or contains <, > or control characters")
        if self.date.tzinfo is None or self.date < datetime(1970, 1, 1, tzinfo=UTC):
            problems.append("the commit date has no time zone or lies before 1970")
        if problems:
            raise ValueError("; ".join(problems))


@dataclass(frozen=True)
class Change:
    """One commit's worth of files: path on the branch → content.

    `transform` is called on each attempt with the branch as it is before this change (and after
    those before it in the same push) and returns further files, None meaning "delete"; they win
    over `files`. It may raise `GitFailed` to refuse this change alone.
    """

    files: Files
    commit: Commit
    transform: Transform | None = None


@dataclass(frozen=True)
class Outcome:
    """`sha` is the commit that holds the files (empty for an untouched empty repository).

    `changed` is False when the branch held them already; `attempts` counts clones, from 1.
    """

    sha: str
    changed: bool
    attempts: int


@dataclass(frozen=True)
class Limits:
    """Times in seconds, sizes in bytes.

    `network` and `local` bound one Git process, `total` everything together (below the 1,800 s after
    which a running task is reaped). `retries` counts new clones after the first. The wait before
    retry n is random up to `backoff * 2**n`, at most `backoff_cap`. `queue` bounds how long a
    publication waits for another one on this machine that uses the same scratch folder.
    """

    network: float = 300.0
    local: float = 60.0
    total: float = 1500.0
    retries: int = 5
    backoff: float = 0.5
    backoff_cap: float = 15.0
    queue: float = 60.0
    output: int = 256 * 1024 * 1024


@dataclass(frozen=True)
class Event:
    """A step that a caller may record.

    `kind`: `cloned` (sha: the branch's head, empty if none), `committed` and `pushed` (sha: the
    commit), `moved` (the branch moved, a retry follows; detail: the remote's redacted words).
    """

    kind: Literal["cloned", "committed", "pushed", "moved"]
    attempt: int
    sha: str
    detail: str = ""
