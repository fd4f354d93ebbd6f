"""A mail server that keeps what it is sent: each message a file, and none leaves the machine.

`python -m advisoryhub_embedded.mail` is the server as a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import signal
import socket
import sys
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from advisoryhub_embedded.constants import LOOPBACK
from advisoryhub_embedded.errors import EmbeddedExtraMissing, PartFailed
from advisoryhub_embedded.files import private_folder, write_private
from advisoryhub_embedded.parts import Part
from advisoryhub_embedded.process import KeptProcess
from advisoryhub_embedded.redis import free_port

if TYPE_CHECKING:
    from aiosmtpd.smtp import Envelope

SENDER = "AdvisoryHub <advisoryhub@localhost>"

_WHEEL = "aiosmtpd"
_ATTEMPTS = 5
_START_SECONDS = 30.0
_PROBE_SECONDS = 2.0
_TAKEN_STATUS = 3


class EmbeddedMail(Part):
    """A server on a free loopback port, which stores messages below `folder`.

    Raises `EmbeddedExtraMissing` where aiosmtpd is not installed.
    """

    name = "Mail"

    def __init__(self, folder: Path, log_path: Path) -> None:
        if find_spec(_WHEEL) is None:
            raise EmbeddedExtraMissing(_WHEEL)
        self.folder = folder.absolute()
        self.log_path: Path = log_path.absolute()
        self.port = 0
        self._process: KeptProcess | None = None

    @property
    def where(self) -> str:
        return f"kept in {self.folder}"

    def start(self) -> None:
        """Start the server; raises `PartFailed`."""
        private_folder(self.folder)
        for attempt in range(1, _ATTEMPTS + 1):
            self.port = free_port()
            greeting = secrets.token_hex(8)
            options = ["--port", str(self.port), "--folder", str(self.folder), "--greeting", greeting]
            process = KeptProcess(
                self.name,
                [sys.executable, "-m", "advisoryhub_embedded.mail", *options],
                self.log_path,
                environment={k: v for k, v in os.environ.items() if k != "PYTHONWARNINGS"},
            )
            self._process = process
            process.start()
            try:
                process.wait_until(partial(self._greets, greeting), _START_SECONDS)
            except PartFailed:
                process.stop()
                if process.poll() != _TAKEN_STATUS or attempt == _ATTEMPTS:
                    raise
            else:
                return

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def poll(self) -> int | None:
        return None if self._process is None else self._process.poll()

    def _greets(self, said: str) -> bool:
        """Tell whether it is our server that answers, and not somebody who was quicker to take the port."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=_PROBE_SECONDS) as probe:
                return said.encode() in probe.recv(512)
        except OSError:
            return False


class Kept:
    """What the server asks when a message has come: a folder that keeps it."""

    def __init__(self, folder: Path) -> None:
        self._folder = private_folder(folder)

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        """Store a message with its envelope, under a name that sorts by time."""
        assert isinstance(envelope.content, bytes)
        now = datetime.now(UTC)
        name = f"{now:%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}.eml"
        about = [f"Return-Path: <{envelope.mail_from}>"]
        about += [f"Delivered-To: {recipient}" for recipient in envelope.rcpt_tos]
        head = "".join(f"{line}\r\n" for line in about).encode("utf-8", "surrogateescape")
        write_private(self._folder / name, head + envelope.content)
        return "250 Kept"


async def serve(port: int, folder: Path, greeting: str) -> None:
    """Keep messages until a signal to end; raises `OSError` if the port is taken."""
    # Here, since this module is imported where the wheel may be missing.
    from aiosmtpd.smtp import SMTP  # noqa: PLC0415

    loop = asyncio.get_running_loop()
    leave = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, leave.set)
    kept = Kept(folder)

    def connected() -> SMTP:
        return SMTP(kept, hostname="localhost", ident=greeting, enable_SMTPUTF8=True, loop=loop)

    server = await loop.create_server(connected, LOOPBACK, port)
    await leave.wait()
    server.close()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m advisoryhub_embedded.mail", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="loopback port to listen on")
    parser.add_argument("--folder", type=Path, required=True, help="folder that keeps the messages")
    parser.add_argument("--greeting", default="AdvisoryHub", help="what the server says to whoever connects")
    options = parser.parse_args(arguments)
    try:
        asyncio.run(serve(options.port, options.folder, options.greeting))
    except OSError as error:
        sys.stderr.write(f"cannot listen on port {options.port}: {error.strerror}\n")
        return _TAKEN_STATUS
    return 0


if __name__ == "__main__":
    sys.exit(main())
