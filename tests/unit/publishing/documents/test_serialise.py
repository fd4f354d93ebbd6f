import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisoryhub_publishing.documents.serialise import ordered, timestamp, to_bytes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_bytes_are_sorted_indented_unescaped_and_end_with_a_newline():
    assert to_bytes({"b": ["ü"], "a": 1}) == '{\n  "a": 1,\n  "b": [\n    "ü"\n  ]\n}\n'.encode()


@given(document=st.dictionaries(st.text(), JSON))
def test_bytes_say_what_the_document_says_whatever_its_key_order(document):
    shuffled = dict(reversed(document.items()))
    assert to_bytes(document) == to_bytes(shuffled)
    assert json.loads(to_bytes(document)) == document


@given(document=st.dictionaries(st.text(), JSON))
def test_ordered_sorts_every_level_and_changes_nothing_else(document):
    result = ordered(document)
    assert result == document
    assert json.dumps(result) == json.dumps(document, sort_keys=True)


def test_numbers_that_json_lacks_are_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_bytes({"score": float("nan")})


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 678_999, tzinfo=UTC), "2026-01-02T03:04:05.678Z"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05.000Z"),
        (datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))), "2025-12-31T23:30:00.000Z"),
    ],
)
def test_timestamps_are_utc_with_milliseconds(moment, text):
    assert timestamp(moment) == text


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        timestamp(datetime(2026, 1, 1))  # noqa: DTZ001 - the naive time is the point
