"""How long to wait, in words."""

from __future__ import annotations

import pytest

from advisoryhub_core.web.errors import _wait


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "a second"),
        (1, "a second"),
        (2, "2 seconds"),
        (59, "59 seconds"),
        (60, "a minute"),
        (61, "2 minutes"),
        (3599, "60 minutes"),
        (3600, "an hour"),
        (3601, "2 hours"),
        (86400, "24 hours"),
    ],
)
def test_a_wait_is_said_in_its_largest_unit_and_never_too_short(seconds: int, words: str) -> None:
    assert _wait(seconds).interpolate() == words
