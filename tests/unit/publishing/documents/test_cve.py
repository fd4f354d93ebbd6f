import pytest
from cvelib.cve_api import CveRecord

from advisoryhub_publishing.documents.cve import build_cve
from advisoryhub_publishing.documents.errors import DocumentRefused
from advisoryhub_publishing.documents.validate import validate_cve
from tests.unit.publishing.documents.examples import (
    COMMIT_A,
    COMMIT_B,
    COMMIT_C,
    V2,
    V3,
    V4,
    git,
    maven,
    payload,
    publication,
    publisher,
    withdrawn_publication,
)

ORG = "e51fbebd-6053-4e49-959f-1b94eeb69a2c"


def build(**changes):
    record = build_cve(payload(**changes), publication(), publisher())
    assert validate_cve(record) == []
    CveRecord.validate(record, CveRecord.Schemas.V5_SCHEMA)
    return record


def cna(**changes):
    return build(**changes)["containers"]["cna"]


def test_a_published_record_has_the_golden_shape():
    record = build()
    assert record["dataType"] == "CVE_RECORD"
    assert record["dataVersion"] == "5.1.1"
    assert record["cveMetadata"] == {
        "assignerOrgId": ORG,
        "assignerShortName": "eclipse",
        "cveId": "CVE-2026-12345",
        "datePublished": "2026-01-02T03:04:05.678Z",
        "dateUpdated": "2026-02-02T03:04:05.678Z",
        "state": "PUBLISHED",
    }
    container = record["containers"]["cna"]
    assert container["providerMetadata"] == {
        "orgId": ORG,
        "shortName": "eclipse",
        "dateUpdated": "2026-02-02T03:04:05.678Z",
    }
    assert container["title"] == "Cross-site scripting in the preview of Foo"
    assert container["datePublic"] == "2026-01-02T03:04:05.678Z"
    assert container["descriptions"] == [
        {
            "lang": "en",
            "value": "A preview shows unescaped text.\n\nSee the fix (https://example.org/fix).",
            "supportingMedia": [
                {
                    "type": "text/html",
                    "base64": False,
                    "value": "<p>A preview shows <em>unescaped</em> text.</p>\n"
                    '<p>See <a href="https://example.org/fix" rel="nofollow noopener noreferrer">'
                    "the fix</a>.</p>",
                }
            ],
        }
    ]
    assert container["affected"] == [
        {
            "vendor": "Eclipse Foo",
            "product": "org.eclipse.foo:foo-core",
            "collectionURL": "https://repo.maven.apache.org/maven2",
            "packageName": "org.eclipse.foo:foo-core",
            "defaultStatus": "unaffected",
            "versions": [
                {"version": "1.0.0", "status": "affected", "versionType": "maven", "lessThan": "1.4.2"},
                {"version": "2.0.0", "status": "affected", "versionType": "maven", "lessThan": "2.1.0"},
            ],
        },
        {
            "vendor": "Eclipse Foo",
            "product": "@foo/ui",
            "collectionURL": "https://registry.npmjs.org",
            "packageName": "@foo/ui",
            "defaultStatus": "unaffected",
            "versions": [{"version": "0", "status": "affected", "versionType": "semver", "lessThan": "*"}],
        },
    ]
    assert container["references"] == [
        {"url": "https://hub.example.org/advisories/ECL-2c3f-4g5h-6j7m/", "tags": ["vendor-advisory"]},
        {"url": "https://example.org/fix", "tags": ["patch"]},
        {"url": "https://example.org/advisory", "tags": ["third-party-advisory"]},
        {"url": "https://github.com/advisories/GHSA-2c3f-4g5h-6j7m", "tags": ["related"]},
    ]
    assert container["problemTypes"] == [
        {
            "descriptions": [
                {
                    "lang": "en",
                    "type": "CWE",
                    "cweId": "CWE-79",
                    "description": "CWE-79 Improper Neutralization of Input During Web Page Generation "
                    "('Cross-site Scripting')",
                }
            ]
        }
    ]
    assert container["credits"] == [{"lang": "en", "value": "Jane", "type": "finder"}]
    assert container["source"] == {"advisory": "ECL-2c3f-4g5h-6j7m"}


def test_a_withdrawn_advisory_rejects_its_number():
    given = payload(withdrawn_reason="Not a vulnerability.", affected=[], references=[])
    record = build_cve(given, withdrawn_publication(), publisher())
    assert validate_cve(record) == []
    CveRecord.validate(record, CveRecord.Schemas.V5_SCHEMA)
    assert record["cveMetadata"]["state"] == "REJECTED"
    assert record["cveMetadata"]["dateRejected"] == "2026-02-02T03:04:05.678Z"
    assert record["cveMetadata"]["datePublished"] == "2026-01-02T03:04:05.678Z"
    assert record["containers"]["cna"]["rejectedReasons"] == [{"lang": "en", "value": "Not a vulnerability."}]


@pytest.mark.parametrize(
    ("changes", "who", "place"),
    [
        ({"assigned_cve_id": None}, {}, "assigned_cve_id"),
        ({"assigned_cve_id": "CVE-1"}, {}, "assigned_cve_id"),
        ({}, {"cve_assigner_org_id": None}, "publishing.cve_assigner_org_id"),
        ({"affected": []}, {}, "affected"),
        ({"references": [], "aliases": []}, {"html_url_template": None}, "references"),
        ({"summary": ""}, {}, "summary"),
    ],
)
def test_what_is_missing_is_named(changes, who, place):
    with pytest.raises(DocumentRefused) as refused:
        build_cve(payload(**changes), publication(), publisher(**who))
    assert refused.value.place == place


def test_every_severity_has_its_metric():
    entries = [("CVSS_V2", V2), ("CVSS_V3", V3), ("CVSS_V3", V3), ("CVSS_V4", V4), ("Ubuntu", "low")]
    metrics = cna(severity=[{"type": kind, "score": score} for kind, score in entries])["metrics"]
    assert metrics == [
        {"format": "CVSS", "cvssV2_0": {"version": "2.0", "vectorString": V2, "baseScore": 7.5}},
        {
            "format": "CVSS",
            "cvssV3_1": {"version": "3.1", "vectorString": V3, "baseScore": 6.1, "baseSeverity": "MEDIUM"},
        },
        {
            "format": "CVSS",
            "cvssV4_0": {"version": "4.0", "vectorString": V4, "baseScore": 9.3, "baseSeverity": "CRITICAL"},
        },
        {"other": {"type": "Ubuntu priority", "content": {"priority": "low"}}},
    ]


@pytest.mark.parametrize(
    ("ecosystem", "kind", "collection"),
    [
        ("PyPI", "python", "https://pypi.python.org"),
        ("crates.io", "semver", "https://crates.io"),
        ("RubyGems", "custom", "https://rubygems.org"),
        ("Red Hat:rhel_aus:8.6", "rpm", None),
        ("Maven:https://repo.example.org", "maven", None),
    ],
)
def test_version_types_and_collections(ecosystem, kind, collection):
    package = {"ecosystem": ecosystem, "name": "g:foo" if ecosystem.startswith("Maven") else "foo"}
    events = [{"introduced": "1.0.0"}, {"last_affected": "1.2.0"}]
    entry = cna(affected=[{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}]}])[
        "affected"
    ][0]
    assert entry["versions"] == [
        {"version": "1.0.0", "status": "affected", "versionType": kind, "lessThanOrEqual": "1.2.0"}
    ]
    assert entry.get("collectionURL") == collection
    assert ("packageName" in entry) == (collection is not None)


def test_versions_alone_and_a_single_version():
    entry = maven({"introduced": "2"}, {"last_affected": "2"}, versions=["1", "1"])
    assert cna(affected=[entry])["affected"][0]["versions"] == [
        {"version": "2", "status": "affected", "versionType": "maven"},
        {"version": "1", "status": "affected"},
    ]


def test_ranges_of_an_unknown_order_leave_other_versions_unknown():
    package = {"ecosystem": "OSS-Fuzz", "name": "foo"}
    events = [{"introduced": "1.0.0"}, {"fixed": "1.2.0"}]
    entry = cna(affected=[{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}]}])[
        "affected"
    ][0]
    assert entry["defaultStatus"] == "unknown"


def test_commits_pair_every_start_with_every_fix():
    entry = cna(affected=[git({"introduced": "0"}, {"fixed": COMMIT_A}, {"fixed": COMMIT_B})])["affected"][0]
    assert entry["repo"] == "https://github.com/eclipse-foo/foo.git"
    assert entry["product"] == "eclipse-foo/foo"
    assert entry["defaultStatus"] == "unknown"
    assert [(version["version"], version["lessThan"]) for version in entry["versions"]] == [
        ("0", COMMIT_A),
        ("0", COMMIT_B),
    ]


def test_a_pair_that_two_ranges_share_is_told_once():
    first = git({"introduced": COMMIT_A}, {"fixed": COMMIT_B})
    second = git({"introduced": COMMIT_A}, {"fixed": COMMIT_B}, {"fixed": COMMIT_C})
    (entry,) = cna(affected=[first, second])["affected"]
    assert [version["lessThan"] for version in entry["versions"]] == [COMMIT_B, COMMIT_C]


def test_a_limit_is_no_fix_and_an_open_commit_range_has_no_end():
    entry = cna(affected=[git({"introduced": COMMIT_A}, {"limit": COMMIT_C})])["affected"][0]
    assert entry["versions"] == [
        {"version": COMMIT_A, "status": "affected", "versionType": "git", "lessThan": "*"}
    ]


def test_a_last_affected_commit():
    entry = cna(affected=[git({"introduced": COMMIT_A}, {"last_affected": COMMIT_A})])["affected"][0]
    assert entry["versions"] == [{"version": COMMIT_A, "status": "affected", "versionType": "git"}]


def test_versions_of_nothing_named_are_the_projects():
    entry = cna(affected=[{"versions": ["1.0"]}])["affected"][0]
    assert entry["product"] == "Eclipse Foo"
    assert entry["versions"] == [{"version": "1.0", "status": "affected"}]


def test_the_linked_advisory_is_the_vendors_own():
    address = "https://github.com/eclipse-foo/foo/security/advisories/GHSA-2c3f-4g5h-6j7m"
    references = cna(
        ghsa_id="GHSA-2c3f-4g5h-6j7m",
        ghsa_owner="eclipse-foo",
        ghsa_repo="foo",
        references=[{"type": "ADVISORY", "url": address}, {"type": "WEB", "url": address}],
    )["references"]
    assert references[1] == {"url": address, "tags": ["vendor-advisory", "related"]}
    assert len(references) == 2


def test_aliases_without_a_known_page_are_kept():
    container = cna(aliases=["PYSEC-2026-1", "CVE-2020-0001"])
    assert container["source"] == {"advisory": "ECL-2c3f-4g5h-6j7m", "aliases": ["PYSEC-2026-1"]}
    assert container["references"][-1]["url"] == "https://www.cve.org/CVERecord?id=CVE-2020-0001"


def test_long_texts_are_cut_with_a_pointer_to_the_advisory():
    details = "\n\n".join(["word " * 100] * 40)
    container = cna(details=details, summary="s" * 300)
    description = container["descriptions"][0]
    assert len(description["value"]) <= 4096
    assert description["value"].endswith(
        "[…] The full text is in advisory ECL-2c3f-4g5h-6j7m: "
        "https://hub.example.org/advisories/ECL-2c3f-4g5h-6j7m/"
    )
    assert "supportingMedia" not in description
    assert len(container["title"]) == 256


def test_without_details_the_summary_describes():
    assert cna(details="")["descriptions"] == [
        {"lang": "en", "value": "Cross-site scripting in the preview of Foo"}
    ]


def test_a_pointer_without_a_page_names_the_advisory():
    who = publisher(html_url_template=None, cve_assigner_short_name=None)
    record = build_cve(payload(details="word " * 2000), publication(), who)
    assert validate_cve(record) == []
    value = record["containers"]["cna"]["descriptions"][0]["value"]
    assert value.endswith("[…] The full text is in advisory ECL-2c3f-4g5h-6j7m")


def test_a_weakness_the_catalogue_lacks_keeps_its_number():
    assert cna(cwe_ids=["CWE-99999"])["problemTypes"][0]["descriptions"][0]["description"] == "CWE-99999"


def test_equal_credits_are_one_and_need_no_type():
    credits_ = [{"name": "Jo", "contact": ["@jo"]}, {"name": "Jo"}, {"name": "Jo", "type": "TOOL"}]
    assert cna(credits=credits_)["credits"] == [
        {"lang": "en", "value": "Jo"},
        {"lang": "en", "value": "Jo", "type": "tool"},
    ]


def test_references_are_held_to_what_a_record_takes():
    many = [{"type": "WEB", "url": f"https://example.org/{number}"} for number in range(600)]
    long = {"type": "WEB", "url": "https://example.org/" + "x" * 2048}
    references = cna(references=[long, *many])["references"]
    assert len(references) == 512
    assert all(len(entry["url"]) <= 2048 for entry in references)
