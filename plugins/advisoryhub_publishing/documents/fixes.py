"""Which versions fix what, once every interval of a package is taken together."""

from collections.abc import Iterable
from functools import cached_property

from advisoryhub_publishing.documents.intervals import BEGINNING, CommitRange, Interval
from advisoryhub_publishing.documents.subjects import Subject

# Beyond this many comparisons of a version with an interval, only the bounds are looked at: a payload
# can list ten thousand of each, and its preview must not keep a worker busy for minutes.
_COMPARISONS = 50_000


class Fixes:
    """The fixes of one package or repository.

    A version that one interval fixes and another affects is affected: an update leads on to the
    other's fix, or nowhere.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._by_bound: dict[str, Interval] = {}
        for interval in subject.intervals:
            for bound in filter(None, (interval.introduced, interval.last_affected)):
                self._by_bound.setdefault(bound, interval)
        asked = len(subject.versions) + len(subject.intervals)
        self._compares = subject.is_ordered and asked * len(subject.intervals) <= _COMPARISONS

    @cached_property
    def all(self) -> tuple[str, ...]:
        """Every version or commit that is fixed and stays so."""
        versions = self.of_versions(
            version for interval in self._subject.intervals for version in interval.fixed
        )
        commits = (commit for entry in self._subject.commits for commit in self.of_commits(entry))
        return tuple(dict.fromkeys([*versions, *commits]))

    def of_version(self, version: str) -> tuple[str, ...]:
        """The fixes for a listed version: its interval's, or all where it lies in none."""
        if self._subject.repo is not None:
            return self.all
        inside = self._holder(version)
        return self.all if inside is None else self.of_versions(inside.fixed)

    def of_versions(self, fixed: Iterable[str]) -> tuple[str, ...]:
        """Where an update has to go that was meant to go to these versions."""
        found = map(self._follow, fixed)
        return tuple(dict.fromkeys(version for version in found if version is not None))

    def of_commits(self, commits: CommitRange) -> tuple[str, ...]:
        """The fixing commits that no range of the repository names as affected."""
        return tuple(commit for commit in commits.fixed if commit not in self._affected_commits)

    @cached_property
    def _affected_commits(self) -> frozenset[str]:
        affected = {*self._subject.versions}
        for entry in self._subject.commits:
            affected.update(entry.introduced, entry.last_affected)
        return frozenset(affected)

    def _follow(self, version: str) -> str | None:
        seen: set[str] = set()
        while version not in seen and version not in self._subject.versions:
            seen.add(version)
            inside = self._holder(version)
            if inside is None:
                return version
            if not inside.fixed:
                return None
            version = inside.fixed[0]
        return None

    def _holder(self, version: str) -> Interval | None:
        at_bound = self._by_bound.get(version)
        if at_bound is not None or not self._compares:
            return at_bound
        return next((entry for entry in self._subject.intervals if self._contains(entry, version)), None)

    def _contains(self, interval: Interval, version: str) -> bool:
        before = self._subject.is_before
        from_start = interval.introduced == BEGINNING or before(interval.introduced, version)
        bounds = (*interval.fixed, *filter(None, (interval.last_affected,)))
        return from_start and all(before(version, bound) for bound in bounds)
