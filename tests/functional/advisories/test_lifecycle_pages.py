"""The lifecycle's deeds in the browser: what is offered to whom, and what a refusal keeps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import webtest

from advisoryhub_core.advisories.deeds import deed_at
from advisoryhub_core.advisories.lifecycle import dismiss_advisory
from advisoryhub_core.advisories.queries import capabilities_on, find_visible
from advisoryhub_core.advisories.reassignment import change_project, request_admin_reassignment
from advisoryhub_core.advisories.states import State
from advisoryhub_core.advisories.triage import flag_for_admin_routing
from advisoryhub_core.advisories.withdrawal import request_withdrawal, withdraw_advisory
from tests.support.hub import Hub, csrf, team_of
from tests.support.lifecycle import do, facts, project_of

DEEDS = {
    "accept-reassignment",
    "approve-withdrawal",
    "cancel-withdrawal-request",
    "change-project",
    "clear-routing-flag",
    "dismiss",
    "dismiss-access-review",
    "flag",
    "promote",
    "reassign",
    "reopen",
    "request-reassignment",
    "request-withdrawal",
    "withdraw",
    "withdraw-reassignment",
}


def offered(page: webtest.TestResponse, advisory_id: str) -> set[str]:
    """Return the last parts of the addresses that buttons, links and dialogs of a page go to."""
    root = f"/advisories/{advisory_id}/"
    targets = [form.get("action") or "" for form in page.html.find_all("form")]
    targets += [link.get("href") or "" for link in page.html.find_all("a")]
    names = {target.removeprefix(root).strip("/") for target in targets if target.startswith(root)}
    return names & DEEDS


def path(advisory_id: str, deed: str = "") -> str:
    return f"/advisories/{advisory_id}/{deed}/" if deed else f"/advisories/{advisory_id}/"


def form_of(page: webtest.TestResponse, advisory_id: str, deed: str) -> webtest.Form:
    return next(form for form in page.forms.values() if form.action == path(advisory_id, deed))


def deed_form(browser: webtest.TestApp, advisory_id: str, deed: str) -> webtest.Form:
    """Return the form on the deed's own page, as somebody without scripts gets it."""
    return form_of(browser.get(path(advisory_id, deed)), advisory_id, deed)


def banners(page: webtest.TestResponse) -> str:
    return " ".join(note.get_text(" ", strip=True) for note in page.html.find_all(class_="note"))


def visible(hub: Hub, who: int, advisory_id: str) -> set[str]:
    return offered(hub.browser_as(who).get(path(advisory_id)), advisory_id)


@pytest.mark.invariant("INV-PRIVACY-1")
def test_that_a_report_waits_for_an_administrator_is_told_to_its_owners_alone(hub: Hub) -> None:
    project = hub.project()
    member, reporter = hub.member(project), hub.person()
    advisory_id = hub.report(project, reporter=reporter)
    do(hub, member, flag_for_admin_routing, advisory_id, note="Rather the proxy's.")
    told = {}
    for who in (member, hub.admin(), reporter):
        browser = hub.browser_as(who)
        pages = [browser.get(address) for address in (path(advisory_id), "/advisories/")]
        assert all(advisory_id in page for page in pages)
        told[who] = {"Flagged" in page.html.find("main").get_text() for page in pages}
    assert told.pop(reporter) == {False}
    assert list(told.values()) == [{True}, {True}]


def test_a_page_offers_what_each_may_do_and_what_makes_sense(hub: Hub) -> None:
    project, mature = hub.project(), hub.project(mature=True)
    team, admin, collaborator = hub.person(team_of(project), team_of(mature)), hub.admin(), hub.person()
    report, flagged = hub.report(project), hub.report()
    draft = hub.draft(project)
    out, own = hub.in_state(project, State.PUBLISHED), hub.in_state(mature, State.PUBLISHED)
    gone = hub.in_state(project, State.DISMISSED)
    for advisory_id in (report, draft, out, gone):
        hub.grant(advisory_id, collaborator, "collaborator")
        assert visible(hub, collaborator, advisory_id) == set()
    assert visible(hub, team, report) == {"promote", "dismiss", "flag", "reassign"}
    assert visible(hub, admin, report) == {"promote", "dismiss", "reassign"}
    assert visible(hub, admin, flagged) == {"promote", "dismiss", "reassign"}
    assert visible(hub, team, draft) == {"dismiss", "change-project", "request-reassignment"}
    assert visible(hub, admin, draft) == {"dismiss", "change-project"}
    assert visible(hub, team, out) == {"change-project", "request-withdrawal"}
    assert visible(hub, admin, out) == {"change-project", "withdraw"}
    assert visible(hub, team, own) == {"change-project", "withdraw"}
    assert visible(hub, team, gone) == {"reopen"}


@pytest.mark.invariant("INV-AUTH-1")
@pytest.mark.invariant("INV-AUTH-5")
@pytest.mark.parametrize("role", ["viewer", "collaborator", "team", "mature team", "admin", "nothing"])
def test_every_deed_answers_by_its_capability(hub: Hub, role: str) -> None:
    """The page of each, whatever else is offered; and a POST by somebody who lacks it does nothing."""
    slug = hub.project(mature=role == "mature team")
    advisories = [hub.in_state(slug, state) for state in State]
    person = hub.member(slug) if role.endswith("team") else hub.admin() if role == "admin" else hub.person()
    if role in {"viewer", "collaborator"}:
        for advisory_id in advisories:
            hub.grant(advisory_id, person, role)
    browser = hub.browser_as(person)
    token = csrf(browser.get("/accounts/me/"))
    before = {advisory_id: hub.ledger(advisory_id) for advisory_id in advisories}
    answers, wanted = {}, {}
    for advisory_id in advisories:
        with hub.acting_for(person) as act:
            seen = find_visible(act.db, act.identity, advisory_id)
            caps = capabilities_on(act.db, act.registry, act.identity, seen) if seen else frozenset()
            means = {name: seen and deed_at(hub.registry, name, seen) for name in DEEDS}
        for name, deed in means.items():
            allowed = deed is not None and deed.cap in caps
            refused = 403 if seen else 404
            place = path(advisory_id, name)
            answers["GET", place] = browser.get(place, expect_errors=True).status_int
            wanted["GET", place] = 200 if allowed else refused
            if not allowed:
                fields = {"csrf_token": token, "confirm": advisory_id, "reason": "No.", "note": "No."}
                answers["POST", place] = browser.post(place, fields, expect_errors=True).status_int
                wanted["POST", place] = refused
    assert answers == wanted
    assert before == {advisory_id: hub.ledger(advisory_id) for advisory_id in advisories}


def test_a_report_goes_from_flag_to_draft_by_forms_alone(hub: Hub) -> None:
    project, other = hub.project(), hub.project()
    advisory_id = hub.report(project)
    team, admin = hub.browser_as(hub.member(project)), hub.browser_as(hub.admin())
    form = deed_form(team, advisory_id, "flag")
    form["note"] = "Rather the proxy's."
    page = form.submit(status=303).follow()
    assert "waits for an administrator" in banners(page)
    assert offered(page, advisory_id) == {"clear-routing-flag"}
    page = form_of(page, advisory_id, "clear-routing-flag").submit(status=303).follow()
    assert "waits for an administrator" not in banners(page)
    form = deed_form(admin, advisory_id, "reassign")
    assert form["project"].value == ""
    form["project"] = other
    form.submit(status=303)
    form = deed_form(hub.browser_as(hub.member(other)), advisory_id, "promote")
    form.submit(status=303)
    assert (facts(hub, advisory_id, "state"), project_of(hub, advisory_id)) == ((State.DRAFT,), other)


def test_off_unsorted_the_project_is_asked_for_and_a_refusal_keeps_the_page(hub: Hub) -> None:
    project = hub.project()
    advisory_id = hub.report()
    admin = hub.browser_as(hub.admin())
    form = deed_form(admin, advisory_id, "promote")
    assert "unsorted" not in {value for value, _selected, _label in form["project"].options}
    page = form.submit(status=400)
    assert "Choose a project." in page.text
    form = form_of(page, advisory_id, "promote")
    form["project"] = project
    form.submit(status=303)
    assert project_of(hub, advisory_id) == project


@pytest.mark.parametrize("state", [State.TRIAGE, State.DRAFT])
def test_one_address_dismisses_reports_and_drafts(hub: Hub, state: State) -> None:
    project = hub.project()
    advisory_id = hub.in_state(project, state)
    browser = hub.browser_as(hub.member(project))
    form = deed_form(browser, advisory_id, "dismiss")
    page = form.submit(status=400)
    assert "Say why the advisory is dismissed." in page.text
    form = form_of(page, advisory_id, "dismiss")
    form["reason"] = "A <b>duplicate</b>."
    page = form.submit(status=303).follow()
    assert "This advisory was dismissed: A <b>duplicate</b>." in banners(page)
    browser.get(path(advisory_id, "dismiss"), status=403)
    page = deed_form(browser, advisory_id, "reopen").submit(status=303).follow()
    assert "was dismissed" not in banners(page)
    assert facts(hub, advisory_id, "state") == (state,)


def test_what_is_too_long_is_refused_with_all_that_was_typed(hub: Hub) -> None:
    project = hub.project()
    advisory_id = hub.in_state(project, State.PUBLISHED)
    browser = hub.browser_as(hub.member(project))
    form = deed_form(browser, advisory_id, "request-withdrawal")
    typed = "Because. " * 600
    form["note"] = typed
    page = form.submit(status=400)
    assert form_of(page, advisory_id, "request-withdrawal")["note"].value.strip() == typed.strip()
    assert facts(hub, advisory_id, "withdrawal_requested_at") == (None,)


def test_a_viewer_accepts_for_their_team_and_reads_no_internal_note(hub: Hub) -> None:
    here, there = hub.project(), hub.project()
    advisory_id = hub.draft(here)
    guest = hub.member(there)
    hub.grant(advisory_id, guest, "viewer")
    do(hub, hub.member(here), request_admin_reassignment, advisory_id, note="A secret why.", suggested=there)
    page = hub.browser_as(guest).get(path(advisory_id))
    assert offered(page, advisory_id) == {"accept-reassignment"}
    assert "A secret why." not in page.text
    page = deed_form(hub.browser_as(guest), advisory_id, "accept-reassignment").submit(status=303).follow()
    assert "Check who has access" in banners(page)
    page = form_of(page, advisory_id, "dismiss-access-review").submit(status=303).follow()
    assert "Check who has access" not in banners(page)


def test_a_request_to_move_is_seen_withdrawn_and_accepted(hub: Hub) -> None:
    here, there = hub.project(), hub.project()
    member = hub.member(here)
    advisory_id = hub.draft(here, by=member)
    team, admin = hub.browser_as(member), hub.browser_as(hub.admin())
    form = deed_form(team, advisory_id, "request-reassignment")
    form["note"] = "Not ours."
    form["project"] = there
    page = form.submit(status=303).follow()
    assert f"asks to move this advisory to {there.title()}. Not ours." in banners(page)
    assert "withdraw-reassignment" in offered(page, advisory_id)
    form_of(page, advisory_id, "withdraw-reassignment").submit(status=303)
    assert facts(hub, advisory_id, "reassignment_requested_at") == (None,)
    form = deed_form(team, advisory_id, "request-reassignment")
    form["note"] = "Not ours."
    form.submit(status=303)
    form = deed_form(admin, advisory_id, "accept-reassignment")
    assert "Choose a project." in form.submit(status=400).text
    form["project"] = there
    form.submit(status=303)
    assert project_of(hub, advisory_id) == there
    team.get(path(advisory_id), status=404)


def test_an_offer_that_is_over_is_refused_in_words(hub: Hub) -> None:
    project = hub.project()
    advisory_id = hub.draft(project)
    do(hub, hub.admin(), change_project, advisory_id, project=hub.project())
    browser = hub.browser_as(hub.admin())
    form = form_of(browser.get(path(advisory_id)), advisory_id, "dismiss-access-review")
    form.submit(status=303)
    assert "Access was reviewed already." in form.submit(status=409).text


def test_a_withdrawal_asks_for_the_typed_id_and_keeps_the_reason(hub: Hub) -> None:
    project = hub.project(mature=True)
    advisory_id = hub.in_state(project, State.PUBLISHED)
    browser = hub.browser_as(hub.member(project))
    form = deed_form(browser, advisory_id, "withdraw")
    form["reason"] = "Not a flaw."
    form["confirm"] = "ECL"
    page = form.submit(status=400)
    assert "exactly as it is shown" in page.text
    form = form_of(page, advisory_id, "withdraw")
    assert form["reason"].value.strip() == "Not a flaw."
    form["confirm"] = advisory_id
    page = form.submit(status=303).follow()
    assert "A withdrawal is under way" in banners(page)
    assert "Publish again to bring it out" not in banners(page)
    assert offered(page, advisory_id) == set()


def test_a_request_to_withdraw_is_approved_or_closed(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    first, second = hub.in_state(project, State.PUBLISHED), hub.in_state(project, State.PUBLISHED)
    for advisory_id in (first, second):
        do(hub, member, request_withdrawal, advisory_id, note="Not a flaw.")
    viewer = hub.person()
    hub.grant(first, viewer, "viewer")
    assert "Not a flaw." not in hub.browser_as(viewer).get(path(first)).text
    team, admin = hub.browser_as(member), hub.browser_as(hub.admin())
    page = team.get(path(first))
    assert "asks to withdraw this advisory: Not a flaw." in banners(page)
    assert offered(page, first) == {"cancel-withdrawal-request"}
    form = deed_form(team, first, "cancel-withdrawal-request")
    form["note"] = "It is one after all."
    form.submit(status=303)
    assert facts(hub, first, "withdrawal_requested_at") == (None,)
    form = deed_form(admin, second, "approve-withdrawal")
    form["confirm"] = second
    form.submit(status=303)
    assert facts(hub, second, "withdrawn_reason", "withdrawal_requested_at") == ("Not a flaw.", None)


@pytest.fixture
def old_sign_ins(hub: Hub) -> Iterator[None]:
    """From now on everybody signed in ten minutes ago."""
    then = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=600)
    hub.provider.change_id_tokens(auth_time=int(then.timestamp()))
    yield
    hub.provider.change_id_tokens()


@pytest.mark.usefixtures("old_sign_ins")
def test_withdrawing_and_bringing_back_step_up_and_reopening_does_not(hub: Hub) -> None:
    project = hub.project(mature=True)
    member = hub.member(project)
    out, gone, withdrawn = (
        hub.in_state(project, state) for state in (State.PUBLISHED, State.DISMISSED, State.PUBLISHED)
    )
    do(hub, member, withdraw_advisory, withdrawn, reason="Not a flaw.")
    hub.run_jobs()
    assert facts(hub, withdrawn, "state") == (State.DISMISSED,)
    browser = hub.browser_as(member)
    token = csrf(browser.get("/accounts/me/"))
    for advisory_id, deed in ((out, "withdraw"), (withdrawn, "reopen")):
        fields = {"csrf_token": token, "confirm": advisory_id, "reason": "Not a flaw."}
        assert "/oidc/step-up/" in browser.get(path(advisory_id, deed), status=303).location
        assert "/oidc/step-up/" in browser.post(path(advisory_id, deed), fields, status=303).location
    assert facts(hub, withdrawn, "withdrawn_reason") == ("Not a flaw.",)
    # No dialog lets one type what is lost then: the button leads to the page that asks for the sign-in first.
    page = browser.get(path(out))
    assert page.html.find("dialog", id="act-withdraw") is None
    assert page.html.find("a", href=path(out, "withdraw"), attrs={"data-open": None}) is not None
    asked = browser.get(
        browser.get(path(out, "withdraw"), status=303).location.removeprefix("http://localhost")
    )
    assert asked.html.find("a", string="Cancel")["href"] == path(out)
    deed_form(browser, gone, "reopen").submit(status=303)
    assert facts(hub, gone, "state") == (State.DRAFT,)


def test_a_withdrawn_advisory_says_so_and_is_brought_back_by_typing_its_id(hub: Hub) -> None:
    project = hub.project(mature=True)
    member = hub.member(project)
    advisory_id = hub.in_state(project, State.PUBLISHED)
    do(hub, member, withdraw_advisory, advisory_id, reason="Not a flaw.")
    hub.run_jobs()
    browser = hub.browser_as(member)
    page = browser.get(path(advisory_id))
    assert "This advisory was withdrawn: Not a flaw." in banners(page)
    assert "withdrew the advisory." in page.text
    assert offered(page, advisory_id) == {"reopen"}
    form = deed_form(browser, advisory_id, "reopen")
    form.submit(status=400)
    form["confirm"] = advisory_id
    page = form.submit(status=303).follow()
    assert "is being brought back" in banners(page)
    hub.run_jobs()
    assert facts(hub, advisory_id, "state") == (State.PUBLISHED,)


def test_the_reason_of_a_flag_is_nothing_for_viewers(hub: Hub) -> None:
    project = hub.project()
    reporter = hub.person()
    advisory_id = hub.report(project, reporter=reporter)
    do(hub, hub.member(project), flag_for_admin_routing, advisory_id, note="A secret why.")
    page = hub.browser_as(reporter).get(path(advisory_id))
    assert "waits for an administrator" not in page.text
    assert "A secret why." not in page.text


def test_a_dismissed_advisory_is_reopened_by_its_owners_only(hub: Hub) -> None:
    project = hub.project()
    advisory_id = hub.draft(project)
    do(hub, hub.member(project), dismiss_advisory, advisory_id, reason="A duplicate.")
    viewer = hub.person()
    hub.grant(advisory_id, viewer, "viewer")
    browser = hub.browser_as(viewer)
    assert offered(browser.get(path(advisory_id)), advisory_id) == set()
    browser.get(path(advisory_id, "reopen"), status=403)
