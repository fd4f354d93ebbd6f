"""Reading a branch as it stands, without a checkout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from advisoryhub_publishing.git.clone import Clone
from advisoryhub_publishing.git.paths import check_paths


class BranchReader:
    """The branch's own copies, at one commit; valid only while its clone exists.

    `head` is that commit's id, None when the repository is empty.
    """

    def __init__(self, clone: Clone, head: str | None) -> None:
        self._clone = clone
        self.head = head

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes | None]:
        """Return each path's content, None where the branch has none; one request for all of them.

        Raises `GitFailed` for a path that cannot be published or is not a plain file there.
        """
        paths = list(paths)
        check_paths(paths)
        return dict.fromkeys(paths) if self.head is None else self._clone.read(self.head, paths)

    def names(self, under: str = "") -> list[str]:
        """Return the paths of all entries on the branch, or of those in the folder `under`."""
        if under:
            check_paths([under])
        return [] if self.head is None else self._clone.names(self.head, under)
