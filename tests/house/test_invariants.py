"""Every rule of the specification is proved by a marked test, and every mark names a rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.invariants import INVARIANTS, TO_COME, gaps, marked_tests


def test_every_invariant_has_a_test() -> None:
    assert gaps(marked_tests()) == []


def test_every_mark_names_an_invariant() -> None:
    assert sorted(set(marked_tests()) - set(INVARIANTS)) == []


def test_nothing_is_still_to_come_that_has_come() -> None:
    assert set(TO_COME) <= set(INVARIANTS)


def test_the_list_is_the_specifications(shared_data: Path) -> None:
    text = (shared_data / "spec" / "invariants.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| INV-")]
    assert {row[1].strip(): row[2].strip() for row in rows} == INVARIANTS


@pytest.mark.parametrize("name", sorted(TO_COME))
def test_a_plugin_to_come_is_not_installed(name: str) -> None:
    assert not (Path(__file__).resolve().parents[2] / "plugins" / f"advisoryhub_{TO_COME[name]}").exists()
