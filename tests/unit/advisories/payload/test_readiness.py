import pytest

from advisoryhub_core.advisories.payload.readiness import format_losses, readiness, states_no_rating

V31 = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:N/A:N"}
V30 = {"type": "CVSS_V3", "score": "CVSS:3.0/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:N/A:N"}
V4 = {"type": "CVSS_V4", "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"}
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


def losses(payload):
    return [(loss.format, loss.place) for loss in format_losses(payload)]


def test_an_advisory_that_fits_loses_nothing():
    assert losses(READY) == []
    assert losses({}) == []


def test_what_csaf_cannot_hold():
    payload = READY | {
        "severity": [V31, V4, V30, {"type": "Ubuntu", "score": "low"}],
        "cwe_ids": ["CWE-79", "CWE-89"],
    }
    assert losses(payload) == [
        ("csaf", "severity.1"),
        ("csaf", "severity.2"),
        ("csaf", "severity.3"),
        ("csaf", "cwe_ids.1"),
    ]
    assert "CWE-89 is left out" in format_losses(payload)[-1].message


def test_what_a_cve_record_cannot_hold_is_said_once_there_is_one():
    limit = {
        "type": "GIT",
        "repo": "https://example.org/r",
        "events": [{"introduced": "0"}, {"limit": "a" * 40}],
    }
    payload = READY | {
        "summary": "x" * 257,
        "details": "x" * 4097,
        "credits": [{"name": "A", "contact": []}, {"name": "B", "contact": ["mailto:b@example.org"]}],
        "affected": [{"ranges": [limit], "versions": []}],
    }
    event = "affected.0.ranges.0.events.1.version"
    assert losses(payload) == [("csaf", event)]
    assert losses(payload | {"assigned_cve_id": "CVE-2026-12345"}) == [
        ("csaf", event),
        ("cve", "summary"),
        ("cve", "details"),
        ("cve", "credits.1.contact"),
        ("cve", event),
    ]
    fits = payload | {"summary": "x" * 256, "details": "x" * 4096, "assigned_cve_id": "CVE-2026-12345"}
    assert ("cve", "summary") not in losses(fits)
    assert ("cve", "details") not in losses(fits)
