"""What plugins add: an event of their own, and another way to tell people."""

from __future__ import annotations

from typing import Any

import pytest

from advisoryhub_core.notifications.subscribers import UnknownNotification
from advisoryhub_core.plugins.api import Audience, Notice, NotificationKind, Switch, announce
from advisoryhub_core.plugins.extensions import extensions
from tests.functional.notifications.conftest import Cast
from tests.functional.notifications.test_who import assert_no_content, body, mail_to

SYNCED = NotificationKind(
    code="sync_failed",
    audience=Audience.TEAM,
    switch=Switch.EXPORT,
    subject="sync failed",
    sentence="The synchronisation failed.",
)


def test_an_event_of_a_plugin_is_told_like_the_cores(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(extensions(cast.hub.registry).notification_kinds, "sync_failed", SYNCED)
    with cast.hub.system() as act:
        announce(act, "sync_failed", cast.pk, run_id=7)
    cast.hub.run_jobs()
    assert cast.got_mail() == {"team", "actor", "shadow"}
    assert mail_to(cast, "team")["Subject"] == f"[AdvisoryHub] {cast.advisory_id}: sync failed"
    assert body(mail_to(cast, "team"), "plain").startswith("The synchronisation failed.")
    browser = cast.hub.browser_as(cast.people["team"])
    assert "The synchronisation failed." in browser.get("/notifications/inbox/").text
    # The plugin is taken out: what it told stays, in words that fit anything.
    monkeypatch.delitem(extensions(cast.hub.registry).notification_kinds, "sync_failed")
    assert "Something happened." in browser.get("/notifications/inbox/").text


def test_an_event_that_nobody_declared_is_a_mistake(cast: Cast) -> None:
    with pytest.raises(UnknownNotification), cast.hub.system() as act:
        announce(act, "no.such", cast.pk)


@pytest.mark.invariant("INV-PRIVACY-2")
@pytest.mark.invariant("INV-SECRET-3")
def test_a_channel_gets_each_event_with_those_it_concerns_now(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Notice] = []

    def sender(_context: Any, notice: Notice) -> None:
        heard.append(notice)

    monkeypatch.setitem(extensions(cast.hub.registry).notification_channels, "chat", sender)
    cast.sql("UPDATE users SET language = 'en' WHERE id = :id", id=cast.people["team"])
    cast.comment(internal=True)
    [notice] = heard
    assert (notice.event, notice.advisory_id, notice.project) == ("comment", cast.advisory_id, cast.slug)
    assert {person.user_id for person in notice.recipients} == {
        cast.people["team"],
        cast.people["collaborator"],
    }
    assert notice.sentence == "A comment was posted."
    assert_no_content(cast)
