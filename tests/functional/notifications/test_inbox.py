"""The inbox: newest first in pages, read by opening, by hand or at once; only what one may see counts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import text

from tests.functional.notifications.conftest import CANARY, Cast, statements
from tests.support.hub import csrf

INBOX = "/notifications/inbox/"


def fill(cast: Cast, name: str, number: int, *, read: bool = False) -> None:
    """Write so many notifications of comments for somebody."""
    comment_id = cast.comment(work=False)
    with cast.hub.system() as act:
        act.db.execute(
            text(
                "WITH e AS (INSERT INTO notification_events (event, advisory_id, data, handled_at)"
                " SELECT 'comment', :pk, jsonb_build_object('comment_id', CAST(:comment AS bigint)), now()"
                " FROM generate_series(1, :number) RETURNING id)"
                " INSERT INTO notifications (event_id, user_id, advisory_id, reason, read_at)"
                " SELECT id, :user, :pk, 'grant', CASE WHEN :read THEN now() END FROM e"
            ),
            {
                "pk": cast.pk,
                "number": number,
                "user": cast.people[name],
                "comment": comment_id,
                "read": read,
            },
        )
        act.db.execute(text("UPDATE notification_events SET handled_at = now()"))


def unread(page: Any) -> str | None:
    found = re.search(r'class="bell.*?</a>', page.text, re.DOTALL)
    assert found is not None
    count = re.search(r'class="count">([^<]+)<', found.group())
    return count.group(1) if count else None


def lines(page: Any) -> int:
    return page.text.count('<div class="inbox-text">')


def test_an_empty_inbox_says_what_will_be_there(cast: Cast) -> None:
    page = cast.hub.browser_as(cast.people["viewer"]).get(INBOX)
    assert "Nothing to read" in page.text
    assert unread(page) is None


@pytest.mark.invariant("INV-SECRET-3")
def test_a_line_says_what_happened_where_and_why_and_nothing_else(cast: Cast) -> None:
    comment_id = cast.comment(users=("viewer",))
    page = cast.hub.browser_as(cast.people["viewer"]).get(INBOX)
    assert lines(page) == 1
    assert unread(page) == "1"
    assert "Somebody mentioned you in a comment." in page.text
    assert f'href="/advisories/{cast.advisory_id}/#comment-{comment_id}"' in page.text
    assert CANARY not in page.text


def test_opening_the_advisory_reads_what_tells_of_it(cast: Cast) -> None:
    fill(cast, "viewer", 3)
    browser = cast.hub.browser_as(cast.people["viewer"])
    assert unread(browser.get(INBOX)) == "3"
    page = browser.get(f"/advisories/{cast.advisory_id}/")
    assert unread(page) is None
    assert lines(browser.get(f"{INBOX}?unread=1")) == 0
    assert lines(browser.get(INBOX)) == 3


def test_reading_by_hand_and_all_at_once(cast: Cast) -> None:
    fill(cast, "viewer", 3)
    fill(cast, "reporter", 1)
    browser = cast.hub.browser_as(cast.people["viewer"])
    page = browser.get(f"{INBOX}?unread=1")
    form = next(f for f in page.forms.values() if f.action == "/notifications/read/")
    after = form.submit().follow()
    assert after.request.path_qs == f"{INBOX}?unread=1"
    assert (lines(after), unread(after)) == (2, "2")
    # Somebody else's cannot be reached.
    with cast.hub.system() as act:
        other = act.db.scalar(
            text("SELECT id FROM notifications WHERE user_id = :id"), {"id": cast.people["reporter"]}
        )
    fields = {"csrf_token": csrf(after), "id": str(other), "back": "//elsewhere.example.org/"}
    assert browser.post("/notifications/read/", fields).location == f"http://localhost{INBOX}"
    assert unread(cast.hub.browser_as(cast.people["reporter"]).get(INBOX)) == "1"
    form = next(f for f in after.forms.values() if f.action == "/notifications/read-all/")
    assert unread(form.submit().follow()) is None


def test_pages_go_to_and_fro_without_a_gap(cast: Cast) -> None:
    fill(cast, "viewer", 60)
    browser = cast.hub.browser_as(cast.people["viewer"])

    def ids(page: Any) -> list[int]:
        return [int(found) for found in re.findall(r'name="id" value="(\d+)"', page.text)]

    first = browser.get(INBOX)
    second = first.click(description="Older")
    third = second.click(description="Older")
    seen = ids(first) + ids(second) + ids(third)
    assert [len(ids(page)) for page in (first, second, third)] == [25, 25, 10]
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 60
    assert "Older" not in re.findall(r'rel="next".*', third.text)
    back = third.click(description="Newer")
    assert ids(back) == ids(second)
    assert ids(back.click(description="Newer")) == ids(first)


def test_the_count_is_capped(cast: Cast) -> None:
    fill(cast, "viewer", 120)
    assert unread(cast.hub.browser_as(cast.people["viewer"]).get(INBOX)) == "99+"


@pytest.mark.invariant("INV-PRIVACY-1")
def test_what_one_may_not_see_any_more_is_neither_shown_nor_counted(cast: Cast) -> None:
    fill(cast, "viewer", 2)
    browser = cast.hub.browser_as(cast.people["viewer"])
    assert unread(browser.get(INBOX)) == "2"
    cast.sql("DELETE FROM grants WHERE user_id = :id", id=cast.people["viewer"])
    page = browser.get(INBOX)
    assert (lines(page), unread(page)) == (0, None)
    assert cast.advisory_id not in page.text
    hub_page = browser.get("/notifications/inbox/?unread=1&before=999999")
    assert lines(hub_page) == 0


@pytest.mark.invariant("INV-COMMENT-2")
def test_an_internal_comment_is_not_told_of_to_whoever_may_not_read_it_any_more(cast: Cast) -> None:
    cast.comment(internal=True)
    browser = cast.hub.browser_as(cast.people["collaborator"])
    assert unread(browser.get(INBOX)) == "1"
    cast.sql("UPDATE grants SET permission = 'viewer' WHERE user_id = :id", id=cast.people["collaborator"])
    page = browser.get(INBOX)
    assert (lines(page), unread(page)) == (0, None)


def test_the_queries_of_the_page_do_not_grow_with_the_rows(cast: Cast) -> None:
    browser = cast.hub.browser_as(cast.people["viewer"])

    def counted() -> int:
        with statements(cast.hub) as noted:
            browser.get(INBOX)
        return len(noted)

    fill(cast, "viewer", 1)
    few = counted()
    fill(cast, "viewer", 30)
    assert counted() == few


def test_numbers_that_are_none_are_passed_over(cast: Cast) -> None:
    browser = cast.hub.browser_as(cast.people["viewer"])
    for query in ("before=x", "after=-1", "before=99999999999999999999", "before=%00", "unread=%FF"):
        browser.get(f"{INBOX}?{query}", expect_errors=True, status="*")
    page = browser.get(INBOX)
    browser.post("/notifications/read/", {"csrf_token": csrf(page), "id": "x"}, status=303)


def test_an_error_page_shows_no_count_and_no_trouble(cast: Cast) -> None:
    fill(cast, "viewer", 1)
    page = cast.hub.browser_as(cast.people["viewer"]).get("/advisories/ECL-2222-2222-2222/", status=404)
    assert unread(page) is None


def test_the_inbox_is_for_who_is_signed_in(cast: Cast) -> None:
    answer = cast.hub.anonymous().get(INBOX, status=303)
    assert "/oidc/authenticate/" in answer.location
