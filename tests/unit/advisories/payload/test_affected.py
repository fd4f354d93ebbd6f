import pytest

from advisoryhub_core.advisories.payload.schema import validate

A, B, C = "a" * 40, "b" * 40, "c" * 64
REPO = "https://github.com/example/core"
EVENTS = "affected.0.ranges.0.events"


def events_of(data):
    return validate(data)["affected"][0]["ranges"][0]["events"]


def package(**fields):
    return {"affected": [{"package": fields, "versions": ["1.0"]}]}


def test_an_entry_gets_its_normal_form():
    data = package(ecosystem="PyPI", name=" Foo_Bar ", purl="pkg:PyPI/Foo_Bar")
    assert validate(data)["affected"] == [
        {
            "package": {"ecosystem": "PyPI", "name": "Foo_Bar", "purl": "pkg:pypi/foo-bar"},
            "ranges": [],
            "versions": ["1.0"],
        }
    ]
    assert "purl" not in validate(package(ecosystem="npm", name="a", purl=None))["affected"][0]["package"]


@pytest.mark.parametrize(
    ("fields", "place", "message"),
    [
        ({"ecosystem": "npm"}, "name", "must not be empty."),
        ({"ecosystem": "npm", "name": " "}, "name", "must not be empty."),
        ({"name": "a"}, "ecosystem", "must not be empty."),
        (
            {"ecosystem": "npm", "name": "/"},
            "name",
            "“/” is not a package name: it has neither letter nor digit.",
        ),
        ({"ecosystem": "npm", "name": "a\x1fb"}, "name", "unprintable character U+001F"),
        ({"ecosystem": "npm", "name": "a" * 513}, "name", "has 513 characters; 512 is the most"),
        (
            {"ecosystem": "NPM", "name": "a"},
            "ecosystem",
            "“NPM” is not an ecosystem of the OSV format: did you mean npm?",
        ),
        ({"ecosystem": "Homebrew", "name": "a"}, "ecosystem", "choose one from the list of ecosystems."),
        ({"ecosystem": "Debian:", "name": "a"}, "ecosystem", "needs a release directly after the colon"),
        ({"ecosystem": "npm", "name": "a", "purl": "npm/a"}, "purl", "is not a package URL: write it like"),
        (
            {"ecosystem": "npm", "name": "a", "purl": "pkg:npm/a@1.0"},
            "purl",
            "must be without a version: write pkg:npm/a.",
        ),
        (
            {"ecosystem": "npm", "name": "a", "purl": "pkg:npm/b"},
            "purl",
            "“pkg:npm/b” is another package than “a” of npm: write pkg:npm/a or leave it empty.",
        ),
        ({"ecosystem": "npm", "name": "a", "purl": "pkg:pypi/a"}, "purl", "is another package"),
        (
            {"ecosystem": "OSS-Fuzz", "name": "icu", "purl": "pkg:generic/zlib"},
            "purl",
            "of OSS-Fuzz: leave it empty.",
        ),
        (
            {"ecosystem": "OSS-Fuzz", "name": "icu", "purl": "pkg:maven/icu"},
            "purl",
            "is not a package URL of its type: Namespace is required",
        ),
        ({"ecosystem": "Maven", "name": "a:b", "purl": "pkg:1st/b"}, "purl", "is not a package URL"),
    ],
)
def test_a_wrong_package_is_named(refused, fields, place, message):
    errors = refused(package(**fields))
    assert list(errors) == [f"affected.0.package.{place}"]
    assert message in errors[f"affected.0.package.{place}"][0]


@pytest.mark.parametrize(
    ("ecosystem", "name", "purl"),
    [
        ("Alpine:v3.3", "openssl", "pkg:apk/alpine/openssl?arch=source"),
        ("Debian:12", "nginx", "pkg:deb/debian/nginx?distro=bookworm"),
        ("Go", "stdlib", "pkg:golang/stdlib"),
        ("OSS-Fuzz", "icu", "pkg:generic/icu"),
        ("VSCode", "publisher/ext", "pkg:vscode-extension/publisher/ext"),
    ],
)
def test_purls_with_qualifiers_and_of_unlisted_types_are_taken(ecosystem, name, purl):
    data = package(ecosystem=ecosystem, name=name, purl=purl)
    assert validate(data)["affected"][0]["package"]["purl"] == purl


def test_a_package_that_is_no_object_is_refused(refused):
    assert refused({"affected": [{"package": "npm/a", "versions": ["1"]}]}) == {
        "affected.0.package": ["must be an object with named fields."]
    }


def test_git_ranges_alone_do_without_a_package(refused):
    item = {"type": "GIT", "repo": REPO, "events": [{"introduced": "0"}]}
    assert validate({"affected": [{"ranges": [item]}]})["affected"][0] == {"ranges": [item], "versions": []}
    other = {"type": "SEMVER", "events": [{"introduced": "0"}]}
    for entry in ({"ranges": [item, other]}, {"versions": ["1.0"]}):
        errors = refused({"affected": [entry]})
        assert list(errors) == ["affected.0.package.name"]
        assert (
            "is needed: only an entry whose ranges are all of type GIT"
            in errors["affected.0.package.name"][0]
        )


def test_an_entry_says_what_is_affected(refused):
    errors = refused({"affected": [{"package": {"ecosystem": "npm", "name": "a"}}]})
    assert errors == {
        "affected.0.ranges": ["add a range or list versions: an entry must say what is affected."]
    }
    # A list that is there but wrong is one mistake, not two.
    wrong = refused({"affected": [{"package": {"ecosystem": "npm", "name": "a"}, "ranges": 3}]})
    assert list(wrong) == ["affected.0.ranges"]


@pytest.mark.parametrize("text", [">= 1.0", "<2", "1.0, 1.1", "*", "^1.2", "~1", "=1"])
def test_a_version_is_one_version(refused, entry, text):
    errors = refused({"affected": [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1", text]}]})
    assert list(errors) == ["affected.0.versions.1"]
    assert (
        "is not a single version: write ranges as introduced and fixed events."
        in errors["affected.0.versions.1"][0]
    )
    assert list(refused(entry({"introduced": text}))) == [f"{EVENTS}.0.version"]


def test_versions_are_listed_once(refused):
    errors = refused({"affected": [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1", " 1"]}]})
    assert errors == {"affected.0.versions.1": ["repeats entry 1: remove one of the two."]}


def test_a_range_has_a_type(refused, entry):
    assert refused(entry({"introduced": "0"}, kind=None)) == {
        "affected.0.ranges.0.type": ["must not be empty."]
    }
    assert (
        "choices: ECOSYSTEM, SEMVER, GIT."
        in refused(entry({"introduced": "0"}, kind="MAVEN"))["affected.0.ranges.0.type"][0]
    )


def test_a_git_range_has_a_repository(refused, entry):
    message = "is needed for a GIT range: write the repository's clone URL."
    assert refused(entry({"introduced": "0"}, kind="GIT")) == {"affected.0.ranges.0.repo": [message]}
    for repo in ("git@github.com:example/core.git", "example/core", "https://", "file:///srv/core"):
        errors = refused(entry({"introduced": "0"}, kind="GIT", repo=repo))
        assert list(errors) == ["affected.0.ranges.0.repo"]
        assert len(errors["affected.0.ranges.0.repo"]) == 1
    for repo in (REPO, "git://example.org/core", "ssh://git@example.org/core.git"):
        assert events_of(entry({"introduced": "0"}, kind="GIT", repo=repo))


def test_other_ranges_have_none(refused, entry):
    errors = refused(entry({"introduced": "0"}, repo=REPO))
    assert errors == {
        "affected.0.ranges.0.repo": ["belongs to GIT ranges only: remove it or change the type."]
    }


@pytest.mark.parametrize("events", [[], [{"fixed": "1.0"}], [{"last_affected": "1.0"}]])
def test_a_range_begins_somewhere(refused, entry, events):
    errors = refused(entry(*events))
    assert errors == {
        EVENTS: ["needs at least one introduced event: write introduced 0 for “from the beginning”."]
    }


def test_fixed_and_last_affected_exclude_each_other(refused, entry):
    errors = refused(entry({"introduced": "1"}, {"fixed": "2"}, {"introduced": "3"}, {"last_affected": "4"}))
    assert errors == {
        EVENTS: ["must not have both fixed and last_affected: keep fixed, or use a range for each."]
    }


@pytest.mark.parametrize(
    ("event", "place", "message"),
    [
        (
            {"introduced": "1", "fixed": "2"},
            ".kind",
            "is introduced and fixed at once: write one event for each.",
        ),
        ({}, ".kind", "must be one of introduced, fixed, last_affected, limit."),
        ({"fixed": None}, ".kind", "must be one of introduced, fixed, last_affected, limit."),
        ({"kind": "", "version": "2"}, ".kind", "must be one of introduced"),
        ({"kind": "fixed", "version": "2"}, ".kind", "must be one of introduced"),
        ({"fixed": ""}, ".version", "must not be empty."),
        ({"fixed": 2}, ".version", "must be text"),
        ({"fixed": "2\x00"}, ".version", "unprintable character"),
        ({"fixed": "x" * 257}, ".version", "has 257 characters; 256 is the most"),
        ({"limit": "2"}, ".kind", "limit belongs to GIT ranges only."),
        ("1.0", "", "must be an object such as {“fixed”: “1.2.3”}."),
        (None, "", "must be an object such as"),
    ],
)
def test_a_wrong_event_is_shown_at_the_fields_of_its_row(refused, entry, event, place, message):
    errors = refused(entry({"introduced": "1"}, event))
    assert list(errors) == [f"{EVENTS}.1{place}"]
    assert message in errors[f"{EVENTS}.1{place}"][0]


def test_an_event_that_is_not_understood_may_be_the_introduced_one(refused, entry):
    assert list(refused(entry({"kind": "", "version": "1"}, {"fixed": "2"}))) == [f"{EVENTS}.0.kind"]
    assert list(refused(entry({"introduced": "\x00"}, {"fixed": "2"}))) == [f"{EVENTS}.0.version"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("v1.2.3", "“v1.2.3” is not a semantic version: write 1.2.3."),
        ("1.2", "“1.2” is not a semantic version: write it like 1.2.3."),
        ("v1.2", "“v1.2” is not a semantic version: write it like 1.2.3."),
    ],
)
def test_semver_ranges_have_semantic_versions(refused, entry, text, message):
    data = entry({"introduced": "0"}, {"fixed": text}, kind="SEMVER", ecosystem="npm", name="a")
    assert refused(data) == {f"{EVENTS}.1.version": [message]}


def test_the_beginning_is_a_beginning_only(refused, entry):
    data = entry({"introduced": "1.0.0"}, {"fixed": "0"}, kind="SEMVER", ecosystem="npm", name="a")
    assert "“0” is not a semantic version" in refused(data)[f"{EVENTS}.1.version"][0]
    data = entry({"introduced": A}, {"fixed": "0"}, kind="GIT", repo=REPO)
    assert "“0” is not a full commit hash" in refused(data)[f"{EVENTS}.1.version"][0]


def test_git_events_are_full_hashes_in_lower_case(refused, entry):
    data = entry({"introduced": A.upper()}, {"fixed": B}, {"limit": C}, kind="GIT", repo=REPO)
    assert events_of(data) == [{"introduced": A}, {"fixed": B}, {"limit": C}]
    for text in ("abc1234", "v1.0", "g" * 40, "a" * 41, "*"):
        errors = refused(entry({"introduced": "0"}, {"limit": text}, kind="GIT", repo=REPO))
        assert list(errors) == [f"{EVENTS}.1.version"]
    message = "“abc1234” is not a full commit hash: write all 40 or 64 hexadecimal digits."
    assert refused(entry({"introduced": "0"}, {"fixed": "abc1234"}, kind="GIT", repo=REPO)) == {
        f"{EVENTS}.1.version": [message]
    }


def test_events_are_listed_once(refused, entry):
    errors = refused(entry({"introduced": A}, {"introduced": A.upper()}, {"fixed": B}, kind="GIT", repo=REPO))
    assert errors == {f"{EVENTS}.1.version": ["repeats entry 1: remove one of the two."]}
    errors = refused(entry({"introduced": "1"}, {"fixed": "2"}, {"fixed": "2"}))
    assert errors == {f"{EVENTS}.2.version": ["repeats entry 2: remove one of the two."]}


def test_events_are_sorted_where_the_order_is_known(entry):
    given = [
        {"introduced": "12.10.0"},
        {"fixed": "12.10.2"},
        {"introduced": "11.6.1"},
        {"fixed": "11.10.13"},
        {"introduced": "12.0"},
        {"fixed": "12.6.7"},
    ]
    assert events_of(entry(*given)) == [
        {"introduced": "11.6.1"},
        {"fixed": "11.10.13"},
        {"introduced": "12.0"},
        {"fixed": "12.6.7"},
        {"introduced": "12.10.0"},
        {"fixed": "12.10.2"},
    ]


def test_the_beginning_is_older_than_any_version(entry):
    given = [{"introduced": "2.0.0"}, {"fixed": "0.0.0-alpha"}, {"introduced": "0"}]
    assert events_of(entry(*given, kind="SEMVER", ecosystem="npm", name="a")) == [
        {"introduced": "0"},
        {"fixed": "0.0.0-alpha"},
        {"introduced": "2.0.0"},
    ]


@pytest.mark.parametrize(("ecosystem", "name"), [("OSS-Fuzz", "icu"), ("Hackage", "aeson"), ("Maven", "g:a")])
def test_events_stay_as_typed_where_the_order_is_not_known(entry, ecosystem, name):
    given = [{"introduced": "r9"}, {"fixed": "r10"}, {"introduced": "0"}, {"fixed": "r5"}]
    if ecosystem == "Maven":
        # Commits have no order in any ecosystem.
        given = [{"fixed": B}, {"introduced": A}, {"fixed": "d" * 40}]
        assert events_of(entry(*given, kind="GIT", repo=REPO)) == given
    else:
        assert events_of(entry(*given, ecosystem=ecosystem, name=name)) == given


def test_one_version_of_unknown_order_leaves_the_range_as_typed(entry):
    given = [{"introduced": "strange text"}, {"fixed": "2.0"}, {"introduced": "1.0"}]
    assert events_of(entry(*given, ecosystem="PyPI", name="a")) == given


def test_an_inverted_interval_is_refused(refused, entry):
    errors = refused(entry({"introduced": "2.0"}, {"fixed": "1.0"}))
    assert list(errors) == [f"{EVENTS}.1.version"]
    assert errors[f"{EVENTS}.1.version"][0].startswith("fixed 1.0 ends an interval that has no beginning")
    errors = refused(entry({"introduced": "2.0"}, {"last_affected": "1.0"}))
    assert errors[f"{EVENTS}.1.version"][0].startswith("last_affected 1.0 ends an interval")


@pytest.mark.parametrize(("first", "second"), [("1.0", "1.0"), ("1.0", "1.0.0")])
def test_an_empty_interval_is_refused(refused, entry, first, second):
    errors = refused(entry({"introduced": first}, {"fixed": second}))
    assert errors == {
        f"{EVENTS}.1.version": [
            f"{second} is both introduced and fixed: change one of the two, or join the intervals."
        ]
    }


def test_a_commit_is_not_both_introduced_and_fixed(refused, entry):
    errors = refused(entry({"introduced": A}, {"fixed": A}, kind="GIT", repo=REPO))
    assert list(errors) == [f"{EVENTS}.1.version"]


def test_an_interval_of_one_version_is_kept(entry):
    given = [{"introduced": "1.0"}, {"last_affected": "1.0"}]
    assert events_of(entry(*reversed(given))) == given


def test_overlapping_intervals_are_refused(refused, entry):
    errors = refused(entry({"introduced": "1"}, {"fixed": "5"}, {"introduced": "3"}, {"fixed": "7"}))
    assert set(errors) == {f"{EVENTS}.2.version", f"{EVENTS}.3.version"}
    assert errors[f"{EVENTS}.2.version"][0].startswith(
        "3 begins inside the interval from 1 on, so the two overlap"
    )
    errors = refused(entry({"introduced": "0"}, {"introduced": "2"}))
    assert list(errors) == [f"{EVENTS}.1.version"]


def test_touching_intervals_are_refused(refused, entry):
    errors = refused(entry({"introduced": "1"}, {"fixed": "2"}, {"introduced": "2"}, {"fixed": "3"}))
    assert errors == {
        f"{EVENTS}.1.version": [
            "2 is both introduced and fixed: change one of the two, or join the intervals."
        ]
    }


def test_the_last_interval_may_stay_open(entry):
    given = [{"introduced": "1"}, {"fixed": "2"}, {"introduced": "3"}]
    assert events_of(entry(*given)) == given


def test_ranges_are_listed_once_after_sorting(refused):
    events = [{"introduced": "1"}, {"fixed": "2"}]
    ranges = [{"type": "ECOSYSTEM", "events": order} for order in (events, events[::-1])]
    errors = refused({"affected": [{"package": {"ecosystem": "Maven", "name": "a:b"}, "ranges": ranges}]})
    assert errors == {"affected.0.ranges.1": ["repeats entry 1: remove one of the two."]}
    git = [{"type": "GIT", "repo": f"{REPO}/{name}", "events": [{"introduced": "0"}]} for name in "ab"]
    assert len(validate({"affected": [{"ranges": git}]})["affected"][0]["ranges"]) == 2


def test_places_name_entry_range_and_event(refused):
    good = {"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1.0.0"]}
    events = [{"introduced": "0"}, {"fixed": "1.0"}]
    bad = good | {"ranges": [{"type": "SEMVER", "events": events[:1]}, {"type": "SEMVER", "events": events}]}
    assert list(refused({"affected": [good, good, bad]})) == ["affected.2.ranges.1.events.1.version"]


@pytest.mark.parametrize(
    "wrong", [{"ranges": ["text"]}, {"ranges": [None]}, {"ranges": [{"type": "SEMVER", "events": 3}]}]
)
def test_what_is_no_range_is_refused(refused, wrong):
    errors = refused({"affected": [{"package": {"ecosystem": "npm", "name": "a"}, **wrong}]})
    assert all(place.startswith("affected.0.ranges.0") for place in errors)
