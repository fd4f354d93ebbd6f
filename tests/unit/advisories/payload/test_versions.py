import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisoryhub_core.advisories.payload.ecosystems import ECOSYSTEMS, parse_ecosystem
from advisoryhub_core.advisories.payload.versions import compare, is_semantic


@pytest.mark.parametrize(
    ("name", "older", "newer"),
    [
        ("Maven", "1.0-SNAPSHOT", "1.0"),
        ("PyPI", "1.0rc1", "1.0"),
        ("npm", "1.2.3", "1.2.10"),
        ("Debian:7", "1.2.1-2.2+wheezy3", "1.2.1-3"),
        ("Alpine:v3.3", "1.0.2q-r0", "1.0.2r-r0"),
        ("Red Hat", "0:2.13.3-3.el8_6.1", "1:1.0"),
        ("RubyGems", "4.0.0.rc1", "4.0.0"),
        ("NuGet", "1.0.0-alpha", "1.0.0"),
        ("Pub", "1.0.0", "2.0.0"),
    ],
)
def test_an_ecosystem_orders_its_versions(name, older, newer):
    ecosystem = parse_ecosystem(name)[0]
    assert compare(ecosystem, older, newer) == -1
    assert compare(ecosystem, newer, older) == 1
    assert compare(ecosystem, older, older) == 0


def test_different_texts_may_be_one_version():
    assert compare(parse_ecosystem("PyPI")[0], "1.0", "1.0.0") == 0


@pytest.mark.parametrize(
    ("of", "first", "second"),
    [
        ("GIT", "a" * 40, "b" * 40),
        ("ECOSYSTEM", "1", "2"),
        ("SEMVER", "1.0", "2.0"),
        ("SEMVER", "1.0.0", ""),
        (parse_ecosystem("OSS-Fuzz")[0], "1", "2"),
        (parse_ecosystem("PyPI")[0], "weird text", "1.0"),
        (parse_ecosystem("NuGet")[0], "no digit", "1.0"),
        (parse_ecosystem("PyPI")[0], "1" * 300, "1"),
    ],
)
def test_an_unknown_order_is_said_to_be_unknown(of, first, second):
    assert compare(of, first, second) is None


def test_parsed_versions_that_cannot_be_compared_have_no_order():
    assert compare(parse_ecosystem("NuGet")[0], "1.0", "") is None


@pytest.mark.parametrize("text", ["1.2.3", "0.0.0", "1.22.0-0", "1.0.0-rc.1+build"])
def test_semantic_versions(text):
    assert is_semantic(text)


@pytest.mark.parametrize(
    "text", ["", "v1.2.3", "1.2", "01.2.3", "1.2.3 ", "1.2.3-", "1.2.\u0663", "1.2." + "3" * 300]
)
def test_anything_else_is_no_semantic_version(text):
    assert not is_semantic(text)


SEMANTIC = st.builds(
    "{}.{}.{}{}".format, *[st.integers(0, 30)] * 3, st.sampled_from(["", "-rc.1", "-0", "-alpha"])
)


@given(SEMANTIC, SEMANTIC)
def test_semantic_order_is_antisymmetric(first, second):
    assert compare("SEMVER", first, second) == -compare("SEMVER", second, first)


@given(st.sampled_from(ECOSYSTEMS), st.text(max_size=60), st.text(max_size=60))
def test_no_text_makes_it_raise(ecosystem, first, second):
    forth, back = compare(ecosystem, first, second), compare(ecosystem, second, first)
    assert (forth is None) is (back is None)
    assert forth is None or forth == -back
