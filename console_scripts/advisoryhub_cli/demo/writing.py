"""Short builders of payload parts, in which the demonstration's advisories are written."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

DISCLAIMER = "*Invented for the demonstration of AdvisoryHub: neither the flaw nor the versions are real.*"

_HOSTS = {
    "ADVISORY": "security.example.org",
    "ARTICLE": "blog.example.org",
    "DISCUSSION": "lists.example.org",
    "REPORT": "tracker.example.org",
    "FIX": "git.example.org",
    "GIT": "git.example.org",
    "INTRODUCED": "git.example.org",
    "PACKAGE": "packages.example.org",
}

Interval = tuple[str, str | None]
"""Introduced and fixed version; None for an interval without an end."""
Part = dict[str, Any]


def write(
    summary: str,
    details: str = "",
    *,
    affected: Sequence[Part] = (),
    severity: Sequence[Part] = (),
    cwes: Sequence[int] = (),
    credit: Sequence[Part] = (),
    references: Sequence[Part] = (),
    aliases: Sequence[str] = (),
) -> Part:
    """Return the authored fields of an advisory."""
    return {
        "summary": summary,
        "details": details,
        "aliases": list(aliases),
        "references": list(references),
        "affected": list(affected),
        "severity": list(severity),
        "cwe_ids": [f"CWE-{number}" for number in cwes],
        "credits": list(credit),
    }


def details(impact: str, **sections: str) -> str:
    """Return markdown with a section on the impact and one for each other name, in the order given."""
    parts = [("Impact", impact), *((name.replace("_", " "), text) for name, text in sections.items())]
    return "\n\n".join([*(f"## {name}\n\n{text}" for name, text in parts), DISCLAIMER]) + "\n"


def package(
    ecosystem: str, name: str, *intervals: Interval, kind: str = "ECOSYSTEM", versions: Sequence[str] = ()
) -> Part:
    """Return an affected package with one range of all the intervals, or with listed versions alone."""
    ranges = [{"type": kind, "events": _events(intervals)}] if intervals else []
    return {
        "package": {"ecosystem": ecosystem, "name": name},
        "ranges": ranges,
        "versions": list(versions),
    }


def up_to(ecosystem: str, name: str, introduced: str, last_affected: str) -> Part:
    """Return an affected package without a mended version."""
    events = [{"introduced": introduced}, {"last_affected": last_affected}]
    return {
        "package": {"ecosystem": ecosystem, "name": name},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
        "versions": [],
    }


def sources(repository: str, *intervals: Interval) -> Part:
    """Return affected commits of a Git repository, without a package."""
    url = f"https://git.example.org/{repository}.git"
    return {"ranges": [{"type": "GIT", "repo": url, "events": _events(intervals)}], "versions": []}


def commit(name: str) -> str:
    """Return a full commit hash that is always the same for `name`."""
    return hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()


def v31(metrics: str) -> Part:
    return {"type": "CVSS_V3", "score": f"CVSS:3.1/{metrics}"}


def v40(metrics: str) -> Part:
    return {"type": "CVSS_V4", "score": f"CVSS:4.0/{metrics}"}


def ref(kind: str, path: str) -> Part:
    """Return a reference on a host of example.org that suits its type."""
    return {"type": kind, "url": f"https://{_HOSTS.get(kind, 'www.example.org')}/{path}"}


def thanks(name: str, kind: str = "FINDER", *contact: str) -> Part:
    return {"name": name, "type": kind, "contact": list(contact)}


def _events(intervals: Sequence[Interval]) -> list[dict[str, str]]:
    events: list[dict[str, str]] = []
    for introduced, fixed in intervals:
        events.append({"introduced": introduced})
        if fixed is not None:
            events.append({"fixed": fixed})
    return events
