"""A real Chromium before a real server: the application behind waitress, with its static files."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select
from waitress.server import create_server
from waitress.wasyncore import close_all

from advisoryhub_core.accounts.models import User
from advisoryhub_core.web.static import with_static_files
from advisoryhub_embedded.oidc import OIDCProvider
from tests.browser.checks import Complaints
from tests.support.hub import Hub, make_registry

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PATIENCE_MS = 10_000
_STOP_SECONDS = 10.0


@dataclass
class Server:
    """The registry whose base URL is the address at which it is served."""

    url: str
    registry: Any
    provider: OIDCProvider


@dataclass
class Site:
    """One hub with a database to itself, as people reach it with a browser."""

    url: str
    hub: Hub
    open: Callable[..., Page]

    def sign_in(self, page: Page, user_id: int) -> None:
        """Sign in from the start page through the identity provider's own page."""
        identity = self.hub.identity(user_id)
        with self.hub.system() as act:
            subject = act.db.scalars(select(User.subject).where(User.id == user_id)).one()
        assert subject is not None
        self.hub.provider.set_person(
            subject=subject, email=identity.email, name=identity.display_name, groups=identity.groups
        )
        page.goto(f"{self.url}/")
        page.get_by_role("main").get_by_role("link", name="Sign in").click()
        page.locator(f"button[name=person][value='{subject}']").click()
        page.wait_for_url(f"{self.url}/**")

    def signed_in(self, user_id: int, **options: Any) -> Page:
        page = self.open(**options)
        self.sign_in(page, user_id)
        return page


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
def server(registry: Any, postgres: Any, redis_server: Any) -> Iterator[Server]:
    """Serve a registry of its own; `registry` is asked for because it makes the template database."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://localhost:{listener.getsockname()[1]}"
    with OIDCProvider.in_thread(base_url=url) as provider:
        own = make_registry(
            database_url=postgres.app_url("template_hub"),
            owner_url=postgres.owner_url("template_hub"),
            redis_url=redis_server.url,
            provider=provider,
            **{"advisoryhub.base_url": url},
        )
        own.db_engine.dispose()
        waitress = create_server(with_static_files(own.hub_test_app, own), sockets=[listener], threads=4)
        thread = threading.Thread(target=waitress.run, name="hub-under-test", daemon=True)
        thread.start()
        yield Server(url, own, provider)
        # Closing everything from within its loop ends the loop.
        waitress.trigger.pull_trigger(lambda: close_all(waitress._map, ignore_all=True))
        thread.join(_STOP_SECONDS)
        waitress.task_dispatcher.shutdown()


@pytest.fixture
def site(server: Server, postgres: Any, chromium: Browser, tmp_path: Path) -> Iterator[Site]:
    """A fresh hub; whatever a browser complained about by the end of the test fails it."""
    complaints = Complaints()

    def new_page(*, javascript: bool = True, width: int = 1440, height: int = 900) -> Page:
        context = chromium.new_context(
            java_script_enabled=javascript, viewport={"width": width, "height": height}, locale="en-GB"
        )
        context.set_default_timeout(_PATIENCE_MS)
        complaints.watch(context)
        page = context.new_page()
        page.complaints = complaints  # type: ignore[attr-defined]  # for the tests that provoke a refusal
        return page

    with Hub.on_copy(server.registry, postgres, server.provider, tmp_path) as hub:
        try:
            yield Site(server.url, hub, new_page)
        finally:
            for context in chromium.contexts:
                context.close()
            server.provider.end_all_sessions()
    assert complaints.found == []
