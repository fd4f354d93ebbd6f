"""Authority over one comment, over a project, and outside any one advisory."""

from __future__ import annotations

import itertools

import pytest

from advisoryhub_core.advisories.permissions import (
    Cap,
    comment_capabilities,
    owns_project,
    site_capabilities,
)


def test_nobody_holds_the_capability_of_nobody() -> None:
    for signed_in, admin, team in itertools.product([True, False], repeat=3):
        assert Cap.NOBODY not in site_capabilities(signed_in=signed_in, admin=admin, on_a_team=team)


def test_outside_advisories_authority_needs_a_sign_in() -> None:
    assert site_capabilities(signed_in=False, admin=True, on_a_team=True) == frozenset()
    assert site_capabilities(signed_in=True, admin=False, on_a_team=False) == {Cap.LIST, Cap.ACCOUNT}
    assert Cap.CREATE in site_capabilities(signed_in=True, admin=False, on_a_team=True)
    assert Cap.ADMIN in site_capabilities(signed_in=True, admin=True, on_a_team=False)


@pytest.mark.invariant("INV-COMMENT-4")
def test_of_one_comment_the_author_edits_and_administrators_redact_too() -> None:
    held = frozenset({Cap.VIEW, Cap.EDIT_COMMENT, Cap.REDACT_COMMENT, Cap.POST_INTERNAL})
    both, redact, read = held, held - {Cap.EDIT_COMMENT}, held - {Cap.EDIT_COMMENT, Cap.REDACT_COMMENT}
    plain = {"internal": False, "redacted": False}
    assert comment_capabilities(held, admin=False, own=True, **plain) == both
    assert comment_capabilities(held, admin=True, own=True, **plain) == both
    assert comment_capabilities(held, admin=True, own=False, **plain) == redact
    assert comment_capabilities(held, admin=False, own=False, **plain) == read
    for admin, own in itertools.product([True, False], repeat=2):
        assert comment_capabilities(held, admin=admin, own=own, internal=False, redacted=True) == read
    # Nobody edits an internal comment who may not post one any more; they may still take it away.
    assert comment_capabilities(held, admin=False, own=True, internal=True, redacted=False) == both
    without = held - {Cap.POST_INTERNAL}
    left = comment_capabilities(without, admin=False, own=True, internal=True, redacted=False)
    assert left == without - {Cap.EDIT_COMMENT}
    assert comment_capabilities(without, admin=False, own=True, **plain) == without


def test_a_project_is_owned_by_administrators_and_its_own_team() -> None:
    assert owns_project(admin=True, group_ids=(), security_team_id=7)
    assert owns_project(admin=False, group_ids=(3, 7), security_team_id=7)
    assert not owns_project(admin=False, group_ids=(3,), security_team_id=7)


def test_only_administrators_and_teams_write_new_drafts_and_only_the_former_have_a_console() -> None:
    signed_in = {Cap.LIST, Cap.ACCOUNT}
    assert site_capabilities(signed_in=False, admin=False, on_a_team=False) == frozenset()
    for admin, team in itertools.product([True, False], repeat=2):
        more = ({Cap.CREATE} if admin or team else set()) | ({Cap.ADMIN} if admin else set())
        assert site_capabilities(signed_in=True, admin=admin, on_a_team=team) == signed_in | more
