"""What every page has to satisfy in a browser, checked against what the browser itself computed."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page

WIDTHS = {1440: 900, 360: 740}
SCHEMES = ("light", "dark")
# Roles that mean nothing to somebody who hears the page unless they have a name.
NAMED_ROLES = frozenset(
    {
        *("button", "link", "textbox", "searchbox", "combobox", "listbox", "checkbox", "radio", "switch"),
        *("dialog", "alertdialog", "radiogroup", "navigation", "region", "complementary"),
        *("img", "DisclosureTriangle", "menuitem", "tab"),
    }
)

_STRUCTURE = """() => {
  const found = [];
  const say = (what, element) => found.push(`${what}: ${element.outerHTML.slice(0, 160)}`);
  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
    .filter((heading) => heading.checkVisibility());
  const firsts = headings.filter((h) => h.tagName === "H1");
  if (firsts.length !== 1) found.push(`${firsts.length} h1 elements`);
  let level = 0;
  for (const heading of headings) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1 && level > 0) say(`heading level jumps from ${level}`, heading);
    level = own;
  }
  if (document.querySelectorAll("main").length !== 1) found.push("not exactly one main");
  if (!document.documentElement.lang) found.push("no language");
  if (!document.title.trim()) found.push("no title");
  const ids = new Set();
  for (const element of document.querySelectorAll("[id]")) {
    if (ids.has(element.id)) say("id twice", element);
    ids.add(element.id);
  }
  for (const name of ["aria-describedby", "aria-labelledby", "aria-controls", "for"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      for (const id of element.getAttribute(name).split(/\\s+/)) {
        if (!ids.has(id)) say(`${name} points nowhere (${id})`, element);
      }
    }
  }
  for (const fieldset of document.querySelectorAll("fieldset")) {
    const legend = fieldset.querySelector(":scope > legend");
    if (!legend?.textContent.trim()) say("fieldset without legend", fieldset);
  }
  for (const table of document.querySelectorAll("table")) {
    if (!table.closest(".prose") && !table.caption?.textContent.trim()) say("table without caption", table);
  }
  for (const control of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    const label = control.labels?.length || control.getAttribute("aria-label");
    if (control.checkVisibility() && !label) say("no label", control);
  }
  for (const element of document.querySelectorAll("[style]")) say("inline style", element);
  for (const element of document.querySelectorAll("[aria-hidden=true]")) {
    const inner = [element, ...element.querySelectorAll("*")];
    if (inner.some((one) => one.tabIndex >= 0 && one.matches("a[href], button, input, select, textarea"))) {
      say("reachable but hidden from assistive technology", element);
    }
  }
  return found;
}"""

_TOO_WIDE = """() => {
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide <= 0) return [];
  const over = [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
    .slice(0, 5)
    .map((one) => `${one.tagName}.${one.className}`.slice(0, 80));
  return [`scrolls sideways by ${wide}px: ${over.join(", ")}`];
}"""

_LISTEN = """document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP: ${event.violatedDirective} refused ${event.blockedURI || "inline"} ${event.sample}`);
});"""


@dataclass
class Complaints:
    """What the browser complained about: errors on the console, exceptions, refusals of the policy."""

    found: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.add_init_script(_LISTEN)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.found.append(f"exception: {error.error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            place = message.location
            self.found.append(f"{message.type}: {message.text} ({place['url']}:{place['lineNumber']})")

    def expect_status(self, status: int) -> None:
        """Forget that the browser noted an answer with this status, which the test brought about."""
        noted = f"the server responded with a status of {status}"
        kept = [text for text in self.found if noted not in text]
        assert len(kept) < len(self.found), f"no answer had the status {status}"
        self.found[:] = kept


def examine(page: Page, name: str) -> None:
    """Assert what holds for every page, in both colour schemes, on a wide and on a narrow screen.

    Where the variable BROWSER_SHOTS names a folder, pictures of the whole page are left there.
    """
    problems = [*page.evaluate(_STRUCTURE), *_nameless(page)]
    size = page.viewport_size
    shots = os.environ.get("BROWSER_SHOTS")
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two words it knows
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            problems += [f"{width}px {scheme}: {problem}" for problem in page.evaluate(_TOO_WIDE)]
            if shots:
                target = Path(shots) / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}-{width}-{scheme}.png"
                page.screenshot(path=target, full_page=True, caret="initial")
    page.emulate_media(color_scheme=None)
    if size:
        page.set_viewport_size(size)
    assert not problems, "\n".join([f"{name} ({page.url})", *problems])


def _nameless(page: Page) -> list[str]:
    """Return the nodes of the accessibility tree that need a name and have none."""
    session = page.context.new_cdp_session(page)
    try:
        nodes: list[dict[str, Any]] = session.send("Accessibility.getFullAXTree")["nodes"]
    finally:
        session.detach()
    assert len([node for node in nodes if not node.get("ignored")]) > 3, "the tree is empty"
    return [
        f"{role} without a name (node {node.get('backendDOMNodeId')})"
        for node in nodes
        if not node.get("ignored")
        and (role := node.get("role", {}).get("value")) in NAMED_ROLES
        and not str(node.get("name", {}).get("value", "")).strip()
    ]
