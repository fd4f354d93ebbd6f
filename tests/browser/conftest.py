"""A real Chromium before a real server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.checks import Complaints
from tests.browser.serving import Server, Site, serve
from tests.support.hub import Hub
from tests.support.mailbox import Mailbox

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium as the system has it; a test of the browser without one is a failure, not a skip."""
    path = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if path is None:
        pytest.fail(
            f"No Chromium was found (looked for {', '.join(_PROGRAMS)}). Install one, for example with"
            " `apt-get install chromium`, or leave these tests out with `make test`.",
            pytrace=False,
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(registry: Any, postgres: Any, redis_server: Any, mail_server: Mailbox) -> Iterator[Server]:
    """A server for all tests; `registry` is asked for because it makes the template database."""
    del registry
    with serve(
        database_url=postgres.app_url("template_hub"),
        owner_url=postgres.owner_url("template_hub"),
        redis_url=redis_server.url,
        **mail_server.settings,
    ) as running:
        yield running


@pytest.fixture
def site(server: Server, postgres: Any, chromium: Browser, tmp_path: Path) -> Iterator[Site]:
    """A fresh hub; whatever a browser complained about by the end of the test fails it."""
    complaints = Complaints()
    with Hub.on_copy(server.registry, postgres, server.provider, tmp_path) as hub:
        try:
            yield Site(server.url, hub, chromium, complaints)
        finally:
            for context in chromium.contexts:
                context.close()
            server.provider.end_all_sessions()
            server.provider.change_id_tokens()
    assert not complaints.found, "\n".join(complaints.found)
