"""How mail goes out: what it looks like, that nobody gets it twice, and what becomes of it."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from sqlalchemy import select, text

from advisoryhub_core import events
from advisoryhub_core.accounts.models import User
from advisoryhub_core.mail.message import OutgoingMail
from advisoryhub_core.mail.transport import Delivery
from advisoryhub_core.notifications import delivery
from advisoryhub_core.notifications.models import Notification
from tests.functional.notifications.conftest import Cast, statements
from tests.functional.notifications.test_who import EVERYBODY, assert_no_content, body, mail_to
from tests.support.hub import team_of

DELIVER = "notifications.deliver"


def make_due(cast: Cast) -> None:
    cast.sql("UPDATE notifications SET mail_due_at = now() - interval '1 second'")


def test_what_a_mail_says(cast: Cast) -> None:
    comment_id = cast.comment(users=("viewer",))
    mail = mail_to(cast, "viewer")
    link = f"http://localhost/advisories/{cast.advisory_id}/#comment-{comment_id}"
    assert body(mail, "plain").replace("\r\n", "\n") == (
        "Somebody mentioned you in a comment.\n\n"
        f"Advisory: {cast.advisory_id}\n"
        f"Project: {cast.slug.title()}\n"
        f"Read it here: {link}\n\n"
        "-- \n"
        "You get this because somebody mentioned you or your group.\n"
        f"Change what you get: http://localhost/advisories/{cast.advisory_id}/notifications/\n"
    )
    html = body(mail, "html")
    assert f'<a href="{link}">Read it here</a>' in html
    assert "because somebody mentioned you" in html
    # Nothing is fetched when it is opened, and nothing runs.
    assert not any(mark in html for mark in ("<img", "src=", "<link", "url(", "<script", "@import"))
    assert mail["List-Unsubscribe"] == "<http://localhost/notifications/preferences/>"
    assert mail["Auto-Submitted"] == "auto-generated"


@pytest.mark.invariant("INV-SECRET-3")
def test_a_failed_export_does_not_say_why(cast: Cast) -> None:
    cast.tell(lambda act: events.ExportFailed(act, cast.pk, 1))
    text_ = body(mail_to(cast, "team"), "plain")
    assert "The export of the advisory failed; nothing was changed." in text_
    assert_no_content(cast)


def test_mails_about_one_advisory_are_one_thread(cast: Cast) -> None:
    cast.comment()
    cast.tell(lambda act: events.Published(act, cast.pk, 1, first=True))
    mails = cast.mailbox.to(cast.address(cast.people["team"]))
    thread = f"<advisory.{cast.advisory_id}@localhost>"
    assert [mail["References"] for mail in mails] == [thread, thread]
    assert [mail["In-Reply-To"] for mail in mails] == [thread, thread]
    assert len({mail["Message-ID"] for mail in cast.mailbox.messages()}) == len(cast.mailbox.messages())


def test_a_project_name_is_escaped_in_html_and_plain_in_text(cast: Cast) -> None:
    cast.sql("UPDATE projects SET name = E'<b>& \\n Co' WHERE slug = :slug", slug=cast.slug)
    cast.comment()
    mail = mail_to(cast, "team")
    assert "Project: <b>& Co\n" in body(mail, "plain").replace("\r\n", "\n")
    assert "Project: &lt;b&gt;&amp; Co" in body(mail, "html")


def test_what_was_sent_is_in_the_access_log(cast: Cast) -> None:
    cast.comment()
    with cast.hub.system() as act:
        rows = act.db.execute(
            text("SELECT actor_id, advisory_id FROM access_log WHERE action = 'notification.sent'")
        ).all()
    assert {row.actor_id for row in rows} == {cast.people[name] for name in EVERYBODY}
    assert {row.advisory_id for row in rows} == {cast.pk}


def test_a_task_that_is_delivered_again_sends_nobody_anything(cast: Cast) -> None:
    cast.comment()
    for task in ("notifications.handle", DELIVER, "notifications.handle"):
        cast.run(task, cast.pk)
    assert cast.got_mail() == EVERYBODY


class DyingWorker:
    """A mailer whose worker is gone after so many mails, before any outcome could be recorded."""

    def __init__(self, real: Any, after: int) -> None:
        self._real = real
        self._after = after

    def deliver(self, mails: Iterable[OutgoingMail]) -> list[Delivery]:
        def some() -> Iterator[OutgoingMail]:
            for number, mail in enumerate(mails):
                if number == self._after:
                    return
                yield mail

        self._real.deliver(some())
        raise KeyboardInterrupt


def test_a_worker_that_dies_between_hand_over_and_record_leads_to_no_second_mail(cast: Cast) -> None:
    """The others are sent by the next run; what was begun keeps its place, with an outcome unknown."""
    registry = cast.hub.registry
    cast.comment(work=False)
    cast.hub.registry.celery.tasks["notifications.handle"].apply(args=(cast.pk,), throw=True)
    real, registry.mailer = registry.mailer, DyingWorker(registry.mailer, after=2)
    try:
        with pytest.raises(KeyboardInterrupt):
            registry.celery.tasks[DELIVER].apply(args=(cast.pk,), throw=True)
    finally:
        registry.mailer = real
    begun = sorted(cast.statuses().values())
    assert begun.count("sending") in {2, 3}
    make_due(cast)
    cast.run("notifications.sweep")
    # Nobody twice; at most the one that was at hand when the worker died has nothing.
    assert len(cast.got_mail()) >= len(EVERYBODY) - 1
    assert set(cast.statuses().values()) == {"sent", "sending"}


def test_two_workers_do_not_hand_over_the_same_mail(cast: Cast) -> None:
    cast.comment(work=False)
    cast.hub.registry.celery.tasks["notifications.handle"].apply(args=(cast.pk,), throw=True)
    with cast.hub.system() as act:
        first = delivery.due(act, cast.pk)
    with cast.hub.system() as act:
        second = delivery.due(act, cast.pk)
    assert len(first) == len(second) == len(EVERYBODY)
    with cast.hub.system() as act:
        assert all(delivery.begin(act, waiting) for waiting in first)
    with cast.hub.system() as act:
        assert not any(delivery.begin(act, waiting) for waiting in second)


def test_a_refused_address_stops_nobody_else(cast: Cast) -> None:
    cast.mailbox.refuse(cast.address(cast.people["viewer"]))
    cast.comment()
    assert cast.got_mail() == EVERYBODY - {"viewer"}
    assert cast.statuses()["viewer"] == "refused"
    make_due(cast)
    cast.run("notifications.sweep")
    assert cast.got_mail() == EVERYBODY - {"viewer"}


def test_an_address_that_is_none_stops_nobody_else(cast: Cast) -> None:
    cast.sql("UPDATE users SET email = 'no address', display_name = E'a\\nBcc: b@example.org' WHERE id = :id",
             id=cast.people["viewer"])  # fmt: skip
    cast.comment()
    assert cast.got_mail() == EVERYBODY - {"viewer"}
    assert cast.statuses()["viewer"] == "refused"


def test_a_deferred_mail_is_tried_again_later_and_later_up_to_a_limit(cast: Cast) -> None:
    viewer = cast.people["viewer"]
    cast.mailbox.defer(cast.address(viewer))
    cast.comment()
    pauses = []
    for _try in range(12):
        with cast.hub.system() as act:
            row = act.db.scalars(select(Notification).where(Notification.user_id == viewer)).one()
            if row.mail_status != "queued":
                break
            pauses.append(round((row.mail_due_at - act.now()).total_seconds() / 60))
        # Not before its time.
        cast.run("notifications.sweep")
        make_due(cast)
        cast.run("notifications.sweep")
    assert pauses == [1, 4, 16, 64, 256, 360, 360]
    assert cast.statuses()["viewer"] == "refused"
    assert cast.got_mail() == EVERYBODY - {"viewer"}


def test_a_deferred_mail_arrives_once_the_server_takes_it(cast: Cast) -> None:
    cast.mailbox.answer("mail", "451 4.3.0 Try again")
    cast.comment()
    assert cast.got_mail() == set()
    cast.mailbox.clear()
    make_due(cast)
    cast.run("notifications.sweep")
    assert cast.got_mail() == EVERYBODY
    assert set(cast.statuses().values()) == {"sent"}


def test_a_server_that_hangs_costs_no_more_than_its_timeouts_and_holds_no_lock(cast: Cast) -> None:
    cast.hub.registry.mailer._server = _patient(cast.hub.registry.mailer._server, 0.3)
    try:
        cast.mailbox.hang("connect")
        cast.comment()
    finally:
        cast.hub.registry.mailer._server = _patient(cast.hub.registry.mailer._server, 5)
    assert set(cast.statuses().values()) == {"queued"}
    cast.mailbox.clear()
    make_due(cast)
    cast.run("notifications.sweep")
    assert cast.got_mail() == EVERYBODY


def _patient(server: Any, seconds: float) -> Any:
    return replace(server, timeout=seconds)


class LookingMailer:
    """Looks, while mail is handed over, whether any row of the slice is locked."""

    def __init__(self, real: Any, hub: Any) -> None:
        self._real = real
        self._hub = hub
        self.free: list[int] = []

    def deliver(self, mails: Iterable[OutgoingMail]) -> list[Delivery]:
        def watched() -> Iterator[OutgoingMail]:
            for mail in mails:
                with self._hub.system() as act:
                    taken = act.db.execute(text("SELECT id FROM notifications FOR UPDATE SKIP LOCKED")).all()
                    act.db.execute(text("SELECT id FROM advisories FOR UPDATE NOWAIT"))
                    self.free.append(len(taken))
                yield mail

        return list(self._real.deliver(watched()))


def test_no_row_is_locked_while_the_network_is_used(cast: Cast) -> None:
    registry = cast.hub.registry
    looking = LookingMailer(registry.mailer, cast.hub)
    registry.mailer, real = looking, registry.mailer
    try:
        cast.comment()
    finally:
        registry.mailer = real
    assert looking.free == [len(EVERYBODY)] * len(EVERYBODY)


def test_a_lost_message_is_made_good_by_the_sweep(cast: Cast) -> None:
    cast.comment(work=False)
    cast.hub.registry.session_store.redis.flushdb()
    cast.run("notifications.sweep")
    assert cast.got_mail() == set()
    cast.sql("UPDATE notification_events SET created_at = now() - interval '2 minutes'")
    cast.run("notifications.sweep")
    assert cast.got_mail() == EVERYBODY


def test_what_is_handled_a_week_late_is_in_the_inbox_alone(cast: Cast) -> None:
    cast.comment(work=False)
    cast.sql("UPDATE notification_events SET created_at = now() - interval '8 days'")
    cast.hub.run_jobs()
    assert cast.got_mail() == set()
    assert cast.inbox("team") == ["comment"]


@pytest.mark.parametrize("people", [300])
def test_queries_do_not_grow_with_the_people(cast: Cast, people: int) -> None:
    """Handling and re-checking take the same number of statements for ten and for many."""

    def counted() -> tuple[int, int]:
        cast.comment(work=False, users=("viewer",))
        with statements(cast.hub) as handling:
            cast.hub.registry.celery.tasks["notifications.handle"].apply(args=(cast.pk,), throw=True)
        with statements(cast.hub) as checking, cast.hub.system() as act:
            assert delivery.due(act, cast.pk)
        cast.sql("UPDATE notifications SET mail_status = 'none'")
        return len(handling), len(checking)

    few = counted()
    with cast.hub.system() as act:
        group = act.db.scalar(text("SELECT id FROM groups WHERE name = :name"), {"name": team_of(cast.slug)})
        for number in range(people):
            user = User(email=f"many{number}@example.org", display_name=f"Many {number}")
            act.db.add(user)
            act.db.flush()
            act.db.execute(
                text("INSERT INTO user_groups (user_id, group_id) VALUES (:user, :group)"),
                {"user": user.id, "group": group},
            )
            act.db.execute(
                text("INSERT INTO notification_preferences (user_id, created) VALUES (:user, false)"),
                {"user": user.id},
            )
    many = counted()
    assert many == few
    with cast.hub.system() as act:
        assert act.db.scalar(text("SELECT count(*) FROM notifications")) > people


def test_a_digest_gathers_what_is_still_ones_to_see(cast: Cast) -> None:
    for name in ("viewer", "collaborator", "team"):
        cast.sql(
            "INSERT INTO notification_preferences (user_id, digest) VALUES (:id, 'hourly')",
            id=cast.people[name],
        )
    cast.comment()
    cast.comment(internal=True)
    cast.tell(lambda act: events.Published(act, cast.pk, 1, first=True))
    assert {"viewer", "collaborator", "team"}.isdisjoint(cast.got_any_mail())
    cast.mailbox.clear()
    cast.sql("UPDATE grants SET permission = 'viewer' WHERE user_id = :id", id=cast.people["collaborator"])
    cast.sql("DELETE FROM grants WHERE user_id = :id", id=cast.people["viewer"])
    cast.run("notifications.digests")
    # One mail each; the viewer sees nothing any more, the collaborator no internal comment.
    assert cast.got_mail() == {"collaborator", "team"}
    assert mail_to(cast, "team")["Subject"] == "[AdvisoryHub] notifications: 3"
    assert mail_to(cast, "collaborator")["Subject"] == "[AdvisoryHub] notifications: 2"
    assert "because you chose to have notifications gathered" in body(mail_to(cast, "team"), "plain")
    assert_no_content(cast)
    cast.run("notifications.digests")
    assert cast.got_mail() == {"collaborator", "team"}


def test_a_daily_digest_comes_once_a_day(cast: Cast) -> None:
    team = cast.people["team"]
    cast.sql(
        "INSERT INTO notification_preferences (user_id, digest, last_digest_at)"
        " VALUES (:id, 'daily', now() - interval '1 hour')",
        id=team,
    )
    cast.comment()
    cast.mailbox.clear()
    cast.run("notifications.digests")
    assert cast.got_mail() == set()
    cast.sql("UPDATE notification_preferences SET last_digest_at = now() - interval '1 day'")
    cast.run("notifications.digests")
    assert cast.got_mail() == {"team"}
    with cast.hub.system() as act:
        last = act.db.scalar(text("SELECT last_digest_at FROM notification_preferences"))
    assert dt.datetime.now(dt.UTC) - last < dt.timedelta(minutes=1)


def test_a_deferred_digest_is_tried_again(cast: Cast) -> None:
    cast.sql(
        "INSERT INTO notification_preferences (user_id, digest) VALUES (:id, 'daily')",
        id=cast.people["team"],
    )
    cast.comment()
    cast.mailbox.clear()
    cast.mailbox.defer(cast.address(cast.people["team"]))
    cast.run("notifications.digests")
    assert cast.statuses()["team"] == "digest"
    cast.mailbox.clear()
    cast.run("notifications.digests")
    assert cast.got_mail() == {"team"}


def test_whoever_was_banned_since_gets_no_digest(cast: Cast) -> None:
    cast.sql(
        "INSERT INTO notification_preferences (user_id, digest) VALUES (:id, 'hourly')",
        id=cast.people["team"],
    )
    cast.comment()
    cast.mailbox.clear()
    cast.sql("UPDATE users SET banned_at = now() WHERE id = :id", id=cast.people["team"])
    cast.run("notifications.digests")
    assert cast.got_mail() == set()
    assert cast.statuses()["team"] == "dropped"


def test_a_real_worker_carries_it_from_the_act_to_the_mailbox(cast: Cast) -> None:
    cast.comment(work=False)
    # A worker that starts takes open connections for those of its parent process, and drops them.
    cast.hub.registry.db_engine.dispose()
    with start_worker(cast.hub.registry.celery, pool="solo", perform_ping_check=False, loglevel="ERROR"):
        end = time.monotonic() + 20
        while len(cast.mailbox.received) < len(EVERYBODY) and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.3)
    assert cast.got_mail() == EVERYBODY
    assert set(cast.statuses().values()) == {"sent"}
