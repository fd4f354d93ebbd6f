"""Publishing to a branch: clone, commit, push, and again on a new clone when the branch moved."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from advisoryhub_core.plugins.formats import known_secret
from advisoryhub_publishing.git.branch import BranchReader
from advisoryhub_publishing.git.clone import Clone
from advisoryhub_publishing.git.credentials import environment
from advisoryhub_publishing.git.errors import GitFailed
from advisoryhub_publishing.git.model import (
    Change,
    Commit,
    Event,
    Files,
    Limits,
    Outcome,
    Remote,
    SSHKeyAuth,
    TokenAuth,
    Transform,
)
from advisoryhub_publishing.git.paths import check_paths
from advisoryhub_publishing.git.process import Finished, Git
from advisoryhub_publishing.git.scratch import scratch_folder, sweep, turn

OnEvent = Callable[[Event], None]
Result = Outcome | GitFailed

_DEFAULT_LIMITS = Limits()
_STATUS = re.compile(r"^!\t[^\t]*\t(?P<status>\[(?P<by>[^\]]*)\].*)$", re.MULTILINE)
_MOVED = re.compile(
    r"fetch first|non-fast-forward|stale info|(?:cannot|unable to|failed to) lock|failed to update ref"
    r"|incorrect old value|already exists|but expected",
    re.IGNORECASE,
)
_NOT_MOVED = re.compile(r"permission denied|read-only file system|no space left", re.IGNORECASE)


def publish_files(
    remote: Remote,
    files: Files,
    commit: Commit,
    *,
    scratch_root: Path | None = None,
    limits: Limits = _DEFAULT_LIMITS,
    on_event: OnEvent | None = None,
    transform: Transform | None = None,
) -> Outcome:
    """Have the branch hold `files` (path → content) and what `transform` adds, in one commit.

    No commit is made when the branch holds them already. See `Change` for `transform` and
    `publish_changes` for the rest; raises `GitFailed`.
    """
    changes = [Change(files, commit, transform)]
    (result,) = publish_changes(remote, changes, scratch_root=scratch_root, limits=limits, on_event=on_event)
    if isinstance(result, GitFailed):
        raise result
    return result


def publish_changes(
    remote: Remote,
    changes: Sequence[Change],
    *,
    scratch_root: Path | None = None,
    limits: Limits = _DEFAULT_LIMITS,
    on_event: OnEvent | None = None,
) -> list[Result]:
    """Publish several changes with one clone and one push, a commit for each; one result per change.

    A change refused for its own sake (its paths, its transform) has its `GitFailed` as result and
    leaves the others alone. Raises `GitFailed` when nothing could be cloned or pushed: a push refused
    because the branch moved is tried again on a new clone `limits.retries` times, any other refusal
    fails at once with the remote's redacted words. Never forces.
    """
    return _Publication(remote, changes, scratch_root, limits, on_event or (lambda _event: None)).run()


@contextmanager
def open_branch(
    remote: Remote, *, scratch_root: Path | None = None, limits: Limits = _DEFAULT_LIMITS
) -> Iterator[BranchReader]:
    """Yield a reader of the branch as it is now; its clone is removed afterwards."""
    with known_secret(*_secrets(remote)), scratch_folder(scratch_root) as folder:
        clone = _clone(remote, folder, limits, time.monotonic() + limits.total)
        yield BranchReader(clone, clone.head)


def read_files(
    remote: Remote,
    paths: Iterable[str],
    *,
    scratch_root: Path | None = None,
    limits: Limits = _DEFAULT_LIMITS,
) -> dict[str, bytes | None]:
    """Return the branch's content of each path, None where it has none; raises `GitFailed`."""
    with open_branch(remote, scratch_root=scratch_root, limits=limits) as branch:
        return dict(branch.read(paths))


@dataclass
class _Publication:
    remote: Remote
    changes: Sequence[Change]
    scratch_root: Path | None
    limits: Limits
    on_event: OnEvent
    deadline: float = field(init=False)

    def run(self) -> list[Result]:
        sweep(self.scratch_root)
        with known_secret(*_secrets(self.remote)), turn(self.scratch_root, self.limits.queue):
            self.deadline = time.monotonic() + self.limits.total
            attempt = 1
            while True:
                with scratch_folder(self.scratch_root) as folder:
                    results, moved = self._attempt(attempt, folder)
                if moved is None:
                    return results
                if attempt > self.limits.retries:
                    raise GitFailed(
                        "push", f"the branch moved during each of {attempt} attempts; at last: {moved}"
                    )
                self.on_event(Event("moved", attempt, "", moved))
                self._back_off(attempt)
                attempt += 1

    def _attempt(self, attempt: int, folder: Path) -> tuple[list[Result], str | None]:
        """Clone, commit and push once; the second value tells how a push met a moved branch."""
        clone = _clone(self.remote, folder, self.limits, self.deadline)
        self.on_event(Event("cloned", attempt, clone.head or ""))
        tip = clone.head
        results: list[Result] = []
        for change in self.changes:
            result = self._commit(clone, tip, change, attempt)
            if isinstance(result, Outcome):
                tip = result.sha or None
            results.append(result)
        if tip is None or tip == clone.head:
            return results, None
        pushed = clone.push(tip)
        if pushed.code:
            return results, _moved_or_raise(pushed)
        self.on_event(Event("pushed", attempt, tip))
        return results, None

    def _commit(self, clone: Clone, tip: str | None, change: Change, attempt: int) -> Result:
        try:
            check_paths(change.files)
            files: dict[str, bytes | None] = dict(change.files)
            if change.transform is not None:
                files |= change.transform(BranchReader(clone, tip))
                check_paths(files)
            made = clone.commit(tip, change, files) if files else None
        except GitFailed as failure:
            return failure
        if made is None:
            return Outcome(tip or "", changed=False, attempts=attempt)
        self.on_event(Event("committed", attempt, made))
        return Outcome(made, changed=True, attempts=attempt)

    def _back_off(self, attempt: int) -> None:
        longest = min(self.limits.backoff * 2**attempt, self.limits.backoff_cap)
        wait = random.uniform(0, longest)  # noqa: S311 (spreads retries, no secret)
        time.sleep(max(min(wait, self.deadline - time.monotonic()), 0))


def _clone(remote: Remote, folder: Path, limits: Limits, deadline: float) -> Clone:
    env = environment(remote, folder) | {"GIT_DIR": str(folder / "clone.git")}
    return Clone(Git(folder, env, limits, deadline), remote)


def _secrets(remote: Remote) -> list[str]:
    match remote.auth:
        case TokenAuth(token=token):
            return [token]
        case SSHKeyAuth(private_key=key):
            return [key]
        case _:
            return []


def _moved_or_raise(pushed: Finished) -> str:
    """Return the remote's words when the branch moved; raise `GitFailed` for every other refusal."""
    found = _STATUS.search(pushed.output.decode("utf-8", "replace"))
    if found is None:
        raise GitFailed("push", pushed.words.strip() or f"git push ended with exit code {pushed.code}")
    refusal = GitFailed(
        "push", f"the remote refused the push: {found['status']}\n{_remote_words(pushed.words)}"
    )
    by_git_here = found["by"] == "rejected"
    if _MOVED.search(found["status"]) and (by_git_here or not _NOT_MOVED.search(pushed.words)):
        return refusal.message
    raise refusal


def _remote_words(words: str) -> str:
    """Leave out Git's own summary, which repeats the refusal in general terms."""
    return "\n".join(
        line for line in words.splitlines() if not line.startswith(("error: failed to push", "hint:"))
    )
