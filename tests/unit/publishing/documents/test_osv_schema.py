"""Our OSV schema says what the official one says."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import jsonschema_rs
import pytest

from advisoryhub_core.advisories.payload.ecosystems import ECOSYSTEM_NAMES
from advisoryhub_publishing.documents.osv_schema import REGISTERED_PREFIXES, osv_schema
from tests.unit.publishing.documents.examples import read_json, shared_files, shared_json, walk

OFFICIAL = "schemas/osv-schema-1.7.5.json"
VALID = [*shared_files("samples/osv/*.json"), *shared_files("samples/ghsa-to-osv/*.osv.json")]
INVALID = shared_files("samples/osv-invalid/*.json")
EVENT_KINDS = {"introduced", "fixed", "last_affected", "limit"}
# Values of every JSON type, and words that mean something somewhere in the format.
REPLACEMENTS: list[Any] = [
    None,
    True,
    7,
    "",
    "word",
    "GIT",
    "CVSS_V4",
    "ECL-2c3f-4g5h-6j7m",
    "2026-02-30T00:00:00Z",
    "2026-02-28T00:00:00.5Z",
    "2026-02-28T00:00:00+00:00",
    "https://example.org/ü ß",
    "CVSS:3.1/AV:N",
    "AV:N/AC:L/Au:N/C:P/I:P/A:P",
    "Maven:",
    "Maven:https://repo.example.org",
    [],
    ["word"],
    {},
]


@pytest.fixture(scope="module")
def ours() -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(osv_schema([*REGISTERED_PREFIXES, "ECL"]), validate_formats=True)


@pytest.fixture(scope="module")
def official() -> jsonschema_rs.Validator:
    return official_validator(OFFICIAL)


def official_validator(name: str) -> jsonschema_rs.Validator:
    schema = shared_json(name)
    pattern = schema["$defs"]["prefix"]["pattern"]
    schema["$defs"]["prefix"]["pattern"] = pattern.replace("ASB-A|", "ECL|ASB-A|", 1)
    assert pattern != schema["$defs"]["prefix"]["pattern"]
    return jsonschema_rs.validator_for(schema, validate_formats=True)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.name)
def test_real_records_are_valid(path, ours):
    assert [error.message for error in ours.iter_errors(read_json(path))] == []


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.name)
def test_wrong_records_get_the_official_verdict(path, ours, official):
    record = read_json(path)
    assert ours.is_valid(record) == official.is_valid(record)


def put(record: Any, path: tuple[str | int, ...], value: Any) -> Any:
    changed = deepcopy(record)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changed


def without(record: Any, path: tuple[str | int, ...]) -> Any:
    changed = deepcopy(record)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return changed


def mutations(record: Any) -> Iterator[Any]:
    """One change at a time, at every place of the record but not in each item of a long list."""
    for path, value in walk(record):
        if not path or any(isinstance(step, int) and step > 1 for step in path):
            continue
        yield without(record, path)
        for replacement in REPLACEMENTS:
            yield put(record, path, replacement)
        if isinstance(value, dict):
            yield put(record, (*path, "unknown"), "word")
            for kind in EVENT_KINDS & {*value}:
                for other in EVENT_KINDS - {kind}:
                    yield put(record, (*path, other), "1.0")
        if isinstance(value, list) and value:
            yield put(record, path, [*value, value[-1]])


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.name)
def test_every_mutation_gets_the_official_verdict(path, ours, official):
    tried = 0
    for changed in mutations(read_json(path)):
        tried += 1
        assert ours.is_valid(changed) == official.is_valid(changed), changed
    assert tried > 100


@pytest.mark.parametrize(
    "score",
    [
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:P/MSI:S/U:Amber",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/U:Amber/E:P",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N",
        "CVSS:3.0/MAV:X/AV:P/E:F/RL:O/RC:R/CR:H/MS:C/MC:N",
        "CVSS:3.2/AV:N",
        "CVSS:3.1/AV:X",
        "AV:L/AC:M/Au:S/C:C/I:C/A:C/E:POC/RL:TF/RC:UR/CDP:LM/TD:ND/CR:M",
        "AV:L/",
        "high",
        "High",
    ],
)
@pytest.mark.parametrize("kind", ["CVSS_V2", "CVSS_V3", "CVSS_V4", "Ubuntu", "CVSS_V5"])
def test_severities_get_the_official_verdict(kind, score, ours, official):
    record = {"id": "ECL-1", "modified": "2026-01-01T00:00:00Z", "severity": [{"type": kind, "score": score}]}
    assert ours.is_valid(record) == official.is_valid(record)


@pytest.mark.parametrize("identifier", ["ECL-1", "XYZ-1", "DSA-1", "ecl-1", "SUSE-XU-1", "PUB-A-1"])
def test_ids_get_the_official_verdict(identifier, ours, official):
    record = {"id": identifier, "modified": "2026-01-01T00:00:00Z"}
    assert ours.is_valid(record) == official.is_valid(record)


def test_every_registered_prefix_is_known(official, ours):
    for prefix in REGISTERED_PREFIXES:
        record = {"id": f"{prefix}-1", "modified": "2026-01-01T00:00:00Z"}
        assert official.is_valid(record)
        assert ours.is_valid(record)


def test_one_rating_for_the_record_or_one_for_each_package(ours, official):
    rating = [{"type": "Ubuntu", "score": "low"}]
    record = {
        "id": "ECL-1",
        "modified": "2026-01-01T00:00:00Z",
        "severity": rating,
        "affected": [{"severity": rating}],
    }
    assert not ours.is_valid(record)
    assert not official.is_valid(record)


def test_an_event_of_the_wrong_type_is_refused_even_beside_a_good_one(ours, official):
    """Stricter on purpose: officially, `introduced` may be a number when `fixed` stands beside it."""
    events = [{"introduced": "0"}, {"introduced": 1, "fixed": "2"}]
    record = {
        "id": "ECL-1",
        "modified": "2026-01-01T00:00:00Z",
        "affected": [{"ranges": [{"type": "SEMVER", "events": events}]}],
    }
    assert not ours.is_valid(record)
    assert official.is_valid(record)


def test_ecosystems_that_the_format_took_in_since_are_known_already(ours, official):
    """Wider on purpose: two names are in the format's list and not yet in the released schema."""
    newest = official_validator("schemas/osv-schema-main-2026-07.json")
    ahead = set()
    for name in ECOSYSTEM_NAMES:
        package = {"ecosystem": name, "name": "foo"}
        record = {"id": "ECL-1", "modified": "2026-01-01T00:00:00Z", "affected": [{"package": package}]}
        assert ours.is_valid(record)
        assert newest.is_valid(record)
        ahead |= {name} if not official.is_valid(record) else set()
    assert ahead == {"Azure Linux", "TuxCare"}
