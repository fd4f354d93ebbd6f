"""The part of the plugin API for document formats: what the payload's own checks know.

Free of the web framework and the database, so that pure builders stay pure.
"""

from __future__ import annotations

from advisoryhub_core.advisories.payload.cwe import cwe_name
from advisoryhub_core.advisories.payload.ecosystems import (
    ECOSYSTEM_NAMES,
    ECOSYSTEMS,
    Ecosystem,
    parse_ecosystem,
    purl_for,
)
from advisoryhub_core.advisories.payload.identifiers import is_cve_id, is_ghsa_id
from advisoryhub_core.advisories.payload.severity import canonical_score, rate
from advisoryhub_core.advisories.payload.versions import compare, is_semantic
from advisoryhub_core.redaction import bounded, known_secret, redact_text, register_secret

__all__ = [
    "ECOSYSTEMS",
    "ECOSYSTEM_NAMES",
    "Ecosystem",
    "bounded",
    "canonical_score",
    "compare",
    "cwe_name",
    "is_cve_id",
    "is_ghsa_id",
    "is_semantic",
    "known_secret",
    "parse_ecosystem",
    "purl_for",
    "rate",
    "redact_text",
    "register_secret",
]
