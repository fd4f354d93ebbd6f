"""Fixtures of the whole suite: real PostgreSQL, Redis, OpenID provider and Git, one set per xdist worker.

The application always connects as its own role, so row-level security is in force in every test. Each test
that touches the database has a copy of a migrated template to itself: savepoints would hide deferred
constraints, and would let one request's principal leak into the next.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advisoryhub_embedded.oidc import OIDCProvider
from advisoryhub_embedded.postgres import EmbeddedPostgres
from advisoryhub_embedded.redis import EmbeddedRedis
from tests.support.hub import Hub, close_registry, make_registry, migrate_template
from tests.support.mailbox import Mailbox, emptied

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session", autouse=True)
def _clean_environment() -> Iterator[None]:
    """No variable of the caller's may configure the hub under test."""
    prefixes = (
        "ADVISORYHUB_",
        "OIDC_",
        "PUB_",
        "DATABASE_",
        "CELERY_",
        "REDIS_",
        "STEP_UP_",
        "LOG_",
        "EMAIL_",
        "INVITATION_",
        "NOTIFICATIONS_",
    )
    removed = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(prefixes)}
    yield
    os.environ.update(removed)


@pytest.fixture(scope="session")
def run_folder() -> Iterator[Path]:
    """A short folder for this worker's servers: a Unix socket's path has a small limit."""
    folder = Path(tempfile.mkdtemp(prefix="ah-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(run_folder: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(run_folder / "pg", run_folder / "pg.log", fast=True) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(run_folder: Path) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(run_folder / "redis", run_folder / "redis.log") as server:
        yield server


@pytest.fixture(scope="session")
def provider() -> Iterator[OIDCProvider]:
    with OIDCProvider.in_thread() as running:
        yield running


@pytest.fixture(scope="session")
def mail_server() -> Iterator[Mailbox]:
    """The SMTP server that the hub under test sends to; tests take `mailbox`."""
    with Mailbox() as running:
        yield running


@pytest.fixture
def mailbox(mail_server: Mailbox) -> Iterator[Mailbox]:
    """The mail of this test alone, on a server that behaves until it is told otherwise."""
    with emptied(mail_server) as empty:
        yield empty


@pytest.fixture(scope="session")
def registry(
    postgres: EmbeddedPostgres, redis_server: EmbeddedRedis, provider: OIDCProvider, mail_server: Mailbox
) -> Iterator[Any]:
    """The application's registry, configured once; each test gives it a database of its own."""
    postgres.create_database("template_hub")
    made = make_registry(
        database_url=postgres.app_url("template_hub"),
        owner_url=postgres.owner_url("template_hub"),
        redis_url=redis_server.url,
        provider=provider,
        **mail_server.settings,
    )
    migrate_template(made)
    yield made
    close_registry(made)


@pytest.fixture
def hub(registry: Any, postgres: EmbeddedPostgres, provider: OIDCProvider, tmp_path: Path) -> Iterator[Hub]:
    """The hub on a fresh copy of the migrated database, with an empty publication repository."""
    with Hub.on_copy(registry, postgres, provider, tmp_path) as running:
        yield running


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty bare Git repository with the branch main."""
    path = tmp_path / "publication.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(path)], check=True)
    return path


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Official schemas and samples beside the checkout; skips where they are absent."""
    if not SHARED.is_dir():
        pytest.skip("the shared conformance data is not beside this checkout")
    return SHARED
