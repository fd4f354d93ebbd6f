import pytest

from advisoryhub_core.advisories.payload.forms import apply_row_act, form_fields, from_form, to_form
from advisoryhub_core.advisories.payload.schema import validate

EVENTS = "affected.0.ranges.0.events"
POSTED = {
    "summary": "One line",
    "details": "Two\r\nlines",
    "aliases.0": "CVE-2026-1234",
    "references.0.type": "FIX",
    "references.0.url": "https://example.org/fix",
    "affected.0.package.ecosystem": "Maven",
    "affected.0.package.name": "org.example:core",
    "affected.0.package.purl": "",
    "affected.0.versions": "1.0\r\n\r\n 1.1 \n",
    "affected.0.ranges.0.type": "ECOSYSTEM",
    "affected.0.ranges.0.repo": "",
    f"{EVENTS}.0.kind": "introduced",
    f"{EVENTS}.0.version": "2.0",
    f"{EVENTS}.1.kind": "fixed",
    f"{EVENTS}.1.version": "2.5",
    "severity.0.type": "Ubuntu",
    "severity.0.score": "high",
    "cwe_ids.0": "CWE-79",
    "credits.0.name": "Ada",
    "credits.0.type": "",
    "credits.0.contact": "ada@example.org\nhttps://example.org/~ada",
}
DATA = {
    "summary": "One line",
    "details": "Two\r\nlines",
    "aliases": ["CVE-2026-1234"],
    "references": [{"type": "FIX", "url": "https://example.org/fix"}],
    "affected": [
        {
            "package": {"ecosystem": "Maven", "name": "org.example:core"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "2.0"}, {"fixed": "2.5"}]}],
            "versions": ["1.0", "1.1"],
        }
    ],
    "severity": [{"type": "Ubuntu", "score": "high"}],
    "cwe_ids": ["CWE-79"],
    "credits": [{"name": "Ada", "contact": ["ada@example.org", "https://example.org/~ada"]}],
}
EMPTY = {
    "summary": "",
    "details": "",
    "aliases": [],
    "references": [],
    "affected": [],
    "severity": [],
    "cwe_ids": [],
    "credits": [],
}


def test_a_posted_form_becomes_a_payload():
    assert from_form(POSTED.items()) == DATA
    assert validate(from_form(POSTED.items()))["credits"][0]["contact"][0] == "mailto:ada@example.org"


def test_wholly_empty_rows_are_dropped_and_menus_do_not_count():
    posted = {
        "aliases.0": " ",
        "references.0.type": "WEB",
        "references.0.url": "",
        "severity.0.type": "CVSS_V3",
        "severity.0.score": " ",
        "affected.0.package.name": "",
        "affected.0.ranges.0.type": "GIT",
        f"{EVENTS}.0.kind": "introduced",
        f"{EVENTS}.0.version": "",
        "affected.0.versions": "\r\n",
        "credits.0.type": "FINDER",
        "credits.0.contact": "",
    }
    assert from_form(posted.items()) == EMPTY
    assert from_form([]) == EMPTY


def test_half_filled_rows_are_kept_for_validation_to_name(refused):
    posted = {
        "references.0.url": "",
        "references.1.type": "",
        "references.1.url": "gopher://x",
        "affected.0.package.ecosystem": "npm",
        "severity.0.type": "",
        "severity.0.score": "high",
        "affected.0.ranges.0.type": "SEMVER",
        f"{EVENTS}.0.kind": "",
        f"{EVENTS}.0.version": "1.0.0",
    }
    data = from_form(posted.items())
    assert data["references"] == [{"url": "gopher://x"}]
    assert data["affected"][0]["package"] == {"ecosystem": "npm", "name": ""}
    assert data["affected"][0]["ranges"][0]["events"] == [{"kind": "", "version": "1.0.0"}]
    assert set(refused(data)) == {
        "references.0.url",
        "affected.0.package.name",
        f"{EVENTS}.0.kind",
        "severity.0.type",
    }


def test_errors_of_events_are_at_the_names_of_their_inputs(refused):
    posted = POSTED | {f"{EVENTS}.1.version": "", f"{EVENTS}.2.kind": "limit", f"{EVENTS}.2.version": "3"}
    # The emptied row is dropped, so the limit is the second event of what is shown again.
    data = from_form(posted.items())
    assert list(refused(data)) == [f"{EVENTS}.1.kind"]
    shown = dict(form_fields(data))
    assert shown[f"{EVENTS}.1.kind"] == "limit"


def test_names_that_are_no_field_are_ignored():
    names = [
        "csrf_token",
        "",
        ".",
        "references",
        "references.0",
        "references.x.url",
        "references.00.url",
        "references.-1.url",
        "references.0.url.0",
        "references.\u0663.url",
        "summary.0",
        "affected.0.package.cpe",
        "__proto__.x",
        "9" * 5000,
        f"references.{'9' * 5000}.url",
    ]
    assert from_form((name, "x") for name in names) == EMPTY


def test_numbers_in_names_cost_no_memory():
    posted = [("references.999999999.url", "https://b.example/"), ("references.7.url", "https://a.example/")]
    urls = [entry["url"] for entry in from_form(posted)["references"]]
    assert urls == ["https://a.example/", "https://b.example/"]


def test_lists_of_texts_are_read_as_rows_and_as_lines():
    posted = [
        ("aliases", "A-1\nA-2"),
        ("aliases.0", "A-3"),
        ("affected.0.versions.1", "1.1"),
        ("affected.0.versions.0", "1.0"),
    ]
    data = from_form(posted)
    assert data["aliases"] == ["A-1", "A-2", "A-3"]
    assert data["affected"][0]["versions"] == ["1.0", "1.1"]


def test_the_last_of_a_name_counts():
    assert from_form([("summary", "a"), ("summary", "b")])["summary"] == "b"


def test_the_form_shows_what_was_typed():
    shown = to_form(DATA)
    assert shown["affected"][0]["ranges"][0]["events"] == [
        {"kind": "introduced", "version": "2.0"},
        {"kind": "fixed", "version": "2.5"},
    ]
    assert shown["affected"][0]["package"]["purl"] == ""
    assert shown["credits"][0]["contact"] == ["ada@example.org", "https://example.org/~ada"]
    assert to_form(shown) == shown
    assert to_form({}) == EMPTY


def test_the_form_loses_no_text_of_what_is_wrong():
    odd = {
        "summary": 3,
        "details": None,
        "aliases": "CVE-1",
        "references": {"url": "x", "type": "BLOG"},
        "affected": [
            {
                "package": "npm/a",
                "ranges": [
                    {"events": [{"introduced": "1", "fixed": "2"}, "3", {"kind": "?", "version": "4"}, None]}
                ],
            },
            "text",
        ],
    }
    shown = to_form(odd)
    assert shown["summary"] == "3"
    assert shown["aliases"] == ["CVE-1"]
    assert shown["references"] == [{"url": "x", "type": "BLOG"}]
    assert shown["affected"][0]["ranges"][0]["events"] == [
        {"kind": "introduced", "version": "1"},
        {"kind": "fixed", "version": "2"},
        {"kind": "", "version": "3"},
        {"kind": "?", "version": "4"},
        {"kind": "", "version": ""},
    ]


def test_the_fields_of_a_form_are_read_back():
    assert from_form(form_fields(DATA)) == DATA
    assert set(dict(form_fields(DATA))) == set(POSTED)


@pytest.mark.parametrize(
    ("act", "place", "count"),
    [
        ("add:references", lambda data: data["references"], 2),
        ("add:aliases", lambda data: data["aliases"], 2),
        ("add:affected", lambda data: data["affected"], 2),
        ("add:affected.0.ranges", lambda data: data["affected"][0]["ranges"], 2),
        (f"add:{EVENTS}", lambda data: data["affected"][0]["ranges"][0]["events"], 3),
        ("add:affected.0.versions", lambda data: data["affected"][0]["versions"], 3),
        ("remove:references.0", lambda data: data["references"], 0),
        ("remove:affected.0.ranges.0", lambda data: data["affected"][0]["ranges"], 0),
        (f"remove:{EVENTS}.0", lambda data: data["affected"][0]["ranges"][0]["events"], 1),
        ("remove:cwe_ids.0", lambda data: data["cwe_ids"], 0),
    ],
)
def test_a_row_is_added_or_removed_without_javascript(act, place, count):
    assert len(place(apply_row_act(DATA, act))) == count
    assert len(place(from_form(POSTED.items(), act=act))) == count


def test_a_line_of_stored_versions_is_removed_by_its_number():
    assert apply_row_act(DATA, "remove:affected.0.versions.0")["affected"][0]["versions"] == ["1.1"]


@pytest.mark.parametrize(
    "act",
    [
        "",
        "save",
        "add:",
        "add:summary",
        "add:nowhere",
        "add:references.0",
        "remove:references",
        "remove:references.9",
        "remove:affected.9.ranges.0",
        "remove:references.x",
        "move:references.0",
    ],
)
def test_any_other_act_changes_nothing(act):
    assert apply_row_act(DATA, act) == DATA


def test_empty_rows_stay_while_rows_are_edited():
    data = apply_row_act(EMPTY, "add:affected")
    data = apply_row_act(data, "add:affected.0.ranges")
    data = apply_row_act(data, f"add:{EVENTS}")
    data = apply_row_act(data, f"add:{EVENTS}")
    data = apply_row_act(data, "add:affected")
    assert len(data["affected"]) == 2
    assert len(data["affected"][0]["ranges"][0]["events"]) == 2
    assert from_form(form_fields(data)) == EMPTY


def test_the_row_removed_is_the_row_shown():
    posted = [
        ("references.0.url", ""),
        ("references.1.url", "https://a.example/"),
        ("references.2.url", "https://b.example/"),
    ]
    data = from_form(posted, act="remove:references.1")
    assert [entry["url"] for entry in data["references"]] == ["", "https://b.example/"]
    gap = [("aliases.3", "A-3"), ("aliases.7", "A-7")]
    assert from_form(gap, act="remove:aliases.7")["aliases"] == ["A-3"]
    assert from_form(gap, act="add:aliases")["aliases"] == ["A-3", "A-7", ""]
