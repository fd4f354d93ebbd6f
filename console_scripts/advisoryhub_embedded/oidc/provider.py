"""The provider as a whole: served from a thread of this process, and steered by tests."""

from __future__ import annotations

import dataclasses
import socket
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin

import httpx
from waitress.server import create_server
from waitress.wasyncore import close_all, loop

from advisoryhub_embedded.constants import CALLBACK_PATH, CLIENT_ID, LOOPBACK, SIGNED_OUT_PATH
from advisoryhub_embedded.errors import PartFailed
from advisoryhub_embedded.oidc.application import Application
from advisoryhub_embedded.oidc.keys import SigningKeys
from advisoryhub_embedded.oidc.records import Client, Records
from advisoryhub_embedded.oidc.server import Server
from advisoryhub_embedded.parts import Part
from advisoryhub_embedded.people import DEMO_PEOPLE, Person

_THREADS = 4
_STOP_SECONDS = 10.0


class OIDCProvider(Part):
    """A provider for one hub at `base_url`, on a loopback port (0: a free one).

    Keys are kept in `data_dir` if one is given; people, sessions and codes live in memory. `clock` gives
    Unix seconds. Its methods below `stop` are the test controls.
    """

    name = "Identity provider"

    def __init__(
        self,
        *,
        base_url: str = "http://localhost",
        client_id: str = CLIENT_ID,
        client_secret: str = "development-client-secret",  # noqa: S107 (`up` gives a random one)
        people: Iterable[Person] = DEMO_PEOPLE,
        port: int = 0,
        host: str = "localhost",
        data_dir: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        client = Client(
            client_id,
            client_secret,
            redirect_uris=(f"{base_url}{CALLBACK_PATH}",),
            post_logout_redirect_uris=(f"{base_url}{SIGNED_OUT_PATH}",),
        )
        self._records = Records(client, people, clock)
        self._keys = SigningKeys(data_dir)
        self._host = host
        self.port = port
        self._server: Any = None
        self._thread: threading.Thread | None = None
        self._leaving = threading.Event()
        self._application: Application | None = None

    @classmethod
    def in_thread(cls, **options: Any) -> Self:
        """Return a provider to be used as a context manager; the options are the constructor's."""
        return cls(**options)

    @property
    def issuer(self) -> str:
        return f"http://{self._host}:{self.port}"

    @property
    def where(self) -> str:
        return self.issuer

    def start(self) -> None:
        """Listen, and serve in a thread; raises `PartFailed` if the port is taken."""
        self._bind()
        self._leaving.clear()
        self._thread = threading.Thread(target=self._loop, name="oidc-provider", daemon=True)
        self._thread.start()

    def serve(self) -> None:
        """Listen, and serve in this thread until `SystemExit`; raises `PartFailed`."""
        self._bind()
        try:
            self._server.run()
        finally:
            self._server.close()

    def stop(self) -> None:
        server, thread = self._server, self._thread
        if server is None or thread is None:
            return
        self._leaving.set()
        server.pull_trigger()
        thread.join(_STOP_SECONDS)
        # Only now: the loop must not find closed what it waits for, nor the trigger be closed under us.
        server.task_dispatcher.shutdown()
        close_all(server._map, ignore_all=True)  # noqa: SLF001 (closing the server alone keeps connections open)
        self._server = self._thread = None

    @property
    def people(self) -> tuple[Person, ...]:
        return tuple(self._records.people.values())

    def set_person(
        self, *, subject: str, email: str, name: str = "", groups: Iterable[str] = (), **more: Any
    ) -> None:
        """Add a person, or replace the one with this subject."""
        person = Person(subject=subject, email=email, name=name, groups=tuple(groups), **more)
        self._records.people[subject] = person

    def change_person(self, subject: str, **changes: Any) -> None:
        """Change fields of a known person, such as `groups` or `email_verified`.

        A value None in `claims` leaves that claim out, in ID tokens and userinfo.
        """
        known = self._records.people[subject]
        self._records.people[subject] = dataclasses.replace(known, **changes)

    def remove_person(self, subject: str) -> None:
        self._records.people.pop(subject, None)

    def change_id_tokens(self, **claims: Any) -> None:
        """Set claims in all ID tokens from now on, or drop them (None), whatever they mean."""
        self._records.id_token_changes = claims

    def rotate_keys(self) -> None:
        """Sign with a new key from now on."""
        self._keys.rotate()

    def set_down(self, down: bool = True) -> None:  # noqa: FBT001, FBT002 (reads as it is meant)
        """Answer every request with 503, or stop doing so."""
        assert self._application is not None
        self._application.down = down

    def end_all_sessions(self) -> None:
        """Forget who is signed in at the provider, in every browser."""
        self._records.close_all_sessions()

    def answer_as(self, authorization_url: str, subject: str, browser: httpx.Client | None = None) -> str:
        """Play a browser and a person: follow the request, choose a person, return where it leads.

        Give the same `browser` to keep its session at the provider; the person is then only chosen where
        the provider asks. Raises `AssertionError` if the provider shows anything else.
        """
        own = browser or httpx.Client(follow_redirects=False)
        try:
            page = own.get(authorization_url)
            if page.is_redirect:
                return page.headers["location"]
            form = {"interaction": _interaction(page), "person": subject}
            answer = own.post(urljoin(authorization_url, "/login"), data=form)
            assert answer.is_redirect, answer.text
            return answer.headers["location"]
        finally:
            if browser is None:
                own.close()

    def _loop(self) -> None:
        """Do as the server's own `run`, which cannot be ended from another thread."""
        while not self._leaving.is_set():
            loop(map=self._server._map, use_poll=True, count=1)  # noqa: SLF001 (as its `run` does)

    def _bind(self) -> None:
        """Take the port first: the issuer is part of every answer."""
        listener = socket.socket()
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((LOOPBACK, self.port))
        except OSError as error:
            listener.close()
            raise PartFailed(self.name, f"cannot listen on port {self.port}: {error.strerror}") from None
        self.port = int(listener.getsockname()[1])
        self._application = Application(Server(self.issuer, self._records, self._keys))
        self._server = create_server(self._application, sockets=[listener], threads=_THREADS, ident=None)


def _interaction(page: httpx.Response) -> str:
    _, found, rest = page.text.partition('name="interaction" value="')
    assert found, page.text
    return rest.partition('"')[0]
