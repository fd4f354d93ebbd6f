"""The mail server of the stack: a message becomes a file, and nothing leaves the machine."""

import os
import signal
import smtplib
import socket
import stat
import subprocess
import sys
from email import message_from_bytes
from email.policy import default

import pytest

from advisoryhub_core.mail.message import OutgoingMail, Sender
from advisoryhub_core.mail.transport import Sent, Server, SMTPMailer
from advisoryhub_embedded import mail
from advisoryhub_embedded.constants import LOOPBACK
from advisoryhub_embedded.errors import EmbeddedExtraMissing, PartFailed
from advisoryhub_embedded.mail import SENDER, EmbeddedMail


@pytest.fixture
def running(tmp_path):
    with EmbeddedMail(tmp_path / "mail", tmp_path / "log" / "mail.log") as part:
        yield part


def kept(part):
    return sorted(part.folder.iterdir())


def send(part, *recipients):
    mailer = SMTPMailer(Server(LOOPBACK, part.port, 5, "localhost"), Sender.of(SENDER))
    mails = [
        OutgoingMail(recipient, f"Mail {number} ✓", "text", "<p>text</p>", f"<a.{number}@localhost>")
        for number, recipient in enumerate(recipients)
    ]
    return [type(delivery) for delivery in mailer.deliver(mails)]


def test_the_hubs_mail_is_kept_in_private_files_that_sort_by_time(running):
    people = [f"person{number}@example.org" for number in range(5)] + ["jürg@bücher.example"]
    assert send(running, *people) == [Sent] * 6
    files = kept(running)
    assert {path.suffix for path in files} == {".eml"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(running.folder.stat().st_mode) == 0o700
    messages = [message_from_bytes(path.read_bytes(), policy=default) for path in files]
    assert [message["Subject"] for message in messages] == [f"Mail {number} ✓" for number in range(6)]
    assert [message["Delivered-To"] for message in messages] == [*people[:5], "jürg@xn--bcher-kva.example"]
    assert {message["Return-Path"] for message in messages} == {"<advisoryhub@localhost>"}
    assert messages[0]["To"] == "person0@example.org"
    assert str(running.folder) in running.where


def test_several_recipients_are_all_named(running):
    with smtplib.SMTP(LOOPBACK, running.port, timeout=5) as client:
        client.sendmail("", ["ada@example.org", "bob@example.org"], b"Subject: x\r\n\r\nx\r\n.x\r\n")
    (path,) = kept(running)
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert message.get_all("Delivered-To") == ["ada@example.org", "bob@example.org"]
    assert message.get_content().splitlines() == ["x", ".x"]


def test_it_listens_on_this_machine_alone_and_ends_with_its_connections(running):
    with socket.create_connection((LOOPBACK, running.port)) as idle:
        assert running.poll() is None
        running.stop()
        assert running.poll() == 0
        assert idle.recv(512).startswith(b"220 ")
    with socket.socket() as probe:
        assert probe.connect_ex((LOOPBACK, running.port)) != 0


def test_a_killed_one_is_seen_to_be_gone(running, soon):
    running.kill()
    soon(lambda: running.poll() is not None)
    assert running.poll() != 0


def test_a_port_that_somebody_took_first_is_left_to_them(tmp_path, monkeypatch):
    with socket.create_server((LOOPBACK, 0)) as taken:
        ports = iter([taken.getsockname()[1], mail.free_port()])
        monkeypatch.setattr(mail, "free_port", lambda: next(ports))
        with EmbeddedMail(tmp_path / "mail", tmp_path / "mail.log") as part:
            assert part.port != taken.getsockname()[1]
            assert send(part, "ada@example.org") == [Sent]


def test_a_port_that_stays_taken_is_told(tmp_path, monkeypatch):
    with socket.create_server((LOOPBACK, 0)) as taken:
        monkeypatch.setattr(mail, "free_port", lambda: taken.getsockname()[1])
        with pytest.raises(PartFailed, match="ended with exit status 3") as failure:
            EmbeddedMail(tmp_path / "mail", tmp_path / "mail.log").start()
    assert "cannot listen on port" in failure.value.last_lines()[-1]


def test_it_needs_its_wheel(tmp_path, monkeypatch):
    monkeypatch.setattr(mail, "find_spec", lambda _name: None)
    with pytest.raises(EmbeddedExtraMissing, match="aiosmtpd"):
        EmbeddedMail(tmp_path / "mail", tmp_path / "mail.log")


def test_stopping_what_never_started_is_harmless(tmp_path):
    part = EmbeddedMail(tmp_path / "mail", tmp_path / "mail.log")
    part.stop()
    part.kill()
    assert part.poll() is None


def test_as_a_command_it_keeps_mail_until_it_is_told_to_end(tmp_path, a_free_port, soon):
    command = [sys.executable, "-m", "advisoryhub_embedded.mail", "--port", str(a_free_port)]
    with subprocess.Popen([*command, "--folder", tmp_path / "mail"], env=dict(os.environ)) as process:
        soon(lambda: listens(a_free_port))
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0
