"""The access page and card as owners use them, without scripts; and what others are told."""

from __future__ import annotations

import re
from typing import Any

import pytest
import webtest
from sqlalchemy import select, text

from advisoryhub_core.access import services
from advisoryhub_core.access.models import Grant, Invitation
from advisoryhub_core.accounts.models import User
from advisoryhub_core.web.ratelimit import Rate
from tests.functional.access.kit import Shared, invited, post, statements
from tests.support.hub import ADMINS, Hub, team_of

UNKNOWN = "ECL-2222-3333-4444"


def add_person(page: webtest.TestResponse, email: str, permission: str = "viewer", **options: Any) -> Any:
    form = page.forms["person-form"]
    form["email"] = email
    form["permission"] = permission
    return form.submit(**options)


def add_group(page: webtest.TestResponse, group: str, permission: str = "viewer", **options: Any) -> Any:
    form = page.forms["group-form"]
    form["group"] = group
    form["permission"] = permission
    return form.submit(**options)


def choices(page: webtest.TestResponse, datalist: str) -> list[str]:
    return [option["value"] for option in page.html.find(id=datalist).find_all("option")]


def row_ids(shared: Shared) -> tuple[list[int], list[int]]:
    with shared.hub.system() as act:
        grants = select(Grant.id).where(Grant.advisory_id == shared.pk).order_by(Grant.id)
        invitations = select(Invitation.id).where(Invitation.advisory_id == shared.pk).order_by(Invitation.id)
        return list(act.db.scalars(grants)), list(act.db.scalars(invitations))


def test_an_owner_adds_people_and_groups_and_sees_them_listed(hub: Hub) -> None:
    shared = Shared.on(hub)
    reader = hub.person("readers@example.org", name="Rea Der", email="rea@example.org")
    browser = shared.browser()
    page = browser.get(shared.path)
    assert "Nobody else sees this advisory" in page.text
    assert "Nobody but the owners" in browser.get(f"/advisories/{shared.advisory_id}/").text
    page = add_person(page, " REA@example.org ", "collaborator", status=303).follow()
    assert "Access was given." in page.text
    page = add_person(page, "new@example.org", status=303).follow()
    assert "new@example.org is invited. The invitation can be accepted for 14 days." in page.text
    page = add_group(page, "readers@example.org", status=303).follow()
    assert shared.grants() == [(reader, "collaborator"), ("readers@example.org", "viewer")]
    for shown in (page, browser.get(f"/advisories/{shared.advisory_id}/")):
        for name in ("Rea Der", "new@example.org", "readers@example.org"):
            assert name in shown.html.find("main").get_text()
    listed = page.forms["access-rows"]
    assert [field for field in listed.fields if str(field).endswith(".permission")] == [
        f"grant.{row_ids(shared)[0][0]}.permission",
        f"grant.{row_ids(shared)[0][1]}.permission",
        f"invitation.{row_ids(shared)[1][0]}.permission",
    ]
    assert team_of(shared.project) in page.text


def test_who_owns_the_advisory_already_is_said(hub: Hub) -> None:
    shared = Shared.on(hub)
    hub.person(team_of(shared.project), email="colleague@example.org")
    hub.person(ADMINS, email="admin@example.org")
    page = shared.browser().get(shared.path)
    for email in ("colleague@example.org", "admin@example.org"):
        page = add_person(page, email, status=303).follow()
        assert "they own this advisory already" in page.text
    for group in (team_of(shared.project), ADMINS):
        page = add_group(page, group, status=303).follow()
        assert "they own this advisory already" in page.text
    hub.person(team_of(hub.project()), email="elsewhere@example.org")
    assert "they own" not in add_person(page, "elsewhere@example.org", status=303).follow().text


def test_mistakes_are_shown_at_their_form_and_nothing_typed_is_lost(hub: Hub) -> None:
    shared = Shared.on(hub)
    hub.person("readers@example.org")
    browser = shared.browser()
    page = add_person(browser.get(shared.path), "not an address", "collaborator", status=400)
    form = page.forms["person-form"]
    assert (form["email"].value, form["permission"].value) == ("not an address", "collaborator")
    assert "not an e-mail address" in page.html.find(id="person-email-errors").text
    assert page.forms["group-form"]["group"].value == ""
    page = add_group(page, "strangers@example.org", "collaborator", status=400)
    form = page.forms["group-form"]
    assert (form["group"].value, form["permission"].value) == ("strangers@example.org", "collaborator")
    assert "No group is called" in page.html.find(id="group-group-errors").text
    assert page.forms["person-form"]["email"].value == ""
    assert shared.entries() == []


@pytest.mark.invariant("INV-ACCESS-4")
@pytest.mark.invariant("INV-AUTH-3")
def test_owner_is_refused_by_every_form(hub: Hub) -> None:
    shared = Shared.on(hub)
    hub.person("readers@example.org")
    grant = shared.do(services.grant_person, hub.identity(hub.person()).email, "viewer")
    number = shared.invite("new@example.org")
    before = shared.grants(), shared.invitations(), shared.entries()
    browser = shared.browser()
    for fields in (
        {"act": "person", "email": "another@example.org", "permission": "owner"},
        {"act": "group", "group": "readers@example.org", "permission": "owner"},
        {"act": "save", f"grant.{grant}.was": "viewer", f"grant.{grant}.permission": "owner"},
        {"act": "save", f"grant.{grant}.was": "owner", f"grant.{grant}.permission": "owner"},
        {"act": "save", f"invitation.{number}.was": "viewer", f"invitation.{number}.permission": "owner"},
    ):
        page = post(browser, shared.path, fields, status=400)
        assert "is not one of the choices" in page.text
    post(browser, shared.path, {"act": "owner"}, status=404)
    assert (shared.grants(), shared.invitations(), shared.entries()) == before


@pytest.mark.invariant("INV-ACCESS-5")
def test_many_changes_are_saved_at_once_and_rows_left_alone_are_not_written(hub: Hub) -> None:
    shared = Shared.on(hub)
    people = [hub.person() for _number in range(4)]
    grants = [shared.do(services.grant_person, hub.identity(who).email, "viewer") for who in people]
    stays, goes, again = (shared.invite(f"{name}@example.org") for name in ("stays", "goes", "again"))
    shared.expire(again)
    written = len(shared.entries())
    browser = shared.browser()
    page = browser.get(shared.path)
    assert "invitation expired" in page.text
    form = page.forms["access-rows"]
    form[f"grant.{grants[0]}.permission"] = "collaborator"
    form[f"grant.{grants[1]}.remove"] = True
    form[f"grant.{grants[2]}.permission"] = "collaborator"
    form[f"grant.{grants[2]}.remove"] = True
    form[f"invitation.{goes}.remove"] = True
    form[f"invitation.{again}.permission"] = "collaborator"
    form[f"invitation.{again}.resend"] = True
    page = form.submit(status=303).follow()
    assert "The changes were saved." in page.text
    assert "invitation expired" not in page.text
    assert shared.grants() == [(people[0], "collaborator"), (people[3], "viewer")]
    assert shared.invitations() == [
        ("stays@example.org", "viewer", None),
        ("again@example.org", "collaborator", None),
    ]
    as_viewer = [{"user_id": who, "permission": "viewer"} for who in people]
    renewed = invited(again, "again@example.org", "collaborator")
    assert shared.entries()[written:] == [
        (
            "access.changed",
            shared.owner,
            {"permission": "viewer"},
            {**as_viewer[0], "permission": "collaborator"},
        ),
        ("access.revoked", shared.owner, as_viewer[1], None),
        ("access.revoked", shared.owner, as_viewer[2], None),
        ("access.invitation_revoked", shared.owner, invited(goes, "goes@example.org"), None),
        ("access.invitation_changed", shared.owner, {"permission": "viewer"}, renewed),
        ("access.invitation_resent", shared.owner, None, renewed),
    ]
    assert stays in row_ids(shared)[1]
    page = page.forms["access-rows"].submit(status=303).follow()
    assert "There was nothing to change." in page.text
    assert len(shared.entries()) == written + 6


def test_a_batch_with_mistakes_writes_nothing_and_tells_them_all(hub: Hub) -> None:
    shared = Shared.on(hub)
    people = [hub.person() for _number in range(4)]
    grants = [shared.do(services.grant_person, hub.identity(who).email, "viewer") for who in people]
    number = shared.invite("new@example.org")
    browser = shared.browser()
    form = browser.get(shared.path).forms["access-rows"]
    for grant in grants[:3]:
        form[f"grant.{grant}.permission"] = "collaborator"
    form[f"invitation.{number}.remove"] = True
    form[f"invitation.{number}.resend"] = True
    shared.do(services.revoke_grant, grants[1])
    shared.do(services.change_grant, grants[3], "collaborator")
    before = shared.grants(), shared.invitations(), shared.entries()
    form[f"grant.{grants[3]}.remove"] = True
    page = form.submit(status=400)
    assert (shared.grants(), shared.invitations(), shared.entries()) == before
    again = page.forms["access-rows"]
    assert again[f"grant.{grants[0]}.permission"].value == "collaborator"
    assert again[f"grant.{grants[3]}.remove"].checked
    told = page.html.find(attrs={"data-error-summary": ""}).get_text()
    for sentence in (
        "A row you changed is not in the list any more",
        "Somebody else has made this collaborator in the meantime.",
        "Either remove this invitation or send it again.",
    ):
        assert sentence in told


def test_a_row_that_is_gone_is_told_of_and_one_that_was_not_touched_is_not_missed(hub: Hub) -> None:
    shared = Shared.on(hub)
    grants = [
        shared.do(services.grant_person, hub.identity(hub.person()).email, "viewer") for _number in range(2)
    ]
    browser = shared.browser()
    untouched = browser.get(shared.path).forms["access-rows"]
    touched = browser.get(shared.path).forms["access-rows"]
    shared.do(services.revoke_grant, grants[0])
    untouched[f"grant.{grants[1]}.permission"] = "collaborator"
    untouched.submit(status=303)
    touched[f"grant.{grants[0]}.permission"] = "collaborator"
    page = touched.submit(status=400)
    assert "A row you changed is not in the list any more" in page.text


def test_the_card_sends_again_and_takes_back_what_has_expired(hub: Hub) -> None:
    shared = Shared.on(hub)
    first, second = shared.invite("a@example.org"), shared.invite("b@example.org")
    shared.expire(first)
    shared.expire(second)
    browser = shared.browser()
    page = browser.get(f"/advisories/{shared.advisory_id}/")
    forms = {form.action: form for form in page.forms.values()}
    forms[f"{shared.path}invitations/{first}/resend/"].submit(status=303)
    forms[f"{shared.path}invitations/{second}/revoke/"].submit(status=303)
    assert [row[0] for row in shared.invitations()] == ["a@example.org"]
    actions = [entry[0] for entry in shared.entries()][2:]
    assert actions == ["access.invitation_resent", "access.invitation_revoked"]
    grant = shared.do(services.grant_person, hub.identity(hub.person()).email, "viewer")
    post(browser, f"{shared.path}grants/{grant}/revoke/", status=303)
    post(browser, f"{shared.path}grants/{grant}/revoke/", status=404)
    assert shared.grants() == []


@pytest.mark.invariant("INV-RATELIMIT-1")
def test_sending_again_is_limited_in_the_list_too_and_taking_away_is_not(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(hub.registry.settings, "ratelimit.grant", Rate(1, "hour"))
    shared = Shared.on(hub)
    number = shared.invite("new@example.org")
    browser = shared.browser()

    def resend() -> Any:
        form = browser.get(shared.path).forms["access-rows"]
        form[f"invitation.{number}.resend"] = True
        return form.submit(expect_errors=True)

    assert resend().status_int == 303
    before = shared.entries()
    assert resend().status_int == 429
    assert shared.entries() == before
    form = browser.get(shared.path).forms["access-rows"]
    form[f"invitation.{number}.remove"] = True
    form.submit(status=303)
    assert shared.invitations() == []


@pytest.mark.invariant("INV-AUTH-1")
@pytest.mark.parametrize("role", ["viewer", "collaborator"])
def test_people_with_a_grant_see_no_card_and_manage_nothing(hub: Hub, role: str) -> None:
    shared = Shared.on(hub)
    reader = hub.person()
    hub.grant(shared.advisory_id, reader, role)
    number = shared.invite("secret-guest@example.org")
    grant = row_ids(shared)[0][0]
    browser = hub.browser_as(reader)
    page = browser.get(f"/advisories/{shared.advisory_id}/")
    assert "Manage access" not in page.text
    assert "secret-guest" not in page.text
    before = shared.entries()
    browser.get(shared.path, status=403)
    for fields in (
        {"act": "person", "email": "friend@example.org", "permission": "viewer"},
        {"act": "group", "group": team_of(shared.project), "permission": "viewer"},
        {"act": "save", f"grant.{grant}.was": role, f"grant.{grant}.permission": "collaborator"},
    ):
        post(browser, shared.path, fields, status=403)
    for place in (
        f"grants/{grant}/revoke/",
        f"invitations/{number}/resend/",
        f"invitations/{number}/revoke/",
    ):
        post(browser, f"{shared.path}{place}", status=404)
    assert shared.entries() == before


@pytest.mark.invariant("INV-PRIVACY-1")
def test_outsiders_cannot_tell_a_hidden_advisory_from_none(hub: Hub) -> None:
    shared, foreign = Shared.on(hub), Shared.on(hub)
    grant = shared.do(services.grant_person, hub.identity(hub.person()).email, "viewer")
    number = shared.invite("new@example.org")

    def told(browser: webtest.TestApp, method: str, path: str) -> tuple[str, dict[str, str]]:
        options: dict[str, Any] = {"status": 404, "headers": {"X-Request-ID": "same-request"}}
        fields = {"act": "person", "email": "x@example.org", "permission": "viewer"}
        answer = post(browser, path, fields, **options) if method == "POST" else browser.get(path, **options)
        headers = dict(answer.headers)
        headers.pop("Content-Security-Policy")
        return re.sub(r'nonce="[^"]+"', "", answer.text), headers

    for browser in (hub.browser_as(hub.person()), foreign.browser()):
        for method, place in (
            ("GET", ""),
            ("POST", ""),
            ("POST", f"grants/{grant}/revoke/"),
            ("POST", f"invitations/{number}/revoke/"),
            ("POST", f"invitations/{number}/resend/"),
        ):
            hidden = told(browser, method, f"{shared.path}{place}")
            assert hidden == told(browser, method, f"/advisories/{UNKNOWN}/access/{place}")
    # A row of one advisory is not there below another one either.
    owner = foreign.browser()
    for place in (f"grants/{grant}/revoke/", f"invitations/{number}/revoke/", "grants/x/revoke/", "x/"):
        post(owner, f"{foreign.path}{place}", status=404)
    assert len(shared.grants()) == len(shared.invitations()) == 1


@pytest.mark.invariant("INV-PRIVACY-1")
@pytest.mark.invariant("INV-PRIVACY-4")
def test_suggestions_name_nobody_who_has_nothing_to_do_with_the_project(hub: Hub) -> None:
    shared, foreign = Shared.on(hub), Shared.on(hub)
    nearby, writer, here, stranger = (hub.person(email=f"{name}@example.org") for name in "nwhs")
    hub.grant(hub.draft(shared.project), nearby)
    hub.report(shared.project, reporter=writer)
    hub.grant(shared.advisory_id, here)
    hub.grant(foreign.advisory_id, stranger)
    with hub.system() as act:
        act.db.add(User(email="shadow@example.org", is_provisioned=True))
    page = shared.browser().get(shared.path)
    offered = choices(page, "access-people")
    assert {"n@example.org", "w@example.org"} <= set(offered)
    assert {"h@example.org", "s@example.org", "shadow@example.org"}.isdisjoint(offered)
    assert '"s@example.org"' not in page.text
    assert team_of(shared.project) in choices(page, "access-groups")


@pytest.mark.invariant("INV-AUTH-4")
def test_who_leaves_the_team_loses_the_advisory_at_the_next_sign_in(hub: Hub) -> None:
    shared = Shared.on(hub)
    browser = shared.browser()
    browser.get(shared.path, status=200)
    with hub.system() as act:
        subject = act.db.get_one(User, shared.owner).subject
    hub.provider.change_person(subject, groups=())
    hub.sign_in(browser, subject)
    browser.get(f"/advisories/{shared.advisory_id}/", status=404)
    browser.get(shared.path, status=404)


@pytest.mark.invariant("INV-AUTH-7")
def test_a_revocation_holds_from_the_next_request_on(hub: Hub) -> None:
    shared = Shared.on(hub)
    reader = hub.person("readers@example.org")
    own = shared.do(services.grant_person, hub.identity(reader).email, "viewer")
    group = shared.do(services.grant_group, "readers@example.org", "viewer")
    browser = hub.browser_as(reader)
    page = f"/advisories/{shared.advisory_id}/"
    browser.get(page, status=200)
    shared.do(services.revoke_grant, own)
    browser.get(page, status=200)
    shared.do(services.revoke_grant, group)
    browser.get(page, status=404)
    assert shared.advisory_id not in browser.get("/advisories/").text


def test_the_pages_take_the_same_queries_for_ten_rows_and_for_three_hundred(hub: Hub) -> None:
    shared = Shared.on(hub)
    browser = shared.browser()
    places = (f"/advisories/{shared.advisory_id}/", shared.path)

    def fill(count: int) -> None:
        values = {"pk": shared.pk, "by": shared.owner, "count": count}
        with hub.system() as act:
            act.db.execute(
                text(
                    "WITH people AS (INSERT INTO users (email, subject, display_name)"
                    " SELECT gen_random_uuid() || '@example.org', gen_random_uuid()::text, 'Somebody'"
                    " FROM generate_series(1, :count) RETURNING id)"
                    " INSERT INTO grants (advisory_id, user_id, permission, created_by_id)"
                    " SELECT :pk, id, 'viewer', :by FROM people"
                ),
                values,
            )
            act.db.execute(
                text(
                    "INSERT INTO invitations (advisory_id, email, permission, expires_at, created_by_id)"
                    " SELECT :pk, gen_random_uuid() || '@example.org', 'viewer', now() + interval '1 day',"
                    " :by"
                    " FROM generate_series(1, :count)"
                ),
                values,
            )

    fill(10)
    # The first opening is noted on the ledger, once.
    browser.get(places[0])
    few = [statements(hub, lambda place=place: browser.get(place)) for place in places]
    fill(290)
    many = [statements(hub, lambda place=place: browser.get(place)) for place in places]
    assert many == few
    assert max(few) <= 20
    page = browser.get(shared.path)
    assert len(page.html.find("form", id="access-rows").find_all("tr")) == 601
    card = browser.get(places[0]).html.find(id="panel-access")
    assert "588" in card.get_text()
