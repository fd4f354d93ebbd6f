"""A browser is sent to paths of this host and nowhere else."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from advisoryhub_core.web.redirects import local_path

HERE = "https://hub.example.org/oidc/callback/"


@given(
    st.text(max_size=60) | st.text(st.sampled_from("/\\.:?#@%a\t\n\r "), max_size=12).map(lambda t: f"/{t}")
)
@example("//evil.example/")
@example("/\\evil.example/")
@example("/\t/evil.example/")
@example("https://evil.example/")
@example("javascript:alert(1)")
def test_what_is_returned_leads_to_this_host(target: str) -> None:
    path = local_path(target, default="/home/")
    # Browsers drop tabs and line ends, and read a backslash as a slash.
    as_read = "".join(c for c in path if c not in "\t\r\n").replace("\\", "/")
    joined = urlsplit(urljoin(HERE, as_read))
    assert (joined.scheme, joined.netloc) == ("https", "hub.example.org")
    assert path in {target, "/home/"}
    assert path.isascii()
    assert path.isprintable()
    assert " " not in path


@pytest.mark.parametrize("target", ["/", "/advisories/", "/advisories/?q=a%20b&state=draft", "/a/#f-summary"])
def test_a_plain_path_is_kept(target: str) -> None:
    assert local_path(target) == target


@pytest.mark.parametrize("target", [None, "", "advisories/", "/a b", "/é", "/" + "a" * 2000, "//", "/\\"])
def test_anything_else_is_the_default(target: str | None) -> None:
    assert local_path(target, default="/home/") == "/home/"
