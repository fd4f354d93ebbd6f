"""No write leaves the clone, and a hostile repository runs nothing and reaches nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisoryhub_publishing.git import GitFailed, Remote, publish_files, read_files
from advisoryhub_publishing.git.paths import check_paths

pytestmark = pytest.mark.invariant("INV-PUB-8")

BAD_PATHS = [
    "",
    "/etc/passwd",
    "../outside",
    "a/../../outside",
    "a/./b",
    "a//b",
    "a/",
    ".",
    "..",
    ".git/config",
    ".GIT/hooks/post-checkout",
    "a/.Git",
    "git~1/config",
    ".g\u200bit/config",
    "\uff0egit/config",
    ".git./x",
    ".git /x",
    "a\\b",
    "..\\outside",
    "c:evil",
    "a\nb",
    "a\x00b",
    "a\x7fb",
    "a\u202eb",
    "a\u00a0b",
    " a",
    "a ",
    'a"b',
    "a*",
    "nul.json",
    "COM1",
    "e\u0301",
    "\ud800",
    "x" * 256,
    "/".join(["x" * 200] * 6),
]
GOOD_PATHS = [
    "osv/2026/ECL-2345-6789-cfgh.json",
    "csaf/2026/ecl-2345-6789-cfgh.json.sha256",
    ".well-known/csaf/provider-metadata.json",
    "cves/2026/1xxx/CVE-2026-1234.json",
    ".gitignore",
    "a b/é.json",
    "-rf",
    "console/auxiliary.json",
]


@pytest.mark.parametrize("path", BAD_PATHS)
def test_a_bad_path_is_refused(path):
    with pytest.raises(GitFailed) as failure:
        check_paths(["good", path])
    assert failure.value.step == "paths"


@pytest.mark.parametrize("path", GOOD_PATHS)
def test_the_paths_of_the_layout_are_accepted(path, repository, commit, scratch):
    check_paths([path])
    publish_files(Remote(repository.url), {path: b"x"}, commit, scratch_root=scratch)
    assert repository.files()[path] == b"x"


def test_all_bad_paths_are_named_at_once():
    with pytest.raises(GitFailed) as failure:
        check_paths(["../a", "/b", "good", "good/below"])
    for part in ("'../a' has an empty, '.' or '..'", "'/b' is absolute", "'good/below' lies below 'good'"):
        assert part in failure.value.message


@given(st.text(max_size=40))
def test_whatever_is_accepted_stays_inside(path):
    try:
        check_paths([path])
    except GitFailed:
        return
    parts = path.split("/")
    assert not {"", ".", ".."} & set(parts)
    assert not any(part.casefold().startswith(".git") and not part[4:].strip(". ") for part in parts)
    assert path.isprintable()
    assert "\\" not in path


@pytest.mark.parametrize("path", ["../outside", ".git/hooks/post-update"])
def test_bad_paths_from_files_and_transforms_are_refused(path, repository, commit, scratch, tmp_path):
    remote = Remote(repository.url)
    with pytest.raises(GitFailed, match="paths: these paths cannot be published"):
        publish_files(remote, {path: b"x"}, commit, scratch_root=scratch)
    with pytest.raises(GitFailed, match="paths: these paths cannot be published"):
        publish_files(remote, {"a": b""}, commit, scratch_root=scratch, transform=lambda _b: {path: b"x"})
    with pytest.raises(GitFailed, match="paths: these paths cannot be published"):
        publish_files(remote, {"a": b""}, commit, scratch_root=scratch, transform=lambda _b: {"a/b": b"x"})
    with pytest.raises(GitFailed, match="paths: "):
        read_files(remote, [path], scratch_root=scratch)
    assert repository.log() == ["Earlier work"]
    assert not (tmp_path / "outside").exists()


def test_links_submodules_and_folders_on_the_branch_are_refused(repository, commit, scratch, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    repository.add(
        {"osv": str(outside).encode(), "csaf/2026": b"../../..", "index.txt": b"/etc/passwd"}, mode="120000"
    )
    repository.add({"folder/file": b"x"})
    repository.add_submodule("cves")
    before = repository.head()
    expected = {
        "osv/2026/a.json": "'osv', which is a symbolic link",
        "csaf/2026/a.json": "'csaf/2026', which is a symbolic link",
        "cves/2026/a.json": "'cves', which is a submodule",
        "README.md/a.json": "'README.md', which is a file",
        "index.txt": "'index.txt' is a symbolic link",
        "cves": "'cves' is a submodule",
        "folder": "'folder' is a folder",
    }
    for path, words in expected.items():
        with pytest.raises(GitFailed) as failure:
            publish_files(Remote(repository.url), {path: b"x"}, commit, scratch_root=scratch)
        assert failure.value.step == "paths"
        assert words in failure.value.message
        with pytest.raises(GitFailed, match="paths: "):
            publish_files(
                Remote(repository.url),
                {},
                commit,
                scratch_root=scratch,
                transform=lambda _b, p=path: {p: None},
            )
    assert repository.head() == before
    assert list(outside.iterdir()) == []


def test_a_hostile_repository_runs_nothing(repository, commit, scratch, tmp_path, monkeypatch):
    """Filters, attributes, hooks and modules on the branch, and a hostile configuration of the user."""
    trap = tmp_path / "trapped"
    home = tmp_path / "home"
    home.mkdir()
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "pre-commit", "pre-push", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {trap}\n", encoding="utf-8")
        (hooks / name).chmod(0o755)
    (home / ".gitconfig").write_text(
        f'[filter "evil"]\nclean = touch {trap}\nsmudge = touch {trap}\nrequired = true\n'
        f'[core]\nhooksPath = {hooks}\nfsmonitor = "touch {trap}"\nsshCommand = "touch {trap}"\n'
        f'[url "ext::touch {trap}"]\ninsteadOf = file://\n[user]\nname = Wrong\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(trap))
    monkeypatch.setenv("GIT_SSH_COMMAND", f"touch {trap}")
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(hooks))
    repository.add(
        {
            ".gitattributes": b"* filter=evil merge=evil diff=evil\n",
            ".gitmodules": b'[submodule "x"]\npath = x\nurl = ext::touch trapped\n',
            "hooks/pre-push": b"#!/bin/sh\nexit 1\n",
            "config": b"[core]\nfsmonitor = touch trapped\n",
        }
    )
    outcome = publish_files(Remote(repository.url), {"osv/a.json": b"x\r\n"}, commit, scratch_root=scratch)
    assert repository.head() == outcome.sha
    assert repository.files()["osv/a.json"] == b"x\r\n"
    assert not trap.exists()


@pytest.mark.parametrize(
    "url",
    ["ext::sh -c touch% /tmp/x", "ext::sh", "-oProxyCommand=x", "relative/path", "git://h/x", "", "fd::3"],
)
def test_other_transports_are_refused(url):
    with pytest.raises(ValueError, match="the repository URL must be"):
        Remote(url)
