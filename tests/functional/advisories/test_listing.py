"""The list: what is shown, counted and found is what one may see; pages meet without gap or overlap."""

from __future__ import annotations

import pytest
from sqlalchemy import event, text

from advisoryhub_core.advisories.listing import COUNT_CAP, InvalidCursor, ListQuery, ListResult, list_page
from advisoryhub_core.advisories.states import State
from tests.support.hub import Hub


def listed(hub: Hub, user_id: int, **asked: object) -> ListResult:
    with hub.acting_for(user_id) as act:
        return list_page(act.db, act.identity, ListQuery(**asked))  # type: ignore[arg-type]


def ids(result: ListResult) -> list[str]:
    return [row.advisory_id for row in result.rows]


@pytest.mark.invariant("INV-PRIVACY-1")
def test_rows_counts_and_search_stay_within_what_one_sees(hub: Hub) -> None:
    mine, other = hub.project(), hub.project()
    visible = hub.draft(mine, summary="Overflow in the parser")
    hidden = hub.draft(other, summary="Overflow in the printer")
    member = hub.member(mine)
    assert ids(listed(hub, member)) == [visible]
    assert listed(hub, member).counts[None] == 1
    assert ids(listed(hub, member, q="overflow")) == [visible]
    assert ids(listed(hub, member, q=hidden)) == []
    assert listed(hub, member, q=hidden).counts[None] == 0
    assert set(ids(listed(hub, hub.admin(), q="overflow"))) == {visible, hidden}
    assert ids(listed(hub, hub.person())) == []


@pytest.mark.invariant("INV-CONF-2")
def test_the_search_function_alone_keeps_to_the_principal(hub: Hub) -> None:
    hub.draft(hub.project(), summary="Overflow in the parser")
    with hub.acting_for(hub.person()) as act:
        assert act.db.execute(text("SELECT * FROM hub_search('overflow', 10)")).all() == []
    with hub.as_nobody() as connection:
        assert connection.execute(text("SELECT * FROM hub_search('overflow', 10)")).all() == []


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_meet_in_both_directions(hub: Hub, size: int) -> None:
    project = hub.project()
    member = hub.member(project)
    for _ in range(5):
        hub.draft(project, by=member)
    everything = ids(listed(hub, member, size=50))
    forward: list[str] = []
    cursor = ""
    while True:
        page = listed(hub, member, size=size, cursor=cursor)
        forward += ids(page)
        last = page
        if page.older is None:
            break
        cursor = page.older
    assert forward == everything
    backward = ids(last)
    while last.newer is not None:
        last = listed(hub, member, size=size, cursor=last.newer)
        backward = ids(last) + backward
    assert backward == everything


def test_search_pages_meet_too(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    for number in range(4):
        hub.draft(project, by=member, summary=f"Overflow number {number}")
    everything = ids(listed(hub, member, q="overflow", size=50))
    first = listed(hub, member, q="overflow", size=3)
    second = listed(hub, member, q="overflow", size=3, cursor=first.older or "")
    assert ids(first) + ids(second) == everything
    assert len(everything) == 4


@pytest.mark.parametrize(
    "cursor", ["x", "bzE", "!!!!", "b3wxfDE=x", "bnxuYW58MQ", "b3xpbmZ8MQ", "b3wxZTMwMHwx"]
)
def test_a_cursor_that_no_page_gave_out_is_refused(hub: Hub, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        listed(hub, hub.admin(), cursor=cursor)


@pytest.mark.parametrize(
    "q",
    [
        "CVE-2026-7777",
        "cve-2026-77",
        "GHSA-2c3f-4g5h-6j7m",
        "folded",
        "header injection",
        "headr injection",
    ],
)
def test_an_advisory_is_found_by_id_alias_words_and_likeness(hub: Hub, q: str) -> None:
    project = hub.project()
    found = hub.draft(
        project,
        summary="Header injection",
        details="Through folded lines.",
        aliases=["CVE-2026-7777", "GHSA-2c3f-4g5h-6j7m"],
    )
    hub.draft(project, summary="Something else entirely", details="Unrelated.")
    admin = hub.admin()
    assert ids(listed(hub, admin, q=q)) == [found]
    assert ids(listed(hub, admin, q=found)) == [found]
    assert found in ids(listed(hub, admin, q=found[:7]))


def test_filters_narrow_rows_and_counts_alike(hub: Hub) -> None:
    project, other = hub.project(), hub.project()
    member = hub.member(project)
    high = hub.draft(
        project,
        by=member,
        severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
    )
    hub.draft(project)
    hub.draft(other)
    report = hub.report(project)
    admin = hub.admin()
    assert ids(listed(hub, admin, severity="high")) == [high]
    assert len(ids(listed(hub, admin, project=project))) == 3
    assert ids(listed(hub, admin, state=State.TRIAGE)) == [report]
    assert listed(hub, admin, state=State.TRIAGE).counts == {
        None: 4,
        State.TRIAGE: 1,
        State.DRAFT: 3,
        State.PUBLISHED: 0,
        State.DISMISSED: 0,
    }
    assert ids(listed(hub, member, mine=True)) == [high]
    assert ids(listed(hub, admin, has_cve=True)) == []
    assert ids(listed(hub, admin, project="no.such.project")) == []


def test_counts_are_capped(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    project = hub.project()
    for _ in range(4):
        hub.draft(project)
    monkeypatch.setattr("advisoryhub_core.advisories.listing.COUNT_CAP", 2)
    assert listed(hub, hub.admin()).counts[None] == 3
    assert COUNT_CAP == 1000


def test_the_list_takes_the_same_queries_for_one_row_and_for_many(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)

    def statements() -> int:
        seen: list[str] = []

        def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(hub.registry.db_engine, "before_cursor_execute", note)
        try:
            listed(hub, member)
        finally:
            event.remove(hub.registry.db_engine, "before_cursor_execute", note)
        return len(seen)

    hub.draft(project, by=member)
    one = statements()
    for _ in range(20):
        hub.draft(project, by=member)
    assert statements() == one
