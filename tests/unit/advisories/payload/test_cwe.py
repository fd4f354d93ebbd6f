import pytest

from advisoryhub_core.advisories.payload.cwe import cwe_name, search


def test_a_weakness_has_its_exact_name():
    assert (
        cwe_name("CWE-79")
        == "Improper Neutralization of Input During Web Page Generation ('Cross-site Scripting')"
    )
    assert cwe_name("CWE-1434") is not None


@pytest.mark.parametrize(
    "text", ["CWE-16", "CWE-1000", "CWE-292", "CWE-999999", "CWE-079", "cwe-79", "79", ""]
)
def test_categories_views_deprecated_and_unknown_ids_have_none(text):
    assert cwe_name(text) is None


def test_search_by_number_puts_the_exact_id_first():
    found = search("79")
    assert found[0] == ("CWE-79", cwe_name("CWE-79"))
    assert ("CWE-790", cwe_name("CWE-790")) in found
    assert search("cwe-79") == search("CWE79") == found


def test_search_by_words_needs_all_of_them():
    found = search("cross-site SCRIPTING")
    assert "CWE-79" in dict(found)
    assert all("cross-site" in name.casefold() for _id, name in found)
    assert search("cross-site nosuchword") == []


def test_search_is_limited_and_lists_all_without_text():
    assert len(search("improper", 3)) == 3
    everything = search("", 5000)
    assert len(everything) > 900
    assert "CWE-292" not in dict(everything)
    assert search("CWE-", 5000) == everything
