"""What holds for any payload, and for anything at all."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from advisoryhub_core.advisories.payload.forms import apply_row_act, form_fields, from_form, to_form
from advisoryhub_core.advisories.payload.messages import Message
from advisoryhub_core.advisories.payload.osv_import import from_osv
from advisoryhub_core.advisories.payload.readiness import readiness
from advisoryhub_core.advisories.payload.schema import (
    CREDIT_TYPES,
    REFERENCE_TYPES,
    PayloadInvalid,
    validate,
    validate_pinned,
)
from advisoryhub_core.advisories.payload.severity import LEVELS, derive

OSV_SCHEMA = Path(__file__).parents[5] / "shared/schemas/osv-schema-main-2026-07.json"
FIELDS = ("summary", "details", "aliases", "references", "affected", "severity", "cwe_ids", "credits")

line = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)
body = st.text(st.sampled_from("ab é#*\n\t`<&"), max_size=40)
semantic = st.builds("{}.{}.{}".format, *[st.integers(0, 9)] * 3)
commit = st.text("0123456789abcdefABCDEF", min_size=40, max_size=40)
url = st.builds(
    "{}://{}.example{}".format,
    st.sampled_from(["http", "https", "ftp", "ftps"]),
    st.sampled_from(["a", "b-c", "xn--x"]),
    st.sampled_from(["", "/", "/p?q=%20#f", ":8080/x"]),
)
alias = st.one_of(
    st.builds("CVE-2026-{}".format, st.integers(1000, 10**9)),
    st.builds("cve-2025-{}".format, st.integers(1000, 9999)),
    st.sampled_from(["GHSA-76mp-659p-rw65", "RHSA-2022:0216", "X-1", "x-1"]),
)
vectors = st.sampled_from(
    [
        {"type": "CVSS_V2", "score": "AV:N/AC:L/Au:N/C:C/I:C/A:C/E:POC/RL:OF/RC:C"},
        {"type": "CVSS_V3", "score": "CVSS:3.0/AC:H/AV:L/PR:L/UI:N/S:U/C:H/I:N/A:N/E:X"},
        {"type": "CVSS_V3", "score": "CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:N/A:N/MAV:A/CR:H"},
        {
            "type": "CVSS_V4",
            "score": "CVSS:4.0/U:Amber/AC:L/AV:N/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/MSI:S/E:P",
        },
        {"type": "Ubuntu", "score": "negligible"},
    ]
)


@st.composite
def ordered_events(draw):
    versions = sorted(
        draw(st.lists(semantic, min_size=1, max_size=6, unique=True)),
        key=lambda text: tuple(map(int, text.split("."))),
    )
    end = draw(st.sampled_from(["fixed", "last_affected"]))
    events = [{end if index % 2 else "introduced": text} for index, text in enumerate(versions)]
    if draw(st.booleans()):
        events[0] = {"introduced": "0"}
    return draw(st.permutations(events))


ranges = st.one_of(
    st.builds(
        lambda events, kind: {"type": kind, "events": events},
        ordered_events(),
        st.sampled_from(["SEMVER", "ECOSYSTEM"]),
    ),
    st.builds(
        lambda repo, begun, fixed: {
            "type": "GIT",
            "repo": repo,
            "events": [{"introduced": begun}, *({"fixed": text} for text in fixed)],
        },
        st.sampled_from(["https://example.org/r.git", "git://example.org/r", "ssh://git@example.org/r"]),
        st.one_of(st.just("0"), commit),
        st.lists(commit, max_size=3),
    ),
)
packages = st.one_of(
    st.builds(lambda name: {"ecosystem": "OSS-Fuzz", "name": name}, line),
    st.sampled_from(
        [
            {"ecosystem": "npm", "name": "@scope/ui", "purl": "pkg:npm/@scope/ui"},
            {"ecosystem": "PyPI", "name": "Foo_Bar", "purl": "pkg:PyPI/Foo_Bar"},
            {"ecosystem": "Debian:12", "name": "nginx"},
            {"ecosystem": "Maven", "name": "org.example:core", "purl": ""},
        ]
    ),
)
entries = st.one_of(
    st.builds(
        lambda package, items, versions: {"package": package, "ranges": items, "versions": versions},
        packages,
        st.lists(ranges, max_size=2),
        st.lists(semantic, min_size=1, max_size=3),
    ),
    st.builds(
        lambda repo, begun: {"ranges": [{"type": "GIT", "repo": repo, "events": [{"introduced": begun}]}]},
        st.just("https://example.org/r"),
        commit,
    ),
)
contact = st.one_of(
    url.filter(lambda text: text.startswith("http")),
    st.sampled_from(["a@example.org", "mailto:b@example.org"]),
)
credit = st.fixed_dictionaries(
    {"name": line},
    optional={"type": st.sampled_from(CREDIT_TYPES), "contact": st.lists(contact, max_size=2)},
)
reference = st.fixed_dictionaries({"url": url}, optional={"type": st.sampled_from(REFERENCE_TYPES)})
drafts = st.fixed_dictionaries(
    {},
    optional={
        "summary": st.one_of(line, st.just("  a summary ")),
        "details": body,
        "aliases": st.lists(alias, max_size=3),
        "references": st.lists(reference, max_size=3),
        "affected": st.lists(entries, max_size=2),
        "severity": st.lists(vectors, max_size=3),
        "cwe_ids": st.lists(st.sampled_from(["CWE-79", "cwe-89", "CWE-1434"]), max_size=2),
        "credits": st.lists(credit, max_size=2),
    },
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8))
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = (
    *FIELDS,
    *("package", "ecosystem", "name", "purl", "ranges", "versions", "type", "repo", "events", "url", "score"),
    *("introduced", "fixed", "last_affected", "limit", "kind", "version", "contact"),
)
WORDS = (
    "0",
    "1.0.0",
    "npm",
    "GIT",
    "SEMVER",
    "ECOSYSTEM",
    "CVSS_V3",
    "Ubuntu",
    "low",
    "CVE-1",
    "pkg:npm/a",
    "https://a.example/",
    "a" * 40,
)
lookalikes = st.recursive(
    st.one_of(scalars, st.sampled_from(WORDS)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=25,
)
payloads = st.dictionaries(
    st.sampled_from(FIELDS), st.one_of(lookalikes, st.lists(lookalikes, max_size=3)), max_size=8
)


def accepted(draft):
    try:
        return validate(draft)
    except PayloadInvalid:
        return None


def valid(draft):
    """Return the normal form; drafts that are refused prove nothing here (too many would fail the test)."""
    data = accepted(draft)
    assume(data is not None)
    return data


slow = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


@slow
@given(drafts)
def test_validation_is_idempotent_and_its_output_plain_json(draft):
    data = valid(draft)
    assert list(data) == list(FIELDS)
    assert json.loads(json.dumps(data)) == data
    assert validate(data) == data
    assert validate(data, unknown="ignore") == data
    json.dumps(data, ensure_ascii=False).encode()
    level, _score = derive(data["severity"])
    assert level is None or level in LEVELS


@slow
@given(drafts)
def test_a_form_gives_back_the_payload_it_shows(draft):
    data = valid(draft)
    assert from_form(form_fields(data)) == data
    assert from_form(form_fields(data, keep_empty=True)) == data
    assert to_form(to_form(data)) == to_form(data)
    assert apply_row_act(data, "save") == data
    for name in ("references", "affected", "aliases"):
        grown = apply_row_act(data, f"add:{name}")
        assert apply_row_act(grown, f"remove:{name}.{len(data[name])}") == data


@slow
@given(drafts, st.sampled_from(FIELDS))
def test_a_mistake_is_blamed_on_its_own_field_only(draft, wrong):
    data = valid(draft)
    with pytest.raises(PayloadInvalid) as caught:
        validate(data | {wrong: 3, "nonsense": 1})
    assert set(caught.value.errors) == {wrong, "nonsense"}


def refusal_of(data, **options):
    """Return the errors of a refused payload, none for an accepted one."""
    try:
        validate(data, **options)
    except PayloadInvalid as error:
        return error.errors
    return {}


@slow
@given(st.one_of(anything, payloads, drafts))
def test_nothing_but_a_refusal_comes_of_any_json(data):
    narrow = {"unknown": "ignore", "advisory_id": "ECL-2c3f-4g5h-6j7m", "details_limit": 3}
    for options in ({}, narrow):
        errors = refusal_of(data, **options)
        assert all(isinstance(text, Message) and text for texts in errors.values() for text in texts)
        if not errors:
            normal = validate(data, **options)
            assert validate(normal) == normal


@slow
@given(st.one_of(payloads, drafts, st.dictionaries(st.text(max_size=5), anything, max_size=3)))
def test_forms_imports_and_checks_take_any_object(data):
    shown = to_form(data)
    assert to_form(shown) == shown
    from_form(form_fields(data))
    refusal_of(from_osv(data))
    with pytest.raises(PayloadInvalid):
        validate_pinned(data)
    normal = accepted(data)
    if normal is not None:
        readiness(normal)


@slow
@given(
    st.lists(
        st.tuples(
            st.lists(
                st.one_of(st.sampled_from((*KEYS, "0", "1", "999999999")), st.text(max_size=3)), max_size=7
            ).map(".".join),
            st.text(max_size=5),
        ),
        max_size=12,
    ),
    st.text(max_size=20),
)
def test_any_post_is_understood_or_ignored(pairs, act):
    assert list(from_form(pairs)) == list(FIELDS)
    assert list(from_form(pairs, act=act)) == list(FIELDS)
    data = from_form(pairs)
    assert from_form(form_fields(data)) == data


@pytest.mark.skipif(not OSV_SCHEMA.exists(), reason="the OSV schema is not beside the repository")
def test_whatever_is_accepted_is_a_valid_osv_record():
    schema = jsonschema_rs.validator_for(json.loads(OSV_SCHEMA.read_text("utf-8")), validate_formats=True)

    @slow
    @given(st.one_of(drafts, payloads))
    def check(draft):
        data = accepted(draft)
        if data is not None:
            data.pop("cwe_ids")
            schema.validate(data | {"id": "x_ECL-2c3f-4g5h-6j7m", "modified": "2026-01-01T00:00:00.000Z"})

    check()
