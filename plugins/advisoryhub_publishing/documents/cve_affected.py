"""The `affected` part of a CVE record (CVE record format 5.1)."""

from collections.abc import Iterator
from typing import Any

from advisoryhub_publishing.documents.context import Document, Payload
from advisoryhub_publishing.documents.errors import DocumentRefused
from advisoryhub_publishing.documents.intervals import CommitRange, Interval
from advisoryhub_publishing.documents.subjects import Subject, project_name, subjects
from advisoryhub_publishing.documents.text import uri

OPEN_END = "*"
# The collections that the record format itself names, by OSV ecosystem.
COLLECTIONS = {
    "Maven": "https://repo.maven.apache.org/maven2",
    "npm": "https://registry.npmjs.org",
    "PyPI": "https://pypi.python.org",
    "Go": "https://golang.org/pkg",
    "NuGet": "https://nuget.org/packages",
    "RubyGems": "https://rubygems.org",
    "crates.io": "https://crates.io",
    "Packagist": "https://packagist.org",
    "Pub": "https://pub.dev",
    "Hex": "https://repo.hex.pm",
}
_VERSION_TYPES = {"Maven": "maven", "PyPI": "python"}
_SEMANTIC = frozenset({"npm", "crates.io", "Go", "Hex", "NuGet"})


def affected(payload: Payload) -> list[Document]:
    """One entry for each package and repository, each with its versions.

    Raises DocumentRefused when nothing is affected: the format demands an entry.
    """
    entries = [_entry(subject, payload) for subject in subjects(payload)]
    if not entries:
        raise DocumentRefused("affected", "names no affected version, a CVE record needs one")
    return entries


def _entry(subject: Subject, payload: Payload) -> Document:
    entry: Document = {
        "vendor": project_name(payload),
        "product": subject.name,
        "versions": list(_unique(_versions(subject))),
        "defaultStatus": _default_status(subject),
    }
    if subject.repo is not None:
        entry["repo"] = uri(subject.repo)
    # A suffix means another collection than the one the format knows by that name.
    collection = COLLECTIONS.get(subject.origin)
    if collection is not None:
        entry.update(collectionURL=collection, packageName=subject.name)
    return entry


def _default_status(subject: Subject) -> str:
    """`unaffected` only where a reader can tell whether a version lies in the ranges."""
    if subject.commits or (subject.intervals and not subject.is_ordered):
        return "unknown"
    return "unaffected"


def _versions(subject: Subject) -> Iterator[Document]:
    kind = _version_type(subject)
    for interval in subject.intervals:
        yield _interval(interval, kind)
    for commits in subject.commits:
        yield from _commits(commits)
    for version in subject.versions:
        yield {"version": version, "status": "affected"}


def _version_type(subject: Subject) -> str:
    if subject.ecosystem is None:
        return "git" if subject.repo else "custom"
    if "SEMVER" in subject.range_types:
        return "semver"
    name = subject.ecosystem.name
    if name in _SEMANTIC:
        return "semver"
    return _VERSION_TYPES.get(name, "rpm" if subject.ecosystem.vers_scheme == "rpm" else "custom")


def _interval(interval: Interval, kind: str) -> Document:
    entry = {"version": interval.introduced, "status": "affected", "versionType": kind}
    if interval.single is not None:
        return entry
    if interval.last_affected is not None:
        return {**entry, "lessThanOrEqual": interval.last_affected}
    return {**entry, "lessThan": interval.fixed[0] if interval.fixed else OPEN_END}


def _commits(commits: CommitRange) -> Iterator[Document]:
    """Every pair of a first commit and a bound, since each branch has a fix of its own."""
    ends = [("lessThan", commit) for commit in commits.fixed]
    ends += [("lessThanOrEqual", commit) for commit in commits.last_affected]
    for start in commits.introduced:
        entry = {"version": start, "status": "affected", "versionType": "git"}
        for key, commit in ends or [("lessThan", OPEN_END)]:
            yield {**entry, key: commit} if commit != start else entry


def _unique(entries: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    seen: set[tuple[tuple[str, str], ...]] = set()
    for entry in entries:
        key = tuple(sorted(entry.items()))
        if key not in seen:
            seen.add(key)
            yield entry
