"""An advisory's content as it is read: what the templates of every page that shows a payload get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from advisoryhub_core.advisories.wording import Interval, range_intervals
from advisoryhub_core.web.pages import Severity, SupportsHTML

Shape = Literal["all", "onwards", "before", "through", "from-before", "from-through"]


@dataclass(frozen=True)
class IntervalView:
    """An affected stretch ready for a sentence; `until` names the versions that end it."""

    shape: Shape
    introduced: str = ""
    until: str = ""

    @classmethod
    def of(cls, interval: Interval) -> IntervalView:
        """Return the sentence's parts; with both a fix and a last affected version the fix is told."""
        start = interval.introduced or ""
        if interval.fixed:
            return cls("from-before" if start else "before", start, ", ".join(interval.fixed))
        if interval.last_affected:
            shape: Shape = "from-through" if start else "through"
            return cls(shape, start, ", ".join(interval.last_affected))
        return cls("onwards" if start else "all", start)


@dataclass(frozen=True, kw_only=True)
class RangeView:
    """A range in words; `kind` is its OSV type and `repo` the repository of a GIT range."""

    kind: str
    intervals: tuple[IntervalView, ...]
    repo: str = ""

    @classmethod
    def of(cls, version_range: Mapping[str, Any]) -> RangeView:
        """Return the view of an OSV range (`{type, repo?, events}`)."""
        return cls(
            kind=str(version_range.get("type", "")),
            repo=str(version_range.get("repo") or ""),
            intervals=tuple(IntervalView.of(interval) for interval in range_intervals(version_range)),
        )


@dataclass(frozen=True, kw_only=True)
class AffectedView:
    """An affected package."""

    ecosystem: str
    name: str
    purl: str = ""
    ranges: tuple[RangeView, ...] = ()
    versions: tuple[str, ...] = ()

    @classmethod
    def of(cls, affected: Mapping[str, Any]) -> AffectedView:
        """Return the view of a payload's `affected` entry."""
        package = affected.get("package") or {}
        return cls(
            ecosystem=str(package.get("ecosystem", "")),
            name=str(package.get("name", "")),
            purl=str(package.get("purl") or ""),
            ranges=tuple(RangeView.of(item) for item in affected.get("ranges") or ()),
            versions=tuple(str(version) for version in affected.get("versions") or ()),
        )


@dataclass(frozen=True)
class ReferenceView:
    """A reference; `label` is its type in words. Only http, https, ftp and ftps URLs may get here."""

    label: str
    url: str


@dataclass(frozen=True, kw_only=True)
class SeverityView:
    """A severity entry: the vector as written and, where it has one, its base score (`9.8`)."""

    system: str
    vector: str
    level: Severity
    score: str | None = None


@dataclass(frozen=True)
class WeaknessView:
    """A CWE with its catalogue name."""

    cwe_id: str
    name: str
    url: str


@dataclass(frozen=True, kw_only=True)
class CreditView:
    """A credit; `label` is its type in words (empty when none was given)."""

    name: str
    label: str = ""
    contacts: tuple[str, ...] = ()


@dataclass(frozen=True)
class AliasView:
    """An identifier elsewhere, linked where there is a public page for it."""

    identifier: str
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class AdvisoryContent:
    """The payload as it is read: the same for the live advisory and for any of its versions."""

    summary: str
    details: SupportsHTML | None = None
    affected: tuple[AffectedView, ...] = ()
    severity: tuple[SeverityView, ...] = ()
    weaknesses: tuple[WeaknessView, ...] = ()
    references: tuple[ReferenceView, ...] = ()
    credits: tuple[CreditView, ...] = ()
    aliases: tuple[AliasView, ...] = ()
    assigned_cve: AliasView | None = None
    withdrawn_reason: str = ""
