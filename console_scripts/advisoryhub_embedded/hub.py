"""The hub's own processes: what runs them, and how one sees that they are ready."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from advisoryhub_embedded.constants import LOOPBACK

_PROBE_SECONDS = 5.0
_PING_SECONDS = 0.5


def web_is_ready(port: int) -> bool:
    """Tell whether the hub on this port says that it is ready."""
    try:
        answer = httpx.get(f"http://{LOOPBACK}:{port}/readyz", timeout=_PROBE_SECONDS, trust_env=False)
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK


def worker_answers(broker_url: str) -> bool:
    """Tell whether a Celery worker on this broker answers a ping."""
    # Celery is slow to import, and all parts but the last are up by then.
    from celery import Celery  # noqa: PLC0415
    from kombu.exceptions import OperationalError  # noqa: PLC0415

    app = Celery("advisoryhub-up", broker=broker_url, set_as_current=False)
    try:
        return bool(app.control.ping(timeout=_PING_SECONDS))
    except (OperationalError, OSError):
        return False
    finally:
        app.close()


@dataclass(frozen=True)
class HubCommands:
    """The commands, as argument lists, and the checks that take port and broker URL."""

    migrate: tuple[str, ...]
    seed: tuple[str, ...]
    worker: tuple[str, ...]
    web: tuple[str, ...]
    web_is_ready: Callable[[int], bool] = web_is_ready
    worker_answers: Callable[[str], bool] = worker_answers

    @classmethod
    def of_console(cls, ini_path: Path | None, port: int) -> HubCommands:
        """Return the commands of `advisoryhub` itself, in this interpreter."""
        configuration = ("-c", str(ini_path)) if ini_path else ()
        console = (sys.executable, "-m", "advisoryhub_cli", *configuration)
        return cls(
            migrate=(*console, "migrate"),
            seed=(*console, "seed-demo", "--if-empty"),
            worker=(*console, "worker", "--beat"),
            web=(*console, "serve", "--port", str(port)),
        )
