"""What people wish to hear: their own defaults, presets for one advisory, and where nothing is stored."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from advisoryhub_core import events
from tests.functional.notifications.conftest import Cast
from tests.support.hub import csrf

DEFAULTS = {
    "created": "true",
    "triage": "true",
    "submitted": "true",
    "published": "true",
    "export": "true",
    "comments": "all",
}
OWN = "/notifications/preferences/"

SENT: dict[str, Any] = {
    "created": events.AdvisoryCreated,
    "triage": events.ReportDismissed,
    "submitted": lambda act, pk: events.ReviewDecided(act, pk, "approved", 1),
    "published": lambda act, pk: events.Published(act, pk, 1, first=True),
    "export": lambda act, pk: events.ExportFailed(act, pk, 1),
}


def post(cast: Cast, name: str, path: str, fields: dict[str, str], status: int = 303) -> Any:
    browser = cast.hub.browser_as(cast.people[name])
    token = csrf(browser.get(path))
    return browser.post(path, {"csrf_token": token, **fields}, status=status)


def without(*switches: str, **more: str) -> dict[str, str]:
    return {**{name: value for name, value in DEFAULTS.items() if name not in switches}, **more}


def rows(cast: Cast, table: str) -> list[Any]:
    with cast.hub.system() as act:
        return list(act.db.execute(text(f"SELECT * FROM {table}")))


@pytest.mark.parametrize("switch", sorted(SENT))
def test_each_switch_silences_its_events_and_no_others(cast: Cast, switch: str) -> None:
    post(cast, "team", OWN, without(switch, digest="off"))
    for make in SENT.values():
        cast.tell(lambda act, make=make: make(act, cast.pk))
    cast.comment()
    told = cast.inbox("team")
    assert len(told) == len(SENT)
    assert "comment" in told
    assert len(cast.mailbox.to(cast.address(cast.people["team"]))) == len(SENT)


def test_only_mentions_of_comments(cast: Cast) -> None:
    post(cast, "team", OWN, without(digest="off", comments="mentioned"))
    cast.comment()
    assert "team" not in cast.got_mail()
    cast.comment(users=("team",))
    assert cast.inbox("team") == ["comment"]


def test_the_defaults_are_stored_nowhere(cast: Cast) -> None:
    post(cast, "team", OWN, without("export", digest="daily"))
    assert len(rows(cast, "notification_preferences")) == 1
    page = cast.hub.browser_as(cast.people["team"]).get(OWN)
    form = next(form for form in page.forms.values() if "digest" in form.fields)
    assert form["export"].checked is False
    assert form["created"].checked is True
    assert form["digest"].value == "daily"
    post(cast, "team", OWN, without(digest="off"))
    assert rows(cast, "notification_preferences") == []


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (without(digest="weekly"), "digest"),
        (without(digest="off", comments="none"), "comments"),
        ({"digest": "off"}, "comments"),
        (without(digest="off", created="perhaps"), "created"),
        (without(digest="off", extra="1"), "extra"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_typed(cast: Cast, fields: Any, message: str) -> None:
    answer = post(cast, "team", OWN, fields, status=400)
    assert "Mend these and send it again" in answer.text
    assert rows(cast, "notification_preferences") == []


PRESETS = {
    # preset: (events that arrive, whether a comment arrives)
    "defaults": ({"created", "triage", "submitted", "published"}, True),
    "everything": ({"created", "triage", "submitted", "published", "export"}, True),
    "important": ({"created", "triage", "submitted", "published", "export"}, False),
    "mentions": (set(), False),
    "custom": ({"created", "published"}, False),
}


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_presets_of_one_advisory(cast: Cast, preset: str) -> None:
    wanted, comments = PRESETS[preset]
    post(cast, "team", OWN, without("export", digest="off"))
    path = f"/advisories/{cast.advisory_id}/notifications/"
    custom = without("export", "triage", "submitted", comments="mentioned")
    answer = post(cast, "team", path, {**custom, "preset": preset})
    assert answer.location.endswith(f"/advisories/{cast.advisory_id}/")
    for make in SENT.values():
        cast.tell(lambda act, make=make: make(act, cast.pk))
    cast.tell(lambda act: events.ExportSucceeded(act, cast.pk, 2))
    cast.comment()
    codes = {"created": "created", "triage": "report_dismissed", "submitted": "review_approved",
             "published": "published", "export": "export_failed"}  # fmt: skip
    expected = {codes[name] for name in wanted} | ({"comment"} if comments else set())
    expected |= {"export_succeeded"} if preset == "everything" else set()
    assert set(cast.inbox("team")) == expected
    cast.comment(users=("team",))
    assert cast.inbox("team").count("comment") == (2 if comments else 1)
    stored = rows(cast, "advisory_notification_preferences")
    assert len(stored) == (0 if preset == "defaults" else 1)
    if preset == "custom":
        # Only what differs from one's own defaults.
        assert stored[0].overrides == {"triage": False, "submitted": False, "comments": "mentioned"}


def test_a_choice_for_one_advisory_is_shown_and_taken_back(cast: Cast) -> None:
    path = f"/advisories/{cast.advisory_id}/notifications/"
    post(cast, "viewer", path, without(preset="mentions"))
    browser = cast.hub.browser_as(cast.people["viewer"])
    assert "Mentions only" in browser.get(f"/advisories/{cast.advisory_id}/").text
    form = next(f for f in browser.get(path).forms.values() if "preset" in f.fields)
    assert form["preset"].value == "mentions"
    form["preset"] = "defaults"
    form.submit().follow()
    assert rows(cast, "advisory_notification_preferences") == []


@pytest.mark.invariant("INV-PRIVACY-1")
def test_who_may_not_see_the_advisory_finds_no_preferences_of_it(cast: Cast) -> None:
    browser = cast.hub.browser_as(cast.people["stranger"])
    seen = browser.get(f"/advisories/{cast.advisory_id}/notifications/", status=404)
    unknown = browser.get("/advisories/ECL-2222-2222-2222/notifications/", status=404)
    assert seen.status == unknown.status
    token = csrf(browser.get("/accounts/me/"))
    browser.post(
        f"/advisories/{cast.advisory_id}/notifications/",
        {"csrf_token": token, **without(preset="mentions")},
        status=404,
    )
    assert rows(cast, "advisory_notification_preferences") == []


def test_a_choice_made_between_row_and_mail_counts(cast: Cast) -> None:
    cast.comment(work=False)
    cast.hub.registry.celery.tasks["notifications.handle"].apply(args=(cast.pk,), throw=True)
    cast.sql(
        "INSERT INTO notification_preferences (user_id, comments) VALUES (:id, 'mentioned')",
        id=cast.people["team"],
    )
    cast.hub.run_jobs()
    assert "team" not in cast.got_mail()
    assert cast.statuses()["team"] == "dropped"
