import pytest

from advisoryhub_core.advisories.payload import limits
from advisoryhub_core.advisories.payload.messages import quoted
from advisoryhub_core.advisories.payload.schema import PayloadInvalid, validate, validate_pinned
from advisoryhub_core.errors import HubError

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


def test_defaults_are_filled():
    assert validate({}) == EMPTY
    assert validate(dict.fromkeys(EMPTY)) == EMPTY


def test_texts_get_their_normal_form():
    data = validate({"summary": "  one line\t", "details": "a\r\nb\rc\n"})
    assert data["summary"] == "one line"
    assert data["details"] == "a\nb\nc\n"
    assert validate({"details": " \r\n "})["details"] == ""


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("summary", 3, "must be text"),
        ("summary", ["a"], "must be text"),
        ("summary", "x" * 301, "has 301 characters; 300 is the most"),
        ("summary", "a\nb", "must be one line"),
        ("summary", "a\u2028b", "must be one line"),
        ("summary", "a\x00b", "unprintable character U+0000"),
        ("summary", "a\tb", "unprintable character U+0009"),
        ("details", "a\x00b", "unprintable character U+0000"),
        ("details", "\ud800", "unprintable character U+D800"),
        ("details", "\x1b[31m", "unprintable character U+001B"),
        ("details", "x" * (limits.DETAILS_BYTES + 1), "has 65537 characters; 65536 is the most"),
        ("details", "é" * (limits.DETAILS_BYTES // 2 + 1), "takes 65538 bytes; 65536 are the most"),
        ("aliases", "CVE-2026-1234", "must be a list"),
        ("references", {"0": {}}, "must be a list"),
        ("aliases", ["A-1"] * (limits.ALIASES + 1), "has 101 entries; 100 are the most"),
    ],
)
def test_a_wrong_field_is_named(refused, field, value, message):
    errors = refused({field: value})
    assert list(errors) == [field]
    assert message in errors[field][0]


def test_details_may_fill_their_limit():
    assert len(validate({"details": "x" * limits.DETAILS_BYTES})["details"]) == limits.DETAILS_BYTES
    assert validate({"details": "x" * 16_000}, details_limit=16_000)["details"]


def test_the_public_form_has_a_tighter_limit(refused):
    errors = refused({"details": "x" * 16_001}, details_limit=16_000)
    assert errors == {"details": ["has 16001 characters; 16000 is the most: shorten it."]}


@pytest.mark.parametrize("data", [[], "text", 3, None])
def test_a_payload_that_is_no_object_is_refused_or_empty(data):
    if data is None:
        assert validate(data) == EMPTY
        return
    with pytest.raises(PayloadInvalid) as caught:
        validate(data)
    assert caught.value.errors == {"": ["must be an object with named fields."]}
    assert isinstance(caught.value, HubError)
    assert caught.value.code == "validation_failed"
    assert "payload: must be" in str(caught.value)


def test_unknown_keys_are_named_at_every_depth(refused):
    data = {
        "advisory_id": "ECL-2c3f-4g5h-6j7m",
        "references": [{"url": "https://example.org/", "title": "x"}],
        "affected": [
            {
                "package": {"ecosystem": "npm", "name": "a", "version": "1"},
                "ranges": [{"type": "SEMVER", "events": [{"introduced": "0", "by": "me"}], "x": 1}],
                "database_specific": {},
            }
        ],
        "credits": [{"name": "A", "email": "a@example.org"}],
    }
    places = {
        "advisory_id",
        "references.0.title",
        "affected.0.package.version",
        "affected.0.ranges.0.events.0.by",
        "affected.0.ranges.0.x",
        "affected.0.database_specific",
        "credits.0.email",
    }
    errors = refused(data)
    assert set(errors) == places
    assert errors["references.0.title"] == ["is not a field here: remove it, or write one of type, url."]
    kept = validate(data, unknown="ignore")
    assert kept["references"] == [{"type": "WEB", "url": "https://example.org/"}]
    assert kept["affected"][0]["ranges"][0] == {"type": "SEMVER", "events": [{"introduced": "0"}]}


def test_an_unknown_key_is_shown_short_and_printable(refused):
    (place,) = refused({"x\x00" * 100: 1})
    assert "\x00" not in place
    assert len(place) < 70


def test_all_mistakes_come_at_once(refused):
    errors = refused(
        {
            "summary": "a\nb",
            "nonsense": 1,
            "aliases": ["CVE-1", "ok-1", "OK-1"],
            "references": [{"type": "BLOG", "url": "gopher://example.org"}],
            "affected": [{"ranges": [{"type": "GIT", "events": [{"fixed": "abc"}]}], "versions": [""]}],
            "severity": [{"type": "CVSS_V3", "score": "x"}],
            "cwe_ids": ["CWE-16"],
            "credits": [{"type": "HERO", "contact": ["nobody"]}],
        }
    )
    assert set(errors) == {
        "summary",
        "nonsense",
        "aliases.0",
        "aliases.2",
        "references.0.type",
        "references.0.url",
        "affected.0.ranges.0.repo",
        "affected.0.ranges.0.events",
        "affected.0.ranges.0.events.0.version",
        "affected.0.versions.0",
        "severity.0.score",
        "cwe_ids.0",
        "credits.0.name",
        "credits.0.type",
        "credits.0.contact.0",
    }
    assert all(messages and all(messages) for messages in errors.values())


def test_messages_are_finished_sentences_and_can_be_translated(refused):
    (message,) = refused({"summary": "x" * 301})["summary"]
    assert message == "has 301 characters; 300 is the most: shorten it."
    assert message.source.domain == "advisoryhub"
    assert message.source == "has ${length} characters; ${limit} is the most: shorten it."
    assert message.source.mapping == {"length": "301", "limit": "300"}


def test_quoted_values_are_short_and_printable():
    assert quoted("a") == "“a”"
    assert quoted("x" * 100) == "“" + "x" * 60 + "…”"
    assert quoted("a\x00\u202eb") == "“a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b”"
    assert quoted(3) == "“3”"


def test_a_value_with_a_placeholder_is_not_filled_in(refused):
    (message,) = refused({"aliases": ["${value} x"]})["aliases.0"]
    assert "“${value} x” is not an id" in message


def test_aliases_are_put_into_their_case():
    data = validate(
        {"aliases": ["cve-2026-1234", "ghsa-76MP-659p-rw65", "RHSA-2022:0216", "SUSE-SU-2022:0444-1"]}
    )
    assert data["aliases"] == [
        "CVE-2026-1234",
        "GHSA-76mp-659p-rw65",
        "RHSA-2022:0216",
        "SUSE-SU-2022:0444-1",
    ]


@pytest.mark.parametrize(
    ("alias", "message"),
    [
        ("CVE-2026-123", "“CVE-2026-123” is not a CVE id: write it like CVE-2026-12345."),
        ("cve-2026", "is not a CVE id"),
        ("GHSA-1111-1111-1111", "is not a GHSA id: write it like GHSA-2c3f-4g5h-6j7m."),
        ("two words", "is not an id"),
        ("a,b", "is not an id"),
        ("", "must not be empty."),
        ("  ", "must not be empty."),
        (None, "must not be empty."),
        (7, "must be text"),
        ("x" * 129, "has 129 characters; 128 is the most"),
    ],
)
def test_a_wrong_alias_is_named(refused, alias, message):
    errors = refused({"aliases": ["ok-1", alias]})
    assert list(errors) == ["aliases.1"]
    assert message in errors["aliases.1"][0]


def test_an_alias_is_listed_once(refused):
    errors = refused({"aliases": ["CVE-2026-1234", "X-1", "cve-2026-1234", "x-1"]})
    assert errors == {
        "aliases.2": ["repeats entry 1: remove one of the two."],
        "aliases.3": ["repeats entry 2: remove one of the two."],
    }


def test_an_alias_is_never_the_own_id(refused):
    own = "ECL-2c3f-4g5h-6j7m"
    errors = refused({"aliases": ["", "ecl-2C3F-4g5h-6j7m"]}, advisory_id=own)
    assert errors["aliases.1"] == ["is the advisory's own id: remove it."]
    assert validate({"aliases": ["ECL-6j7m-4g5h-2c3f"]}, advisory_id=own)
    assert validate({"aliases": [own]})["aliases"] == [own]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a?b=c#d",
        "HTTP://example.org",
        "ftp://ftp.example.org/x",
        "ftps://example.org:990/x",
        "https://[2001:db8::1]/",
        "https://example.org/%20",
    ],
)
def test_references_are_web_or_ftp_addresses(url):
    assert validate({"references": [{"url": f" {url} "}]})["references"] == [{"type": "WEB", "url": url}]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("javascript:alert(1)", "is a javascript address: only http, https, ftp, ftps ones are taken."),
        ("mailto:a@example.org", "is a mailto address"),
        ("file:///etc/passwd", "is a file address"),
        ("example.org/page", "is not a complete URL"),
        ("https://", "is not a complete URL"),
        ("https:///page", "is not a complete URL"),
        ("https://./", "is not a complete URL"),
        ("https://example.org/a b", "is not a complete URL"),
        ("https://example.org/<x>", "is not a complete URL"),
        ("https://exämple.org/", "is not a complete URL"),
        ("https://example.org:99999/", "is not a complete URL"),
        ("https://[::1/", "is not a complete URL"),
        ("https://example.org/\x7f", "unprintable character"),
        ("https://example.org/\nx", "must be one line"),
        ("", "must not be empty"),
        (None, "must not be empty"),
        ("https://example.org/" + "x" * 2029, "has 2049 characters; 2048 is the most"),
    ],
)
def test_a_wrong_reference_url_is_named(refused, url, message):
    errors = refused({"references": [{"type": "FIX", "url": url}]})
    assert list(errors) == ["references.0.url"]
    assert message in errors["references.0.url"][0]


def test_reference_types_and_repetitions(refused):
    page = {"type": "WEB", "url": "https://example.org/"}
    errors = refused({"references": [page, {"type": "web", "url": "https://example.org/"}, page, "text"]})
    assert errors["references.1.type"][0].startswith("“web” is not one of the choices: ADVISORY, ")
    assert errors["references.2.url"] == ["repeats entry 1: remove one of the two."]
    assert errors["references.3"] == ["must be an object with named fields."]
    both = [page, {**page, "type": "FIX"}]
    assert validate({"references": both})["references"] == both


def test_severity_vectors_are_kept_canonical():
    data = validate(
        {
            "severity": [
                {"type": "CVSS_V3", "score": "CVSS:3.1/AC:H/AV:L/PR:L/UI:N/S:U/C:H/I:N/A:N"},
                {"type": "CVSS_V3", "score": "CVSS:3.0/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:N/A:N"},
                {"type": "CVSS_V2", "score": "AV:N/AC:L/Au:N/C:C/I:C/A:C"},
                {"type": "Ubuntu", "score": "negligible"},
            ]
        }
    )
    assert data["severity"][0]["score"] == "CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:N/A:N"
    assert len(data["severity"]) == 4


def test_wrong_severities_are_named(refused):
    vector = "CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:N/A:N"
    errors = refused(
        {
            "severity": [
                {"type": "CVSS_V3", "score": vector},
                {"type": "CVSS_V3", "score": f"{vector}/E:X"},
                {"type": "CVSS_V4", "score": vector},
                {"type": "SSVC", "score": "high"},
                {"type": "Ubuntu", "score": "none"},
                {"type": "Ubuntu"},
                {"score": vector},
            ]
        }
    )
    assert errors["severity.1.score"] == ["repeats entry 1: remove one of the two."]
    assert errors["severity.2.score"] == [f"{quoted(vector)} must begin with CVSS:4.0/"]
    assert errors["severity.3.type"][0].endswith("choices: CVSS_V2, CVSS_V3, CVSS_V4, Ubuntu.")
    assert "must be one of negligible, low, medium, high, critical" in errors["severity.4.score"][0]
    assert errors["severity.5.score"] == ["must not be empty."]
    assert errors["severity.6.type"] == ["must not be empty."]


def test_weaknesses_are_known_to_the_catalogue(refused):
    assert validate({"cwe_ids": ["cwe-79", "CWE-89"]})["cwe_ids"] == ["CWE-79", "CWE-89"]
    errors = refused({"cwe_ids": ["CWE-79", "CWE-1000", "79", "CWE-79"]})
    assert errors["cwe_ids.1"][0].startswith("“CWE-1000” is not a weakness of the CWE catalogue")
    assert "write an id like CWE-79" in errors["cwe_ids.2"][0]
    assert errors["cwe_ids.3"] == ["repeats entry 1: remove one of the two."]


def test_credits():
    data = validate(
        {
            "credits": [
                {
                    "name": " Ada ",
                    "type": "FINDER",
                    "contact": ["ada@example.org", "https://example.org/~ada"],
                },
                {"name": "Ada", "type": None, "contact": ["mailto:ada@example.org"]},
            ]
        }
    )
    assert data["credits"] == [
        {"name": "Ada", "type": "FINDER", "contact": ["mailto:ada@example.org", "https://example.org/~ada"]},
        {"name": "Ada", "contact": ["mailto:ada@example.org"]},
    ]


@pytest.mark.parametrize(
    ("credit", "place", "message"),
    [
        ({}, "name", "must not be empty."),
        ({"name": "x" * 257}, "name", "has 257 characters"),
        ({"name": "A\x07"}, "name", "unprintable character U+0007"),
        ({"name": "A", "type": "finder"}, "type", "is not one of the choices"),
        ({"name": "A", "contact": "a@example.org"}, "contact", "must be a list."),
        ({"name": "A", "contact": ["@ada"]}, "contact.0", "is not a complete URL"),
        ({"name": "A", "contact": ["mailto:ada"]}, "contact.0", "“mailto:ada” is not an e-mail address."),
        ({"name": "A", "contact": ["mailto:a^b@example.org"]}, "contact.0", "is not an e-mail address."),
        ({"name": "A", "contact": ["data:text/html,x"]}, "contact.0", "only http, https, mailto ones"),
        (
            {"name": "A", "contact": ["a@example.org", "mailto:a@example.org"]},
            "contact.1",
            "repeats entry 1",
        ),
        ("Ada", "", "must be an object"),
    ],
)
def test_a_wrong_credit_is_named(refused, credit, place, message):
    errors = refused({"credits": [{"name": "B"}, credit]})
    (found,) = errors
    assert found == f"credits.1.{place}".rstrip(".")
    assert message in errors[found][0]


def test_a_person_is_credited_once_for_a_thing(refused):
    errors = refused(
        {"credits": [{"name": "A", "type": "TOOL"}, {"name": "A"}, {"name": "A", "type": "TOOL"}]}
    )
    assert errors == {"credits.2.name": ["repeats entry 1: remove one of the two."]}


def test_the_whole_is_bounded(refused):
    versions = [f"{number}-{'x' * 200}" for number in range(3000)]
    entries = [{"package": {"ecosystem": "npm", "name": name}, "versions": versions} for name in ("a", "b")]
    errors = refused({"affected": entries})
    assert list(errors) == [""]
    assert "1048576 are the most: shorten lists or texts" in errors[""][0]


PINNED = {
    "advisory_id": "ECL-2c3f-4g5h-6j7m",
    "project_slug": "technology.jetty",
    "project_name": "Eclipse Jetty",
    "kind": "native",
    "ghsa_id": "",
    "ghsa_owner": "",
    "ghsa_repo": "",
    **EMPTY,
    "assigned_cve_id": None,
    "withdrawn_reason": "",
}


def test_a_pinned_payload_comes_back_as_it_is():
    assert validate_pinned(PINNED) == PINNED
    full = PINNED | {
        "kind": "ghsa_linked",
        "ghsa_id": "GHSA-76mp-659p-rw65",
        "ghsa_owner": "eclipse",
        "ghsa_repo": "jetty",
        "assigned_cve_id": "CVE-2026-12345",
        "withdrawn_reason": "Not a vulnerability.\nSee the discussion.",
    }
    assert validate_pinned(full) == full


def test_a_pinned_payload_is_held_to_the_same_rules():
    wrong = PINNED | {
        "advisory_id": "ECL-1",
        "project_slug": "",
        "kind": "other",
        "ghsa_id": "GHSA-x",
        "assigned_cve_id": "CVE-1",
        "aliases": ["ecl-1"],
        "state": "draft",
    }
    with pytest.raises(PayloadInvalid) as caught:
        validate_pinned(wrong)
    errors = caught.value.errors
    assert set(errors) == {
        "advisory_id",
        "project_slug",
        "kind",
        "ghsa_id",
        "assigned_cve_id",
        "aliases.0",
        "state",
    }
    assert errors["assigned_cve_id"] == ["“CVE-1” must look like CVE-2026-12345."]
    assert errors["advisory_id"] == ["“ECL-1” is not an advisory id."]


@pytest.mark.parametrize(
    "name", ["assigned_cve_id", "withdrawn_reason", "advisory_id", "project_slug", "kind"]
)
def test_what_workflows_set_nobody_can_write(refused, name):
    assert list(refused({name: PINNED[name] or "x"})) == [name]
