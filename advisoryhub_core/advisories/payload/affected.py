"""The schema of one affected entry: package, ranges and versions together."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from packageurl import PackageURL, ValidationSeverity
from packageurl.validate import DEFINITIONS_BY_TYPE

from advisoryhub_core.advisories.payload import limits
from advisoryhub_core.advisories.payload.ecosystems import (
    Ecosystem,
    parse_ecosystem,
    purl_agrees,
    purl_for,
)
from advisoryhub_core.advisories.payload.kinds import Entries, Record, Text, Visit, node, repeats
from advisoryhub_core.advisories.payload.messages import _, quoted, say
from advisoryhub_core.advisories.payload.ranges import arrange, range_node
from advisoryhub_core.advisories.payload.texts import TextError, version
from advisoryhub_core.advisories.payload.versions import compare

# What CSAF 2.0 takes for a package URL.
_CSAF_PURL = re.compile(r"pkg:[A-Za-z.+-][A-Za-z0-9.+-]*/.+")


def affected_node() -> Any:
    """Return the schema of one affected entry."""
    return node(
        Record(rules=(_check_package, _check_extent, _check_order, _check_repeats)),
        "affected",
        node(
            Record(rules=(_check_purl,), required=False),
            "package",
            node(Text(limits.ECOSYSTEM, rule=_ecosystem, required=True), "ecosystem"),
            node(Text(limits.PACKAGE_NAME, rule=_name, required=True), "name"),
            node(Text(limits.URL, rule=_purl, optional=True), "purl"),
        ),
        node(Entries(limits.RANGES), "ranges", range_node()),
        node(
            Entries(limits.VERSIONS, identity=str),
            "versions",
            node(Text(limits.VERSION, rule=version, required=True), "version"),
        ),
    )


def _ecosystem(text: str) -> str:
    try:
        parse_ecosystem(text)
    except ValueError as error:
        raise TextError(say(_("${value} ${problem}"), value=quoted(text), problem=error)) from None
    return text


def _name(text: str) -> str:
    """Refuse a name that no package URL can be made of."""
    if not any(mark.isalnum() for mark in text):
        raise TextError(
            say(_("${value} is not a package name: it has neither letter nor digit."), value=quoted(text))
        )
    return text


def _purl(text: str) -> str:
    try:
        purl = PackageURL.from_string(text)
    except ValueError:
        purl = None
    canonical = purl.to_string() if purl else ""
    if purl is None or not _CSAF_PURL.fullmatch(canonical):
        raise TextError(
            say(_("${value} is not a package URL: write it like pkg:npm/name."), value=quoted(text))
        )
    if purl.version:
        raise TextError(
            say(
                _("must be without a version: write ${purl}."),
                purl=purl._replace(version=None).to_string(),
            )
        )
    return canonical


def _check_purl(visit: Visit) -> None:
    purl, name, text = (visit.values.get(key) for key in ("purl", "name", "ecosystem"))
    if not (purl and name and text):
        return
    ecosystem, _suffix = parse_ecosystem(text)
    expected = purl_for(ecosystem, name)
    if not purl_agrees(purl, ecosystem, name):
        hint = (
            say(_("write ${purl} or leave it empty."), purl=expected)
            if expected
            else say(_("leave it empty."))
        )
        visit.blame(
            ("purl",),
            say(
                _("${purl} is another package than ${name} of ${ecosystem}: ${hint}"),
                purl=quoted(purl),
                name=quoted(name),
                ecosystem=ecosystem.name,
                hint=hint,
            ),
        )
    elif expected is None:
        _check_type_rules(visit, purl)


def _check_type_rules(visit: Visit, purl: str) -> None:
    """Hold a package URL that no name vouches for to the rules of its type, where these are known."""
    parsed = PackageURL.from_string(purl)
    if parsed.type not in DEFINITIONS_BY_TYPE:
        return
    for finding in parsed.validate(strict=True):
        if finding.severity is ValidationSeverity.ERROR:
            visit.blame(
                ("purl",),
                say(_("is not a package URL of its type: ${problem}."), problem=finding.message),
            )


def _kinds(visit: Visit) -> list[str | None]:
    return [entry and entry.get("type") for entry in visit.values.get("ranges") or ()]


def _check_package(visit: Visit) -> None:
    """A package may be left out only where a Git repository says what is affected."""
    if "package" in visit.values or not visit.is_clean("package"):
        return
    kinds = _kinds(visit)
    if not kinds or any(kind not in {"GIT", None} for kind in kinds):
        visit.blame(
            ("package", "name"),
            say(_("is needed: only an entry whose ranges are all of type GIT does without a package.")),
        )


def _check_extent(visit: Visit) -> None:
    if visit.is_clean("ranges", "versions") and not (visit.values["ranges"] or visit.values["versions"]):
        visit.blame(("ranges",), say(_("add a range or list versions: an entry must say what is affected.")))


def _check_order(visit: Visit) -> None:
    package = visit.values.get("package") or {}
    ecosystem = parse_ecosystem(package["ecosystem"])[0] if "ecosystem" in package else None
    for index, entry in enumerate(visit.values.get("ranges") or ()):
        events = (entry or {}).get("events") or []
        if not _can_be_arranged(events):
            continue
        kind = entry.get("type", "")
        of: Ecosystem | str = ecosystem if kind == "ECOSYSTEM" and ecosystem else kind
        entry["events"], mistakes = arrange(events, partial(compare, of))
        for position, message in mistakes:
            visit.blame(("ranges", index, "events", position, "version"), message)


def _check_repeats(visit: Visit) -> None:
    """Compare ranges in their normal form, after their events were sorted."""
    if not visit.is_clean("ranges"):
        return
    first: dict[str, int] = {}
    for index, entry in enumerate(visit.values["ranges"]):
        known = first.setdefault(repr(entry), index)
        if known != index:
            visit.blame(("ranges", index), repeats(known))


def _can_be_arranged(events: list[Any]) -> bool:
    """Tell whether events are all understood and none is one that the range was blamed for already."""
    if not all(event and None not in event.values() for event in events):
        return False
    parts = [part for event in events for part in event.items()]
    kinds = {kind for kind, _text in parts}
    fixed = {text for kind, text in parts if kind == "fixed"}
    begun = {text for kind, text in parts if kind == "introduced"}
    return (
        "introduced" in kinds
        and "limit" not in kinds
        and not {"fixed", "last_affected"} <= kinds
        and not fixed & begun
        and len(set(parts)) == len(parts)
    )
