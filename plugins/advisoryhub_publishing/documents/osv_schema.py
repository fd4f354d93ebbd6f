"""A JSON schema of the OSV record format 1.7, written from the published format."""

from collections.abc import Iterable
from typing import Any

from advisoryhub_core.plugins.formats import ECOSYSTEM_NAMES

SCHEMA_VERSION = "1.7.5"

EVENT_KINDS = ("introduced", "fixed", "last_affected", "limit")
RANGE_TYPES = ("ECOSYSTEM", "GIT", "SEMVER")
REFERENCE_TYPES = (
    "ADVISORY",
    "ARTICLE",
    "DETECTION",
    "DISCUSSION",
    "EVIDENCE",
    "FIX",
    "GIT",
    "INTRODUCED",
    "PACKAGE",
    "REPORT",
    "WEB",
)
CREDIT_TYPES = (
    "ANALYST",
    "COORDINATOR",
    "FINDER",
    "OTHER",
    "REMEDIATION_DEVELOPER",
    "REMEDIATION_REVIEWER",
    "REMEDIATION_VERIFIER",
    "REPORTER",
    "SPONSOR",
    "TOOL",
)
# Home databases registered with the format: a file of any of them can be checked.
REGISTERED_PREFIXES = (
    "ALBA",
    "ALEA",
    "ALPINE",
    "ALSA",
    "ASB-A",
    "BELL",
    "BIT",
    "CGA",
    "CLEANSTART",
    "CURL",
    "CVE",
    "DEBIAN",
    "DHI",
    "DLA",
    "DRUPAL",
    "DSA",
    "DTSA",
    "ECHO",
    "EEF",
    "ELA",
    "FreeBSD",
    "GHSA",
    "GO",
    "GSD",
    "HSEC",
    "JLSEC",
    "KUBE",
    "LBSEC",
    "LSN",
    "MAL",
    "MGASA",
    "MINI",
    "OESA",
    "OSEC",
    "OSV",
    "PHSA",
    "PSF",
    "PUB-A",
    "PYSEC",
    "RHBA",
    "RHEA",
    "RHSA",
    "RLSA",
    "ROOT",
    "RSEC",
    "RUSTSEC",
    "RXSA",
    "SUSE-FU",
    "SUSE-OU",
    "SUSE-RU",
    "SUSE-SU",
    "UBUNTU",
    "USN",
    "V8",
    "openSUSE-SU",
)
_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_FREE = {"type": "object"}
_TIME = {
    "type": "string",
    "format": "date-time",
    "pattern": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z",
}
# Metric values that are shared between base, requirement and modified metrics of one version.
_V2_METRIC = (
    "(?:AV:[ALN]|AC:[HLM]|Au:[MNS]|[ACI]:[CNP]|E:(?:F|H|ND|POC|U)|RL:(?:ND|OF|TF|U|W)|RC:(?:C|ND|UC|UR)"
    "|CDP:(?:H|L|LM|MH|N|ND)|TD:(?:H|L|M|N|ND)|[ACI]R:(?:H|L|M|ND))"
)
_V3_METRIC = (
    "(?:M?AV:[ALNP]|M?AC:[HL]|M?PR:[HLN]|M?UI:[NR]|M?S:[CU]|M?[ACI]:[HLN]"
    "|M(?:AV|AC|PR|UI|S|[ACI]):X|E:[FHPUX]|RL:[OTUWX]|RC:[CRUX]|[ACI]R:[HLMX])"
)
_V4_REQUIRED = (
    ("AV", "[ALNP]"),
    ("AC", "[HL]"),
    ("AT", "[NP]"),
    ("PR", "[HLN]"),
    ("UI", "[ANP]"),
    *((f"{system}{impact}", "[HLN]") for system in "VS" for impact in "CIA"),
)
_V4_OPTIONAL = (
    ("E", "[APUX]"),
    *((f"{impact}R", "[HLMX]") for impact in "CIA"),
    ("MAV", "[ALNPX]"),
    ("MAC", "[HLX]"),
    ("MAT", "[NPX]"),
    ("MPR", "[HLNX]"),
    ("MUI", "[ANPX]"),
    *((f"MV{impact}", "[HLNX]") for impact in "CIA"),
    ("MSC", "[HLNX]"),
    ("MSI", "[HLNSX]"),
    ("MSA", "[HLNSX]"),
    ("S", "[NPX]"),
    ("AU", "[NXY]"),
    ("R", "[AIUX]"),
    ("V", "[CDX]"),
    ("RE", "[HLMX]"),
    ("U", "(?:Amber|Clear|Green|Red|X)"),
)
_V4_VECTOR = "".join(
    [
        *(f"/{metric}:{values}" for metric, values in _V4_REQUIRED),
        *(f"(?:/{metric}:{values})?" for metric, values in _V4_OPTIONAL),
    ]
)
_SCORES: dict[str, dict[str, Any]] = {
    "CVSS_V2": {"pattern": f"^{_V2_METRIC}(?:/{_V2_METRIC})*$"},
    "CVSS_V3": {"pattern": f"^CVSS:3[.][01](?:/{_V3_METRIC})+$"},
    "CVSS_V4": {"pattern": f"^CVSS:4[.]0{_V4_VECTOR}$"},
    "Ubuntu": {"enum": ["negligible", "low", "medium", "high", "critical"]},
}


def osv_schema(id_prefixes: Iterable[str]) -> dict[str, Any]:
    """The schema (draft 2020-12) that accepts ids with these prefixes; formats are to be asserted."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["id", "modified"],
        "additionalProperties": False,
        "properties": {
            "schema_version": _TEXT,
            "id": {"type": "string", "pattern": f"^(?:{_alternatives(id_prefixes)})-"},
            "modified": _TIME,
            "published": _TIME,
            "withdrawn": _TIME,
            "aliases": _or_null(_TEXTS),
            "related": _TEXTS,
            "upstream": _TEXTS,
            "summary": _TEXT,
            "details": _TEXT,
            "severity": _or_null(_list_of(_severity())),
            "affected": _or_null(_list_of(_affected())),
            "references": _or_null(_list_of(_reference())),
            "credits": _list_of(_credit()),
            "database_specific": _FREE,
        },
        # One rating for the record, or one for each package, never both.
        "if": {"required": ["severity"]},
        "then": {
            "properties": {"affected": {"items": {"properties": {"severity": {"type": "null"}}}}},
        },
    }


def _alternatives(names: Iterable[str]) -> str:
    # re.escape() would escape spaces and hyphens, which ECMA expressions do not know as escapes.
    return "|".join(name.replace(".", r"\.") for name in sorted(names))


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


def _list_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


def _severity() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "score"],
        "properties": {"type": {"enum": list(_SCORES)}, "score": _TEXT},
        "allOf": [
            {"if": {"properties": {"type": {"const": kind}}}, "then": {"properties": {"score": rule}}}
            for kind, rule in _SCORES.items()
        ],
    }


def _affected() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "package": {
                "type": "object",
                "required": ["ecosystem", "name"],
                "properties": {
                    "ecosystem": {
                        "type": "string",
                        "pattern": f"^(?:{_alternatives({*ECOSYSTEM_NAMES, 'GIT'})})(?::.+)?$",
                    },
                    "name": _TEXT,
                    "purl": _TEXT,
                },
            },
            "severity": _or_null(_list_of(_severity())),
            "ranges": _list_of(_range()),
            "versions": _TEXTS,
            "ecosystem_specific": _FREE,
            "database_specific": _FREE,
        },
    }


def _range() -> dict[str, Any]:
    def some_event(kind: str) -> dict[str, Any]:
        return {"properties": {"events": {"contains": {"required": [kind]}}}}

    return {
        "type": "object",
        "required": ["type", "events"],
        "properties": {
            "type": {"enum": list(RANGE_TYPES)},
            "repo": _TEXT,
            "events": {
                "type": "array",
                "minItems": 1,
                "contains": {"required": ["introduced"]},
                "items": {
                    "type": "object",
                    "properties": dict.fromkeys(EVENT_KINDS, _TEXT),
                    "oneOf": [{"required": [kind]} for kind in EVENT_KINDS],
                },
            },
            "database_specific": _FREE,
        },
        "allOf": [
            {"if": {"properties": {"type": {"const": "GIT"}}}, "then": {"required": ["repo"]}},
            {"if": some_event("last_affected"), "then": {"not": some_event("fixed")}},
        ],
    }


def _reference() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "url"],
        "properties": {"type": {"enum": list(REFERENCE_TYPES)}, "url": {"type": "string", "format": "uri"}},
    }


def _credit() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["name"],
        "properties": {"name": _TEXT, "contact": _TEXTS, "type": {"enum": list(CREDIT_TYPES)}},
    }
