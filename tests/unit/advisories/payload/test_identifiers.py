import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisoryhub_core.advisories.payload.identifiers import (
    canonical_case,
    is_advisory_id,
    is_cve_id,
    is_ghsa_id,
    new_advisory_id,
)


def test_new_ids_have_the_form_and_differ():
    ids = {new_advisory_id() for _ in range(200)}
    assert len(ids) == 200
    assert all(re.fullmatch(r"ECL(-[23456789cfghjmpqrvwx]{4}){3}", text) for text in ids)
    # Every letter of the alphabet comes up: 2,400 draws of 20.
    assert {mark for text in ids for mark in text[3:]} == set("23456789cfghjmpqrvwx-")


def test_the_prefix_is_the_callers():
    text = new_advisory_id("ACME")
    assert is_advisory_id(text, "ACME")
    assert is_advisory_id(text, None)
    assert not is_advisory_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ECL-2c3f-4g5h",
        "ECL-2c3f-4g5h-6j7a",
        "ecl-2c3f-4g5h-6j7m",
        "ECL-2c3f-4g5h-6j7m\n",
        "-2c3f-4g5h-6j7m",
    ],
)
def test_other_texts_are_no_advisory_ids(text):
    assert not is_advisory_id(text)
    assert not is_advisory_id(text, None)


def test_cve_and_ghsa_formats():
    assert is_cve_id("CVE-2026-0001")
    assert is_cve_id("CVE-2026-" + "9" * 19)
    for text in (
        "CVE-2026-001",
        "cve-2026-0001",
        "CVE-26-0001",
        "CVE-2026-\u0661\u0661\u0661\u0661",
        "CVE-2026-" + "9" * 20,
    ):
        assert not is_cve_id(text)
    assert is_ghsa_id("GHSA-76mp-659p-rw65")
    assert not is_ghsa_id("GHSA-76mp-659p-rw6a")
    assert not is_ghsa_id("GHSA-76MP-659P-RW65")


def test_known_databases_ids_are_put_into_their_case():
    assert canonical_case("cve-2026-1234") == "CVE-2026-1234"
    assert canonical_case("ghsa-76MP-659p-RW65") == "GHSA-76mp-659p-rw65"
    assert canonical_case("PYSEC-2021-x") == "PYSEC-2021-x"


@given(st.text())
def test_case_is_stable(text):
    assert canonical_case(canonical_case(text)) == canonical_case(text)
