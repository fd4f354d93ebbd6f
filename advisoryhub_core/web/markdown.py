"""Markdown written by people, as safe HTML and as plain text.

Comments and advisory details hold CommonMark with tables; what is stored is the source, and it is
rendered at each reading. Paragraphs, emphasis, code, quotes, lists, headings, links, tables and rules
are the whole language: raw HTML stays visible as text, and an image becomes a link to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, table
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from markupsafe import Markup

TAGS = frozenset(
    {"p", "br", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr"}
    | {"h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}
)
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
SCHEMES = frozenset({"http", "https", "mailto"})
LINK_REL = "nofollow noopener ugc"

_ABSOLUTE = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
_HEADING_SHIFT = 2
_DEEPEST_HEADING = 6
_TARGETS_AT_MOST = 256 * 1024
_NESTED_AT_MOST = 20
_CELLS_AT_MOST = 10_000
_CELLS = "advisoryhub.cells"
_DELIMITER_ROW = re.compile(r"[-:|>\s]+")


class _Markdown(MarkdownIt):
    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False})
        self.disable(["html_block", "html_inline", "image"]).enable("table")
        self.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})

    def validateLink(self, url: str) -> bool:  # noqa: N802 - overrides the library's name
        """Accept absolute web and mail addresses; anything else stays visible as it was written."""
        return _ABSOLUTE.match(url) is not None


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - the library's
    """Read a table unless the document's tables have too many cells already.

    Missing cells are filled up to the width of the header, so that 12 KiB of source would make 65,536
    cells. A table beyond the limit stays as it was written.
    """
    return (silent or _is_affordable(state, start, end)) and table(state, start, end, silent)


def _is_affordable(state: StateBlock, start: int, end: int) -> bool:
    if start + 1 >= end:
        return True
    row = state.getLines(start + 1, start + 2, 0, keepLastLF=False)
    if not _DELIMITER_ROW.fullmatch(row):
        return True
    cells = state.env.get(_CELLS, 0)
    for line in range(start, end):
        if state.isEmpty(line) or cells > _CELLS_AT_MOST:
            break
        cells += row.count("|") + 1
    state.env[_CELLS] = cells
    return bool(cells <= _CELLS_AT_MOST)


_MARKDOWN = _Markdown()


def render(source: str) -> Markup:
    """Return Markdown as HTML that can be put into a page without further escaping.

    Only `TAGS`, `ATTRIBUTES` and `SCHEMES` occur in it. Headings are moved down by two levels, so that
    the page keeps the only `h1` and its sections the `h2`. Never raises; measured at under 1 s for
    the most expensive 64 KiB and about 10 ms for an ordinary page of text.
    """
    tokens = list(_shift_headings(_parse(source)))
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    safe = nh3.clean(
        html,
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        url_schemes=set(SCHEMES),
        url_relative="deny",
        link_rel=LINK_REL,
    )
    return Markup(safe)  # noqa: S704 - nh3 has just reduced it to the allowlist


def plain(source: str) -> str:
    """Return Markdown as plain text for mail and excerpts: no marks, link targets in parentheses.

    Quotes keep `> `, list items `- ` or their number, code is indented by four blanks. The result is
    text, not HTML.
    """
    return "\n".join(_lines(SyntaxTreeNode(_parse(source)).children))


def written_texts(source: str) -> Iterator[str]:
    """Yield the runs of text in Markdown: what stands outside code and links, marks and escapes undone."""
    for token in _parse(source):
        in_links = 0
        for child in token.children or ():
            if child.type in {"link_open", "link_close"}:
                in_links += child.nesting
            elif child.type == "text" and not in_links:
                yield child.content


def _parse(source: str) -> list[Token]:
    # A lone surrogate can come out of JSON and cannot be encoded by the sanitiser.
    tokens = _MARKDOWN.parse(source.encode("utf-8", "replace").decode("utf-8"))
    _limit_targets(tokens)
    for token in tokens:
        token.children = list(_limit_nesting(token.children or ()))
    return tokens


def _limit_targets(tokens: Iterable[Token]) -> None:
    """Empty link targets once all of them together are longer than a page can need.

    A reference definition can be used thousands of times, so that 64 KiB of source would make 200 MB.
    """
    left = _TARGETS_AT_MOST
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                left -= len(str(child.attrs["href"]))
                child.attrs = {"href": child.attrs["href"]} if left >= 0 else {}


def _limit_nesting(tokens: Iterable[Token]) -> Iterator[Token]:
    """Drop marks nested too deeply: the parser limits blocks and links, but not runs of asterisks."""
    depth = 0
    for token in tokens:
        depth += token.nesting == 1
        if not token.nesting or depth <= _NESTED_AT_MOST:
            yield token
        depth -= token.nesting == -1


def _shift_headings(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + _HEADING_SHIFT, _DEEPEST_HEADING)}"
        yield token


def _lines(nodes: Iterable[SyntaxTreeNode], *, spaced: bool = True) -> list[str]:
    lines: list[str] = []
    for node in nodes:
        if lines and spaced:
            lines.append("")
        lines += _block(node)
    return lines


def _block(node: SyntaxTreeNode) -> list[str]:
    match node.type:
        case "blockquote":
            return [f"> {line}".rstrip() for line in _lines(node.children)]
        case "bullet_list" | "ordered_list":
            return _list(node)
        case "code_block" | "fence":
            return [f"    {line}".rstrip() for line in node.content.splitlines()]
        case "table":
            return [_row(row) for section in node.children for row in section.children]
        case "hr":
            return ["---"]
        case _:
            return "".join(_inline(node.children)).splitlines()


def _list(node: SyntaxTreeNode) -> list[str]:
    number = int(node.attrs.get("start", 1))
    items: list[list[str]] = []
    for place, item in enumerate(node.children):
        mark = f"{number + place}. " if node.type == "ordered_list" else "- "
        tight = all(child.hidden for child in item.children if child.type == "paragraph")
        first, *rest = _lines(item.children, spaced=not tight) or [""]
        blank = " " * len(mark)
        items.append([f"{mark}{first}".rstrip(), *(f"{blank}{line}".rstrip() for line in rest)])
    return [line for item in items for line in item]


def _row(row: SyntaxTreeNode) -> str:
    return " | ".join("".join(_inline(cell.children)) for cell in row.children)


def _inline(nodes: Iterable[SyntaxTreeNode]) -> Iterator[str]:
    for node in nodes:
        if node.type in {"softbreak", "hardbreak"}:
            yield "\n"
        elif node.type == "link":
            yield _link("".join(_inline(node.children)), str(node.attrs.get("href", "")))
        elif node.children:
            yield from _inline(node.children)
        else:
            yield node.content


def _link(text: str, target: str) -> str:
    return text if not target or target.removeprefix("mailto:") == text else f"{text} ({target})"
