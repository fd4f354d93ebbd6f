import json
from pathlib import Path

import pytest

from advisoryhub_core.advisories.payload.osv_import import from_osv
from advisoryhub_core.advisories.payload.schema import PayloadInvalid, validate

SAMPLES = Path(__file__).parents[5] / "shared/samples"
VALID = sorted(SAMPLES.glob("osv/*.json")) + sorted(SAMPLES.glob("ghsa-to-osv/*.osv.json"))
needs_samples = pytest.mark.skipif(not VALID, reason="the samples are not beside the repository")


def record(path):
    return json.loads(path.read_text("utf-8"))


def imported(name):
    return validate(from_osv(record(SAMPLES / name)))


@needs_samples
def test_there_are_samples_enough():
    assert len(VALID) >= 34


@needs_samples
@pytest.mark.parametrize("path", VALID, ids=lambda path: path.name)
def test_every_valid_record_is_imported_and_keeps_its_facts(path):
    source = record(path)
    data = validate(from_osv(source))
    assert data["aliases"][0] == source["id"]
    assert set(data["aliases"]) == {source["id"], *(source.get("aliases") or ())}
    assert [entry["url"] for entry in data["references"]] == [
        entry["url"] for entry in source.get("references") or ()
    ]
    affected = source.get("affected") or []
    assert len(data["affected"]) == len(affected)
    for ours, theirs in zip(data["affected"], affected, strict=True):
        assert ours.get("package", {}).get("name") == theirs.get("package", {}).get("name")
        assert ours["versions"] == theirs.get("versions", [])
        for item, given in zip(ours["ranges"], theirs.get("ranges", []), strict=True):
            assert sorted(map(str, item["events"])) == sorted(map(str, given["events"]))
    assert validate(data) == data


@needs_samples
@pytest.mark.parametrize(
    ("name", "place", "message"),
    [
        (
            "linter__nointroduced-CVE-2023-41045.json",
            "affected.0.ranges.0.events",
            "needs at least one introduced event",
        ),
        (
            "linter__nondistinct-CVE-2018-5407.json",
            "affected.6.ranges.1.events.1.version",
            "is both introduced and fixed",
        ),
    ],
)
def test_records_that_break_the_rules_are_refused_at_their_place(name, place, message):
    with pytest.raises(PayloadInvalid) as caught:
        imported(f"osv-invalid/{name}")
    assert list(caught.value.errors) == [place]
    assert message in caught.value.errors[place][0]


@needs_samples
def test_whether_a_package_exists_is_not_ours_to_judge():
    data = imported("osv-invalid/linter__nopackage-GHSA-9v2f-6vcg-3hgv.json")
    assert data["affected"][0]["package"]["name"] == "Gradi0"


@needs_samples
def test_intervals_of_a_real_record_are_sorted_and_kept_apart():
    data = imported("ghsa-to-osv/withdrawn.osv.json")
    assert data["affected"][0]["ranges"][0]["events"] == [
        {"introduced": "3.2.0"},
        {"fixed": "3.2.22"},
        {"introduced": "4.0.0"},
        {"fixed": "4.1.11"},
        {"introduced": "4.2.0"},
        {"fixed": "4.2.2"},
    ]


@needs_samples
def test_the_rating_of_a_package_moves_to_the_top():
    data = imported("osv/schema-doc__HSEC-2023-0006.json")
    assert [entry["type"] for entry in data["severity"]] == ["CVSS_V3"]


def test_a_record_without_anything_is_empty():
    assert from_osv({}) == {
        "summary": "",
        "details": "",
        "aliases": [],
        "references": [],
        "affected": [],
        "severity": [],
        "cwe_ids": [],
        "credits": [],
    }
    assert from_osv({"aliases": None, "affected": None, "references": None, "severity": None}) == from_osv({})


def test_what_is_specific_to_a_database_is_left_behind():
    data = from_osv(
        {
            "id": "X-1",
            "aliases": ["X-1", "X-2"],
            "related": ["X-3"],
            "upstream": ["X-4"],
            "modified": "2026-01-01T00:00:00Z",
            "database_specific": {"cwe_ids": ["CWE-79", "CWE-16", "CWE-79", 3], "other": 1},
            "affected": [
                {
                    "package": {"ecosystem": "npm", "name": "a", "extra": 1},
                    "ranges": [
                        {
                            "type": "SEMVER",
                            "events": [{"introduced": "0", "database_specific": {}}],
                            "database_specific": {},
                        }
                    ],
                    "severity": [{"type": "Ubuntu", "score": "low"}],
                    "ecosystem_specific": {},
                },
                {
                    "package": {"ecosystem": "npm", "name": "b"},
                    "versions": ["1"],
                    "severity": [{"type": "Ubuntu", "score": "low"}, {"type": "Ubuntu", "score": "high"}],
                },
            ],
            "credits": [{"name": "A", "role": "x"}],
        }
    )
    assert validate(data)["cwe_ids"] == ["CWE-79"]
    assert data["aliases"] == ["X-1", "X-2"]
    assert data["severity"] == [{"type": "Ubuntu", "score": "low"}, {"type": "Ubuntu", "score": "high"}]
    assert data["affected"][0]["package"] == {"ecosystem": "npm", "name": "a"}
    assert data["affected"][0]["ranges"] == [{"type": "SEMVER", "events": [{"introduced": "0"}]}]
    assert data["credits"] == [{"name": "A"}]


def test_a_rating_of_the_record_stands_alone():
    top = {"type": "Ubuntu", "score": "low"}
    package = {"severity": [{"type": "Ubuntu", "score": "high"}]}
    assert from_osv({"severity": [top], "affected": [package]})["severity"] == [top]


def test_what_is_wrong_is_left_for_validation_to_name(refused):
    errors = refused(
        from_osv(
            {
                "affected": ["x", {"ranges": ["y"]}],
                "references": "z",
                "credits": [3],
                "severity": ["s"],
                "database_specific": 3,
                "aliases": 7,
            }
        )
    )
    assert {
        "affected.0",
        "affected.1.ranges.0",
        "references.0",
        "credits.0",
        "severity.0",
        "aliases.0",
    } <= set(errors)
