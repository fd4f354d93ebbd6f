from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisoryhub_core.advisories.payload.severity import (
    LEVELS,
    SeverityRating,
    canonical_score,
    derive,
    rate,
    try_rate,
)

V2 = {"type": "CVSS_V2", "score": "AV:N/AC:L/Au:N/C:C/I:C/A:C"}
V30 = {"type": "CVSS_V3", "score": "CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:N"}
V31 = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:N/A:N"}
ZERO = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"}
V4 = {"type": "CVSS_V4", "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"}


def ubuntu(score):
    return {"type": "Ubuntu", "score": score}


@pytest.mark.parametrize(
    ("entry", "level", "score"),
    [
        (V2, "high", "10.0"),
        (V30, "high", "7.4"),
        (V31, "medium", "4.7"),
        (ZERO, "none", "0.0"),
        (V4, "critical", "9.3"),
        (ubuntu("negligible"), "low", None),
        (ubuntu("critical"), "critical", None),
    ],
)
def test_each_scale_has_a_rating(entry, level, score):
    rating = rate(entry)
    assert rating == SeverityRating(level, score and Decimal(score))
    assert score is None or isinstance(rating.score, Decimal)
    assert derive([entry]) == (rating.level, rating.score)
    assert try_rate(entry) == rating


def test_the_worst_entry_counts():
    assert derive([V31, V4, ubuntu("low")]) == ("critical", Decimal("9.3"))
    assert derive([ubuntu("critical"), V30]) == ("critical", None)
    assert derive([ubuntu("high"), V30]) == ("high", Decimal("7.4"))
    assert derive([]) == (None, None)


@pytest.mark.parametrize(
    ("kind", "score", "reason"),
    [
        ("CVSS_V3", "AV:N/AC:H", "must begin with CVSS:3.0/ or CVSS:3.1/"),
        ("CVSS_V3", "CVSS:4.0/AV:N", "must begin with CVSS:3.0/"),
        ("CVSS_V3", "CVSS:3.1/AV:N", "does not parse"),
        ("CVSS_V4", "CVSS:3.1/AV:N", "must begin with CVSS:4.0/"),
        ("CVSS_V2", "nonsense", "does not parse"),
        ("CVSS_V2", "", "does not parse"),
        ("Ubuntu", "severe", "must be one of negligible, low"),
        ("SSVC", "x", "choose one of CVSS_V2"),
    ],
)
def test_a_score_that_does_not_parse_is_refused(kind, score, reason):
    with pytest.raises(ValueError, match=r"must|parse|choose") as caught:
        canonical_score(kind, score)
    assert reason in str(caught.value)
    assert try_rate({"type": kind, "score": score}) is None


@pytest.mark.parametrize("entry", [{}, {"type": 3, "score": "x"}, {"type": "Ubuntu", "score": None}])
def test_what_is_no_entry_has_no_rating(entry):
    assert try_rate(entry) is None


def test_vectors_are_put_into_the_standards_order():
    assert canonical_score("CVSS_V3", "CVSS:3.1/AC:H/AV:L/PR:L/UI:N/S:U/C:H/I:N/A:N/E:X") == V31["score"]


@given(
    st.lists(
        st.sampled_from([V2, V30, V31, ZERO, V4, *map(ubuntu, ["negligible", "low", "high"])]), min_size=1
    )
)
def test_no_entry_is_worse_than_the_derived_level(entries):
    level, score = derive(entries)
    assert {rate(entry).level for entry in entries} <= set(LEVELS[: LEVELS.index(level) + 1])
    assert SeverityRating(level, score) in map(rate, entries)
