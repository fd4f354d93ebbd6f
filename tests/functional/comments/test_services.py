"""Who may post, edit, redact and lock; what each act writes; and that two at once lose nothing."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from advisoryhub_core.advisories.payload.messages import PayloadInvalid
from advisoryhub_core.advisories.states import State
from advisoryhub_core.comments.services import (
    BODY_LIMIT,
    LockReasonMissing,
    edit_comment,
    lock_comments,
    post_comment,
    redact_comment,
    unlock_comments,
)
from advisoryhub_core.errors import Conflict, NotPermitted, StaleVersion
from tests.functional.comments.kit import ROLES, Cast, cast, scalars
from tests.support.hub import Hub

SEEING = {"viewer", "collaborator", "team", "admin"}
CONTRIBUTING = {"collaborator", "team", "admin"}
OWNING = {"team", "admin"}


@pytest.mark.invariant("INV-AUTH-5")
@pytest.mark.parametrize("state", list(State))
def test_who_comments_follows_role_state_and_lock(hub: Hub, state: State) -> None:
    about = cast(hub, state)
    internal = CONTRIBUTING if state is not State.TRIAGE else OWNING

    def posting(*, internal: bool) -> set[str]:
        return {role for role in ROLES if about.may(role, post_comment, about.pk, "Hi.", internal=internal)}

    assert posting(internal=False) == SEEING
    assert posting(internal=True) == internal
    about.lock()
    assert posting(internal=False) == OWNING
    assert posting(internal=True) == OWNING
    with hub.acting_for(about.people["admin"]) as act:
        unlock_comments(act, about.pk)
    assert posting(internal=False) == SEEING


@pytest.mark.parametrize("body", ["", "  \n\t ", "x" * (BODY_LIMIT + 1), "a\x07b"])
def test_a_text_that_is_none_or_too_long_is_refused(hub: Hub, body: str) -> None:
    about = cast(hub)
    with pytest.raises(PayloadInvalid) as refused, hub.acting_for(about.people["viewer"]) as act:
        post_comment(act, about.pk, body)
    assert list(refused.value.errors) == ["body"]
    assert scalars(hub, "SELECT count(*) FROM comments") == [0]


def test_the_longest_text_is_kept_whole(hub: Hub) -> None:
    about = cast(hub)
    number = about.comment("viewer", "é" * BODY_LIMIT)
    assert scalars(hub, "SELECT length(body) FROM comments WHERE id = :id", id=number) == [BODY_LIMIT]


@pytest.mark.invariant("INV-COMMENT-1")
@pytest.mark.parametrize("internal", [True, False])
def test_whether_a_comment_is_internal_is_fixed(hub: Hub, internal: bool) -> None:
    about = cast(hub)
    number = about.comment("team", internal=internal)
    with pytest.raises(DBAPIError, match="INV-COMMENT-1"), hub.system() as act:
        act.db.execute(text("UPDATE comments SET internal = NOT internal"))
    with hub.acting_for(about.people["team"]) as act:
        edit_comment(act, number, "Other words.", base_version=1)
    assert scalars(hub, "SELECT internal FROM comments") == [internal]


@pytest.mark.invariant("INV-COMMENT-3")
def test_an_edit_appends_a_version_and_the_ledger_holds_no_text(hub: Hub) -> None:
    about = cast(hub)
    number = about.comment("viewer", "First words.")
    with hub.acting_for(about.people["viewer"]) as act:
        edit_comment(act, number, "Second words.", base_version=1)
    with hub.acting_for(about.people["viewer"]) as act:
        edit_comment(act, number, "Third words.", base_version=2)
        # The same again changes nothing.
        edit_comment(act, number, "Third words.", base_version=3)
    bodies = "SELECT body FROM comment_versions WHERE comment_id = :id ORDER BY number"
    assert scalars(hub, bodies, id=number) == ["First words.", "Second words.", "Third words."]
    assert scalars(hub, "SELECT body FROM comments WHERE edited_at IS NOT NULL") == ["Third words."]
    assert hub.ledger(about.advisory_id).count("comment.edited") == 2
    told = scalars(hub, "SELECT l::text FROM audit_log l WHERE comment_id = :id", id=number)
    assert len(told) == 2
    assert not any("words" in row for row in told)


@pytest.mark.invariant("INV-IMPL-3")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE comment_versions SET body = 'other'",
        "DELETE FROM comment_versions",
        "TRUNCATE comment_versions",
        "DELETE FROM comments",
    ],
)
def test_what_was_said_is_never_changed_or_taken_away(hub: Hub, statement: str) -> None:
    about = cast(hub)
    about.comment("viewer")
    owner = hub.registry.owner_url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(owner) as connection, pytest.raises(psycopg.Error, match=r"INV-(IMPL-3|COMMENT-4)"):
        connection.execute(statement)


def test_only_the_author_edits(hub: Hub) -> None:
    about = cast(hub)
    number = about.comment("collaborator")
    editing = {role for role in ROLES if about.may(role, edit_comment, number, "Words!", base_version=1)}
    assert editing == {"collaborator"}


@pytest.mark.invariant("INV-PRIVACY-3")
def test_somebody_of_the_same_name_is_somebody_else(hub: Hub) -> None:
    about = cast(hub, viewer="Ada Lovelace", collaborator="Ada Lovelace")
    number = about.comment("viewer")
    assert not about.may("collaborator", edit_comment, number, "Words!", base_version=1)
    assert not about.may("collaborator", redact_comment, number)
    assert about.may("viewer", edit_comment, number, "Words!", base_version=1)


@pytest.mark.parametrize(("role", "kept"), [("viewer", False), ("collaborator", False), ("team", True)])
def test_a_lock_stops_edits_of_those_who_may_not_post(hub: Hub, role: str, kept: bool) -> None:
    about = cast(hub)
    number = about.comment(role)
    about.lock()
    assert about.may(role, edit_comment, number, "Words!", base_version=1) is kept


def test_an_internal_comment_is_not_edited_by_an_author_who_may_not_see_it_any_more(hub: Hub) -> None:
    about = cast(hub)
    number = about.comment("collaborator", internal=True)
    with hub.system() as act:
        act.db.execute(
            text("UPDATE grants SET permission = 'viewer' WHERE user_id = :id"),
            {"id": about.people["collaborator"]},
        )
    assert not about.may("collaborator", edit_comment, number, "Words!", base_version=1)
    assert not about.may("collaborator", redact_comment, number)


def test_the_author_and_administrators_redact(hub: Hub) -> None:
    about = cast(hub)
    by_viewer = [about.comment("viewer") for _role in ROLES]
    redacting = {
        role for role, number in zip(ROLES, by_viewer, strict=True) if about.may(role, redact_comment, number)
    }
    assert redacting == {"viewer", "admin"}


@pytest.mark.invariant("INV-COMMENT-4")
def test_a_redaction_is_for_good(hub: Hub) -> None:
    about = cast(hub)
    number = about.comment("viewer", "A secret.")
    with hub.acting_for(about.people["viewer"]) as act:
        redact_comment(act, number)
    assert scalars(hub, "SELECT body FROM comments WHERE redacted_by_id IS NOT NULL") == [""]
    assert hub.ledger(about.advisory_id).count("comment.redacted") == 1
    for again in (redact_comment, lambda act, n: edit_comment(act, n, "Back.", base_version=1)):
        with pytest.raises(NotPermitted), hub.acting_for(about.people["viewer"]) as act:
            again(act, number)
    for statement in (
        "UPDATE comments SET redacted_at = NULL, redacted_by_id = NULL, body = 'A secret.'",
        "UPDATE comments SET body = 'A secret.'",
    ):
        with pytest.raises(DBAPIError, match=r"INV-COMMENT-4|ck_comments_redacted"), hub.system() as act:
            act.db.execute(text(statement))


def test_an_edit_on_an_older_version_is_refused(hub: Hub) -> None:
    about = cast(hub)
    number = about.comment("viewer", "First.")
    with hub.acting_for(about.people["viewer"]) as act:
        edit_comment(act, number, "Second.", base_version=1)
    with pytest.raises(StaleVersion) as stale, hub.acting_for(about.people["viewer"]) as act:
        edit_comment(act, number, "Third.", base_version=1)
    assert (stale.value.base, stale.value.newest) == (1, 2)
    assert scalars(hub, "SELECT body FROM comments") == ["Second."]


@pytest.mark.invariant("INV-CONCURRENCY-1")
def test_of_two_edits_at_once_one_is_told_about_the_other(hub: Hub) -> None:
    about = cast(hub)
    number = about.comment("viewer", "First.")
    ready, outcomes = threading.Barrier(2), []

    def edit(body: str) -> None:
        try:
            with hub.acting_for(about.people["viewer"]) as act:
                ready.wait(10)
                edit_comment(act, number, body, base_version=1)
            outcomes.append("saved")
        except StaleVersion:
            outcomes.append("stale")

    threads = [threading.Thread(target=edit, args=(body,)) for body in ("One.", "Other.")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["saved", "stale"]
    assert scalars(hub, "SELECT count(*) FROM comment_versions") == [2]


@pytest.mark.invariant("INV-AUDIT-3")
def test_locking_and_unlocking_leave_one_entry_and_a_public_note_each(hub: Hub) -> None:
    about = cast(hub)
    locking = {role for role in ROLES if about.may(role, _lock_and_unlock, about.pk)}
    assert locking == OWNING
    kinds = hub.ledger(about.advisory_id)
    assert kinds.count("advisory.comments_locked") == 2
    assert kinds.count("advisory.comments_unlocked") == 2
    notes = scalars(hub, "SELECT note_of FROM comments WHERE NOT internal ORDER BY id")
    assert notes == ["lock-comments", "unlock-comments"] * 2
    assert not any("Heated" in row for row in scalars(hub, "SELECT l::text FROM audit_log l"))


def _lock_and_unlock(act: Any, pk: int) -> None:
    lock_comments(act, pk, "Heated.")
    unlock_comments(act, pk, "Cooled down.")


def test_a_lock_needs_a_reason_and_is_put_on_once(hub: Hub) -> None:
    about = cast(hub)

    def team(act_: Any, *args: Any) -> None:
        with hub.acting_for(about.people["team"]) as act:
            act_(act, about.pk, *args)

    with pytest.raises(LockReasonMissing):
        team(lock_comments, "  ")
    with pytest.raises(Conflict):
        team(unlock_comments)
    team(lock_comments, "Enough.")
    with pytest.raises(Conflict):
        team(lock_comments, "Again.")
    modified = "SELECT modified_at = created_at AND current_version = 1 FROM advisories WHERE id = :id"
    assert scalars(hub, modified, id=about.pk) == [True]


def test_a_failed_act_leaves_nothing(hub: Hub) -> None:
    about: Cast = cast(hub)

    def post_and_fail() -> None:
        with hub.acting_for(about.people["viewer"]) as act:
            post_comment(act, about.pk, "Words.")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        post_and_fail()
    assert scalars(hub, "SELECT count(*) FROM comments") == [0]
    assert scalars(hub, "SELECT count(*) FROM comment_versions") == [0]
