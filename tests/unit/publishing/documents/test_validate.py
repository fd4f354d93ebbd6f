import pytest
from cvelib.cve_api import CveRecord

from advisoryhub_publishing.documents.csaf import build_csaf
from advisoryhub_publishing.documents.cve import build_cve
from advisoryhub_publishing.documents.osv import build_osv
from advisoryhub_publishing.documents.validate import detect, validate_csaf, validate_cve, validate_osv
from tests.unit.publishing.documents.examples import (
    payload,
    publication,
    publisher,
    read_json,
    shared_files,
    shared_json,
)

ARGUMENTS = (payload(), publication(), publisher())


def summary(findings):
    return {(finding.level, finding.rule, finding.place) for finding in findings}


@pytest.mark.parametrize(("build", "kind"), [(build_osv, "osv"), (build_csaf, "csaf"), (build_cve, "cve")])
def test_the_format_is_told_from_the_content(build, kind):
    assert detect(build(*ARGUMENTS)) == kind


@pytest.mark.parametrize("document", [{}, [], "text", None, {"document": []}, {"dataType": "x", "id": 1}])
def test_other_content_is_none_of_the_formats(document):
    with pytest.raises(ValueError, match="neither"):
        detect(document)


@pytest.mark.invariant("INV-PUB-6")
@pytest.mark.parametrize("path", shared_files("samples/csaf/*.json"), ids=lambda path: path.name)
def test_csaf_cases_get_the_verdict_of_both_validators(path):
    if path.name == "expected.json":
        assert read_json(path)
        return
    expected = shared_json("samples/csaf/expected.json")[path.name]
    known = {*expected["csaf_py"]} | ({"6.1.31", "6.2.20"} & {*expected["secvisogram"]})
    found = {finding.rule.replace("CSAF schema", "schema") for finding in validate_csaf(read_json(path))}
    assert found == known


def test_mandatory_csaf_tests_are_errors_and_optional_ones_warnings():
    document = build_csaf(*ARGUMENTS)
    document["document"]["lang"] = "zz"
    del document["vulnerabilities"][0]["scores"]
    findings = validate_csaf(document)
    assert {(finding.level, finding.rule) for finding in findings} == {
        ("error", "6.1.12"),
        ("warning", "6.2.3"),
    }


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("document", "publisher", "namespace"), "no uri"),
        (("document", "tracking", "generator", "date"), "now"),
    ],
)
def test_csaf_formats_are_asserted(path, value):
    document = build_csaf(*ARGUMENTS)
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    assert summary(validate_csaf(document)) == {("error", "CSAF schema", "/" + "/".join(path))}


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("modified", "2026-02-30T00:00:00Z", "/modified"),
        ("references", [{"type": "WEB", "url": "no uri"}], "/references/0/url"),
        ("id", "XYZ-1", "/id"),
        ("unknown", 1, "/"),
    ],
)
def test_osv_errors_have_a_place(key, value, place):
    record = {**build_osv(*ARGUMENTS), key: value}
    assert summary(validate_osv(record, "ECL")) == {("error", "OSV schema", place)}


def test_osv_warnings_for_what_the_schema_cannot_say():
    record = build_osv(*ARGUMENTS)
    record["withdrawn"] = "2027-01-01T00:00:00Z"
    events = record["affected"][0]["ranges"][0]["events"]
    events.append(events[0])
    assert summary(validate_osv(record, "ECL")) == {
        ("warning", "OSV times", "/withdrawn"),
        ("warning", "OSV events", "/affected/0/ranges/0/events"),
    }


def cve_with(path, value):
    record = build_cve(*ARGUMENTS)
    inner = record
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return record


CNA = ("containers", "cna")


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("cveMetadata", "cveId"), "CVE-1", "/cveMetadata/cveId"),
        (("cveMetadata", "dateUpdated"), "now", "/cveMetadata/dateUpdated"),
        ((*CNA, "title"), "x" * 257, "/containers/cna/title"),
        ((*CNA, "references", 0, "tags", 0), "nonsense", "/containers/cna/references/0/tags/0"),
        (
            (*CNA, "affected", 0, "versions", 0, "lessThan"),
            5,
            "/containers/cna/affected/0/versions/0/lessThan",
        ),
        ((*CNA, "affected", 0, "defaultStatus"), "maybe", "/containers/cna/affected/0/defaultStatus"),
    ],
)
def test_cve_errors_have_a_place_and_a_short_message(path, value, place):
    record = cve_with(path, value)
    findings = validate_cve(record)
    assert place in {finding.place for finding in findings}
    assert all(finding.level == "error" and len(finding.message) <= 300 for finding in findings)
    assert "Jane" not in "".join(finding.message for finding in findings)


def test_cve_formats_are_asserted_where_cvelib_does_not():
    record = cve_with((*CNA, "references", 0, "url"), "no uri")
    CveRecord.validate(record, CveRecord.Schemas.V5_SCHEMA)
    assert [finding.message for finding in validate_cve(record)] == ['the value is not a "uri"']


@pytest.mark.parametrize(
    ("path", "value", "place", "words"),
    [
        (("metrics", 0, "cvssV3_1", "baseSeverity"), "LOW", "metrics/0/cvssV3_1/baseScore", "is not one of"),
        (
            ("affected", 0),
            {"vendor": "a", "defaultStatus": "unknown"},
            "affected/0",
            '"product" is a required',
        ),
        (
            ("affected", 0, "versions", 0),
            {"version": "1", "status": "affected", "lessThan": "2"},
            "affected/0/versions/0",
            '; or "versionType" is a required property',
        ),
    ],
)
def test_what_lies_behind_alternatives_is_told(path, value, place, words):
    findings = validate_cve(cve_with((*CNA, *path), value))
    assert [finding.place for finding in findings] == [f"/containers/cna/{place}"]
    assert words in findings[0].message


def test_a_record_is_held_to_the_form_of_its_state():
    record = build_cve(*ARGUMENTS)
    record["cveMetadata"]["state"] = "REJECTED"
    assert "/containers/cna" in {finding.place for finding in validate_cve(record)}


def test_a_record_without_metadata_is_an_error():
    assert validate_cve({"dataType": "CVE_RECORD"})
