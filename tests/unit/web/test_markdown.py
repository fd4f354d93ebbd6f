import random
import time
from html.parser import HTMLParser

import pytest
from chameleon import PageTemplate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisoryhub_core.web.markdown import TAGS, plain, render

# Two cores are shared: a slow machine is no finding.
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

SIZE = 16 * 1024  # a quadratic step shows at this size already
LARGEST = 512 * 1024
VOID = {"br", "hr"}
REL = "nofollow noopener ugc"


class Inspector(HTMLParser):
    """Fails on whatever the allowlist does not name, and on tags that are not closed."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open = []
        self.links = []
        self.tags = set()

    def handle_starttag(self, tag, attrs):
        assert tag in TAGS
        self.tags.add(tag)
        for name, value in attrs:
            assert (tag, name) in {("a", "href"), ("a", "rel"), ("ol", "start")}
            if name == "href":
                assert value.lower().startswith(("http://", "https://", "mailto:"))
                self.links.append(value)
            if name == "rel":
                assert value == REL
            if name == "start":
                assert value.isdigit()
        if tag == "a":
            assert ("rel", REL) in attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def inspect(html):
    inspector = Inspector()
    inspector.feed(html)
    inspector.close()
    assert inspector.open == []
    return inspector


HOSTILE_MARKUP = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](data:image/png;base64,AAAA)",
    "[x](vbscript:x)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example/)",
    "[x](/oidc/sign-out)",
    "[x](#id)",
    "[x](\\\\evil.example)",
    "<javascript:alert(1)>",
    "![x](https://example.org/pixel.png)",
    "![x](javascript:alert(1))",
    "[x]: javascript:alert(1)\n\n[x]",
    '[x](https://example.org "onmouseover=alert(1)")',
    '[x](https://example.org" onmouseover="alert(1))',
    '```"><script>alert(1)</script>\ncode\n```',
    "`<script>`",
    "<!-- comment --> <?php ?> <![CDATA[x]]> <!DOCTYPE html>",
    "<style>*{display:none}</style><base href=//evil><meta http-equiv=refresh>",
    "| a |\n|:-:|\n| <svg/onload=alert(1)> |",
    "&lt;script&gt; &#60;script&#62;",
    "[a](https://example.org/<script>)",
    "<https://example.org/\"onclick='x'>",
    "\x00<script>\x00",
    "\ud800<b>",
    "1. a\n\n999999999) b",
]


@pytest.mark.parametrize("source", HOSTILE_MARKUP)
def test_hostile_markup_leaves_only_the_allowlist(source):
    inspect(render(source))
    inspect(render(f"> - {source}\n\n# {source}"))
    assert isinstance(plain(source), str)


FRAGMENT = st.sampled_from(
    [
        *"[]()<>*_`#-|>!&;:\"'=\\/ \n\t~+1.a",
        "](",
        "javascript:",
        "https://e.org",
        "<script>",
        "<b x=",
        "```\n",
        "\n\n",
    ]
)
SOURCE = (
    st.text()
    | st.lists(FRAGMENT, max_size=60).map("".join)
    | st.lists(st.sampled_from(HOSTILE_MARKUP)).map("".join)
)


@CALM
@given(SOURCE)
def test_output_is_always_inside_the_allowlist(source):
    inspect(render(source))


@CALM
@given(SOURCE)
def test_plain_text_is_total(source):
    plain(source)


def test_every_construct_of_the_language():
    source = (
        "# One\n\n## Two\n\n### Three\n\n#### Four\n\n##### Five\n\ntext *em* **strong** `code` [l](https://e.org)\\\n"
        "next\n\n> quote\n\n- a\n- b\n\n3. c\n\n```py\nx < 1\n```\n\n| h |\n|---|\n| c |\n\n---\n"
    )
    html = render(source)
    assert inspect(html).tags == TAGS
    assert html.startswith("<h3>One</h3>\n<h4>Two</h4>\n<h5>Three</h5>\n<h6>Four</h6>\n<h6>Five</h6>")
    assert '<ol start="3">' in html
    assert "x &lt; 1" in html


def test_links_carry_their_relation_and_nothing_else():
    html = render('[x](https://example.org/?a=1&b=2 "title") <ada@example.org>')
    assert html == (
        f'<p><a href="https://example.org/?a=1&amp;b=2" rel="{REL}">x</a> '
        f'<a href="mailto:ada@example.org" rel="{REL}">ada@example.org</a></p>\n'
    )


def test_what_is_refused_stays_readable():
    assert render("<b>x</b>") == "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"
    assert render("[x](javascript:y)") == "<p>[x](javascript:y)</p>\n"
    assert 'href="https://example.org/a.png"' in render("![alt](https://example.org/a.png)")


def test_templates_take_it_as_markup():
    template = PageTemplate("<div>${body}</div>")
    assert template(body=render("*x*")) == "<div><p><em>x</em></p>\n</div>"
    assert "&lt;em&gt;" in template(body=plain("`<em>`"))


def repeated(text):
    return (text * (SIZE // len(text) + 1))[:SIZE]


HOSTILE_COST = {
    **{
        repr(text): repeated(text)
        for text in [
            *[
                "[",
                "]",
                "*",
                ">",
                "`",
                "<",
                "&",
                "|",
                "- ",
                "1. ",
                "![",
                "[a](",
                "[a](b",
                "](",
                "*a ",
                "_a",
                "a**",
                "*_",
            ],
            *[
                "#\n",
                "a\n=\n",
                "-\n",
                ">\n",
                "- a\n",
                "[a\\]",
                '[x](("',
                "<a@",
                "<http:",
                "\\",
                "a|b\n",
                "\n",
                "~~~\n",
                "[a]: \n",
            ],
        ]
    },
    "brackets": "[" * (SIZE // 2) + "]" * (SIZE // 2),
    "emphasis pairs": "*" * (SIZE // 2) + "a" + "*" * (SIZE // 2),
    "backticks": " ".join("`" * length for length in range(1, 180)),
    "deep list": "\n".join(f"{'  ' * depth}- x" for depth in range(125)),
    "deep quote": "\n".join(f"{'>' * depth} x" for depth in range(180)),
    "quotes and lists": ("> - " * 40 + "x\n") * 100,
    "wide table": f"{'|a' * 2000}\n{'|-' * 2000}\n" + "a\n" * 4000,
    "long table": f"{'|a' * 200}\n{'|-' * 200}\n" + "a\n" * 7500,
    "quoted table": f"> {'|a' * 200}\n> {'|-' * 200}\n" + "> a\n" * 4000,
    "listed table": f"- {'|a' * 200}\n  {'|-' * 200}\n" + "  a\n" * 4000,
    "definitions": "\n".join(f"[a{number}]: https://e.org" for number in range(800)),
    "one target used often": f"[a]: https://e.org/{'b' * 8000}\n\n{'[a] ' * 2000}",
    "one title used often": f"[a]: https://e.org '{'b' * 8000}'\n\n{'[a] ' * 2000}",
    "random": "".join(random.Random(1).choices("[]()*_`>#-|\n !<&\\~1.ab:", k=SIZE)),
}


@pytest.mark.parametrize("name", HOSTILE_COST)
def test_hostile_sources_cost_little(name):
    source = HOSTILE_COST[name][:SIZE]
    started = time.process_time()
    html = render(source)
    assert time.process_time() - started < 5, "measured at no more than 0.4 s"
    assert len(html) < LARGEST
    text = plain(source)
    assert len(text) < LARGEST


def test_deep_emphasis_is_flattened():
    html = render("*" * 1000 + "a" + "*" * 1000)
    assert html.count("<strong>") == html.count("</strong>") == 20
    assert "a" in html
    assert plain("*" * 1000 + "a" + "*" * 1000) == "a"


def test_a_table_with_too_many_cells_stays_text():
    rows = 10_000 // 10 - 2
    table = "|a" * 9 + "\n" + "|-" * 9 + "\n"
    assert "<table>" in render(table + "x\n" * rows)
    assert "<table>" not in render(table + "x\n" * (rows + 1))
    many = render("\n\n".join([table + "x\n" * 400] * 4))
    assert many.count("<table>") == 2
    assert many.count("|-" * 9) == 2


def test_a_target_used_too_often_loses_its_link():
    html = render(f"[a]: https://e.org/{'b' * 8000}\n\n{'[a] ' * 100}")
    assert len(inspect(html).links) == 32
    assert html.count(">a</a>") == 100


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("", ""),
        ("# Title\n\npara *em* `code`\nnext", "Title\n\npara em code\nnext"),
        ("a\\\nb", "a\nb"),
        ("> q\n>\n> r", "> q\n>\n> r"),
        ("- a\n- b\n  - c", "- a\n- b\n  - c"),
        ("- a\n\n  b\n- c", "- a\n\n  b\n- c"),
        ("7. a\n8. b", "7. a\n8. b"),
        ("-\n- a", "-\n- a"),
        ("```js\nx < y\n\nz\n```", "    x < y\n\n    z"),
        ("    indented", "    indented"),
        ("| a | b |\n|---|---|\n| 1 | *2* |", "a | b\n1 | 2"),
        ("a\n\n---\n\nb", "a\n\n---\n\nb"),
        ("[x](https://e.org) <https://e.org> <a@e.org>", "x (https://e.org) https://e.org a@e.org"),
        ("<b>&amp;</b>", "<b>&</b>"),
    ],
)
def test_plain_text(source, text):
    assert plain(source) == text
