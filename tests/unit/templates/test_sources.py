"""Rules read from the sources: every text is translatable, every icon exists, colours have contrast."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import advisoryhub_templates
import pytest

import advisoryhub_core.web
import advisoryhub_publishing

STATIC = Path(advisoryhub_core.web.__path__[0]) / "static"
SOURCES = sorted(
    path
    for package in (advisoryhub_templates, advisoryhub_publishing)
    for path in Path(package.__path__[0]).rglob("*.pt")
)
WORDS = re.compile(r"[^\W\d_]{2,}")
TEXT_ATTRIBUTES = {"title", "aria-label", "placeholder", "alt", "data-text"}
SAME_EVERYWHERE = {"CVSS:…", "Enter", "Esc"}
VOID = {"meta", "link", "input", "br", "img", "hr"}


class Untranslated(HTMLParser):
    """Collects texts and text attributes that no `i18n` mark covers."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.stack: list[bool] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        translated = {
            part.split()[0] for part in (given.get("i18n:attributes") or "").split(";") if part.strip()
        }
        for name in TEXT_ATTRIBUTES & set(given) - translated:
            self.note(given[name] or "")
        if tag not in VOID:
            # Below `i18n:name` stands a value or an element that is marked itself.
            self.stack.append("i18n:translate" in given or (any(self.stack) and "i18n:name" not in given))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag):
        if self.stack and tag not in VOID:
            self.stack.pop()

    def handle_data(self, data):
        if not (self.stack and self.stack[-1]):
            self.note(data)

    def note(self, text: str) -> None:
        own = re.sub(r"\$\{[^}]*\}", "", text).strip()
        if WORDS.search(own) and own not in SAME_EVERYWHERE:
            self.found.append(own)


def untranslated(source: str) -> list[str]:
    parser = Untranslated()
    parser.feed(re.sub(r"<!--!.*?-->", "", source, flags=re.DOTALL))
    return parser.found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_text_is_marked_for_translation(path):
    source = path.read_text(encoding="utf-8")
    assert untranslated(source) == []
    assert 'i18n:domain="advisoryhub"' in source


@pytest.mark.parametrize(
    "slip", ["<p>Some words</p>", '<a title="Some words">${x}</a>', "<p>${name} says</p>"]
)
def test_a_text_without_a_mark_is_noticed(slip):
    assert len(untranslated(slip)) == 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_icon_that_is_used_exists(path):
    icons = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    used = set(re.findall(r"icons\.svg'\)\}#([a-z-]+)\"", path.read_text(encoding="utf-8")))
    assert used <= icons
    kinds = {"info", "success", "warning", "error"}
    states = {f"state-{state}" for state in ("triage", "draft", "published", "dismissed")}
    reviews = {f"review-{review}" for review in ("submitted", "changes_requested", "approved")}
    assert kinds | states | reviews <= icons


def test_every_static_file_a_template_names_exists():
    named = {
        name
        for path in SOURCES
        for name in re.findall(r"static\('([^']+)'\)", path.read_text(encoding="utf-8"))
    }
    assert {name for name in named if not (STATIC / name).is_file()} == {"htmx.min.js"}


def tokens(index: int) -> dict[str, tuple[int, int, int]]:
    css = (STATIC / "hub.css").read_text(encoding="utf-8")
    pairs = re.findall(r"--([a-z-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\)", css)
    return {name: tuple(bytes.fromhex(pair[index])) for name, *pair in pairs}  # type: ignore[misc]


def luminance(colour: tuple[int, int, int]) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (value / 255 for value in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TEXT_ON = [
    *product(("ink", "muted", "accent", "bad", "good", "warn", "blue"), ("ground", "surface", "raised")),
    *product(("critical", "high", "medium", "low"), ("ground", "surface")),
    *product(("ink", "muted"), ("sunken", "grey-soft")),
    *((name, f"{name}-soft") for name in ("good", "warn", "bad", "blue")),
    *product(("ink",), ("good-soft", "warn-soft", "bad-soft", "blue-soft", "accent-soft")),
    ("accent-ink", "accent"),
    ("accent-ink", "accent-strong"),
    ("accent-strong", "accent-soft"),
]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_has_a_contrast_of_at_least_4_5_and_control_borders_3(theme):
    colours = tokens(theme)
    low = {(text, on): contrast(colours[text], colours[on]) for text, on in TEXT_ON}
    assert {pair: ratio for pair, ratio in low.items() if ratio < 4.5} == {}
    for ground in ("ground", "surface", "sunken"):
        assert contrast(colours["line-strong"], colours[ground]) >= 3


def test_the_stylesheet_keeps_to_its_tokens():
    css = (STATIC / "hub.css").read_text(encoding="utf-8")
    rules = css[css.index("*, *::before") :]
    outside_print = rules[: rules.index("@media print")]
    assert re.findall(r"(?<!light-dark\()(?<!, )#[0-9a-f]{3,8}\b", outside_print) == []
