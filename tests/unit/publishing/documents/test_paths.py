from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisoryhub_publishing.documents.context import Publication, Revision
from advisoryhub_publishing.documents.errors import DocumentRefused
from advisoryhub_publishing.documents.paths import (
    DEFAULT_TEMPLATES,
    assigned_cve_id,
    check_template,
    csaf_filename,
    render,
)
from tests.unit.publishing.documents.examples import payload, publication


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("osv", "osv/2026/ECL-2c3f-4g5h-6j7m.json"),
        ("csaf", "csaf/2026/ecl-2c3f-4g5h-6j7m.json"),
        ("cve", "cves/2026/12xxx/CVE-2026-12345.json"),
    ],
)
def test_default_paths(kind, path):
    assert render(kind, DEFAULT_TEMPLATES[kind], payload(), publication()) == path


@pytest.mark.parametrize(
    ("cve_id", "path"),
    [
        ("CVE-2026-0001", "cves/2026/0xxx/CVE-2026-0001.json"),
        ("CVE-1999-1234567", "cves/1999/1234xxx/CVE-1999-1234567.json"),
    ],
)
def test_a_cve_path_has_the_year_and_bucket_of_its_number(cve_id, path):
    assert render("cve", DEFAULT_TEMPLATES["cve"], payload(assigned_cve_id=cve_id), publication()) == path


def test_the_year_is_that_of_the_first_publication_in_utc():
    first = datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    later = datetime(2027, 5, 1, tzinfo=UTC)
    history = (Revision(1, first, "Initial publication"), Revision(2, later, "Advisory updated"))
    path = render("osv", DEFAULT_TEMPLATES["osv"], payload(), Publication(first, later, history))
    assert path.startswith("osv/2025/")


@pytest.mark.parametrize(
    ("tracking_id", "name"),
    [
        ("ECL-2c3f-4g5h-6j7m", "ecl-2c3f-4g5h-6j7m.json"),
        ("Example Company: 2019/YH:33.0", "example_company_2019_yh_33_0.json"),
        ("A+b", "a+b.json"),
    ],
)
def test_csaf_file_names(tracking_id, name):
    assert csaf_filename(tracking_id) == name


@pytest.mark.invariant("INV-PUB-8")
@pytest.mark.parametrize(
    ("kind", "template", "reason"),
    [
        ("osv", "/osv/{advisory_id}.json", "relative"),
        ("osv", "../{advisory_id}.json", r"\.\."),
        ("osv", "a/./{advisory_id}.json", r"\.\."),
        ("osv", "a//{advisory_id}.json", "empty part"),
        ("osv", ".git/{advisory_id}.json", r"\.git"),
        ("osv", "o s/{advisory_id}.json", "letters"),
        ("osv", "a\\{advisory_id}.json", "letters"),
        ("osv", "osv/{year}.json", "must be named"),
        ("osv", "osv/{month}/{advisory_id}.json", "unknown"),
        ("osv", "osv/{}/{advisory_id}.json", "unknown"),
        ("osv", "osv/{year.real}/{advisory_id}.json", "unknown"),
        ("osv", "osv/{year:>9}/{advisory_id}.json", "no format"),
        ("osv", "osv/{year!r}/{advisory_id}.json", "no format"),
        ("osv", "osv/{year/{advisory_id}.json", "braces"),
        ("osv", "", "must be named"),
        ("csaf", "csaf/{year}/{advisory_id}.json", "unknown"),
        ("cve", "cves/{year}/{bucket}.json", "must be named"),
    ],
)
def test_bad_templates_are_refused_when_configured(kind, template, reason):
    with pytest.raises(DocumentRefused, match=reason) as refused:
        check_template(kind, template)
    assert refused.value.place == f"publishing.{kind}_path"


def test_all_faults_of_a_template_are_told_at_once():
    with pytest.raises(DocumentRefused) as refused:
        check_template("osv", "../{month}/x y.json")
    assert all(word in refused.value.message for word in ("..", "{month}", "letters", "must be named"))


@pytest.mark.parametrize("kind", ["osv", "csaf", "cve"])
def test_default_templates_are_accepted(kind):
    check_template(kind, DEFAULT_TEMPLATES[kind])


@pytest.mark.invariant("INV-PUB-8")
@given(
    folder=st.text(alphabet=st.sampled_from("./a{}\\ \0:~-"), max_size=12),
    advisory_id=st.sampled_from(["ECL-1", "..", "../x", "a/b", "", "a b"]) | st.text(max_size=6),
)
def test_no_path_leaves_the_repository(folder, advisory_id):
    try:
        path = render(
            "osv", f"{folder}/{{advisory_id}}.json", payload(advisory_id=advisory_id), publication()
        )
    except DocumentRefused:
        return
    segments = path.split("/")
    assert not {"", ".", "..", ".git"} & {*segments}
    assert "\\" not in path
    assert "\0" not in path


@pytest.mark.parametrize(
    "cve_id", [None, "", "CVE-26-1", "CVE-2026-123", "cve-2026-12345", "CVE-2026-12345\n"]
)
def test_without_a_proper_cve_number_there_is_no_cve_document(cve_id):
    with pytest.raises(DocumentRefused) as refused:
        assigned_cve_id(payload(assigned_cve_id=cve_id))
    assert refused.value.place == "assigned_cve_id"
