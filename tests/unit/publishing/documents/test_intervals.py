import pytest

from advisoryhub_publishing.documents import vers
from advisoryhub_publishing.documents.intervals import Interval, commit_range, intervals
from tests.unit.publishing.documents.examples import COMMIT_A, COMMIT_B, COMMIT_C


def events(*pairs):
    return [{kind: version} for kind, version in pairs]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (events(("introduced", "0")), [Interval("0")]),
        (events(("introduced", "1"), ("fixed", "2")), [Interval("1", ("2",))]),
        (events(("introduced", "1"), ("last_affected", "2")), [Interval("1", (), "2")]),
        (
            events(("introduced", "1"), ("fixed", "2"), ("introduced", "3"), ("fixed", "4")),
            [Interval("1", ("2",)), Interval("3", ("4",))],
        ),
        (
            events(("introduced", "1"), ("fixed", "2"), ("introduced", "3")),
            [Interval("1", ("2",)), Interval("3")],
        ),
        (events(("introduced", "1"), ("introduced", "2"), ("fixed", "3")), [Interval("1", ("3",))]),
        (events(("introduced", "1"), ("fixed", "2"), ("fixed", "3")), [Interval("1", ("2",))]),
        (events(("last_affected", "1"), ("introduced", "2")), [Interval("2")]),
        (events(("introduced", "1"), ("limit", "2")), [Interval("1")]),
        (events(("introduced", "1"), ("fixed", "1")), []),
        (events(("introduced", "1"), ("fixed", "2")) * 2, [Interval("1", ("2",))]),
    ],
)
def test_events_become_intervals(given, expected):
    assert list(intervals(given)) == expected


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval("1.0.0", ("1.4.2",)), "vers:maven/>=1.0.0|<1.4.2"),
        (Interval("1.0.0", (), "1.4.2"), "vers:maven/>=1.0.0|<=1.4.2"),
        (Interval("0", ("1.4.2",)), "vers:maven/<1.4.2"),
        (Interval("1.0.0"), "vers:maven/>=1.0.0"),
        (Interval("0"), "vers:all/*"),
        (Interval("1|2", ("3 4%ü",)), "vers:maven/>=1%7C2|<3%204%25%C3%BC"),
    ],
)
def test_intervals_become_version_ranges(interval, text):
    assert vers.of_interval("maven", interval) == text


def test_an_interval_of_one_version_knows_it():
    assert Interval("1", (), "1").single == "1"
    assert Interval("1", (), "2").single is None


@pytest.mark.parametrize(
    "version", ["1.0-all", "<2", ">=1", "2 and later", "before 3", "1.x", "1.*", "small", "1 through 2"]
)
def test_names_that_read_as_ranges(version):
    assert vers.reads_as_range(version)


@pytest.mark.parametrize("version", ["1.4.2", "1.0-SNAPSHOT", "1.xyz", "v2", COMMIT_A])
def test_names_that_do_not(version):
    assert not vers.reads_as_range(version)


def test_commit_events_are_taken_by_kind():
    given = [
        {"introduced": "0"},
        {"fixed": COMMIT_A},
        {"limit": COMMIT_C},
        {"fixed": COMMIT_B},
        {"fixed": COMMIT_A},
    ]
    found = commit_range({"type": "GIT", "repo": "https://example.org/r", "events": given})
    assert found.introduced == ("0",)
    assert found.fixed == (COMMIT_A, COMMIT_B)
    assert vers.of_commits(found) == f">=0|<{COMMIT_A}|<{COMMIT_B}"
