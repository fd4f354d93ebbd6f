"""Products, their status, and what is to be done about each."""

import time

import pytest

from advisoryhub_publishing.documents.csaf import build_csaf
from advisoryhub_publishing.documents.csaf_products import products
from advisoryhub_publishing.documents.validate import validate_csaf
from tests.unit.publishing.documents.examples import (
    COMMIT_A,
    COMMIT_B,
    COMMIT_C,
    git,
    maven,
    payload,
    publication,
    publisher,
)

NO_FIX = "No fixed version is known."


def read(*affected, without_vers=False):
    """The products of a document as (branch names, status, remedy), and the document's purls."""
    document = build_csaf(payload(affected=list(affected)), publication(), publisher())
    expected = {"6.2.18"} if without_vers else set()
    assert {finding.rule for finding in validate_csaf(document)} == expected
    vulnerability = document["vulnerabilities"][0]
    status = {
        product: name for name, products in vulnerability["product_status"].items() for product in products
    }
    remedies = {
        product: remedy["details"]
        for remedy in vulnerability["remediations"]
        for product in remedy["product_ids"]
    }
    rows, purls = [], []
    for name in document["product_tree"]["branches"][0]["branches"]:
        for leaf in name["branches"]:
            product = leaf["product"]
            identifier = product["product_id"]
            rows.append((name["name"], leaf["name"], status[identifier], remedies.get(identifier)))
            purls.append(product["product_identification_helper"]["purl"])
    return rows, purls


def test_each_interval_is_a_product_with_its_own_fix():
    rows, purls = read(
        maven({"introduced": "1.0.0"}, {"fixed": "1.4.2"}, {"introduced": "2.0.0"}, {"fixed": "2.1.0"})
    )
    name = "org.eclipse.foo:foo-core"
    assert rows == [
        (name, "vers:maven/>=1.0.0|<1.4.2", "known_affected", f"Update {name} to 1.4.2."),
        (name, "vers:maven/>=2.0.0|<2.1.0", "known_affected", f"Update {name} to 2.1.0."),
        (name, "1.4.2", "fixed", None),
        (name, "2.1.0", "fixed", None),
    ]
    assert purls == [
        "pkg:maven/org.eclipse.foo/foo-core",
        "pkg:maven/org.eclipse.foo/foo-core",
        "pkg:maven/org.eclipse.foo/foo-core@1.4.2",
        "pkg:maven/org.eclipse.foo/foo-core@2.1.0",
    ]


def test_titles_are_for_people():
    affected = [
        maven({"introduced": "1.0"}, {"last_affected": "2.0"}, {"introduced": "3.0"}, name="g:a"),
        maven({"introduced": "0"}, name="g:b"),
        maven({"introduced": "0"}, {"fixed": "2.0"}, name="g:c"),
    ]
    document = build_csaf(payload(affected=affected), publication(), publisher())
    names = document["product_tree"]["branches"][0]["branches"]
    assert [leaf["product"]["name"] for name in names for leaf in name["branches"]] == [
        "g:a >= 1.0, <= 2.0",
        "g:a >= 3.0",
        "g:b, all versions",
        "g:c < 2.0",
        "g:c 2.0",
    ]


def test_a_last_affected_version_is_no_fix():
    rows, _ = read(maven({"introduced": "0"}, {"last_affected": "2.0"}, name="g:a"))
    assert rows == [
        ("g:a", "vers:maven/<=2.0", "known_affected", f"{NO_FIX} Last known to be affected: 2.0.")
    ]


def test_a_single_version_is_not_a_range():
    rows, _ = read(maven({"introduced": "2.0"}, {"last_affected": "2.0"}, name="g:a"))
    assert rows[0][:3] == ("g:a", "2.0", "known_affected")


def test_a_listed_version_has_the_fix_of_its_interval():
    rows, _ = read(
        maven(
            {"introduced": "1.0"},
            {"fixed": "1.5"},
            {"introduced": "2.0"},
            {"fixed": "2.5"},
            name="g:a",
            versions=["2.1", "0.5", "1.0"],
        )
    )
    assert {row[1]: row[3] for row in rows if row[2] == "known_affected"} == {
        "vers:maven/>=1.0|<1.5": "Update g:a to 1.5.",
        "vers:maven/>=2.0|<2.5": "Update g:a to 2.5.",
        "2.1": "Update g:a to 2.5.",
        "0.5": "Update g:a to 1.5 or 2.5.",
        "1.0": "Update g:a to 1.5.",
    }


def test_versions_alone_are_products_without_a_fix():
    rows, purls = read(maven(name="g:a", versions=["1.0", "1.1"]))
    assert rows == [("g:a", "1.0", "known_affected", NO_FIX), ("g:a", "1.1", "known_affected", NO_FIX)]
    assert purls == ["pkg:maven/g/a@1.0", "pkg:maven/g/a@1.1"]


def test_a_version_fixed_here_and_affected_there_is_affected_and_no_remedy():
    rows, _ = read(
        maven({"introduced": "1.0"}, {"fixed": "1.5"}, name="g:a"),
        maven({"introduced": "1.4"}, {"fixed": "1.6"}, name="g:a"),
        maven({"introduced": "1.6"}, {"last_affected": "1.7"}, name="g:b"),
        maven({"introduced": "1.0"}, {"fixed": "1.6"}, name="g:b"),
    )
    assert rows == [
        ("g:a", "vers:maven/>=1.0|<1.5", "known_affected", "Update g:a to 1.6."),
        ("g:a", "vers:maven/>=1.4|<1.6", "known_affected", "Update g:a to 1.6."),
        ("g:a", "1.6", "fixed", None),
        ("g:b", "vers:maven/>=1.6|<=1.7", "known_affected", f"{NO_FIX} Last known to be affected: 1.7."),
        ("g:b", "vers:maven/>=1.0|<1.6", "known_affected", NO_FIX),
    ]


def test_a_fix_that_is_listed_as_affected_is_no_fix():
    rows, _ = read(maven({"introduced": "1.0"}, {"fixed": "1.5"}, name="g:a", versions=["1.5"]))
    assert rows == [
        ("g:a", "vers:maven/>=1.0|<1.5", "known_affected", NO_FIX),
        ("g:a", "1.5", "known_affected", NO_FIX),
    ]


def test_fixes_that_lead_in_a_circle_are_none():
    custom = {"ecosystem": "OSS-Fuzz", "name": "a"}
    ranges = [
        {"type": "ECOSYSTEM", "events": [{"introduced": "x"}, {"fixed": "y"}]},
        {"type": "ECOSYSTEM", "events": [{"introduced": "y"}, {"fixed": "x"}]},
    ]
    rows, _ = read({"package": custom, "ranges": ranges, "versions": []})
    assert [row[2:] for row in rows] == [("known_affected", NO_FIX)] * 2


def test_two_entries_of_one_package_are_one_name():
    entry = maven({"introduced": "1.0"}, {"fixed": "1.5"}, name="g:a")
    rows, _ = read(entry, entry, maven({"introduced": "0"}, name="g:b"), maven(name="g:a", versions=["0.9"]))
    assert [row[:2] for row in rows] == [
        ("g:a", "vers:maven/>=1.0|<1.5"),
        ("g:a", "0.9"),
        ("g:a", "1.5"),
        ("g:b", "vers:all/*"),
    ]


def test_one_name_in_two_ecosystems_is_told_apart():
    entries = [
        {"package": {"ecosystem": ecosystem, "name": "foo"}, "ranges": [], "versions": ["1.0"]}
        for ecosystem in ("npm", "PyPI")
    ]
    rows, purls = read(*entries)
    assert [row[0] for row in rows] == ["foo (npm)", "foo (PyPI)"]
    assert purls == ["pkg:npm/foo@1.0", "pkg:pypi/foo@1.0"]


def test_a_given_package_url_is_used():
    package = {"ecosystem": "Maven", "name": "g:a", "purl": "pkg:maven/g/a?type=zip"}
    _rows, purls = read({"package": package, "ranges": [], "versions": ["1.0"]})
    assert purls == ["pkg:maven/g/a@1.0?type=zip"]


@pytest.mark.parametrize(
    ("ecosystem", "name", "purls"),
    [
        ("SwiftURL", "github.com/f/b", ["pkg:generic/github.com/f/b", "pkg:swift/github.com/f/b@v1"]),
        ("CRAN", "foo", ["pkg:generic/foo", "pkg:cran/foo@v1"]),
        ("Go", "a.b/c", ["pkg:golang/a.b/c", "pkg:generic/a.b/c@v1"]),
        ("ConanCenter", "foo", ["pkg:conan/foo", "pkg:conan/foo@v1"]),
        ("ConanCenter", "foo/bar", ["pkg:generic/foo/bar", "pkg:generic/foo/bar@v1"]),
        ("Pub", "foo-bar", ["pkg:pub/foo_bar", "pkg:pub/foo_bar@v1"]),
        ("Maven", "no-group", ["pkg:generic/no-group", "pkg:generic/no-group@v1"]),
        ("OSS-Fuzz", "foo", ["pkg:generic/foo", "pkg:generic/foo@v1"]),
    ],
)
def test_a_package_url_that_its_type_forbids_becomes_generic(ecosystem, name, purls):
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "2"}]}]
    entry = {"package": {"ecosystem": ecosystem, "name": name}, "ranges": ranges, "versions": ["v1"]}
    assert read(entry)[1] == purls


@pytest.mark.parametrize("version", ["1.0-all", "2.x", "1.* prior"])
def test_a_version_that_reads_as_a_range_is_written_as_one(version):
    rows, _ = read(maven(name="g:a", versions=[version]))
    assert rows[0][1].startswith("vers:maven/")


def test_a_payload_of_the_largest_size_is_built_in_seconds():
    """Five thousand intervals and as many versions: comparing each with each would take minutes."""
    count = 5_000
    events = [{("introduced", "fixed")[place % 2]: f"1.{place}"} for place in range(2 * count)]
    entry = maven(*events, name="g:a", versions=[f"2.{number}" for number in range(count)])
    start = time.perf_counter()
    found = products(payload(affected=[entry]))
    assert time.perf_counter() - start < 10
    assert len(found) == 3 * count


def test_commits_of_a_forge():
    rows, purls = read(git({"introduced": COMMIT_A}, {"fixed": COMMIT_B}), without_vers=True)
    name = "eclipse-foo/foo"
    assert rows == [
        (
            name,
            f">={COMMIT_A}|<{COMMIT_B}",
            "known_affected",
            f"Update {name} to a revision with commit {COMMIT_B}.",
        ),
        (name, COMMIT_B, "fixed", None),
    ]
    assert purls == ["pkg:github/eclipse-foo/foo", f"pkg:github/eclipse-foo/foo@{COMMIT_B}"]


def test_commits_of_another_host_carry_the_address():
    _rows, purls = read(git({"introduced": "0"}, repo="https://git.example.org/r/foo.git"), without_vers=True)
    assert purls == ["pkg:generic/foo?vcs_url=git%2Bhttps://git.example.org/r/foo.git"]


def test_a_commit_affected_elsewhere_is_no_fix():
    rows, _ = read(
        git({"introduced": "0"}, {"fixed": COMMIT_A}),
        git({"introduced": COMMIT_A}, {"last_affected": COMMIT_C}),
        without_vers=True,
    )
    assert [row[2:] for row in rows] == [
        ("known_affected", NO_FIX),
        ("known_affected", f"{NO_FIX} Last known to be affected: {COMMIT_C}."),
    ]


def test_versions_without_a_package_are_tags_of_the_repository():
    entry = {**git({"introduced": "0"}, {"fixed": COMMIT_A}), "versions": ["v1.0"]}
    rows, purls = read(entry, without_vers=True)
    assert rows[1] == (
        "eclipse-foo/foo",
        "v1.0",
        "known_affected",
        f"Update eclipse-foo/foo to a revision with commit {COMMIT_A}.",
    )
    assert purls[1] == "pkg:github/eclipse-foo/foo@v1.0"


def test_a_package_may_have_a_repository_too():
    entry = maven({"introduced": "1.0"}, {"fixed": "1.5"}, name="g:a")
    entry["ranges"] += git({"introduced": "0"}, {"fixed": COMMIT_A})["ranges"]
    rows, _ = read(entry, without_vers=True)
    assert [row[0] for row in rows] == ["g:a", "g:a", "eclipse-foo/foo", "eclipse-foo/foo"]


def test_versions_of_nothing_named_are_the_projects():
    rows, purls = read({"versions": ["1.0"]})
    assert rows == [("Eclipse Foo", "1.0", "known_affected", NO_FIX)]
    assert purls == ["pkg:generic/Eclipse%20Foo@1.0"]
