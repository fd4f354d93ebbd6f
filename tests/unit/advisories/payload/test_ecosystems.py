import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from advisoryhub_core.advisories.payload.ecosystems import (
    ECOSYSTEM_NAMES,
    ECOSYSTEMS,
    parse_ecosystem,
    purl_agrees,
    purl_for,
)

SCHEMA = Path(__file__).parents[5] / "shared/schemas/osv-schema-main-2026-07.json"


def ecosystem(name):
    return parse_ecosystem(name)[0]


@pytest.mark.skipif(not SCHEMA.exists(), reason="the OSV schema is not beside the repository")
def test_the_table_is_the_formats_list_and_git():
    listed = json.loads(SCHEMA.read_text("utf-8"))["$defs"]["ecosystemName"]["enum"]
    assert set(ECOSYSTEM_NAMES) == {*listed, "GIT"}
    assert len(ECOSYSTEMS) == len(ECOSYSTEM_NAMES)


def test_names_are_in_the_order_of_a_menu():
    assert (
        ECOSYSTEM_NAMES.index("AlmaLinux") < ECOSYSTEM_NAMES.index("crates.io") < ECOSYSTEM_NAMES.index("npm")
    )


@pytest.mark.parametrize(
    ("text", "name", "suffix"),
    [
        ("npm", "npm", None),
        ("Debian:12", "Debian", "12"),
        ("Red Hat:rhel_aus:8.6::appstream", "Red Hat", "rhel_aus:8.6::appstream"),
        ("Maven:https://repo.example.org/", "Maven", "https://repo.example.org/"),
        ("GIT", "GIT", None),
    ],
)
def test_a_name_is_split_from_its_suffix(text, name, suffix):
    found, rest = parse_ecosystem(text)
    assert (found.name, rest) == (name, suffix)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("NPM", "did you mean npm?"),
        ("pypi:3", "did you mean PyPI?"),
        ("Homebrew", "choose one from the list"),
        ("", "choose one from the list"),
        ("Debian:", "needs a release directly after the colon"),
        ("Debian: 12", "needs a release directly after the colon"),
        ("npm:10", "npm has no releases"),
    ],
)
def test_another_name_is_refused_with_a_hint(text, hint):
    with pytest.raises(ValueError, match=r"is not an ecosystem|needs a release|has no releases") as caught:
        parse_ecosystem(text)
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("name", "package", "purl"),
    [
        ("Maven", "org.example:core", "pkg:maven/org.example/core"),
        ("npm", "@scope/ui", "pkg:npm/%40scope/ui"),
        ("npm", "left-pad", "pkg:npm/left-pad"),
        ("PyPI", "Foo._Bar", "pkg:pypi/foo-bar"),
        ("Go", "github.com/gin-gonic/gin", "pkg:golang/github.com/gin-gonic/gin"),
        ("Go", "stdlib", "pkg:golang/stdlib"),
        ("crates.io", "http", "pkg:cargo/http"),
        ("RubyGems", "bundler", "pkg:gem/bundler"),
        ("NuGet", "Newtonsoft.Json", "pkg:nuget/Newtonsoft.Json"),
        ("Packagist", "symfony/http", "pkg:composer/symfony/http"),
        ("Hex", "phoenix", "pkg:hex/phoenix"),
        ("Pub", "http", "pkg:pub/http"),
        ("SwiftURL", "https://github.com/apple/swift-nio.git", "pkg:swift/github.com/apple/swift-nio"),
        ("ConanCenter", "zlib", "pkg:conan/zlib"),
        ("GitHub Actions", "actions/checkout", "pkg:github/actions/checkout"),
        ("Debian:12", "nginx", "pkg:deb/debian/nginx"),
        ("Red Hat:x", "git-lfs", "pkg:rpm/redhat/git-lfs"),
        ("Alpine:v3.3", "openssl", "pkg:apk/alpine/openssl"),
    ],
)
def test_a_purl_follows_from_ecosystem_and_name(name, package, purl):
    assert purl_for(ecosystem(name), package) == purl
    assert purl_agrees(purl, ecosystem(name), package)
    assert purl_agrees(f"{purl}?repository_url=example.org", ecosystem(name), package)
    assert not purl_agrees("pkg:pypi/quite-another", ecosystem(name), package)


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("Maven", "core"),
        ("Maven", "org.example:"),
        ("Maven", "a:b:c"),
        ("Packagist", "alone"),
        ("SwiftURL", "alone"),
        ("crates.io", "a/b"),
        ("npm", "/"),
        ("npm", " "),
        ("Debian", "/"),
        ("Maven", "org.example:/"),
        ("OSS-Fuzz", "icu"),
        ("GIT", "anything"),
    ],
)
def test_no_purl_is_invented(name, package):
    assert purl_for(ecosystem(name), package) is None


def test_without_a_rule_the_name_decides():
    fuzz = ecosystem("OSS-Fuzz")
    assert purl_agrees("pkg:generic/icu", fuzz, "icu")
    assert purl_agrees("pkg:generic/unicode/icu", fuzz, "icu")
    assert purl_agrees("pkg:generic/core", fuzz, "group:core")
    assert not purl_agrees("pkg:generic/icu4c", fuzz, "icu")
    assert not purl_agrees("no purl", fuzz, "icu")


@given(st.sampled_from(ECOSYSTEMS), st.one_of(st.text(max_size=30), st.text("a/:. @%?#A_\x85", max_size=7)))
def test_every_purl_parses_and_agrees_with_its_own_name(entry, name):
    purl = purl_for(entry, name)
    if purl is not None:
        assert PackageURL.from_string(purl).type == entry.purl_type
        assert purl_agrees(purl, entry, name)
