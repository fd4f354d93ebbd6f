"""The provider's few pages: forms without scripts, readable by every browser and screen reader."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from chameleon import PageTemplate
from webob import Response  # type: ignore[import-untyped]  # ships no types

from advisoryhub_embedded.people import Person

_STYLE = """
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 34rem; padding: 1.5rem 1rem; }
ul { list-style: none; margin: 0; padding: 0; }
li { margin: 0 0 .75rem; }
button { border: 1px solid; border-radius: .4rem; cursor: pointer; font: inherit; padding: .7rem 1rem;
  text-align: start; width: 100%; }
button:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
button span { display: block; }
.name { font-weight: 600; }
"""

_PAGE = PageTemplate("""<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${title} - development identity provider</title>
    <style nonce="${nonce}">${style}</style>
  </head>
  <body>
    <main>
      <h1>${title}</h1>
      <p>${text}</p>
      <form tal:condition="fields" method="post" action="${action}">
        <input tal:repeat="(name, value) fields" type="hidden" name="${name}" value="${value}" />
        <ul>
          <li tal:repeat="choice choices">
            <button type="submit" name="${choice.name}" value="${choice.value}">
              <span class="name">${choice.label}</span>
              <span tal:condition="choice.note">${choice.note}</span>
            </button>
          </li>
        </ul>
      </form>
    </main>
  </body>
</html>
""")


class _Choice:
    def __init__(self, name: str, value: str, label: str, note: str = "") -> None:
        self.name = name
        self.value = value
        self.label = label
        self.note = note


def sign_in_page(people: Iterable[Person], interaction: str, redirect_uri: str) -> Response:
    """List the people as buttons; the answer goes on to `redirect_uri`, which the browser has to allow."""
    choices = [
        _Choice("person", person.subject, person.name or person.email, _note(person)) for person in people
    ]
    target = urlsplit(redirect_uri)
    return _render(
        "Sign in",
        "This provider is for development only and asks for no password. Who are you?",
        action="/login",
        fields=[("interaction", interaction)],
        choices=choices,
        goes_to=f"{target.scheme}://{target.netloc}",
    )


def sign_out_page(parameters: Iterable[tuple[str, str]], token: str) -> Response:
    """Ask before signing out, where the request does not prove that it comes from the client."""
    return _render(
        "Sign out?",
        "You are still signed in at the identity provider.",
        action="/end-session",
        fields=[*parameters, ("confirmation", token)],
        choices=[_Choice("answer", "yes", "Sign out")],
    )


def message_page(title: str, text: str, status: int = 200) -> Response:
    return _render(title, text, status=status)


def _note(person: Person) -> str:
    return ", ".join(part for part in (person.email, person.role) if part)


def _render(
    title: str,
    text: str,
    *,
    action: str = "",
    fields: Iterable[tuple[str, str]] = (),
    choices: Iterable[_Choice] = (),
    goes_to: str = "",
    status: int = 200,
) -> Response:
    nonce = secrets.token_urlsafe(16)
    values: dict[str, Any] = {"title": title, "text": text, "action": action, "style": _STYLE, "nonce": nonce}
    body = _PAGE.render(**values, fields=list(fields), choices=list(choices))
    response = Response(body, status=status, content_type="text/html", charset="utf-8")
    # Browsers apply form-action to the redirect that follows, too.
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self' {goes_to}".rstrip()
    response.headers["Content-Security-Policy"] = f"{policy}; base-uri 'none'; frame-ancestors 'none'"
    return response
