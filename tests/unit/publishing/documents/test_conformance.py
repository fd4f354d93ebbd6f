"""Every document of every payload is valid, by our judges and by the formats' own."""

import pytest
from cvelib.cve_api import CveRecord
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisoryhub_core.advisories.payload.schema import validate_pinned
from advisoryhub_publishing.documents.context import withdrawal
from advisoryhub_publishing.documents.csaf import build_csaf
from advisoryhub_publishing.documents.cve import build_cve
from advisoryhub_publishing.documents.errors import DocumentRefused
from advisoryhub_publishing.documents.losses import stated_losses
from advisoryhub_publishing.documents.osv import build_osv
from advisoryhub_publishing.documents.serialise import to_bytes
from advisoryhub_publishing.documents.validate import validate_csaf, validate_cve, validate_osv
from tests.unit.publishing.documents.examples import (
    payload,
    payload_from_osv,
    publisher,
    read_json,
    shared_files,
    withdrawn_publication,
)
from tests.unit.publishing.documents.strategies import PAYLOADS
from tests.unit.publishing.documents.test_osv_schema import official_validator

SAMPLES = [*shared_files("samples/osv/*.json"), *shared_files("samples/ghsa-to-osv/*.osv.json")]
# A rating that CSAF 2.0 cannot score and commits that no version range scheme covers.
EXPECTED_WARNINGS = {"6.2.3", "6.2.18"}


@pytest.fixture(
    scope="module", params=["schemas/osv-schema-1.7.5.json", "schemas/osv-schema-main-2026-07.json"]
)
def official(request):
    # The file of main writes its prefixes inside a second group.
    return official_validator(request.param)


def check_osv(given):
    record = build_osv(given, withdrawn_publication(), publisher())
    assert validate_osv(record, "ECL") == []
    return record


def check_csaf(given, **who):
    document = build_csaf(given, withdrawn_publication(), publisher(**who))
    findings = validate_csaf(document)
    assert [finding for finding in findings if finding.level == "error"] == []
    rules = {finding.rule for finding in findings}
    assert rules <= EXPECTED_WARNINGS
    scored = any(entry["type"] in {"CVSS_V2", "CVSS_V3"} for entry in given["severity"])
    ranges = [item for entry in given["affected"] for item in entry.get("ranges") or ()]
    informational = withdrawal(given, withdrawn_publication()) and "csaf_withdrawal" not in who
    assert ("6.2.3" in rules) == (not scored and not informational)
    assert ("6.2.18" in rules) == (any(item["type"] == "GIT" for item in ranges) and not informational)
    return document


def check_cve(given):
    record = build_cve(given, withdrawn_publication(), publisher())
    assert validate_cve(record) == []
    return record


@pytest.mark.invariant("INV-PUB-6")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_real_records_make_valid_documents(path, official):
    given = validate_pinned(payload_from_osv(read_json(path)))
    for reason in ("", "Not a vulnerability."):
        given["withdrawn_reason"] = reason
        record = check_osv(given)
        assert [error.message for error in official.iter_errors(record)] == []
        if given["affected"] or reason:
            check_csaf(given)
            CveRecord.validate(check_cve(given), CveRecord.Schemas.V5_SCHEMA)
        else:
            for build in (build_csaf, build_cve):
                with pytest.raises(DocumentRefused, match="affected"):
                    build(given, withdrawn_publication(), publisher())


def test_the_example_of_these_tests_is_a_pinned_payload():
    assert validate_pinned(payload()) == payload()


def test_there_are_enough_real_records():
    if not SAMPLES:
        pytest.skip("the samples are not here")
    assert len(SAMPLES) >= 20


@pytest.mark.invariant("INV-PUB-6")
@pytest.mark.invariant("INV-VERSION-3")
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given_payload=PAYLOADS, reason=st.sampled_from(["", "Not a vulnerability."]))
def test_generated_payloads_make_valid_documents_and_the_same_bytes_twice(given_payload, reason):
    given_payload["withdrawn_reason"] = reason
    checks = {build_osv: check_osv, build_csaf: check_csaf, build_cve: check_cve}
    for build, check in checks.items():
        again = build(given_payload, withdrawn_publication(), publisher())
        assert to_bytes(check(given_payload)) == to_bytes(again)
    check_csaf(given_payload, csaf_withdrawal="keep")
    for kind in ("osv", "csaf", "cve"):
        stated_losses(kind, given_payload, publisher())


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given_payload=PAYLOADS)
def test_no_version_is_affected_and_fixed(given_payload):
    status = check_csaf(given_payload)["vulnerabilities"][0]["product_status"]
    assert not {*status["known_affected"]} & {*status.get("fixed", ())}
