"""Checks of finished documents, before a push and from the command line (INV-PUB-6)."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from csaf.csaf.v20 import validate as run_csaf_tests
from cvelib.cve_api import CveRecord

from advisoryhub_publishing.documents.context import Document, Kind
from advisoryhub_publishing.documents.findings import Finding
from advisoryhub_publishing.documents.osv_schema import REGISTERED_PREFIXES, osv_schema

_PLACEHOLDER = "the value"
_MESSAGE_LIMIT = 300


def detect(document: Any) -> Kind:
    """The format of a document. Raises ValueError when it is none of the three."""
    if isinstance(document, Mapping):
        header = document.get("document")
        if isinstance(header, Mapping) and "csaf_version" in header:
            return "csaf"
        if document.get("dataType") == "CVE_RECORD":
            return "cve"
        if "id" in document and "modified" in document:
            return "osv"
    raise ValueError("neither an OSV record, nor a CSAF document, nor a CVE record")


def validate_osv(document: Document, id_prefix: str) -> list[Finding]:
    """Check an OSV record; ids of the registered databases and with `id_prefix` are accepted."""
    findings = list(_schema_findings(_osv_validator(id_prefix), document, "OSV schema"))
    return findings or list(_osv_warnings(document))


def validate_cve(document: Document) -> list[Finding]:
    """Check a CVE record against cvelib's schema for its state, formats asserted."""
    metadata = document.get("cveMetadata")
    rejected = isinstance(metadata, Mapping) and metadata.get("state") == "REJECTED"
    return list(_schema_findings(_cve_validator(rejected=rejected), document, "CVE schema"))


def validate_csaf(document: Document) -> list[Finding]:
    """Run the CSAF 2.0 schema and tests: 6.1 are errors, 6.2 are warnings."""
    report = run_csaf_tests(document, preset="extended")
    findings = [
        Finding(
            "warning" if result.group == "recommended" else "error",
            "CSAF schema" if result.id == "schema" else result.id,
            error.instance_path,
            _short(error.message),
        )
        for result in report.results
        if not result.passed and not result.skipped
        for error in result.errors
    ]
    if any(finding.rule == "CSAF schema" for finding in findings):
        return findings
    return [*findings, *_missed_by_csaf(document)]


@lru_cache(maxsize=8)
def _osv_validator(id_prefix: str) -> jsonschema_rs.Validator:
    return _validator(osv_schema({*REGISTERED_PREFIXES, id_prefix}))


@lru_cache(maxsize=2)
def _cve_validator(*, rejected: bool) -> jsonschema_rs.Validator:
    schema = json.loads(Path(CveRecord.Schemas.V5_SCHEMA.value).read_text("utf-8"))
    # The root is "one of published and rejected"; going by the state keeps the place of an error.
    published_form, rejected_form = schema.pop("oneOf")
    return _validator({**schema, **(rejected_form if rejected else published_form)})


def _validator(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(schema, validate_formats=True, mask=_PLACEHOLDER)


def _schema_findings(validator: jsonschema_rs.Validator, document: Document, rule: str) -> Iterator[Finding]:
    for error in validator.iter_errors(document):
        path, message = _explained(error)
        yield Finding("error", rule, _pointer(path), _short(message))


def _explained(error: jsonschema_rs.ValidationError) -> tuple[list[str | int], str]:
    """The place and message of an error; of "any of" and "one of", of what lies behind them.

    An alternative that fails for one reason only, further inside, is what was meant; otherwise
    all alternatives are told.
    """
    branches = [
        [_explained(cause) for cause in branch] for branch in getattr(error.kind, "context", None) or ()
    ]
    meant = [
        branch[0] for branch in branches if len(branch) == 1 and len(branch[0][0]) > len(error.instance_path)
    ]
    if meant:
        return max(meant, key=lambda cause: len(cause[0]))
    reasons = [" and ".join(message for _path, message in branch) for branch in branches if branch]
    return error.instance_path, "; or ".join(reasons) or error.message


def _pointer(path: Iterable[str | int]) -> str:
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path) or "/"


def _short(message: str) -> str:
    return message if len(message) <= _MESSAGE_LIMIT else message[: _MESSAGE_LIMIT - 1] + "…"


def _osv_warnings(document: Document) -> Iterator[Finding]:
    """What the schema cannot say and the format's text does."""
    for kind in ("published", "withdrawn"):
        if kind in document and document[kind] > document["modified"]:
            yield Finding("warning", "OSV times", f"/{kind}", "is later than modified")
    for place, entry in enumerate(document.get("affected") or ()):
        for number, item in enumerate(entry.get("ranges") or ()):
            events = [tuple(sorted(event.items())) for event in item["events"]]
            if len(set(events)) < len(events):
                pointer = f"/affected/{place}/ranges/{number}/events"
                yield Finding("warning", "OSV events", pointer, "holds the same event twice")


def _missed_by_csaf(document: Document) -> Iterator[Finding]:
    """Two rules that the reference validator enforces and the library lets pass."""
    tree = document.get("product_tree") or {}
    for place, branch in _branches(tree.get("branches") or (), "/product_tree/branches"):
        if branch["category"] == "product_version" and branch["name"].startswith("vers:"):
            yield Finding("error", "6.1.31", f"{place}/name", "a single version is named like a range")
    for place_in_list, entry in enumerate(document.get("vulnerabilities") or ()):
        for number, score in enumerate(entry.get("scores") or ()):
            if unknown := sorted(score.keys() - {"cvss_v2", "cvss_v3", "products"}):
                pointer = f"/vulnerabilities/{place_in_list}/scores/{number}"
                yield Finding("warning", "6.2.20", pointer, f"CSAF 2.0 does not know {', '.join(unknown)}")


def _branches(branches: Iterable[Document], base: str) -> Iterator[tuple[str, Document]]:
    for number, branch in enumerate(branches):
        place = f"{base}/{number}"
        yield place, branch
        yield from _branches(branch.get("branches") or (), f"{place}/branches")
