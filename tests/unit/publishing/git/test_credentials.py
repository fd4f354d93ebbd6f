"""Tokens and keys live for the call only, where nobody else sees them."""

from __future__ import annotations

import base64
import os
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from advisoryhub_core.redaction import redact_text
from advisoryhub_publishing.git import (
    Commit,
    GitFailed,
    NoAuth,
    Remote,
    SSHKeyAuth,
    TokenAuth,
    publish_files,
    read_files,
)

TOKEN = "s3cret-Token/with+odd=letters"
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nQ2xvc2VkIGJvb2sgb2Yga2V5cw==\n-----END OPENSSH PRIVATE KEY-----"
GIT_FOLDER = "advisories.git"


def command_lines() -> list[str]:
    """The arguments of all processes of this machine."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().decode("utf-8", "replace"))
        except OSError:
            continue
    return lines


def holds(folder: Path, secret: str) -> bool:
    return any(secret.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_token_publishes_over_http(repository, commit, scratch, http_server):
    repository.git("config", "http.receivepack", "true")
    server = http_server(TOKEN)
    remote = Remote(f"{server.url}/{GIT_FOLDER}", auth=TokenAuth(TOKEN))
    outcome = publish_files(remote, {"osv/a.json": b"x"}, commit, scratch_root=scratch)
    assert repository.head() == outcome.sha
    assert read_files(remote, ["osv/a.json"], scratch_root=scratch) == {"osv/a.json": b"x"}
    sent = "Basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    assert {given for _line, given in server.requests} == {None, sent}


@pytest.mark.invariant("INV-SECRET-2")
@pytest.mark.invariant("INV-SECRET-1")
def test_a_refused_token_is_nowhere_to_be_seen(repository, commit, scratch, http_server, git_calls):
    server = http_server("another password")
    seen: list[tuple[bool, bool]] = []

    def look() -> None:
        seen.append((any(TOKEN in line for line in command_lines()), holds(scratch, TOKEN)))

    server.while_answering = look
    remote = Remote(f"{server.url}/{GIT_FOLDER}", auth=TokenAuth(TOKEN))
    before = dict(os.environ)
    with pytest.raises(GitFailed) as failure:
        publish_files(remote, {"osv/a.json": b"x"}, commit, scratch_root=scratch)
    assert dict(os.environ) == before
    assert failure.value.step == "clone"
    assert "Authentication failed" in failure.value.message
    assert TOKEN not in f"{failure.value!r} {failure.value} {vars(failure.value)}"
    assert TOKEN not in repr(remote)
    assert any(given for _line, given in server.requests)
    assert seen
    assert set(seen) == {(False, False)}
    assert not any(TOKEN in line for line in git_calls())


def test_a_token_is_not_sent_to_where_a_redirect_leads(repository, commit, scratch, http_server):
    other = http_server(TOKEN)
    server = http_server(TOKEN, redirect_to=other.url)
    with pytest.raises(GitFailed, match="clone: "):
        publish_files(
            Remote(f"{server.url}/{GIT_FOLDER}", auth=TokenAuth(TOKEN)),
            {"a": b"x"},
            commit,
            scratch_root=scratch,
        )
    assert other.requests
    assert {given for _line, given in (*server.requests, *other.requests)} == {None}


def test_words_that_hold_the_token_are_redacted(repository, commit, scratch, http_server):
    repository.git("config", "http.receivepack", "true")
    encoded = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    repository.hook("pre-receive", f"echo 'I saw {TOKEN} and {encoded}'; exit 1")
    remote = Remote(f"{http_server(TOKEN).url}/{GIT_FOLDER}", auth=TokenAuth(TOKEN))
    with pytest.raises(GitFailed, match=r"I saw \[redacted\] and") as failure:
        publish_files(remote, {"osv/a.json": b"x"}, commit, scratch_root=scratch)
    assert TOKEN not in str(failure.value)
    assert encoded[24:-4] not in str(failure.value)
    assert TOKEN in redact_text(TOKEN), "the token is known to the redactor during the call only"


@pytest.fixture
def fake_ssh(tmp_path, monkeypatch):
    """An `ssh` first on PATH that notes how it was called and runs the command here."""
    folder = tmp_path / "ssh-bin"
    folder.mkdir()
    log = tmp_path / "ssh-calls"
    script = folder / "ssh"
    script.write_text(
        "#!/bin/sh\n"
        f'echo "$*" >> {log}\n'
        'while [ "$1" != "git@example.org" ]; do\n'
        '  if [ "$1" = -i ]; then\n'
        f'    cp -p "$2" {tmp_path}/seen-key; cp -p "$(dirname "$2")/known_hosts" {tmp_path}/seen-hosts\n'
        "  fi\n"
        "  shift\ndone\nshift\n"
        'exec sh -c "$*"\n',
        encoding="utf-8",
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    monkeypatch.setenv("SSH_AUTH_SOCK", "/tmp/agent")
    return log


@pytest.mark.parametrize(
    ("known_hosts", "checking"), [(None, "accept-new"), ("example.org ssh-ed25519 AAAA", "yes")]
)
@pytest.mark.invariant("INV-SECRET-2")
def test_a_key_publishes_over_ssh(repository, tmp_path, fake_ssh, known_hosts, checking):
    commit = Commit("m", "n", "e@example.org", datetime(2026, 1, 1, tzinfo=UTC))
    scratch = tmp_path / "scratch folder"
    scratch.mkdir()
    remote = Remote(f"ssh://git@example.org{repository.path}", auth=SSHKeyAuth(KEY, known_hosts))
    before = dict(os.environ)
    outcome = publish_files(remote, {"osv/a.json": b"x"}, commit, scratch_root=scratch)
    assert repository.head() == outcome.sha
    assert dict(os.environ) == before
    key = tmp_path / "seen-key"
    assert key.read_text(encoding="utf-8") == KEY + "\n"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert (tmp_path / "seen-hosts").read_text(encoding="utf-8").strip() == (known_hosts or "")
    calls = fake_ssh.read_text(encoding="utf-8").splitlines()
    assert len(calls) == 2
    for call in calls:
        for option in (
            "IdentitiesOnly=yes",
            "BatchMode=yes",
            f"StrictHostKeyChecking={checking}",
            "-F /dev/null",
        ):
            assert option in call
        assert "Q2xvc2Vk" not in call
    assert list(scratch.iterdir()) == []
    assert KEY not in repr(remote)


def test_an_scp_style_url_without_a_key(repository, commit, scratch, fake_ssh):
    remote = Remote(f"git@example.org:{repository.path}")
    assert publish_files(remote, {"a": b"x"}, commit, scratch_root=scratch).changed
    assert " -i " not in fake_ssh.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("url", "auth", "words"),
    [
        ("https://user:pass@example.org/x", NoAuth(), "contains credentials"),
        ("https://token@example.org/x", NoAuth(), "contains credentials"),
        ("ssh://git:pass@example.org/x", NoAuth(), "contains credentials"),
        ("http://example.org/x", TokenAuth("t"), "only sent to https"),
        ("ssh://git@example.org/x", TokenAuth("t"), "only sent to https"),
        ("/srv/x.git", TokenAuth("t"), "only sent to https"),
        ("https://example.org/x", SSHKeyAuth(KEY), "SSH key needs an ssh://"),
        ("https:///x", NoAuth(), "names no host"),
        ("ssh://-oProxyCommand=x/y", NoAuth(), "names no host"),
        ("https://[::1/x", NoAuth(), "cannot be read"),
        ("https://example.org/a b", NoAuth(), "without spaces"),
    ],
)
@pytest.mark.invariant("INV-PUB-2")
def test_urls_and_credentials_that_do_not_fit_are_refused(url, auth, words):
    with pytest.raises(ValueError, match=words) as failure:
        Remote(url, auth=auth)
    assert "pass" not in str(failure.value).replace("password", "")


def test_urls_that_fit():
    for url, auth, scheme in [
        ("https://example.org:8443/x.git", TokenAuth("t"), "https"),
        ("http://localhost:1/x", TokenAuth("t"), "http"),
        ("http://[::1]:1/x", TokenAuth("t"), "http"),
        ("ssh://git@example.org:22/x", SSHKeyAuth(KEY), "ssh"),
        ("git@example.org:group/x.git", SSHKeyAuth(KEY), "ssh"),
        ("/srv/x.git", NoAuth(), "file"),
    ]:
        assert Remote(url, auth=auth).scheme == scheme


@pytest.mark.parametrize(
    "branch", ["", "-x", "a..b", "a b", "a//b", "x.lock", "a/.b", "a/", "a.", "a:b", "a~1"]
)
def test_odd_branch_names_are_refused(branch):
    with pytest.raises(ValueError, match="branch name"):
        Remote("/srv/x.git", branch=branch)


def test_credentials_that_cannot_work_are_refused():
    for make in (
        lambda: TokenAuth(""),
        lambda: TokenAuth("a\nb"),
        lambda: TokenAuth("a", username="x y"),
        lambda: SSHKeyAuth("/home/me/.ssh/id_ed25519"),
    ):
        with pytest.raises(ValueError):
            make()


def test_a_commit_says_everything_that_is_wrong_with_it():
    with pytest.raises(ValueError, match=r"message is empty.*name is empty.*e-mail is empty.*time zone"):
        Commit(" ", "A <b>", "a\nb", datetime(2026, 1, 1))  # noqa: DTZ001 (the point of the test)
    with pytest.raises(ValueError, match="before 1970"):
        Commit("m", "n", "e", datetime(1969, 1, 1, tzinfo=UTC))


def test_a_call_that_ends_does_not_uncover_the_token_of_another(repository, commit, scratch, http_server):
    repository.git("config", "http.receivepack", "true")
    server = http_server(TOKEN)
    remote = Remote(f"{server.url}/{GIT_FOLDER}", auth=TokenAuth(TOKEN))
    results: list[str] = []

    def outer(_branch: object) -> dict[str, bytes | None]:
        worker = threading.Thread(target=lambda: read_files(remote, ["README.md"], scratch_root=scratch))
        worker.start()
        worker.join()
        results.append(redact_text(TOKEN))
        return {}

    publish_files(remote, {"a": b"x"}, commit, scratch_root=scratch, transform=outer)
    assert results == ["[redacted]"]
