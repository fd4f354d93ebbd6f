import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisoryhub_publishing.documents.text import fit, fit_line, to_html, to_plain, uri


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("", ""),
        ("# Impact\n\nA *b* **c** `d` ~~e~~", "Impact\n\nA b c d e"),
        ("one\ntwo  \nthree", "one\ntwo\nthree"),
        ("- a\n- b\n  - c", "- a\n- b\n\n  - c"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("> quoted", "quoted"),
        ("```java\nint x;\n```\n\n    indented", "int x;\n\nindented"),
        ("[text](https://example.org/a)", "text (https://example.org/a)"),
        ("<https://example.org/a>", "https://example.org/a"),
        ("<jane@example.org>", "jane@example.org"),
        ("![alt](https://example.org/a.png)", "alt (https://example.org/a.png)"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a | b\n1 | 2"),
        ("a\n\n---\n\nb", "a\n\n---\n\nb"),
        ("<b>raw</b> &amp; text", "<b>raw</b> & text"),
    ],
)
def test_markdown_as_plain_text(markdown, plain):
    assert to_plain(markdown) == plain


def test_markdown_as_html_keeps_structure():
    assert to_html("# A\n\n- *b*") == "<h1>A</h1>\n<ul>\n<li><em>b</em></li>\n</ul>"


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](https://example.org/x.png)",
        '<a href="https://example.org" onclick="x()">y</a>',
        "[x](data:text/html,hello)",
    ],
)
def test_html_has_no_active_content(markdown):
    html = to_html(markdown)
    assert "<script" not in html
    assert "<img" not in html
    assert "<a " not in html


def test_links_of_the_html_are_marked():
    assert 'rel="nofollow noopener noreferrer"' in to_html("[x](https://example.org)")


@given(st.text())
def test_any_text_has_a_plain_and_an_html_form(markdown):
    to_plain(markdown)
    assert "<script" not in to_html(markdown).lower()


def test_a_text_that_fits_is_left_alone():
    assert fit("a\n\nb", 4, "[…]") == "a\n\nb"


def test_a_long_text_is_cut_between_paragraphs():
    assert fit("first\n\nsecond\n\nthird " + "x" * 30, 25, "[…]") == "first\n\nsecond\n\n[…]"


def test_a_long_paragraph_is_cut_between_words():
    assert fit("one two three four", 15, "[…]") == "one two…\n\n[…]"


def test_a_long_word_is_cut():
    assert fit("x" * 50, 15, "[…]") == "x" * 9 + "…\n\n[…]"


@given(text=st.text(max_size=300), limit=st.integers(min_value=20, max_value=200))
def test_what_was_fitted_fits(text, limit):
    result = fit(text, limit, "[…] more")
    assert len(result) <= limit
    assert (result == text) == (len(text) <= limit)


def test_a_line_is_one_line_of_the_given_length():
    assert fit_line("a\n b", 10) == "a b"
    assert fit_line("a" * 11, 10) == "a" * 9 + "…"


@pytest.mark.parametrize(
    ("address", "result"),
    [
        ("https://example.org/a?b=c&d=%20#e", "https://example.org/a?b=c&d=%20#e"),
        ("https://example.org/ü b?q=1#x", "https://example.org/%C3%BC%20b?q=1#x"),
        ("https://example.org/100%?a[]=1", "https://example.org/100%25?a%5B%5D=1"),
        ("https://example.org/#a#[b]", "https://example.org/#a%23%5Bb%5D"),
        ("http://[2001:db8::1]:8080/a", "http://[2001:db8::1]:8080/a"),
        ("mailto:jane@example.org", "mailto:jane@example.org"),
        ("https://example.org/?", "https://example.org/?"),
    ],
)
def test_an_address_becomes_a_uri(address, result):
    assert uri(address) == result


@given(path=st.text())
def test_any_address_becomes_a_valid_uri(path):
    validator = jsonschema_rs.validator_for({"format": "uri"}, validate_formats=True)
    assert validator.is_valid(uri(f"https://example.org/{path}"))
