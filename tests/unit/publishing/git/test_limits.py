"""Time limits hold, and the cost of a publication does not grow with the repository."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from advisoryhub_publishing.git import Event, GitFailed, Limits, Remote, TokenAuth, publish_files, read_files
from advisoryhub_publishing.git.process import Git

BIG = 5000


@pytest.fixture
def silent_port():
    """A listener that accepts and never answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    yield listener.getsockname()[1]
    listener.close()


def processes_below(folder: Path) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder) in str((entry / "cwd").readlink()) or str(folder) in (entry / "cmdline").read_text(
                "utf-8", "replace"
            ):
                found.append(entry.name)
        except OSError:
            continue
    return found


def test_a_remote_that_never_answers_hits_the_limit(silent_port, commit, scratch):
    limits = Limits(network=0.4)
    started = time.monotonic()
    with pytest.raises(GitFailed, match=r"clone: git fetch did not finish within 0\.4 s and was stopped"):
        publish_files(
            Remote(f"http://127.0.0.1:{silent_port}/x.git"),
            {"a": b""},
            commit,
            scratch_root=scratch,
            limits=limits,
        )
    assert time.monotonic() - started < 4
    assert list(scratch.iterdir()) == []
    assert processes_below(scratch) == []


def test_a_hook_that_hangs_hits_the_limit_and_its_processes_are_ended(repository, commit, scratch, tmp_path):
    repository.hook("pre-receive", f"echo $$ > {tmp_path}/hook-pid; sleep 60")
    with pytest.raises(GitFailed, match="push: git push did not finish within"):
        publish_files(
            Remote(repository.url), {"a": b""}, commit, scratch_root=scratch, limits=Limits(network=1)
        )
    pid = (tmp_path / "hook-pid").read_text(encoding="utf-8").strip()
    assert not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes()
    assert repository.log() == ["Earlier work"]


def test_everything_together_has_a_limit(repository, commit, scratch):
    def stall(event: Event) -> None:
        if event.kind == "cloned":
            time.sleep(0.6)

    with pytest.raises(GitFailed, match=r"gave up after 0\.5 s in total"):
        publish_files(
            Remote(repository.url),
            {"a": b""},
            commit,
            scratch_root=scratch,
            limits=Limits(total=0.5),
            on_event=stall,
        )


def test_an_endless_output_is_cut_off(tmp_path, repository):
    git = Git(
        tmp_path,
        {"PATH": os.environ["PATH"], "GIT_DIR": str(repository.path)},
        Limits(output=1000),
        time.monotonic() + 60,
    )
    repository.add({"big": b"x" * 5000})
    with pytest.raises(GitFailed, match="git cat-file printed more than 1000 bytes"):
        git.run("read", ["cat-file", "blob", "main:big"])


def test_an_exit_code_without_words_is_still_explained(tmp_path):
    git = Git(tmp_path, {"PATH": os.environ["PATH"]}, Limits(), time.monotonic() + 60)
    with pytest.raises(GitFailed, match="read: git check-ref-format ended with exit code 1"):
        git.run("read", ["check-ref-format", "bad..name"])


@pytest.fixture
def big(new_repository):
    repository = new_repository("big.git")
    repository.add({f"osv/2026/{number}.json": b"{%d}" % number for number in range(BIG)})
    repository.add({"index.txt": b"index", "changes.csv": b"changes"})
    return repository


def objects_in(scratch: Path) -> dict[str, int]:
    (clone,) = scratch.glob("*/clone.git")
    command = [
        "git",
        "--git-dir",
        str(clone),
        "cat-file",
        "--batch-all-objects",
        "--batch-check=%(objecttype)",
    ]
    kinds = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return {kind: kinds.count(kind) for kind in ("blob", "commit")}


@pytest.mark.invariant("INV-PUB-3")
def test_the_cost_does_not_grow_with_the_number_of_files(big, repository, commit, scratch, git_calls):
    """Of 5,000 files and two commits one commit and no content is fetched; two files are written."""
    repository.add({"osv/2026/0.json": b"{}"})
    files = {"osv/2026/new.json": b"new", "osv/2026/0.json": b"changed"}
    calls: list[list[str]] = []
    for there in (repository, big):
        seen: list[tuple[str, dict[str, int], int]] = []

        def record(event: Event, seen=seen) -> None:
            seen.append(
                (event.kind, objects_in(scratch), sum(len(files) for _, _, files in os.walk(scratch)))
            )

        before = len(calls[0]) if calls else 0
        outcome = publish_files(Remote(there.url), files, commit, scratch_root=scratch, on_event=record)
        assert there.head() == outcome.sha
        calls.append([line.split()[0] for line in git_calls()[before:]])
        fetched, committed, pushed = [objects for _, objects, _ in seen]
        assert fetched == {"blob": 0, "commit": 1}
        assert committed == pushed == {"blob": 2, "commit": 2}
        assert max(files for _, _, files in seen) < 40
    small, large = calls
    assert small == large
    assert len(big.names()) == BIG + 3


def test_contents_are_fetched_together_and_only_when_asked_for(big, commit, scratch, http_server):
    server = http_server("unused")
    big.git("config", "uploadpack.allowFilter", "true")
    big.git("config", "http.receivepack", "true")
    paths = [f"osv/2026/{number}.json" for number in range(40)]
    seen: list[dict[str, int]] = []

    def update(branch):
        assert branch.read(paths) == {path: b"{%d}" % number for number, path in enumerate(paths)}
        assert branch.read(paths[:5])[paths[0]] == b"{0}"
        seen.append(objects_in(scratch))
        return {paths[0]: b"changed"}

    remote = Remote(f"{server.url}/big.git", auth=TokenAuth("unused"))
    outcome = publish_files(remote, {}, commit, scratch_root=scratch, transform=update)
    assert big.head() == outcome.sha
    assert seen == [{"blob": 40, "commit": 1}]
    fetches = [
        line for line, given in server.requests if line.startswith("POST") and "upload-pack" in line and given
    ]
    assert len(fetches) == 3, "the references, the branch, the contents"


@pytest.mark.parametrize("setting", ["uploadpack.allowFilter", "uploadpackfilter.blob:none.allow"])
def test_a_server_without_partial_clones_is_cloned_plainly(setting, big, commit, scratch, http_server):
    """One kind of server ignores the filter, another refuses it."""
    if setting != "uploadpack.allowFilter":
        big.git("config", "uploadpack.allowFilter", "true")
    big.git("config", setting, "false")
    big.git("config", "http.receivepack", "true")
    server = http_server("unused")
    remote = Remote(f"{server.url}/big.git", auth=TokenAuth("unused"))
    seen: list[dict[str, int]] = []
    outcome = publish_files(
        remote,
        {"osv/2026/new.json": b"new"},
        commit,
        scratch_root=scratch,
        on_event=lambda _event: seen.append(objects_in(scratch)),
        transform=lambda branch: {"index.txt": branch.read(["index.txt"])["index.txt"] + b"!"},
    )
    assert big.head() == outcome.sha
    assert seen[0] == {"blob": BIG + 2, "commit": 1}
    assert read_files(remote, ["index.txt"], scratch_root=scratch) == {"index.txt": b"index!"}


def test_stopping_the_caller_stops_git(silent_port, scratch, tmp_path):
    """Whatever interrupts the wait (here an exception in the waiting thread) leaves no process behind."""
    git = Git(scratch, {"PATH": os.environ["PATH"]}, Limits(), time.monotonic() + 60)
    ended = threading.Event()

    class Interrupted(BaseException):
        pass

    def work() -> None:
        try:
            git.run("clone", ["ls-remote", f"http://127.0.0.1:{silent_port}/x"], kind="network")
        except Interrupted:
            ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not processes_below(scratch):
        time.sleep(0.01)
    # Not while it is still being started: an exception then finds nobody who knows of the process.
    time.sleep(1)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Interrupted))
    thread.join(10)
    assert ended.is_set()
    assert processes_below(scratch) == []
