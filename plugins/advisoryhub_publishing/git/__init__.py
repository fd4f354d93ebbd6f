"""Publishing files to a branch of a remote Git repository, each time from a fresh scratch clone."""

from advisoryhub_publishing.git.branch import BranchReader
from advisoryhub_publishing.git.errors import GitFailed
from advisoryhub_publishing.git.model import (
    Change,
    Commit,
    Event,
    Limits,
    NoAuth,
    Outcome,
    Remote,
    SSHKeyAuth,
    TokenAuth,
)
from advisoryhub_publishing.git.repository import open_branch, publish_changes, publish_files, read_files

__all__ = [
    "BranchReader",
    "Change",
    "Commit",
    "Event",
    "GitFailed",
    "Limits",
    "NoAuth",
    "Outcome",
    "Remote",
    "SSHKeyAuth",
    "TokenAuth",
    "open_branch",
    "publish_changes",
    "publish_files",
    "read_files",
]
