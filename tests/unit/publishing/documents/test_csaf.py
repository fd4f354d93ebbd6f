import pytest

from advisoryhub_publishing.documents.csaf import build_csaf
from advisoryhub_publishing.documents.errors import DocumentRefused
from advisoryhub_publishing.documents.validate import validate_csaf
from tests.unit.publishing.documents.examples import (
    V2,
    V3,
    V4,
    maven,
    payload,
    publication,
    publisher,
    shared_json,
    walk,
    withdrawn_publication,
)


def build(**changes):
    return build_csaf(payload(**changes), publication(), publisher())


def shape(document):
    """Every path of a document with the list positions taken out."""
    return {tuple("*" if isinstance(step, int) else step for step in path) for path, _ in walk(document)}


def test_a_security_advisory_has_the_golden_shape_and_no_finding():
    document = build()
    golden = shape(shared_json("samples/csaf/valid_multi.json"))
    more = {
        ("document", "aggregate_severity"),
        ("document", "aggregate_severity", "text"),
        ("document", "tracking", "aliases"),
        ("document", "tracking", "aliases", "*"),
        ("vulnerabilities", "*", "acknowledgments", "*", "urls"),
        ("vulnerabilities", "*", "acknowledgments", "*", "urls", "*"),
        ("vulnerabilities", "*", "notes", "*", "title"),
    }
    # The engine's version is left out, so that an upgrade alone changes no document.
    assert shape(document) == (golden | more) - {("document", "tracking", "generator", "engine", "version")}
    assert validate_csaf(document) == []


def test_the_header():
    header = build()["document"]
    assert header["title"] == "Eclipse Foo: Cross-site scripting in the preview of Foo"
    assert header["distribution"]["tlp"]["label"] == "WHITE"
    assert header["aggregate_severity"] == {"text": "Medium"}
    assert [note["category"] for note in header["notes"]] == ["summary", "description"]


def test_the_canonical_address_comes_first_and_each_address_once():
    given = [
        {"type": "WEB", "url": "https://example.org/a"},
        {"type": "FIX", "url": "https://example.org/a"},
        {"type": "WEB", "url": "https://hub.example.org/advisories/ECL-2c3f-4g5h-6j7m/"},
    ]
    references = build(references=given, aliases=["CVE-2026-12345", "CVE-2020-0001"])["document"][
        "references"
    ]
    assert [(entry["category"], entry["url"]) for entry in references] == [
        ("self", "https://adv.example.org/csaf/2026/ecl-2c3f-4g5h-6j7m.json"),
        ("self", "https://hub.example.org/advisories/ECL-2c3f-4g5h-6j7m/"),
        ("external", "https://example.org/a"),
        ("external", "https://www.cve.org/CVERecord?id=CVE-2020-0001"),
    ]


def test_the_canonical_address_follows_the_path_template():
    document = build_csaf(
        payload(), publication(), publisher(), path_template="a/{year}/white/{csaf_filename}"
    )
    assert document["document"]["references"][0]["url"] == (
        "https://adv.example.org/a/2026/white/ecl-2c3f-4g5h-6j7m.json"
    )
    assert validate_csaf(document) == []


def test_tracking_tells_every_publication():
    tracking = build()["document"]["tracking"]
    assert tracking == {
        "aliases": ["CVE-2026-12345", "GHSA-2c3f-4g5h-6j7m"],
        "current_release_date": "2026-02-02T03:04:05.678Z",
        "generator": {"date": "2026-02-02T03:04:05.678Z", "engine": {"name": "AdvisoryHub"}},
        "id": "ECL-2c3f-4g5h-6j7m",
        "initial_release_date": "2026-01-02T03:04:05.678Z",
        "revision_history": [
            {"date": "2026-01-02T03:04:05.678Z", "number": "1", "summary": "Initial publication"},
            {"date": "2026-02-02T03:04:05.678Z", "number": "2", "summary": "Advisory updated"},
        ],
        "status": "final",
        "version": "2",
    }


def test_publisher_details_are_told_when_set():
    who = publisher(contact_details="security@example.org", issuing_authority="Security team")
    document = build_csaf(payload(), publication(), who)
    assert document["document"]["publisher"] == {
        "category": "vendor",
        "contact_details": "security@example.org",
        "issuing_authority": "Security team",
        "name": "Eclipse Foundation",
        "namespace": "https://www.eclipse.org/security/",
    }
    assert validate_csaf(document) == []


def test_a_withdrawn_advisory_becomes_informational_and_matches_nothing():
    given = payload(withdrawn_reason="Not a vulnerability.")
    document = build_csaf(given, withdrawn_publication(), publisher())
    assert sorted(document) == ["document"]
    header = document["document"]
    assert header["category"] == "csaf_informational_advisory"
    assert header["title"].startswith("WITHDRAWN: ")
    assert header["notes"][-1] == {
        "category": "general",
        "title": "Withdrawn",
        "text": "Not a vulnerability.",
    }
    assert header["acknowledgments"][0]["names"] == ["Jane"]
    assert header["tracking"]["version"] == "3"
    assert validate_csaf(document) == []


def test_an_informational_advisory_always_points_outside():
    given = payload(withdrawn_reason="dup", references=[], aliases=[], credits=[], affected=[])
    document = build_csaf(given, withdrawn_publication(), publisher(html_url_template=None))
    assert document["document"]["references"][-1] == {
        "category": "external",
        "summary": "Eclipse Foundation",
        "url": "https://www.eclipse.org/security/",
    }
    assert validate_csaf(document) == []


def test_a_withdrawn_advisory_may_keep_its_content():
    given = payload(withdrawn_reason="Not a vulnerability.")
    document = build_csaf(given, withdrawn_publication(), publisher(csaf_withdrawal="keep"))
    assert document["document"]["category"] == "csaf_security_advisory"
    assert document["document"]["title"].startswith("WITHDRAWN: ")
    assert document["document"]["notes"][-1]["title"] == "Withdrawn"
    assert document["vulnerabilities"]
    assert validate_csaf(document) == []


def test_revoking_a_withdrawal_brings_the_advisory_back():
    document = build_csaf(payload(), withdrawn_publication(), publisher())
    assert document["document"]["category"] == "csaf_security_advisory"
    assert not document["document"]["title"].startswith("WITHDRAWN")
    assert validate_csaf(document) == []


@pytest.mark.parametrize("affected", [[], [maven({"introduced": "1"}, {"fixed": "1"})]])
def test_without_an_affected_version_there_is_no_security_advisory(affected):
    with pytest.raises(DocumentRefused) as refused:
        build(affected=affected)
    assert refused.value.place == "affected"


def test_without_a_cve_number_the_vulnerability_has_the_advisory_id():
    document = build(assigned_cve_id=None, aliases=["PYSEC-2026-1"])
    vulnerability = document["vulnerabilities"][0]
    assert "cve" not in vulnerability
    assert vulnerability["ids"] == [
        {"system_name": "PYSEC", "text": "PYSEC-2026-1"},
        {"system_name": "Eclipse Foundation", "text": "ECL-2c3f-4g5h-6j7m"},
    ]
    assert validate_csaf(document) == []


def test_a_cve_alias_stands_in_for_an_assigned_number():
    vulnerability = build(assigned_cve_id=None, aliases=["CVE-2020-0001"])["vulnerabilities"][0]
    assert vulnerability["cve"] == "CVE-2020-0001"
    assert "ids" not in vulnerability


def test_one_score_of_each_version_and_the_others_in_notes():
    v30 = "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    document = build(
        severity=[
            {"type": "CVSS_V2", "score": V2},
            {"type": "CVSS_V3", "score": v30},
            {"type": "CVSS_V3", "score": V3},
            {"type": "CVSS_V4", "score": V4},
            {"type": "Ubuntu", "score": "low"},
        ]
    )
    vulnerability = document["vulnerabilities"][0]
    assert vulnerability["scores"] == [
        {
            "cvss_v2": {"baseScore": 7.5, "vectorString": V2, "version": "2.0"},
            "cvss_v3": {"baseScore": 6.1, "baseSeverity": "MEDIUM", "vectorString": V3, "version": "3.1"},
            "products": ["CSAFPID-0001", "CSAFPID-0002", "CSAFPID-0005"],
        }
    ]
    assert [(note["title"], note["text"]) for note in vulnerability["notes"][1:]] == [
        ("CVSS v3", f"{v30} (9.8 CRITICAL)"),
        ("CVSS v4.0", f"{V4} (9.3 CRITICAL)"),
        ("Ubuntu priority", "low"),
    ]
    assert document["document"]["aggregate_severity"] == {"text": "Critical"}
    assert validate_csaf(document) == []


def test_a_version_4_rating_alone_leaves_only_the_warning_of_a_missing_score():
    document = build(severity=[{"type": "CVSS_V4", "score": V4}])
    assert "scores" not in document["vulnerabilities"][0]
    findings = validate_csaf(document)
    assert {(finding.level, finding.rule) for finding in findings} == {("warning", "6.2.3")}


def test_further_weaknesses_are_told_in_a_note_and_unknown_ones_left_out():
    vulnerability = build(cwe_ids=["CWE-99999", "CWE-79", "CWE-89", "CWE-79"])["vulnerabilities"][0]
    assert vulnerability["cwe"]["id"] == "CWE-79"
    assert vulnerability["notes"][-1]["title"] == "Further weaknesses"
    assert vulnerability["notes"][-1]["text"].startswith("CWE-89: ")


def test_no_weakness_no_cwe():
    vulnerability = build(cwe_ids=[], credits=[])["vulnerabilities"][0]
    assert "cwe" not in vulnerability
    assert "acknowledgments" not in vulnerability


def test_contacts_that_are_no_addresses_stand_with_the_role():
    credit = {"name": "Jo", "type": "REMEDIATION_DEVELOPER", "contact": ["@jo", "mailto:jo@example.org"]}
    document = build(credits=[credit, {"name": "Al", "contact": []}])
    assert document["vulnerabilities"][0]["acknowledgments"] == [
        {"names": ["Jo"], "summary": "Remediation developer, @jo", "urls": ["mailto:jo@example.org"]},
        {"names": ["Al"]},
    ]
    assert validate_csaf(document) == []


def test_without_details_the_summary_is_the_note():
    document = build(details="")
    assert [note["category"] for note in document["document"]["notes"]] == ["summary"]
    assert document["vulnerabilities"][0]["notes"][0]["text"].startswith("Cross-site")
    assert validate_csaf(document) == []


def test_a_project_without_a_name_goes_by_its_slug():
    document = build(project_name="")
    assert document["document"]["title"].startswith("technology.foo: ")
    assert validate_csaf(document) == []
