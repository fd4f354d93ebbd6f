import pytest

from advisoryhub_publishing.documents.ratings import Rating, best, headline, rating, ratings
from tests.unit.publishing.documents.examples import V2, V3, V4, payload

V30 = "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


@pytest.mark.parametrize(
    ("kind", "score", "expected"),
    [
        ("CVSS_V2", V2, Rating("CVSS_V2", V2, "HIGH", "2.0", 7.5)),
        ("CVSS_V3", V3, Rating("CVSS_V3", V3, "MEDIUM", "3.1", 6.1)),
        ("CVSS_V3", V30, Rating("CVSS_V3", V30, "CRITICAL", "3.0", 9.8)),
        ("CVSS_V4", V4, Rating("CVSS_V4", V4, "CRITICAL", "4.0", 9.3)),
        ("Ubuntu", "negligible", Rating("Ubuntu", "negligible", "LOW")),
    ],
)
def test_entries_are_computed(kind, score, expected):
    assert rating({"type": kind, "score": score}) == expected


def test_vectors_are_put_in_the_order_of_their_specification():
    shuffled = V4.replace("AV:N/AC:L", "AC:L/AV:N") + "/U:Amber/E:X"
    assert rating({"type": "CVSS_V4", "score": shuffled}).value == f"{V4}/U:Amber"


def test_equal_entries_are_one():
    found = ratings(payload(severity=[{"type": "CVSS_V3", "score": V3}] * 2))
    assert len(found) == 1


def test_the_objects_follow_the_schemas_of_first():
    assert rating({"type": "CVSS_V2", "score": V2}).as_cvss() == {
        "version": "2.0",
        "vectorString": V2,
        "baseScore": 7.5,
    }
    assert rating({"type": "CVSS_V3", "score": V3}).as_cvss()["baseSeverity"] == "MEDIUM"


def test_the_newest_version_is_preferred_within_and_across_types():
    entries = [("CVSS_V3", V30), ("CVSS_V3", V3), ("CVSS_V2", V2), ("Ubuntu", "low")]
    found = tuple(rating({"type": kind, "score": score}) for kind, score in entries)
    assert best(found, "CVSS_V3").version == "3.1"
    assert best(found, "CVSS_V4") is None
    assert headline(found).value == V3
    assert headline((*found, rating({"type": "CVSS_V4", "score": V4}))).value == V4
    assert headline(found[3:]).word == "LOW"
    assert headline(()) is None
