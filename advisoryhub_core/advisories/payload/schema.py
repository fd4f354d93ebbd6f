"""The one set of schemas for what people write about a vulnerability, and for a whole pinned payload."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

import colander

from advisoryhub_core.advisories.payload import limits, texts
from advisoryhub_core.advisories.payload.affected import affected_node
from advisoryhub_core.advisories.payload.identifiers import is_advisory_id, is_cve_id, is_ghsa_id
from advisoryhub_core.advisories.payload.kinds import Entries, Record, Text, TextRule, Visit, flatten, node
from advisoryhub_core.advisories.payload.messages import PayloadInvalid, _, quoted, say
from advisoryhub_core.advisories.payload.severity import SEVERITY_TYPES, canonical_score

__all__ = [
    "CREDIT_TYPES",
    "REFERENCE_TYPES",
    "PayloadInvalid",
    "authored_schema",
    "pinned_schema",
    "validate",
    "validate_pinned",
]

REFERENCE_TYPES = (
    "ADVISORY",
    "ARTICLE",
    "DETECTION",
    "DISCUSSION",
    "REPORT",
    "FIX",
    "INTRODUCED",
    "GIT",
    "PACKAGE",
    "EVIDENCE",
    "WEB",
)
CREDIT_TYPES = (
    "FINDER",
    "REPORTER",
    "ANALYST",
    "COORDINATOR",
    "REMEDIATION_DEVELOPER",
    "REMEDIATION_REVIEWER",
    "REMEDIATION_VERIFIER",
    "TOOL",
    "SPONSOR",
    "OTHER",
)
KINDS = ("native", "ghsa_linked")
_WORD = 32


def authored_schema() -> Any:
    """Return the colander schema of the fields that people write."""
    return node(Record(rules=(_check_details, _check_own_id, _check_size)), "payload", *_authored_fields())


def pinned_schema() -> Any:
    """Return the colander schema of a whole payload: what people write and what the workflows set."""
    return node(
        Record(rules=(_check_own_id, _check_size)),
        "payload",
        node(Text(limits.IDENTIFIER, rule=_advisory_id, required=True), "advisory_id"),
        node(Text(limits.SLUG, required=True), "project_slug"),
        node(Text(limits.PACKAGE_NAME), "project_name"),
        node(Text(_WORD, choices=KINDS, required=True), "kind"),
        node(Text(limits.IDENTIFIER, rule=_formed(is_ghsa_id, "GHSA-2c3f-4g5h-6j7m")), "ghsa_id"),
        node(Text(limits.IDENTIFIER), "ghsa_owner"),
        node(Text(limits.IDENTIFIER), "ghsa_repo"),
        *_authored_fields(),
        node(Text(limits.IDENTIFIER, rule=_formed(is_cve_id, "CVE-2026-12345")), "assigned_cve_id"),
        node(Text(limits.REASON, multiline=True), "withdrawn_reason"),
    )


def validate(
    data: Mapping[str, Any],
    *,
    unknown: Literal["raise", "ignore"] = "raise",
    advisory_id: str | None = None,
    details_limit: int | None = None,
) -> dict[str, Any]:
    """Return the authored fields in normal form: plain JSON, defaults filled, events sorted.

    `unknown` says whether keys that are no field are refused or dropped, at every depth. `advisory_id` is
    the own id, which must not be an alias. `details_limit` is a tighter limit of the details in
    characters, as the public form has. Valid output is valid input and comes back as it is. Raises
    `PayloadInvalid` with every mistake, and nothing else for whatever JSON can hold.
    """
    return _deserialised(
        _authored(), data, unknown=unknown, advisory_id=advisory_id, details_limit=details_limit
    )


def validate_pinned(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole payload in normal form, `assigned_cve_id` None where there is none.

    Raises `PayloadInvalid` with every mistake.
    """
    values = _deserialised(_pinned(), payload, unknown="raise", advisory_id=payload.get("advisory_id"))
    values["assigned_cve_id"] = values["assigned_cve_id"] or None
    return values


# Building and binding copies a schema; the unbound ones are shared and never changed.
_authored = lru_cache(authored_schema)
_pinned = lru_cache(pinned_schema)


def _deserialised(schema: Any, data: Mapping[str, Any], **bindings: Any) -> dict[str, Any]:
    try:
        values: dict[str, Any] = schema.bind(**bindings).deserialize(data)
    except colander.Invalid as error:
        raise PayloadInvalid(flatten(error)) from None
    return values


def _authored_fields() -> tuple[Any, ...]:
    return (
        node(Text(limits.SUMMARY), "summary"),
        node(Text(limits.DETAILS_BYTES, rule=texts.details_block, multiline=True), "details"),
        node(
            Entries(limits.ALIASES, identity=str.casefold),
            "aliases",
            node(Text(limits.IDENTIFIER, rule=texts.identifier, required=True), "alias"),
        ),
        node(Entries(limits.REFERENCES, identity=_items, field=("url",)), "references", _reference()),
        node(Entries(limits.AFFECTED), "affected", affected_node()),
        node(Entries(limits.SEVERITIES, identity=_items, field=("score",)), "severity", _severity()),
        node(
            Entries(limits.CWES, identity=str),
            "cwe_ids",
            node(Text(limits.IDENTIFIER, rule=texts.weakness, required=True), "cwe_id"),
        ),
        node(
            Entries(
                limits.CREDITS, identity=lambda entry: (entry["name"], entry.get("type")), field=("name",)
            ),
            "credits",
            _credit(),
        ),
    )


def _items(entry: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(entry.items())


def _reference() -> Any:
    return node(
        Record(),
        "reference",
        node(Text(_WORD, choices=REFERENCE_TYPES, default="WEB"), "type"),
        node(Text(limits.URL, rule=texts.reference_url, required=True), "url"),
    )


def _severity() -> Any:
    return node(
        Record(rules=(_check_score,)),
        "severity",
        node(Text(_WORD, choices=SEVERITY_TYPES, required=True), "type"),
        node(Text(limits.SEVERITY_SCORE, required=True), "score"),
    )


def _credit() -> Any:
    return node(
        Record(),
        "credit",
        node(Text(limits.CREDIT_NAME, required=True), "name"),
        node(Text(_WORD, choices=CREDIT_TYPES, optional=True), "type"),
        node(
            Entries(limits.CONTACTS, identity=str),
            "contact",
            node(Text(limits.URL, rule=texts.contact, required=True), "contact"),
        ),
    )


def _check_score(visit: Visit) -> None:
    kind, score = visit.values.get("type"), visit.values.get("score")
    if not (kind and score):
        return
    try:
        visit.values["score"] = canonical_score(kind, score)
    except ValueError as error:
        visit.blame(("score",), say(_("${value} ${problem}"), value=quoted(score), problem=error))


def _check_details(visit: Visit) -> None:
    limit, details = visit.bindings.get("details_limit"), visit.values.get("details", "")
    if limit is not None and len(details) > limit:
        visit.blame(
            ("details",),
            say(
                _("has ${length} characters; ${limit} is the most: shorten it."),
                length=len(details),
                limit=limit,
            ),
        )


def _check_own_id(visit: Visit) -> None:
    own = visit.bindings.get("advisory_id")
    if not isinstance(own, str):
        return
    for index, alias in enumerate(visit.values.get("aliases") or ()):
        if alias is not None and alias.casefold() == own.casefold():
            visit.blame(("aliases", index), say(_("is the advisory's own id: remove it.")))


def _check_size(visit: Visit) -> None:
    """Keep what is stored small even where every list is as long as it may be."""
    if visit.error.children or visit.error.msg:
        return
    size = len(json.dumps(visit.values, ensure_ascii=False).encode())
    if size > limits.PAYLOAD_BYTES:
        visit.blame(
            (),
            say(
                _("takes ${size} bytes altogether; ${limit} are the most: shorten lists or texts."),
                size=size,
                limit=limits.PAYLOAD_BYTES,
            ),
        )


def _advisory_id(text: str) -> str:
    if not is_advisory_id(text, None):
        raise texts.TextError(say(_("${value} is not an advisory id."), value=quoted(text)))
    return text


def _formed(is_formed: Any, example: str) -> TextRule:
    def rule(text: str) -> str:
        if not is_formed(text):
            raise texts.TextError(
                say(_("${value} must look like ${example}."), value=quoted(text), example=example)
            )
        return text

    return rule
