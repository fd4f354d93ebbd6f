"""Reviews and CVE numbers on the pages, as a team and an administrator use them, without scripts."""

from __future__ import annotations

import re

import pytest
import webtest
from sqlalchemy import event

from advisoryhub_core.accounts.models import User
from advisoryhub_core.advisories.states import ReviewStatus, State
from advisoryhub_core.workflows.cves import assign_cve, reject_cve_request, request_cve, unassign_cve
from advisoryhub_core.workflows.orphans import mark_orphan_rejected
from advisoryhub_core.workflows.reviews import submit_for_review, withdraw_review
from tests.support.hub import Hub, csrf
from tests.support.workflows import NOTES, NUMBER, OTHER, Scene, dismiss, reopen


def act_form(page: webtest.TestResponse, name: str) -> webtest.Form:
    return next(form for form in page.forms.values() if form.action.endswith(f"/{name}/"))


def card(page: webtest.TestResponse, name: str) -> str:
    """Return the text of a card; empty if it is not shown."""
    found = page.html.find("section", id=f"panel-{name}")
    return re.sub(r"\s+", " ", found.get_text(" ")).strip() if found else ""


def offered(page: webtest.TestResponse, name: str) -> set[str]:
    found = page.html.find("section", id=f"panel-{name}")
    links = found.select(".actions a") if found else []
    return {link["href"].rstrip("/").rpartition("/")[2] for link in links}


def test_a_team_submits_and_withdraws(hub: Hub, scene: Scene) -> None:
    browser = hub.browser_as(scene.member)
    page = browser.get(scene.path)
    assert offered(page, "review") == {"submit-review"}
    assert "Not in review." in card(page, "review")
    assert page.html.find("dialog", id="act-submit-review")
    asked = browser.get(f"{scene.path}submit-review/")
    assert "can neither edit nor publish" in asked.text
    done = act_form(asked, "submit-review").submit(status=303).follow()
    assert "submitted for review" in done.text
    assert offered(done, "review") == {"withdraw-review"}
    assert "In review" in card(done, "review")
    assert "Version 1" in card(done, "review")
    back = (
        act_form(browser.get(f"{scene.path}withdraw-review/"), "withdraw-review").submit(status=303).follow()
    )
    assert offered(back, "review") == {"submit-review"}


def test_an_administrator_approves_and_revokes(hub: Hub, scene: Scene) -> None:
    scene.in_review(ReviewStatus.SUBMITTED)
    browser = hub.browser_as(scene.admin)
    assert offered(browser.get(scene.path), "review") == {"decide-review"}
    form = act_form(browser.get(f"{scene.path}decide-review/"), "decide-review")
    assert "version" not in form.fields
    form["decision"] = "approved"
    done = form.submit(status=303).follow()
    assert "Version 1 was approved." in done.text
    assert offered(done, "review") == {"revoke-approval"}
    assert re.search(r"Approved .*Submitted Version 1 .*Decided .*Approved Version 1", card(done, "review"))
    form = act_form(browser.get(f"{scene.path}revoke-approval/"), "revoke-approval")
    form["reason"] = "The fix is incomplete."
    assert "was revoked, or ended with an edit" in card(form.submit(status=303).follow(), "review")


def test_a_refused_decision_keeps_what_was_typed(hub: Hub, scene: Scene) -> None:
    scene.in_review(ReviewStatus.SUBMITTED)
    browser = hub.browser_as(scene.admin)
    form = act_form(browser.get(f"{scene.path}decide-review/"), "decide-review")
    form["notes"] = NOTES
    refused = form.submit(status=400)
    assert "Choose a decision." in refused.text
    form = act_form(refused, "decide-review")
    assert form["notes"].value == NOTES
    form["decision"], form["notes"] = "changes_requested", ""
    refused = form.submit(status=400)
    assert "Say what has to change." in refused.text
    form = act_form(refused, "decide-review")
    assert form["decision"].value == "changes_requested"
    form["notes"] = NOTES
    done = form.submit(status=303).follow()
    assert "Changes requested" in card(done, "review")
    assert offered(done, "review") == {"reopen-review"}
    put_aside = act_form(browser.get(f"{scene.path}reopen-review/"), "reopen-review").submit(status=303)
    # An administrator has nothing more to do, and there is nothing more to say.
    assert card(put_aside.follow(), "review") == ""


@pytest.mark.invariant("INV-REVIEW-5")
def test_a_reviewer_sees_the_difference_and_chooses_the_version(hub: Hub, scene: Scene) -> None:
    scene.in_review(ReviewStatus.SUBMITTED)
    scene.edit(scene.admin, summary="An administrator's words")
    browser = hub.browser_as(scene.admin)
    page = browser.get(scene.path)
    assert "Version 2 is newer than the submitted one." in card(page, "review")
    difference = page.html.find("section", id="panel-review").find("a", href=re.compile("diff"))["href"]
    assert difference == f"{scene.path}versions/2/diff/?against=1"
    assert "An administrator's words" in browser.get(difference).html.get_text()
    form = act_form(browser.get(f"{scene.path}decide-review/"), "decide-review")
    assert [value for value, _chosen, _label in form["version"].options] == ["", "2", "1"]
    form["decision"], form["notes"] = "approved", NOTES
    refused = form.submit(status=400)
    assert "Choose the version that you approve." in refused.text
    form = act_form(refused, "decide-review")
    assert form["notes"].value == NOTES
    form["version"] = "1"
    done = form.submit(status=303).follow()
    assert "Version 2 is the newest, and it is not approved." in card(done, "review")
    assert scene.now("approved_version") == 1
    team = hub.browser_as(scene.member).get(scene.path)
    assert offered(team, "review") == {"submit-review"}
    assert team.html.find("a", href=f"{scene.path}publish/") is None


def test_a_choice_that_is_not_there_any_more_is_refused_in_words(hub: Hub, scene: Scene) -> None:
    scene.in_review(ReviewStatus.SUBMITTED)
    scene.edit(scene.admin, summary="An administrator's words")
    browser = hub.browser_as(scene.admin)
    form = act_form(browser.get(f"{scene.path}decide-review/"), "decide-review")
    form["decision"], form["version"] = "approved", "1"
    scene.do(scene.member, withdraw_review)
    scene.do(scene.member, submit_for_review)
    refused = form.submit(status=400)
    assert refused.html.find(role="alert").get_text(strip=True)
    assert scene.now("review_status") is ReviewStatus.SUBMITTED


def test_the_card_says_that_an_approval_moved_along(hub: Hub, scene: Scene) -> None:
    scene.in_review(ReviewStatus.APPROVED)
    scene.do(scene.admin, assign_cve, NUMBER)
    page = hub.browser_as(scene.member).get(scene.path)
    assert "changed the approved version 1; the approval moved along" in card(page, "review")
    # What is approved is not submitted again, and this team may publish it.
    assert offered(page, "review") == set()
    assert page.html.find("a", href=f"{scene.path}publish/")


def test_a_review_is_decided_at_the_address_of_the_contract(hub: Hub, scene: Scene) -> None:
    scene.in_review(ReviewStatus.SUBMITTED)
    path = f"{scene.path}review/decide/"
    hub.browser_as(scene.member).get(path, status=403)
    browser = hub.browser_as(scene.admin)
    token = act_form(browser.get(path), "decide-review")["csrf_token"].value
    refused = browser.post(path, {"csrf_token": token, "notes": NOTES}, status=400)
    assert NOTES in refused.text
    browser.post(path, {"csrf_token": token, "decision": "approved"}, status=303)
    assert scene.now("approved_version") == 1
    browser.get(path, status=403)


def test_what_one_may_not_do_is_neither_offered_nor_done(hub: Hub, scene: Scene) -> None:
    viewer = hub.person()
    hub.grant(scene.advisory_id, viewer)
    browser = hub.browser_as(viewer)
    page = browser.get(scene.path)
    # Nothing to say and nothing to do: no card.
    assert (card(page, "review"), card(page, "cve")) == ("", "")
    token = csrf(browser.get("/accounts/me/"))
    for name in (
        "submit-review",
        "decide-review",
        "request-cve",
        "reserve-cve",
        "unban-cve",
        "orphan-rejected",
    ):
        browser.get(f"{scene.path}{name}/", status=403)
        browser.post(f"{scene.path}{name}/", {"csrf_token": token}, status=403)


@pytest.mark.invariant("INV-PRIVACY-4")
def test_a_viewer_reads_the_cards_without_addresses(hub: Hub, scene: Scene) -> None:
    with hub.system() as act:
        act.db.get_one(User, scene.member).display_name = ""
        address = act.db.get_one(User, scene.member).email
    scene.do(scene.member, request_cve)
    scene.in_review(ReviewStatus.SUBMITTED)
    viewer = hub.person()
    hub.grant(scene.advisory_id, viewer)
    page = hub.browser_as(viewer).get(scene.path)
    for name in ("review", "cve"):
        assert "p•••@example.org" in card(page, name)
        assert offered(page, name) == set()
    assert address not in page.text
    assert address in card(hub.browser_as(scene.admin).get(scene.path), "review")


def test_a_number_is_requested_and_reserved(hub: Hub, scene: Scene) -> None:
    team, administrator = hub.browser_as(scene.member), hub.browser_as(scene.admin)
    assert offered(team.get(scene.path), "cve") == {"request-cve"}
    done = act_form(team.get(f"{scene.path}request-cve/"), "request-cve").submit(status=303).follow()
    assert (offered(done, "cve"), "Requested" in card(done, "cve")) == (set(), True)
    # A second time, from a page that was open all along.
    again = act_form(team.get(f"{scene.path}request-cve/"), "request-cve").submit(status=409)
    assert "asked for already" in again.text
    assert offered(administrator.get(scene.path), "cve") == {"reserve-cve", "reject-cve"}
    form = act_form(administrator.get(f"{scene.path}reserve-cve/"), "reserve-cve")
    form["cve_id"] = "CVE-2026-1"
    refused = form.submit(status=400)
    assert "write it like CVE-2026-12345" in refused.text
    form = act_form(refused, "reserve-cve")
    assert form["cve_id"].value == "CVE-2026-1"
    form["cve_id"] = NUMBER.lower()
    done = form.submit(status=303).follow()
    assert f"The advisory has the number {NUMBER} now." in done.text
    shown = done.html.find("section", id="panel-cve")
    assert shown.find("a", class_="id")["href"] == f"https://www.cve.org/CVERecord?id={NUMBER}"
    assert shown.find("button", attrs={"data-copy": NUMBER})
    assert offered(done, "cve") == {"unassign-cve"}


@pytest.mark.invariant("INV-CVE-2")
def test_a_number_that_is_held_elsewhere_is_refused_and_stays_typed(hub: Hub, scene: Scene) -> None:
    other = Scene.set(hub)
    other.do(other.admin, assign_cve, NUMBER)
    scene.do(scene.member, request_cve)
    browser = hub.browser_as(scene.admin)
    form = act_form(browser.get(f"{scene.path}reserve-cve/"), "reserve-cve")
    form["cve_id"] = NUMBER
    refused = form.submit(status=409)
    assert "held by another advisory" in refused.text
    assert act_form(refused, "reserve-cve")["cve_id"].value == NUMBER
    assert "cve.task_status_changed" not in hub.ledger(scene.advisory_id)


def test_a_request_is_rejected_with_a_ban_which_is_lifted_again(hub: Hub, scene: Scene) -> None:
    scene.do(scene.member, request_cve)
    browser = hub.browser_as(scene.admin)
    form = act_form(browser.get(f"{scene.path}reject-cve/"), "reject-cve")
    form["ban"] = True
    form = act_form(form.submit(status=400), "reject-cve")
    assert form["ban"].checked
    form["reason"] = "It is no vulnerability."
    done = form.submit(status=303).follow()
    assert "Rejected" in card(done, "cve")
    assert "Requests are banned" in card(done, "cve")
    assert offered(done, "cve") == {"unban-cve"}
    assert offered(hub.browser_as(scene.member).get(scene.path), "cve") == set()
    done = act_form(browser.get(f"{scene.path}unban-cve/"), "unban-cve").submit(status=303).follow()
    assert offered(done, "cve") == {"request-cve", "reserve-cve"}


def test_a_number_is_taken_off_and_noted_as_rejected(hub: Hub, scene: Scene) -> None:
    scene.do(scene.admin, assign_cve, NUMBER)
    browser = hub.browser_as(scene.admin)
    form = act_form(browser.get(f"{scene.path}unassign-cve/"), "unassign-cve")
    assert "Say why the number is taken off." in form.submit(status=400).text
    form["reason"] = "Wrong advisory."
    done = form.submit(status=303).follow()
    assert f"{NUMBER} taken off, not rejected yet" in card(done, "cve")
    form = act_form(browser.get(f"{scene.path}orphan-rejected/"), "orphan-rejected")
    assert form["cve_id"].value == NUMBER
    done = form.submit(status=303).follow()
    assert f"{NUMBER} rejected at cve.org" in card(done, "cve")
    assert "orphan-rejected" not in offered(done, "cve")


def test_one_of_several_orphans_is_chosen(hub: Hub, scene: Scene) -> None:
    for number in (NUMBER, OTHER):
        scene.do(scene.admin, assign_cve, number)
        scene.do(scene.admin, unassign_cve, reason="Wrong advisory.")
    browser = hub.browser_as(scene.admin)
    form = act_form(browser.get(f"{scene.path}orphan-rejected/"), "orphan-rejected")
    assert "Choose the number that was rejected." in form.submit(status=400).text
    form["cve_id"] = NUMBER
    form.submit(status=303)
    with scene.reading() as workflow:
        assert [orphan.status.value for orphan in workflow.orphans] == ["orphaned", "marked_rejected"]


def test_a_wanted_number_is_decided(hub: Hub, scene: Scene) -> None:
    scene.do(scene.admin, assign_cve, NUMBER)
    scene.do(scene.admin, unassign_cve, reason="Wrong advisory.")
    scene.do(scene.admin, mark_orphan_rejected, NUMBER)
    dismiss(scene)
    reopen(scene)
    team = hub.browser_as(scene.member).get(scene.path)
    assert f"reopened without its number {NUMBER}" in card(team, "cve")
    assert "resolve-reassignment" not in offered(team, "cve")
    browser = hub.browser_as(scene.admin)
    assert "resolve-reassignment" in offered(browser.get(scene.path), "cve")
    form = act_form(browser.get(f"{scene.path}resolve-reassignment/"), "resolve-reassignment")
    form["decision"] = "replaced"
    refused = form.submit(status=400)
    assert "Write the number" in refused.text
    form = act_form(refused, "resolve-reassignment")
    assert form["decision"].value == "replaced"
    form["cve_id"] = OTHER
    form.submit(status=303)
    assert scene.now("assigned_cve_id") == OTHER


@pytest.mark.parametrize("state", [State.TRIAGE, State.DISMISSED])
def test_where_nothing_runs_there_is_no_card(hub: Hub, state: State) -> None:
    scene = Scene.set(hub, state=state)
    for person in (scene.member, scene.admin):
        page = hub.browser_as(person).get(scene.path)
        assert (card(page, "review"), card(page, "cve")) == ("", "")


def test_a_linked_advisory_has_a_number_and_no_review(hub: Hub, scene: Scene) -> None:
    page = hub.browser_as(scene.linked().member).get(scene.path)
    assert (card(page, "review"), offered(page, "cve")) == ("", {"request-cve"})


def test_the_cards_take_the_same_queries_however_much_there_is(hub: Hub, scene: Scene) -> None:
    browser = hub.browser_as(scene.admin)
    browser.get(scene.path)

    def queries() -> int:
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(hub.registry.db_engine, "before_cursor_execute", note)
        try:
            browser.get(scene.path)
        finally:
            event.remove(hub.registry.db_engine, "before_cursor_execute", note)
        return len(seen)

    before = queries()
    for number in range(3):
        scene.do(scene.member, request_cve)
        scene.do(scene.admin, reject_cve_request, reason="No.")
        scene.do(scene.admin, assign_cve, f"CVE-2026-990010{number}")
        scene.do(scene.admin, unassign_cve, reason="No.")
        scene.do(scene.member, submit_for_review)
        scene.do(scene.member, withdraw_review)
    scene.do(scene.member, request_cve)
    scene.in_review(ReviewStatus.APPROVED)
    assert queries() == before
