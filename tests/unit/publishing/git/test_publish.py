"""Publishing to real repositories: what lands, what is refused, what is left behind."""

from __future__ import annotations

import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisoryhub_publishing.git import (
    BranchReader,
    Change,
    Commit,
    Event,
    GitFailed,
    Limits,
    Outcome,
    Remote,
    open_branch,
    publish_changes,
    publish_files,
    read_files,
)

OSV = "osv/2026/ECL-2345-6789-cfgh.json"
FAST = Limits(network=20, local=20, backoff=0.01, backoff_cap=0.2, queue=30)


def test_files_are_committed_on_top_of_what_is_there(repository, commit, scratch):
    before = repository.head()
    outcome = publish_files(Remote(repository.url), {OSV: b"{}\n"}, commit, scratch_root=scratch)
    assert outcome == Outcome(repository.head(), changed=True, attempts=1)
    assert repository.files() == {"README.md": b"# Advisories\n", OSV: b"{}\n"}
    assert repository.git("rev-parse", "main^").decode().strip() == before


def test_the_commit_carries_message_author_and_date(repository, commit, scratch):
    publish_files(Remote(repository.url), {OSV: b"{}"}, commit, scratch_root=scratch)
    line = repository.log("%B|%an|%ae|%cn|%ce|%at|%ct")
    stamp = int(commit.date.timestamp())
    assert line[0] == "Publish advisory ECL-2345-6789-cfgh"
    assert (
        line[1] == f"|Security Team|security@example.org|Security Team|security@example.org|{stamp}|{stamp}"
    )


def test_publishing_twice_makes_no_second_commit(repository, commit, scratch):
    first = publish_files(Remote(repository.url), {OSV: b"{}"}, commit, scratch_root=scratch)
    again = publish_files(Remote(repository.url), {OSV: b"{}"}, commit, scratch_root=scratch)
    assert again == Outcome(first.sha, changed=False, attempts=1)
    assert repository.head() == first.sha


def test_changed_content_makes_a_second_commit(repository, commit, scratch):
    publish_files(Remote(repository.url), {OSV: b"1"}, commit, scratch_root=scratch)
    publish_files(Remote(repository.url), {OSV: b"2", "csaf/2026/a.json": b"3"}, commit, scratch_root=scratch)
    assert len(repository.log()) == 3
    assert repository.files()[OSV] == b"2"


def test_an_empty_repository_gets_its_first_commit(empty, commit, scratch):
    outcome = publish_files(Remote(empty.url), {OSV: b"{}"}, commit, scratch_root=scratch)
    assert outcome.changed
    assert empty.files() == {OSV: b"{}"}
    assert publish_files(Remote(empty.url), {OSV: b"{}"}, commit, scratch_root=scratch).changed is False


def test_nothing_to_publish_leaves_an_empty_repository_empty(empty, commit, scratch):
    nothing = Outcome("", changed=False, attempts=1)
    assert publish_files(Remote(empty.url), {}, commit, scratch_root=scratch) == nothing
    deleting = publish_files(
        Remote(empty.url), {}, commit, scratch_root=scratch, transform=lambda _b: {OSV: None}
    )
    assert deleting == nothing
    assert empty.git("for-each-ref") == b""


@pytest.mark.parametrize("as_url", [True, False])
def test_another_branch_by_url_or_path(repository, commit, scratch, as_url):
    repository.git("branch", "site/public", "main")
    remote = Remote(repository.url if as_url else str(repository.path), branch="site/public")
    outcome = publish_files(remote, {"a": b"a"}, commit, scratch_root=scratch)
    assert repository.head("site/public") == outcome.sha != repository.head("main")


def test_a_missing_branch_is_named_with_those_there_are(repository, commit, scratch):
    with pytest.raises(
        GitFailed, match=r"clone: .*no branch 'mian'; it has main; create the branch or"
    ) as failure:
        publish_files(Remote(repository.url, branch="mian"), {OSV: b"{}"}, commit, scratch_root=scratch)
    assert failure.value.step == "clone"


def test_contents_survive_byte_for_byte(repository, commit, scratch):
    files = {
        "a/bin": bytes(range(256)) * 300,
        "a/empty": b"",
        "a/é ü+~.json": b"\r\n\ndone\n",
        "a/crlf": b"a\r\n",
    }
    remote = Remote(repository.url)
    publish_files(remote, files, commit, scratch_root=scratch)
    assert read_files(remote, files, scratch_root=scratch) == files
    assert {name: repository.files()[name] for name in files} == files


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.text("abz.-_09", min_size=1, max_size=6).filter(lambda t: t[-1] != "." and t != ".git"),
        st.binary(max_size=60),
        min_size=1,
        max_size=4,
    ),
    st.text(min_size=1).filter(lambda text: text.strip() and "\0" not in text and text.isprintable()),
)
def test_whatever_is_published_reads_back(repository, scratch, files, message):
    remote = Remote(repository.url)
    commit = Commit(message, "Zoë", "z@example.org", datetime(2026, 1, 1, tzinfo=UTC))
    files = {f"osv/{name}": content for name, content in files.items()}
    outcome = publish_files(remote, files, commit, scratch_root=scratch)
    assert read_files(remote, files, scratch_root=scratch) == files
    assert outcome.sha == repository.head()


def test_a_transform_computes_from_the_branch_and_may_delete(repository, commit, scratch):
    repository.add({"index.txt": b"old\n", "gone/x": b"x", "gone/y": b"y"})

    def update(branch: BranchReader) -> dict[str, bytes | None]:
        assert branch.head == repository.head()
        assert sorted(branch.names("gone")) == ["gone/x", "gone/y"]
        assert "README.md" in branch.names()
        there = branch.read(["index.txt", "nowhere"])
        assert there["nowhere"] is None
        return {"index.txt": there["index.txt"] + b"new\n", "gone/x": None, "gone/y": None, "never/was": None}

    publish_files(Remote(repository.url), {OSV: b"{}"}, commit, scratch_root=scratch, transform=update)
    assert repository.files() == {"README.md": b"# Advisories\n", "index.txt": b"old\nnew\n", OSV: b"{}"}


def test_a_transform_on_an_empty_repository_sees_nothing(empty, commit, scratch):
    def update(branch: BranchReader) -> dict[str, bytes | None]:
        assert branch.head is None
        assert branch.names() == []
        return {"index.txt": b"first" if branch.read(["index.txt"]) == {"index.txt": None} else b"?"}

    publish_files(Remote(empty.url), {}, commit, scratch_root=scratch, transform=update)
    assert empty.files() == {"index.txt": b"first"}


@pytest.mark.invariant("INV-PUB-1")
def test_a_moved_branch_is_retried_on_a_new_clone(repository, commit, scratch):
    events: list[Event] = []
    folders: list[set[str]] = []

    def append(branch: BranchReader) -> dict[str, bytes | None]:
        folders.append({entry.name for entry in scratch.iterdir()})
        there = branch.read(["index.txt"])["index.txt"] or b""
        if len(folders) <= 2:
            repository.add({"index.txt": there + b"theirs\n"})
        return {"index.txt": there + b"ours\n"}

    outcome = publish_files(
        Remote(repository.url),
        {},
        commit,
        scratch_root=scratch,
        limits=FAST,
        on_event=events.append,
        transform=append,
    )
    assert outcome == Outcome(repository.head(), changed=True, attempts=3)
    assert repository.files()["index.txt"] == b"theirs\ntheirs\nours\n"
    assert [len(found) for found in folders] == [1, 1, 1]
    assert len(set.union(*folders)) == 3
    assert list(scratch.iterdir()) == []
    kinds = [event.kind for event in events]
    assert kinds == ["cloned", "committed", "moved"] * 2 + ["cloned", "committed", "pushed"]
    assert "[rejected]" in events[2].detail
    assert events[-1] == Event("pushed", 3, outcome.sha)


def test_the_retries_are_limited(repository, commit, scratch):
    moves = iter(range(100))

    def move(_branch: BranchReader) -> dict[str, bytes | None]:
        repository.add({"theirs": str(next(moves)).encode()})
        return {}

    limits = replace(FAST, retries=2)
    with pytest.raises(
        GitFailed, match=r"push: the branch moved during each of 3 attempts; at last: .*rejected"
    ):
        publish_files(
            Remote(repository.url), {"a": b""}, commit, scratch_root=scratch, limits=limits, transform=move
        )
    assert next(moves) == 3
    assert list(scratch.iterdir()) == []


def test_an_empty_repository_that_got_its_branch_meanwhile(empty, commit, scratch):
    def race(branch: BranchReader) -> dict[str, bytes | None]:
        if branch.head is None:
            empty.add({"theirs": b"first"})
        return {}

    outcome = publish_files(
        Remote(empty.url), {"a": b"a"}, commit, scratch_root=scratch, limits=FAST, transform=race
    )
    assert outcome.attempts == 2
    assert empty.files() == {"a": b"a", "theirs": b"first"}


def test_a_branch_made_while_the_repository_is_found_empty(empty, commit, scratch, tmp_path, monkeypatch):
    empty.add({"theirs": b"first"})
    first = empty.head()
    empty.git("update-ref", "refs/notes/x", first)
    empty.git("update-ref", "-d", "refs/heads/main")
    git = shutil.which("git")
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    make = f'[ "$1" = ls-remote ] && {git} --git-dir {empty.path} update-ref refs/heads/main {first}'
    wrapper.write_text(f'#!/bin/sh\n{make}\nexec {git} "$@"\n', encoding="utf-8")
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", str(wrapper.parent), prepend=os.pathsep)
    outcome = publish_files(Remote(empty.url), {"a": b"a"}, commit, scratch_root=scratch)
    assert outcome.attempts == 1
    assert empty.files() == {"a": b"a", "theirs": b"first"}


@pytest.mark.parametrize(("machines", "retries"), [(1, 0), (5, 100)], ids=["one machine", "five machines"])
def test_twenty_at_once_all_land_exactly_once(repository, commit, tmp_path, machines, retries):
    """On one machine they take turns and need no retry; apart, each refused push is retried."""
    roots = [tmp_path / f"machine-{number}" for number in range(machines)]
    for root in roots:
        root.mkdir()
    limits = replace(FAST, retries=retries, backoff_cap=1.0, backoff=0.1)

    def publish(number: int) -> Outcome:
        mine = replace(commit, message=f"Publish {number}")
        root = roots[number % machines]
        return publish_files(
            Remote(repository.url), {f"osv/{number}": b"x"}, mine, scratch_root=root, limits=limits
        )

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(publish, range(20)))
    assert sorted(repository.log()) == sorted(
        ["Earlier work", *(f"Publish {number}" for number in range(20))]
    )
    assert set(repository.files()) == {"README.md", *(f"osv/{number}" for number in range(20))}
    assert {outcome.sha for outcome in outcomes} <= set(repository.log("%H"))
    assert len({outcome.sha for outcome in outcomes}) == 20


def test_a_stuck_neighbour_delays_but_does_not_stop(repository, commit, scratch):
    release = threading.Event()
    entered = threading.Event()

    def hold(_branch: BranchReader) -> dict[str, bytes | None]:
        entered.set()
        release.wait(20)
        return {}

    remote = Remote(repository.url)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(
            publish_files, remote, {"slow": b""}, commit, scratch_root=scratch, limits=FAST, transform=hold
        )
        assert entered.wait(20)
        limits = replace(FAST, queue=0.1)
        assert publish_files(remote, {"quick": b""}, commit, scratch_root=scratch, limits=limits).changed
        release.set()
        assert slow.result(20).attempts == 2
    assert set(repository.files()) == {"README.md", "quick", "slow"}


def test_many_changes_are_one_push_with_a_commit_and_a_result_each(repository, commit, scratch):
    events: list[Event] = []

    def append(branch: BranchReader) -> dict[str, bytes | None]:
        return {"index.txt": (branch.read(["index.txt"])["index.txt"] or b"") + b"x"}

    def refuse(_branch: BranchReader) -> dict[str, bytes | None]:
        raise GitFailed("transform", "the feed on the branch is not JSON")

    changes = [
        Change({"a": b"a"}, replace(commit, message="one"), append),
        Change({"README.md": b"# Advisories\n"}, replace(commit, message="unchanged")),
        Change({"../b": b""}, replace(commit, message="bad path")),
        Change({"b": b"b"}, replace(commit, message="bad transform"), refuse),
        Change({"c": b"c"}, replace(commit, message="two"), append),
    ]
    results = publish_changes(Remote(repository.url), changes, scratch_root=scratch, on_event=events.append)
    first, unchanged, path, transform, second = results
    assert repository.log() == ["two", "one", "Earlier work"]
    assert repository.files() == {"README.md": b"# Advisories\n", "a": b"a", "c": b"c", "index.txt": b"xx"}
    assert repository.log("%H")[:2] == [second.sha, first.sha]
    assert unchanged == Outcome(first.sha, changed=False, attempts=1)
    assert (path.step, transform.step) == ("paths", "transform")
    assert [event.kind for event in events] == ["cloned", "committed", "committed", "pushed"]


def test_a_transform_that_breaks_is_raised_and_leaves_nothing(repository, commit, scratch):
    def break_down(_branch: BranchReader) -> dict[str, bytes | None]:
        raise KeyError("a programming error")

    with pytest.raises(KeyError):
        publish_files(Remote(repository.url), {}, commit, scratch_root=scratch, transform=break_down)
    assert list(scratch.iterdir()) == []
    assert repository.log() == ["Earlier work"]


def test_a_hook_refusal_fails_at_once_with_the_remotes_redacted_words(repository, commit, scratch):
    repository.hook("pre-receive", "echo 'policy: password=hunter22 \x1b[31mno files on Fridays'; exit 1")
    events: list[Event] = []
    with pytest.raises(GitFailed) as failure:
        publish_files(
            Remote(repository.url), {OSV: b"{}"}, commit, scratch_root=scratch, on_event=events.append
        )
    assert failure.value.step == "push"
    assert "pre-receive hook declined" in failure.value.message
    assert "no files on Fridays" in failure.value.message
    assert "hunter22" not in str(failure.value)
    assert "\x1b" not in str(failure.value)
    assert [event.kind for event in events] == ["cloned", "committed"]
    assert list(scratch.iterdir()) == []


def test_a_hook_that_speaks_of_a_moved_branch_is_no_moved_branch(repository, commit, scratch):
    repository.hook("update", "echo 'non-fast-forward, fetch first, cannot lock ref'; exit 1")
    events: list[Event] = []
    with pytest.raises(GitFailed, match="hook declined"):
        publish_files(
            Remote(repository.url), {OSV: b"{}"}, commit, scratch_root=scratch, on_event=events.append
        )
    assert "moved" not in [event.kind for event in events]


def test_a_branch_locked_by_another_push_is_retried(repository, commit, scratch):
    lock = repository.path / "refs" / "heads" / "main.lock"
    lock.write_bytes(b"")
    events: list[Event] = []

    def record(event: Event) -> None:
        events.append(event)
        if event.kind == "moved":
            lock.unlink()

    outcome = publish_files(
        Remote(repository.url), {OSV: b"{}"}, commit, scratch_root=scratch, limits=FAST, on_event=record
    )
    assert outcome.attempts == 2
    assert repository.head() == outcome.sha


def test_the_error_is_bounded(repository, commit, scratch):
    repository.hook("pre-receive", "yes 'a very long refusal' | head -n 20000; exit 1")
    with pytest.raises(GitFailed) as failure:
        publish_files(Remote(repository.url), {OSV: b"{}"}, commit, scratch_root=scratch)
    assert len(str(failure.value)) <= 8000


def test_a_missing_repository_is_a_clone_failure(tmp_path, commit, scratch):
    with pytest.raises(GitFailed, match=r"clone: the repository could not be cloned: .*nowhere"):
        publish_files(Remote((tmp_path / "nowhere").as_uri()), {OSV: b"{}"}, commit, scratch_root=scratch)
    assert list(scratch.iterdir()) == []


def test_a_push_that_finds_no_server_any_more_says_so(repository, commit, scratch):
    def vanish(event: Event) -> None:
        if event.kind == "committed":
            repository.path.rename(repository.path.with_name("moved.git"))

    with pytest.raises(GitFailed, match=r"push: .*does not appear to be a git repository"):
        publish_files(Remote(repository.url), {OSV: b""}, commit, scratch_root=scratch, on_event=vanish)


def test_a_missing_git_is_said_plainly(repository, commit, scratch, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitFailed, match=r"git was not found on PATH; install Git 2\.39"):
        publish_files(Remote(repository.url), {OSV: b"{}"}, commit, scratch_root=scratch)


def test_reading_says_what_is_there(repository, scratch):
    repository.add({"link": b"/etc/passwd"}, mode="120000")
    remote = Remote(repository.url)
    assert read_files(remote, ["README.md", "nope", "no/folder"], scratch_root=scratch) == {
        "README.md": b"# Advisories\n",
        "nope": None,
        "no/folder": None,
    }
    with pytest.raises(GitFailed, match="'link' is a symbolic link"):
        read_files(remote, ["link", "README.md"], scratch_root=scratch)
    with open_branch(remote, scratch_root=scratch) as branch:
        assert branch.head == repository.head()
        assert set(branch.names()) == {"README.md", "link"}
    assert list(scratch.iterdir()) == []


def test_without_a_scratch_root_the_systems_folder_is_used(repository, commit, scratch, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    seen: list[list[int]] = []

    def look(_event: Event) -> None:
        seen.append([folder.stat().st_mode & 0o777 for folder in scratch.iterdir()])

    publish_files(Remote(repository.url), {OSV: b""}, commit, on_event=look)
    assert seen == [[0o700]] * 3
    assert list(scratch.iterdir()) == []


def test_what_a_killed_process_left_hours_ago_is_removed(repository, commit, scratch):
    stale, recent, foreign = (
        scratch / "advisoryhub-git-old",
        scratch / "advisoryhub-git-new",
        scratch / "other",
    )
    for folder in (stale, recent, foreign):
        folder.mkdir()
        (folder / "id").write_bytes(b"key")
    for folder in (stale, foreign):
        os.utime(folder, (time.time() - 86400,) * 2)
    publish_files(Remote(repository.url), {OSV: b""}, commit, scratch_root=scratch)
    assert sorted(folder.name for folder in scratch.iterdir()) == ["advisoryhub-git-new", "other"]
