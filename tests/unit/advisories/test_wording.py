import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisoryhub_core.advisories.wording import Interval, describe_range, range_intervals

# Two cores are shared: a slow machine is no finding.
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

HASH = "a" * 40


def semver(*events, **other):
    return {"type": "SEMVER", "events": [dict([event]) for event in events], **other}


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([("introduced", "1.0.0"), ("fixed", "1.4.2")], "from 1.0.0 before 1.4.2"),
        ([("introduced", "0"), ("fixed", "1.4.2")], "before 1.4.2"),
        ([("introduced", "0")], "all versions"),
        ([("introduced", "2.0.0")], "from 2.0.0 onwards"),
        ([("introduced", "1.0.0"), ("last_affected", "1.4.1")], "from 1.0.0 up to and including 1.4.1"),
        ([("last_affected", "1.4.1")], "up to and including 1.4.1"),
        (
            [("introduced", "1.0.0"), ("fixed", "1.4.2"), ("introduced", "2.0.0"), ("fixed", "2.1.0")],
            "from 1.0.0 before 1.4.2 and from 2.0.0 before 2.1.0",
        ),
        (
            [("introduced", "0"), ("fixed", "1"), ("introduced", "2"), ("fixed", "3"), ("introduced", "4")],
            "before 1, from 2 before 3 and from 4 onwards",
        ),
        (
            [("introduced", "1"), ("fixed", "2"), ("last_affected", "3")],
            "from 1 before 2 up to and including 3",
        ),
        ([], "no versions given"),
        ([("introduced", "0"), ("limit", "*")], "all versions"),
    ],
)
def test_ranges_read_as_a_person_says_them(events, words):
    assert describe_range(semver(*events), "npm") == words


def test_commits_name_their_repository_and_every_fix():
    git = {
        "type": "GIT",
        "repo": "https://example.org/jetty",
        "events": [{"introduced": HASH}, {"fixed": "b" * 40}, {"fixed": "c" * 40}, {"limit": "d" * 40}],
    }
    words = f"from {HASH} before {'b' * 40} or {'c' * 40}, looking no further than {'d' * 40}"
    assert describe_range(git, "") == f"{words} in https://example.org/jetty"
    assert describe_range({"type": "GIT", "events": [{"introduced": "0"}]}, "npm") == "all commits"


def test_the_ecosystem_names_its_versions():
    everything = semver(("introduced", "0"))
    assert describe_range(everything, "Linux:6.1") == "all kernel versions"
    assert describe_range(everything, "Android") == "all patch levels"
    assert describe_range(everything, "Debian:12") == "all versions"


def test_what_cannot_be_read_is_quoted():
    strange = {"type": "SEMVER", "events": [{"introduced": "1"}, {"removed": "2"}, "x"]}
    assert describe_range(strange, "npm") == 'from 1 onwards (and {"removed": "2"}, "x")'
    assert describe_range({"events": "1 to 2"}, "npm") == 'no versions given (and "1 to 2")'


def test_intervals_are_available_as_data():
    events = [("introduced", "0"), ("fixed", "1"), ("introduced", "2"), ("last_affected", "3")]
    assert range_intervals(semver(*events)) == (Interval(None, ("1",)), Interval("2", (), ("3",)))


SCALAR = st.none() | st.integers() | st.text(max_size=5)
EVENTS = SCALAR | st.lists(
    SCALAR | st.dictionaries(st.sampled_from(["introduced", "fixed", "x"]), SCALAR), max_size=4
)


@CALM
@given(st.dictionaries(st.sampled_from(["type", "repo", "events"]), EVENTS, max_size=3), st.text(max_size=10))
def test_every_range_can_be_described(version_range, ecosystem):
    assert describe_range(version_range, ecosystem)
