"""`python -m advisoryhub_embedded.oidc`: the provider as a process of its own.

The client's secret comes from the environment (`OIDC_CLIENT_SECRET`), since arguments are visible to
everybody on the machine.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from advisoryhub_embedded.constants import CLIENT_ID, DEFAULT_PORT
from advisoryhub_embedded.errors import PartFailed
from advisoryhub_embedded.oidc.provider import OIDCProvider


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m advisoryhub_embedded.oidc", description=__doc__)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT + 1, help="loopback port to listen on")
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps the signing keys")
    parser.add_argument(
        "--base-url", default=f"http://localhost:{DEFAULT_PORT}", help="where people reach the hub"
    )
    options = parser.parse_args(arguments)
    secret = os.environ.get("OIDC_CLIENT_SECRET")
    if not secret:
        parser.error("OIDC_CLIENT_SECRET is not set")
    signal.signal(signal.SIGTERM, _leave)
    try:
        OIDCProvider(
            base_url=options.base_url,
            client_id=os.environ.get("OIDC_CLIENT_ID", CLIENT_ID),
            client_secret=secret,
            port=options.port,
            data_dir=options.data,
        ).serve()
    except PartFailed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
