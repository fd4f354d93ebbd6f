"""What is affected, gathered by package and by Git repository, for CSAF and CVE alike."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from advisoryhub_core.plugins.formats import Ecosystem, compare, parse_ecosystem, purl_for
from advisoryhub_publishing.documents import purls
from advisoryhub_publishing.documents.context import Payload
from advisoryhub_publishing.documents.intervals import CommitRange, Interval, commit_range, intervals


@dataclass
class Subject:
    """One package, or one Git repository, with all that the payload says of its versions.

    `origin` is the ecosystem as the payload writes it, or the host of the repository;
    `ecosystem` and `repo` tell which of the two it is; versions of nothing named have neither. The
    dictionaries are sets that keep their order.
    """

    name: str
    origin: str
    purl: str
    ecosystem: Ecosystem | None = None
    repo: str | None = None
    intervals: dict[Interval, None] = field(default_factory=dict)
    commits: dict[CommitRange, None] = field(default_factory=dict)
    versions: dict[str, None] = field(default_factory=dict)
    range_types: set[str] = field(default_factory=set)

    @property
    def vers_scheme(self) -> str:
        return self.ecosystem.vers_scheme if self.ecosystem else purls.GENERIC

    @property
    def is_ordered(self) -> bool:
        """Whether it can be told which of two versions is the older."""
        return self._ordered_by is not None

    @property
    def _ordered_by(self) -> Ecosystem | str | None:
        if self.range_types == {"SEMVER"}:
            return "SEMVER"
        return self.ecosystem if self.ecosystem and self.ecosystem.order else None

    def is_before(self, earlier: str, later: str) -> bool:
        """Whether one version is older than the other; False also where that cannot be told."""
        order = self._ordered_by
        return order is not None and compare(order, earlier, later) == -1

    def purl_of(self, version: str | None) -> str:
        """The package URL of one version, or of all of them for None."""
        return purls.with_version(self.purl, version, self.name)


def subjects(payload: Payload) -> tuple[Subject, ...]:
    """Every package and repository of the payload, once each, in the order they first appear."""
    found: dict[tuple[str, str], Subject] = {}
    for entry in payload.get("affected") or ():
        for subject in _of_entry(entry, payload):
            known = found.setdefault((subject.origin, subject.name), subject)
            if known is not subject:
                _merge(known, subject)
    return tuple(subject for subject in found.values() if _says_something(subject))


def _merge(known: Subject, more: Subject) -> None:
    known.intervals |= more.intervals
    known.commits |= more.commits
    known.versions |= more.versions
    known.range_types |= more.range_types


def _says_something(subject: Subject) -> bool:
    return bool(subject.intervals or subject.commits or subject.versions)


def _of_entry(entry: Mapping[str, Any], payload: Payload) -> Iterator[Subject]:
    package = entry.get("package")
    ranges = entry.get("ranges") or ()
    repositories = [_repository(item) for item in ranges if item["type"] == "GIT"]
    versions = dict.fromkeys(entry.get("versions") or ())
    if package:
        subject = _package(package)
        for item in ranges:
            if item["type"] != "GIT":
                subject.range_types.add(item["type"])
                subject.intervals |= dict.fromkeys(intervals(item["events"]))
        subject.versions |= versions
        yield subject
    elif repositories:
        # Without a package the listed versions are tags of the repository.
        repositories[0].versions |= versions
    else:
        yield _project(payload, versions)
    yield from repositories


def _package(package: Mapping[str, Any]) -> Subject:
    ecosystem, _suffix = parse_ecosystem(package["ecosystem"])
    name = package["name"]
    purl = package.get("purl") or purl_for(ecosystem, name) or purls.generic(name)
    return Subject(name=name, origin=package["ecosystem"], purl=purl, ecosystem=ecosystem)


def _project(payload: Payload, versions: dict[str, None]) -> Subject:
    """Versions that belong to no package and no repository are the project's own."""
    name = project_name(payload)
    return Subject(name=name, origin="project", purl=purls.generic(name), versions=versions)


def _repository(item: Mapping[str, Any]) -> Subject:
    repo = item["repo"]
    parts = urlsplit(repo)
    host = (parts.hostname or "").lower()
    path = parts.path.strip("/").removesuffix(".git") or host
    commits = commit_range(item)
    return Subject(
        name=path,
        origin=host or "GIT",
        purl=purls.of_repository(host, path, repo),
        repo=repo,
        commits={commits: None},
    )


def project_name(payload: Payload) -> str:
    """The project's name as pinned, or its slug where it has none."""
    return str(payload.get("project_name") or payload["project_slug"])
