"""Markdown for the formats that want something else, and text that has to fit."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from textwrap import indent
from urllib.parse import quote

import nh3
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

_TAGS = frozenset(
    {
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    }
)
_NOT_IN_URI = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]|%(?![0-9A-Fa-f]{2})")
_URI_PARTS = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*://[^/?#]*)?([^#]*)(#.*)?")
_BRACKETS = re.compile(r"[\[\]]")


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def to_html(markdown: str) -> str:
    """The Markdown as HTML without raw HTML, images, scripts or other than web and mail links."""
    return nh3.clean(
        _parser().render(markdown),
        tags=set(_TAGS),
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
    ).strip()


def to_plain(markdown: str) -> str:
    """The Markdown as plain text: blocks apart by an empty line, links as `text (address)`."""
    return _blocks(SyntaxTreeNode(_parser().parse(markdown)).children)


def _blocks(nodes: Iterable[SyntaxTreeNode]) -> str:
    return "\n\n".join(text for text in map(_block, nodes) if text).strip()


def _block(node: SyntaxTreeNode) -> str:
    return _BLOCKS.get(node.type, _container)(node)


def _container(node: SyntaxTreeNode) -> str:
    return _blocks(node.children)


def _code(node: SyntaxTreeNode) -> str:
    return node.content.rstrip("\n")


def _line(node: SyntaxTreeNode) -> str:
    return _inline(node.children)


def _bullets(node: SyntaxTreeNode) -> str:
    return "\n".join(_item("-", item) for item in node.children)


def _numbers(node: SyntaxTreeNode) -> str:
    first = int(node.attrs.get("start", 1))
    return "\n".join(_item(f"{first + place}.", item) for place, item in enumerate(node.children))


def _row(node: SyntaxTreeNode) -> str:
    return " | ".join(_blocks(cell.children) for cell in node.children)


def _rows(node: SyntaxTreeNode) -> str:
    return "\n".join(_block(row) for row in node.children)


def _rule(_node: SyntaxTreeNode) -> str:
    return "---"


_BLOCKS: dict[str, Callable[[SyntaxTreeNode], str]] = {
    "bullet_list": _bullets,
    "code_block": _code,
    "fence": _code,
    "hr": _rule,
    "inline": _line,
    "ordered_list": _numbers,
    "table": _rows,
    "tbody": _rows,
    "thead": _rows,
    "tr": _row,
}


def _item(mark: str, item: SyntaxTreeNode) -> str:
    return f"{mark} {indent(_blocks(item.children), ' ' * (len(mark) + 1)).lstrip()}".rstrip()


def _inline(nodes: Iterable[SyntaxTreeNode]) -> str:
    return "".join(map(_span, nodes))


def _span(node: SyntaxTreeNode) -> str:
    if node.type in {"softbreak", "hardbreak"}:
        return "\n"
    if node.type == "link":
        return _with_address(_inline(node.children), str(node.attrs.get("href", "")))
    if node.type == "image":
        return _with_address(_inline(node.children), str(node.attrs.get("src", "")))
    if node.children:
        return _inline(node.children)
    return node.content


def _with_address(text: str, address: str) -> str:
    return text if text in {address, address.removeprefix("mailto:")} else f"{text} ({address})".strip()


def fit(text: str, limit: int, pointer: str) -> str:
    """The text, or as many of its whole paragraphs as fit in `limit` characters, then `pointer`.

    A first paragraph that is too long by itself is cut between words, or, when it is one long
    word, inside it. The caller states the loss (`losses.stated_losses`).
    """
    if len(text) <= limit:
        return text
    room = limit - len(pointer) - 2
    kept = ""
    for paragraph in text.split("\n\n"):
        longer = f"{kept}\n\n{paragraph}" if kept else paragraph
        if len(longer) > room:
            break
        kept = longer
    if not kept.strip():
        cut = text[: room - 1]
        kept = (cut.rsplit(None, 1)[0] if " " in cut.strip() else cut) + "…"
    return f"{kept}\n\n{pointer}"


def fit_line(text: str, limit: int) -> str:
    """One line of at most `limit` characters; what is cut ends in an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def uri(address: str) -> str:
    """The address with what a URI does not allow in its place percent-encoded (RFC 3986)."""
    clean = _NOT_IN_URI.sub(lambda found: quote(found[0], safe=""), address)
    parts = _URI_PARTS.fullmatch(clean)
    assert parts is not None
    authority, rest, fragment = parts.groups(default="")
    # Brackets are for the host only, and a fragment holds no second number sign.
    rest, fragment = (_BRACKETS.sub(lambda found: quote(found[0]), text) for text in (rest, fragment))
    return authority + rest + (f"#{fragment[1:].replace('#', '%23')}" if fragment else "")
