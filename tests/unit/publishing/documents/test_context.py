from datetime import datetime, timedelta

import pytest

from advisoryhub_publishing.documents.context import (
    Publication,
    Revision,
    revision_summary,
    summary_of,
    withdrawal,
)
from advisoryhub_publishing.documents.errors import DocumentRefused
from tests.unit.publishing.documents.examples import (
    FIRST,
    SECOND,
    THIRD,
    payload,
    publication,
    publisher,
    withdrawn_publication,
)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"revisions": ()}, "empty"),
        ({"revisions": (Revision(2, FIRST, "x"),)}, "without a gap"),
        ({"revisions": (Revision(1, FIRST, "x"), Revision(3, SECOND, "x"))}, "without a gap"),
        ({"revisions": (Revision(1, FIRST, " "),)}, "needs a summary"),
        ({"revisions": (Revision(1, SECOND, "x"), Revision(2, FIRST, "x"))}, "millisecond"),
        (
            {"revisions": (Revision(1, FIRST, "x"), Revision(2, FIRST + timedelta(microseconds=9), "x"))},
            "millisecond",
        ),
        ({"revisions": (Revision(1, FIRST + timedelta(days=1), "x"),)}, "first revision is later"),
        ({"revisions": (Revision(1, FIRST, "x"), Revision(2, THIRD, "x"))}, "last revision is later"),
        ({"published_at": THIRD}, "published_at is later"),
        ({"modified_at": datetime(2026, 3, 1)}, "time zone"),  # noqa: DTZ001 - the naive time is the point
        ({"withdrawn_at": datetime(2026, 3, 1)}, "time zone"),  # noqa: DTZ001 - the naive time is the point
    ],
)
def test_a_history_that_does_not_fit_is_refused(changes, reason):
    with pytest.raises(ValueError, match=reason):
        publication(**changes)


def test_all_faults_of_a_history_are_told_at_once():
    with pytest.raises(ValueError, match=r"gap.*summary"):
        Publication(FIRST, FIRST, (Revision(4, FIRST, ""),))


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        ({"name": " "}, "publishing.publisher_name"),
        ({"category": "shop"}, "publishing.publisher_category"),
        ({"category": "translator"}, "publishing.publisher_category"),
        ({"namespace": "eclipse.org"}, "publishing.publisher_namespace"),
        ({"base_url": "ftp://example.org"}, "publishing.base_url"),
        ({"html_url_template": "https://"}, "publishing.html_url_template"),
        ({"html_url_template": "https://example.org/{id}"}, "publishing.html_url_template"),
        ({"cve_assigner_org_id": "eclipse"}, "publishing.cve_assigner_org_id"),
        ({"cve_assigner_short_name": "e"}, "publishing.cve_assigner_short_name"),
        ({"tlp_label": "CLEAR"}, "publishing.tlp_label"),
        ({"csaf_withdrawal": "delete"}, "publishing.csaf_withdrawal"),
    ],
)
def test_a_wrong_publisher_setting_is_refused_by_name(changes, setting):
    with pytest.raises(DocumentRefused) as refused:
        publisher(**changes)
    assert refused.value.place == setting


def test_addresses_are_built_from_the_settings():
    assert publisher().document_url("osv/1.json") == "https://adv.example.org/osv/1.json"
    assert publisher().page_url(payload()) == "https://hub.example.org/advisories/ECL-2c3f-4g5h-6j7m/"
    assert publisher(html_url_template=None).page_url(payload()) is None


def test_a_withdrawal_has_its_reason_and_its_first_time():
    assert withdrawal(payload(withdrawn_reason=" dup "), withdrawn_publication()) == ("dup", SECOND)
    assert withdrawal(payload(), withdrawn_publication()) is None


def test_a_withdrawal_without_a_time_is_refused():
    with pytest.raises(DocumentRefused, match="time of the withdrawal"):
        withdrawal(payload(withdrawn_reason="dup"), publication())


@pytest.mark.parametrize(
    ("number", "reason", "was_withdrawn", "line"),
    [
        (1, "", False, "Initial publication"),
        (2, "", False, "Advisory updated"),
        (2, "dup", False, "Advisory withdrawn: dup"),
        (3, "dup", True, "Withdrawn advisory updated"),
        (4, "", True, "Withdrawal revoked"),
    ],
)
def test_the_line_of_a_revision(number, reason, was_withdrawn, line):
    assert revision_summary(payload(withdrawn_reason=reason), number, was_withdrawn=was_withdrawn) == line


def test_an_empty_summary_is_refused():
    with pytest.raises(DocumentRefused, match="summary"):
        summary_of(payload(summary=" "))
