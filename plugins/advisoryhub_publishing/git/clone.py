"""One scratch clone: a bare repository in a fresh folder, fetched shallow and without file contents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from advisoryhub_publishing.git.errors import GitFailed
from advisoryhub_publishing.git.model import Change, Remote
from advisoryhub_publishing.git.process import Finished, Git
from advisoryhub_publishing.git.trees import Trees, refuse_unsafe

_NO_SUCH_BRANCH = "couldn't find remote ref"
_FILTER_IGNORED = "filtering not recognized by server"
_TIP = "refs/scratch/tip"


class Clone:
    """A clone of one branch, for one attempt (INV-PUB-1): shallow (INV-PUB-3), bare, thrown away.

    No working tree exists, so no attribute, filter, hook or link of the repository is ever acted upon.
    `head` is the branch's commit when it was fetched, None when the repository is empty.
    """

    def __init__(self, git: Git, remote: Remote) -> None:
        """Fetch `remote` into the folder `git` works on; raises `GitFailed("clone", …)`."""
        self._git = git
        self._remote = remote
        self._complete = False
        self._held: set[str] = set()
        self._replaced: set[str] = set()
        self._roots: dict[str, str] = {}
        self._trees = Trees(lambda oids: self._objects("read", oids))
        self.head = self._fetch()

    def tree_of(self, commit: str) -> str:
        """Return the id of the commit's tree."""
        if commit not in self._roots:
            found = self._command("read", "rev-parse", "--verify", f"{commit}^{{tree}}")
            self._roots[commit] = found.output.decode().strip()
        return self._roots[commit]

    def read(self, commit: str, paths: Iterable[str]) -> dict[str, bytes | None]:
        """Return the content of each path in `commit`, None where there is nothing.

        Contents that the clone lacks are fetched together. Raises `GitFailed("read", …)` for a path
        that is not a plain file.
        """
        paths = list(paths)
        found = self._trees.lookup(self.tree_of(commit), paths)
        problems = [
            f"{path!r} is {entry.kind}" for path in paths if (entry := found[path]) and not entry.is_file
        ]
        if problems:
            raise GitFailed("read", "not a file on the branch: " + "; ".join(problems))
        ids = {path: entry.oid for path in paths if (entry := found[path])}
        self._hold(ids.values())
        contents = self._objects("read", sorted(set(ids.values())))
        return {path: contents[ids[path]] if path in ids else None for path in paths}

    def names(self, commit: str, under: str) -> list[str]:
        """Return all paths in `commit`, or those in the folder `under`."""
        arguments = ["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit]
        listing = self._command("read", *arguments, *([f"{under}/"] if under else [])).output
        return [name.decode("utf-8", "replace") for name in listing.split(b"\x00") if name]

    def commit(self, parent: str | None, change: Change, files: Mapping[str, bytes | None]) -> str | None:
        """Make a commit of `files` on `parent`, both in the clone; None when nothing would change.

        Raises `GitFailed("paths", …)` when a path meets a link, submodule or folder.
        """
        if parent is not None:
            found = self._trees.lookup(self.tree_of(parent), files)
            refuse_unsafe(found, files)
            self._replaced.update(entry.oid for path in files if (entry := found[path]))
        self._command(
            "commit", "fast-import", "--quiet", "--done", "--force", given=_stream(parent, change, files)
        )
        made = self._command("commit", "rev-parse", "--verify", _TIP).output.decode().strip()
        if parent is None and not any(content is not None for content in files.values()):
            return None
        return made if parent is None or self.tree_of(made) != self.tree_of(parent) else None

    def push(self, commit: str) -> Finished:
        """Push `commit` to the branch, never by force; the caller reads the answer.

        A thin pack sends large trees as their difference, but would fetch replaced contents that the
        clone lacks, only to compute differences from them.
        """
        thin = self._complete or self._replaced <= self._held
        arguments = ("push", "--porcelain", "--no-verify", "--thin" if thin else "--no-thin", "origin")
        return self._command("push", *arguments, f"{commit}:{self._remote.ref}", network=True, tolerate=True)

    def _fetch(self) -> str | None:
        self._command("clone", "init", "--quiet", "--bare", "--template=")
        fetched = self._fetch_branch()
        if fetched.code and _NO_SUCH_BRANCH in fetched.words:
            if not self._branch_exists():
                return None
            fetched = self._fetch_branch()
        if fetched.code:
            raise GitFailed("clone", f"the repository could not be cloned: {fetched.words}")
        self._complete |= _FILTER_IGNORED in fetched.words
        return self._command("clone", "rev-parse", "--verify", _TIP).output.decode().strip()

    def _fetch_branch(self) -> Finished:
        fetched = self._fetch_with("--filter=blob:none")
        if fetched.code and "filter" in fetched.words:
            self._complete = True
            # The failed attempt left its filter in the configuration.
            fetched = self._fetch_with("--no-filter")
        return fetched

    def _fetch_with(self, option: str) -> Finished:
        arguments = ("fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", option, "origin")
        return self._command("clone", *arguments, f"{self._remote.ref}:{_TIP}", network=True, tolerate=True)

    def _branch_exists(self) -> bool:
        """Tell whether somebody made the branch just now; False when the repository is empty.

        Raises `GitFailed` when there are other branches only: to publish beside them would go unseen.
        """
        listing = self._command("clone", "ls-remote", "--heads", "origin", network=True).output
        lines = listing.decode("utf-8", "replace").splitlines()
        branches = [line.partition("refs/heads/")[2] for line in lines]
        if branches and self._remote.branch not in branches:
            there = ", ".join(sorted(branches)[:20])
            raise GitFailed(
                "clone",
                f"the repository has no branch {self._remote.branch!r}; it has {there}; "
                "create the branch or correct the setting",
            )
        return bool(branches)

    def _hold(self, oids: Iterable[str]) -> None:
        """Fetch the contents that the clone may lack in one request; Git alone would make one for each."""
        missing = sorted(set(oids) - self._held)
        if missing and not self._complete:
            arguments = (
                "fetch",
                "--quiet",
                "--no-tags",
                "--no-write-fetch-head",
                "--filter=blob:none",
                "--stdin",
                "origin",
            )
            given = "".join(f"{oid}\n" for oid in missing).encode()
            self._command("read", *arguments, network=True, given=given)
        self._held.update(missing)

    def _objects(self, step: str, oids: list[str]) -> dict[str, bytes]:
        if not oids:
            return {}
        raw = self._command(
            step, "cat-file", "--batch", given="".join(f"{oid}\n" for oid in oids).encode()
        ).output
        contents = {}
        position = 0
        for oid in oids:
            end = raw.index(b"\n", position)
            header = raw[position:end].split()
            if header[-1] == b"missing":
                raise GitFailed(step, f"the remote did not send the object {oid}")
            position = end + 1 + int(header[2]) + 1
            contents[oid] = raw[end + 1 : position - 1]
        return contents

    def _command(
        self, step: str, *arguments: str, network: bool = False, given: bytes = b"", tolerate: bool = False
    ) -> Finished:
        return self._git.run(
            step,
            arguments,
            kind="network" if network else "local",
            given=given,
            tolerate=tolerate,
        )


def _stream(parent: str | None, change: Change, files: Mapping[str, bytes | None]) -> bytes:
    """Return the fast-import commands for one commit: contents inline, no other tree touched."""
    commit = change.commit
    who = f"{commit.author_name} <{commit.author_email}> {int(commit.date.timestamp())} +0000\n".encode()
    message = (commit.message.rstrip("\n") + "\n").encode()
    parts = [
        b"feature done\n",
        f"commit {_TIP}\n".encode(),
        b"author ",
        who,
        b"committer ",
        who,
        _data(message),
    ]
    if parent is not None:
        parts.append(f"from {parent}\n".encode())
    for path, content in sorted(files.items()):
        if content is None:
            parts.append(f'D "{path}"\n'.encode())
        else:
            parts += [f'M 100644 inline "{path}"\n'.encode(), _data(content)]
    return b"".join([*parts, b"\ndone\n"])


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)
