import pytest

from advisoryhub_core.advisories.payload.readiness import readiness, states_no_rating

V31 = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:N/A:N"}
READY = {
    "summary": "One line",
    "details": "More.",
    "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "ranges": [], "versions": ["1.0.0"]}],
    "severity": [V31],
    "references": [],
    "cwe_ids": ["CWE-79"],
    "credits": [],
    "assigned_cve_id": None,
}


def places(payload):
    return [missing.place for missing in readiness(payload)]


def test_a_whole_advisory_is_ready():
    assert readiness(READY) == []


def test_an_empty_draft_lacks_everything_in_the_order_of_the_form():
    found = readiness({})
    assert [missing.place for missing in found] == ["summary", "details", "affected", "severity"]
    assert found[0].message == "Write a summary: one line that says what is wrong."


@pytest.mark.parametrize(
    ("field", "empty"), [("summary", ""), ("details", ""), ("affected", []), ("severity", [])]
)
def test_each_gap_is_named(field, empty):
    assert places(READY | {field: empty}) == [field]


@pytest.mark.parametrize(
    ("details", "stated"),
    [
        ("Text.\n\n## Severity\n\nDepends on the application.", True),
        ("### severity: not rated\nNo vector fits.", True),
        ("## Severity\n\n## Workaround\n\nNone.", False),
        ("## Severity\n", False),
        ("Severity\n\nNone.", False),
        ("    ## Severity\n\nCode.", False),
        ("## Severityless\n\nText.", False),
    ],
)
def test_a_rating_may_be_missing_for_a_stated_reason(details, stated):
    assert states_no_rating(details) is stated
    assert places(READY | {"severity": [], "details": details}) == ([] if stated else ["severity"])


def test_a_cve_record_needs_a_reference():
    assigned = READY | {"assigned_cve_id": "CVE-2026-12345"}
    assert places(assigned) == ["references"]
    assert places(assigned | {"references": [{"type": "WEB", "url": "https://example.org/"}]}) == []
