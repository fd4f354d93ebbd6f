import copy
import itertools
import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisoryhub_core.advisories.diff import FIELDS, EntryDiff, FieldDiff, Segment, diff_payloads, diff_text

# Two cores are shared: a slow machine is no finding.
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab \n(),", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "url", "name", "x"]), inner)
    ),
    max_leaves=8,
)
WORD = st.sampled_from(["lodash", "jetty", "1.0.0", "1.4.2", "0", "npm", "Maven", "a b", "é"])
EVENT = st.dictionaries(
    st.sampled_from(["introduced", "fixed", "last_affected", "limit"]), WORD, min_size=1, max_size=1
)
RANGE = st.fixed_dictionaries(
    {"type": st.sampled_from(["SEMVER", "ECOSYSTEM", "GIT"]), "events": st.lists(EVENT, max_size=3)},
    optional={"repo": WORD},
)
AFFECTED = st.fixed_dictionaries(
    {"package": st.fixed_dictionaries({"ecosystem": WORD, "name": WORD}, optional={"purl": WORD})},
    optional={"ranges": st.lists(RANGE, max_size=2), "versions": st.lists(WORD, max_size=3)},
)
TEXT = st.text("ab \n.é", max_size=60)
PAYLOAD = st.fixed_dictionaries(
    {},
    optional={
        "advisory_id": WORD,
        "summary": TEXT,
        "details": TEXT,
        "aliases": st.lists(WORD, max_size=4),
        "references": st.lists(st.fixed_dictionaries({"type": WORD, "url": WORD}), max_size=4),
        "affected": st.lists(AFFECTED, max_size=4),
        "severity": st.lists(st.fixed_dictionaries({"type": WORD, "score": WORD}), max_size=2),
        "cwe_ids": st.lists(WORD, max_size=2),
        "credits": st.lists(
            st.fixed_dictionaries(
                {"name": WORD}, optional={"type": WORD, "contact": st.lists(WORD, max_size=2)}
            ),
            max_size=3,
        ),
        "assigned_cve_id": st.none() | WORD,
        "withdrawn_reason": TEXT,
    },
)
ANYTHING = st.dictionaries(st.sampled_from([*FIELDS, "unknown"]), JSON, max_size=6)


def side(segments, op):
    return "".join(segment.text for segment in segments if segment.op in {"equal", op})


def check(segments, before, after):
    assert side(segments, "delete") == before
    assert side(segments, "insert") == after
    assert all(segment.text for segment in segments)
    assert all(one.op != two.op for one, two in itertools.pairwise(segments))


def only(before, after) -> FieldDiff:
    (diff,) = diff_payloads(before, after)
    return diff


def changes(diff):
    return [(entry.op, entry.before, entry.after) for entry in diff.entries]


@CALM
@given(before=TEXT, after=TEXT)
def test_text_segments_rebuild_both_sides(before, after):
    check(diff_text(before, after), before, after)


@CALM
@given(before=PAYLOAD | ANYTHING, after=PAYLOAD | ANYTHING)
def test_diff_is_total_and_rebuilds_both_sides(before, after):
    for diff in diff_payloads(before, after):
        if diff.kind == "list":
            assert diff.segments == ()
            assert any(entry.op != "same" for entry in diff.entries)
            for entry in diff.entries:
                check(entry.segments, entry.before, entry.after)
        else:
            assert diff.before != diff.after
            assert diff.entries == ()
            check(diff.segments, diff.before, diff.after)


@CALM
@given(payload=PAYLOAD | ANYTHING)
def test_a_payload_does_not_differ_from_itself(payload):
    assert diff_payloads(payload, copy.deepcopy(payload)) == ()


@CALM
@given(payload=PAYLOAD, seed=st.integers())
def test_moved_entries_are_no_change(payload, seed):
    moved = copy.deepcopy(payload)
    for value in moved.values():
        if isinstance(value, list):
            random.Random(seed).shuffle(value)
    assert diff_payloads(payload, moved) == ()


@CALM
@given(before=PAYLOAD, after=PAYLOAD)
def test_nothing_changes_unseen(before, after):
    def content(payload):
        held = {}
        for name, value in payload.items():
            if isinstance(value, list):
                held[name] = sorted(repr(pruned(item)) for item in value)
            else:
                held[name] = value
        return {name: value for name, value in held.items() if value}

    def pruned(item):
        if isinstance(item, dict):
            return sorted((key, pruned(value)) for key, value in item.items() if value)
        return [pruned(part) for part in item] if isinstance(item, list) else item

    one, two = content(before), content(after)
    expected = {name for name in one.keys() | two.keys() if one.get(name) != two.get(name)}
    assert {diff.field for diff in diff_payloads(before, after)} == expected


def test_words_within_text():
    diff = only(
        {"details": "First line.\nA buffer overflow.\nLast."},
        {"details": "First line.\nA heap overflow.\nLast."},
    )
    assert diff.kind == "text"
    assert diff.segments == (
        Segment("equal", "First line.\nA "),
        Segment("delete", "buffer"),
        Segment("insert", "heap"),
        Segment("equal", " overflow.\nLast."),
    )


def test_a_rewritten_phrase_is_one_change():
    segments = diff_text("see one two three end", "see alpha beta gamma end")
    assert segments == (
        Segment("equal", "see "),
        Segment("delete", "one two three"),
        Segment("insert", "alpha beta gamma"),
        Segment("equal", " end"),
    )


def test_scalars_are_shown_whole():
    diff = only({"assigned_cve_id": None}, {"assigned_cve_id": "CVE-2026-1234"})
    assert (diff.kind, diff.before, diff.after) == ("scalar", "", "CVE-2026-1234")
    assert diff.segments == (Segment("insert", "CVE-2026-1234"),)


def test_a_changed_package_is_changed_and_not_removed_and_added():
    old = {"package": {"ecosystem": "npm", "name": "lodash"}, "versions": ["1.0.0"]}
    old["ranges"] = [{"type": "SEMVER", "events": [{"introduced": "1.0.0"}, {"fixed": "1.4.1"}]}]
    new = copy.deepcopy(old)
    new["ranges"][0]["events"][1] = {"fixed": "1.4.2"}
    other = {"package": {"ecosystem": "npm", "name": "other"}, "versions": ["2"]}
    diff = only({"affected": [old, other]}, {"affected": [other, new]})
    assert changes(diff) == [
        ("same", "npm other — versions 2", "npm other — versions 2"),
        (
            "changed",
            "npm lodash — SEMVER from 1.0.0 before 1.4.1; versions 1.0.0",
            "npm lodash — SEMVER from 1.0.0 before 1.4.2; versions 1.0.0",
        ),
    ]
    assert Segment("delete", "1") in diff.entries[1].segments
    assert Segment("insert", "2") in diff.entries[1].segments


def test_references_severity_and_credits_keep_their_identity():
    before = {
        "references": [{"type": "WEB", "url": "https://example.org/1"}],
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N"}],
        "credits": [{"name": "Ada", "type": "FINDER"}],
    }
    after = {
        "references": [{"type": "FIX", "url": "https://example.org/1"}],
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:L"}],
        "credits": [{"name": "Ada", "type": "REPORTER", "contact": ["mailto:ada@example.org"]}],
    }
    diffs = {diff.field: changes(diff) for diff in diff_payloads(before, after)}
    assert diffs == {
        "references": [("changed", "WEB https://example.org/1", "FIX https://example.org/1")],
        "severity": [("changed", "CVSS_V3 CVSS:3.1/AV:N", "CVSS_V3 CVSS:3.1/AV:L")],
        "credits": [("changed", "Ada (FINDER)", "Ada (REPORTER) mailto:ada@example.org")],
    }


def test_removed_entries_stand_where_they_stood():
    diff = only({"aliases": ["a", "b", "c"]}, {"aliases": ["n", "a", "c"]})
    assert [(entry.op, entry.before or entry.after) for entry in diff.entries] == [
        ("added", "n"),
        ("same", "a"),
        ("removed", "b"),
        ("same", "c"),
    ]
    assert (diff.before, diff.after) == ("a\nb\nc", "n\na\nc")
    first = only({"aliases": ["a", "b"]}, {"aliases": ["b"]})
    assert first.entries[0] == EntryDiff("removed", "a", "", (Segment("delete", "a"),))


def test_entries_that_read_alike_but_differ_are_shown_as_data():
    before = {"affected": [{"package": {"ecosystem": "npm", "name": "x", "purl": "pkg:npm/x"}}]}
    after = {"affected": [{"package": {"ecosystem": "npm", "name": "x (pkg:npm/x)"}}]}
    after["affected"][0]["package"]["name"] = "x"
    after["affected"][0]["package"]["purl"] = ""
    assert changes(only(before, after)) == [("changed", "npm x (pkg:npm/x)", "npm x")]
    alike = {"credits": [{"name": "Ada", "type": "FINDER"}]}
    other = {"credits": [{"name": "Ada", "contact": ["(FINDER)"]}]}
    assert changes(only(alike, other)) == [
        ("changed", '{"name": "Ada", "type": "FINDER"}', '{"contact": ["(FINDER)"], "name": "Ada"}')
    ]


def test_unknown_members_and_wrong_shapes_are_still_shown():
    before = {"affected": [{"package": "lodash", "note": "n", "ranges": "all", "versions": "1"}], "x_new": 1}
    after = {
        "affected": [
            {"package": {"ecosystem": "npm", "name": "lodash", "x": 1}, "ranges": [{"type": "GIT", "x": 1}]}
        ],
        "x_new": {"a": 1},
        "aliases": "not a list",
    }
    diffs = {diff.field: diff for diff in diff_payloads(before, after)}
    assert list(diffs) == ["aliases", "affected", "x_new"]
    assert [entry.before or entry.after for entry in diffs["affected"].entries] == [
        'lodash — all; versions 1 {"note": "n"}',
        'npm lodash {"x": 1} — GIT no commits given {"x": 1}',
    ]
    assert diffs["aliases"].kind == "scalar"
    assert diffs["x_new"].after == '{"a": 1}'


SIZE = 64 * 1024
RANDOM = random.Random(7)
HOSTILE = {
    "one letter": ("a" * SIZE, "b" * SIZE),
    "blanks": (" " * SIZE, "\n" * SIZE),
    "lines of two": ("a\nb\n" * (SIZE // 4), "b\na\na\n" * (SIZE // 6)),
    "words of two": ("a b " * (SIZE // 4), "b a a " * (SIZE // 6)),
    "random letters": tuple(" ".join(RANDOM.choices("abcd", k=SIZE // 2)) for _ in "12"),
    "random lines": tuple("\n".join(RANDOM.choices("abcd", k=SIZE // 2)) for _ in "12"),
    "reversed": tuple(" ".join(str(i) for i in order) for order in (range(12000), range(12000, 0, -1))),
    "marks": ("!?" * (SIZE // 2), "?!!" * (SIZE // 3)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_cost_little(name):
    before, after = HOSTILE[name]
    started = time.process_time()
    segments = diff_text(before, after)
    assert time.process_time() - started < 2
    check(segments, before, after)


@settings(parent=CALM, max_examples=20)
@given(seed=st.integers())
def test_an_edit_in_a_long_text_stays_small(seed):
    source = random.Random(seed)
    words = ["the", "a", "version", "of", "parser", "fails", "when", "input", "is"]
    lines = [" ".join(source.choices(words, k=12)) for _ in range(900)]
    edited = list(lines)
    for place in source.sample(range(900), 20):
        edited[place] = edited[place] + " extra"
    segments = diff_text("\n".join(lines), "\n".join(edited))
    assert sum(len(segment.text) for segment in segments if segment.op != "equal") < 20 * 200
