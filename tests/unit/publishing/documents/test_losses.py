import pytest

from advisoryhub_publishing.documents.losses import stated_losses
from tests.unit.publishing.documents.examples import COMMIT_A, COMMIT_B, git, payload, publisher


def places(kind, **changes):
    return [finding.place for finding in stated_losses(kind, payload(**changes), publisher())]


def test_a_plain_advisory_loses_only_contacts_and_only_in_cve():
    assert places("osv") == []
    assert places("csaf") == []
    assert places("cve") == ["credits.0.contact"]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"summary": "s" * 257}, "summary"),
        ({"details": "w " * 3000}, "details"),
        ({"details": "<" * 4096}, "details"),
        ({"references": [{"type": "WEB", "url": "https://example.org/" + "x" * 2048}]}, "references.0.url"),
        (
            {"references": [{"type": "WEB", "url": f"https://example.org/{n}"} for n in range(600)]},
            "references",
        ),
        (
            {"affected": [git({"introduced": COMMIT_A}, {"limit": COMMIT_B})]},
            "affected.0.ranges.0.events",
        ),
        ({"withdrawn_reason": "w " * 3000}, "withdrawn_reason"),
    ],
)
def test_what_a_cve_record_cannot_hold_is_said(changes, place):
    given = payload(credits=[], **changes)
    found = stated_losses("cve", given, publisher())
    assert place in [finding.place for finding in found]
    assert all((finding.level, finding.rule) == ("warning", "loss") for finding in found)


def test_html_that_does_not_fit_is_said():
    # Each character is four in HTML, so that the text fits and its rendering does not.
    found = stated_losses("cve", payload(details="`" + "<" * 4090 + "`\n\n" + "- <\n" * 300), publisher())
    assert any("HTML" in finding.message for finding in found)


def test_what_csaf_cannot_hold_is_said():
    limit = [git({"introduced": COMMIT_A}, {"limit": COMMIT_B})]
    assert places("csaf", affected=limit, cwe_ids=["CWE-79", "CWE-99999"]) == [
        "affected.0.ranges.0.events",
        "cwe_ids.1",
    ]


def test_an_unfinished_draft_can_be_asked():
    for kind in ("osv", "csaf", "cve"):
        assert stated_losses(kind, payload(summary="", details="", credits=[]), publisher()) == []
