import pytest

from advisoryhub_publishing.documents.errors import DocumentRefused
from advisoryhub_publishing.documents.osv import build_osv
from advisoryhub_publishing.documents.serialise import to_bytes
from advisoryhub_publishing.documents.validate import validate_osv
from tests.unit.publishing.documents.examples import (
    COMMIT_A,
    V4,
    git,
    payload,
    publication,
    publisher,
    withdrawn_publication,
)


def test_a_record_has_the_golden_shape():
    record = build_osv(payload(), publication(), publisher())
    assert record == {
        "schema_version": "1.7.5",
        "id": "ECL-2c3f-4g5h-6j7m",
        "published": "2026-01-02T03:04:05.678Z",
        "modified": "2026-02-02T03:04:05.678Z",
        "aliases": ["CVE-2026-12345", "GHSA-2c3f-4g5h-6j7m"],
        "summary": "Cross-site scripting in the preview of Foo",
        "details": "A preview shows *unescaped* text.\n\nSee [the fix](https://example.org/fix).",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"}],
        "affected": [
            {
                "package": {"ecosystem": "Maven", "name": "org.eclipse.foo:foo-core"},
                "ranges": [
                    {
                        "type": "ECOSYSTEM",
                        "events": [
                            {"introduced": "1.0.0"},
                            {"fixed": "1.4.2"},
                            {"introduced": "2.0.0"},
                            {"fixed": "2.1.0"},
                        ],
                    }
                ],
            },
            {
                "package": {"ecosystem": "npm", "name": "@foo/ui"},
                "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
            },
        ],
        "references": [
            {"type": "ADVISORY", "url": "https://hub.example.org/advisories/ECL-2c3f-4g5h-6j7m/"},
            {"type": "FIX", "url": "https://example.org/fix"},
            {"type": "ADVISORY", "url": "https://example.org/advisory"},
        ],
        "credits": [{"name": "Jane", "type": "FINDER", "contact": ["https://example.org/jane"]}],
        "database_specific": {
            "cwe_ids": ["CWE-79"],
            "project": {"slug": "technology.foo", "name": "Eclipse Foo"},
        },
    }
    assert validate_osv(record, "ECL") == []


def test_the_least_payload_makes_a_valid_record():
    least = {"advisory_id": "ECL-1", "project_slug": "unsorted", "summary": "Something"}
    record = build_osv(least, publication(), publisher(html_url_template=None))
    assert sorted(record) == [
        "database_specific",
        "id",
        "modified",
        "published",
        "schema_version",
        "summary",
    ]
    assert validate_osv(record, "ECL") == []


def test_commit_ranges_and_versions_are_kept_as_they_are():
    entry = {**git({"introduced": "0"}, {"fixed": COMMIT_A}), "versions": ["v1.0"]}
    record = build_osv(payload(affected=[entry]), publication(), publisher())
    assert record["affected"] == [entry]


def test_a_withdrawn_record_keeps_its_content_its_first_time_and_tells_the_reason():
    given = payload(withdrawn_reason="Not a vulnerability.")
    record = build_osv(given, withdrawn_publication(), publisher())
    standing = build_osv(payload(), withdrawn_publication(), publisher())
    assert record["withdrawn"] == "2026-02-02T03:04:05.678Z"
    assert record["modified"] > record["withdrawn"]
    assert record["details"].startswith("**This advisory was withdrawn.** Not a vulnerability.\n\nA preview")
    differing = {key for key in record if record.get(key) != standing.get(key)}
    assert differing == {"withdrawn", "details"}
    assert validate_osv(record, "ECL") == []


def test_the_own_id_is_no_alias_and_the_own_page_no_second_reference():
    page = "https://hub.example.org/advisories/ECL-2c3f-4g5h-6j7m/"
    given = payload(
        aliases=["ECL-2c3f-4g5h-6j7m", "CVE-2026-12345"], references=[{"type": "WEB", "url": page}]
    )
    record = build_osv(given, publication(), publisher())
    assert record["aliases"] == ["CVE-2026-12345"]
    assert record["references"] == [{"type": "WEB", "url": page}]


def test_vectors_are_in_the_order_the_schema_wants():
    shuffled = V4.replace("AV:N/AC:L", "AC:L/AV:N")
    record = build_osv(payload(severity=[{"type": "CVSS_V4", "score": shuffled}]), publication(), publisher())
    assert record["severity"] == [{"type": "CVSS_V4", "score": V4}]
    assert validate_osv(record, "ECL") == []


def test_the_id_prefix_is_a_setting():
    record = build_osv(payload(advisory_id="ACME-2c3f-4g5h-6j7m"), publication(), publisher())
    assert validate_osv(record, "ACME") == []
    assert [(finding.level, finding.place) for finding in validate_osv(record, "ECL")] == [("error", "/id")]


def test_an_empty_summary_is_refused():
    with pytest.raises(DocumentRefused, match="summary"):
        build_osv(payload(summary=""), publication(), publisher())


@pytest.mark.invariant("INV-VERSION-3")
def test_the_key_order_of_a_payload_does_not_show():
    given = payload()
    other = dict(reversed(given.items()))
    assert to_bytes(build_osv(given, publication(), publisher())) == to_bytes(
        build_osv(other, publication(), publisher())
    )
