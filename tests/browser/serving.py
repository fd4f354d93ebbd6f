"""The application behind waitress on a port of its own, and the people who reach it with a browser."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page
from sqlalchemy import select
from waitress.server import create_server
from waitress.wasyncore import close_all

from advisoryhub_core.accounts.models import User
from advisoryhub_core.web.static import with_static_files
from advisoryhub_embedded.oidc import OIDCProvider
from tests.browser.checks import Complaints
from tests.support.hub import Hub, close_registry, make_registry

_PATIENCE_MS = 10_000
_STOP_SECONDS = 10.0


@dataclass
class Server:
    """A registry whose base URL is the address at which it is served."""

    url: str
    registry: Any
    provider: OIDCProvider


@dataclass
class Site:
    """One hub with a database to itself, the browser before it, and what that complained about."""

    url: str
    hub: Hub
    chromium: Browser
    complaints: Complaints

    def open(self, *, javascript: bool = True) -> Page:
        """Open a page in a browser that has never been here."""
        context = self.chromium.new_context(
            java_script_enabled=javascript, viewport={"width": 1440, "height": 900}, locale="en-GB"
        )
        context.set_default_timeout(_PATIENCE_MS)
        self.complaints.watch(context)
        return context.new_page()

    def signed_in(self, user_id: int, *, javascript: bool = True) -> Page:
        """Open a page and sign in on it."""
        page = self.open(javascript=javascript)
        self.sign_in(page, user_id)
        return page

    def sign_in(self, page: Page, user_id: int) -> None:
        """Sign in from the start page through the identity provider's own page."""
        page.goto(f"{self.url}/")
        page.get_by_role("main").get_by_role("link", name="Sign in").click()
        self.choose(page, user_id)
        page.wait_for_url(f"{self.url}/**")

    def choose(self, page: Page, user_id: int) -> None:
        """Say who one is on the page of the identity provider."""
        identity = self.hub.identity(user_id)
        with self.hub.system() as act:
            subject = act.db.scalars(select(User.subject).where(User.id == user_id)).one()
        assert subject is not None
        self.hub.provider.set_person(
            subject=subject, email=identity.email, name=identity.display_name, groups=identity.groups
        )
        if not page.locator(f"button[value='{subject}']").count():
            page.reload()  # the page was drawn before the provider knew this person
        page.locator(f"button[name=person][value='{subject}']").click()


@contextmanager
def serve(*, database_url: str, owner_url: str, redis_url: str, **more: str) -> Iterator[Server]:
    """Serve a new registry, with a provider that sends people back to its address; `more` are settings."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://localhost:{listener.getsockname()[1]}"
    with OIDCProvider.in_thread(base_url=url) as provider:
        registry = make_registry(
            database_url=database_url,
            owner_url=owner_url,
            redis_url=redis_url,
            provider=provider,
            **{"advisoryhub.base_url": url, **more},
        )
        # The template that tests copy must have no connections.
        registry.db_engine.dispose()
        app = with_static_files(registry.hub_test_app, registry)
        server = create_server(app, sockets=[listener], threads=4)
        thread = threading.Thread(target=server.run, name="hub-under-test", daemon=True)
        thread.start()
        try:
            yield Server(url, registry, provider)
        finally:
            # Closing everything from within its loop ends the loop.
            server.trigger.pull_trigger(lambda: close_all(server._map, ignore_all=True))
            thread.join(_STOP_SECONDS)
            server.task_dispatcher.shutdown()
            close_registry(registry)
