"""Invitations become grants: at sign-in, by the link of their mail, and in no other way."""

from __future__ import annotations

import datetime as dt
import re
import threading

import pytest
import webtest
from sqlalchemy import select

from advisoryhub_core.access import services
from advisoryhub_core.access.invitations import InvitationClosed, issue_token
from advisoryhub_core.access.models import Invitation
from advisoryhub_core.accounts.models import User
from advisoryhub_core.events import GrantChanged
from tests.functional.access.kit import Shared, arrive, heard, id_of, invited, post
from tests.support.hub import Hub

EMAIL = "New@Example.org"


def link(shared: Shared, invitation_id: int) -> str:
    """Send the mail's token, and return the link it would carry."""
    with shared.hub.system() as act:
        return f"/accounts/invitation/?token={issue_token(act, act.db.get_one(Invitation, invitation_id))}"


def late(shared: Shared, email: str, permission: str) -> int:
    """Add an invitation for somebody with an account, as if made while they signed in for the first time."""
    with shared.hub.system() as act:
        invitation = Invitation(
            advisory_id=shared.pk,
            email=email,
            permission=permission,
            expires_at=act.now() + dt.timedelta(days=1),
        )
        act.db.add(invitation)
        act.db.flush()
        return invitation.id


def plain(answer: webtest.TestResponse) -> str:
    """What a page says, without what differs from request to request."""
    return re.sub(r'(nonce|value)="[^"]+"|next=[^"]+', "", answer.text)


@pytest.mark.invariant("INV-ACCESS-2")
def test_a_first_sign_in_redeems_what_waits_whatever_the_case(hub: Hub) -> None:
    first, second, other = Shared.on(hub), Shared.on(hub), Shared.on(hub)
    one, two = first.invite(EMAIL), second.invite("nEw@example.org", "collaborator")
    other.invite("new@example.org.elsewhere.example")
    with heard(hub, GrantChanged) as events:
        browser = arrive(hub, "new@EXAMPLE.org")
    person = id_of(hub)
    assert first.grants() == [(person, "viewer")]
    assert second.grants() == [(person, "collaborator")]
    assert other.grants() == []
    assert first.invitations() == [(EMAIL, "viewer", person)]
    of_person = {"user_id": person, "permission": "viewer"}
    assert first.entries()[1:] == [
        ("access.invitation_redeemed", person, invited(one, EMAIL), of_person),
    ]
    assert second.entries()[1:] == [
        (
            "access.invitation_redeemed",
            person,
            invited(two, "nEw@example.org", "collaborator"),
            {**of_person, "permission": "collaborator"},
        )
    ]
    assert [sent.user_id for sent in events] == [person, person]
    browser.get(f"/advisories/{first.advisory_id}/", status=200)
    browser.get(f"/advisories/{other.advisory_id}/", status=404)


def test_a_second_sign_in_does_nothing(hub: Hub) -> None:
    shared = Shared.on(hub)
    shared.invite(EMAIL)
    arrive(hub, EMAIL)
    shared.do(services.revoke_grant, grant_id(shared))
    before = shared.entries()
    arrive(hub, EMAIL)
    assert shared.grants() == []
    assert shared.entries() == before


def grant_id(shared: Shared) -> int:
    with shared.hub.system() as act:
        return act.db.scalars(select(services.Grant.id).where(services.Grant.advisory_id == shared.pk)).one()


@pytest.mark.invariant("INV-OIDC-5")
def test_a_shadow_that_becomes_real_gets_what_waits(hub: Hub) -> None:
    shared = Shared.on(hub)
    with hub.system() as act:
        act.db.add(User(email="Shadow@Example.org", is_provisioned=True))
    shared.invite("shadow@example.org")
    arrive(hub, "shadow@example.org")
    assert shared.grants() == [(id_of(hub), "viewer")]


@pytest.mark.invariant("INV-ACCESS-3")
def test_an_expired_invitation_waits_until_it_is_sent_again(hub: Hub) -> None:
    shared = Shared.on(hub)
    number = shared.invite(EMAIL)
    start = dt.datetime.now(dt.UTC)
    assert dt.timedelta(days=13, hours=23) < shared.expiry(number) - start <= dt.timedelta(days=14)
    old = link(shared, number)
    shared.expire(number)
    browser = arrive(hub, EMAIL)
    assert shared.grants() == []
    browser.get(old, status=404)
    with hub.system() as act, pytest.raises(InvitationClosed):
        issue_token(act, act.db.get_one(Invitation, number))
    shared.do(services.resend_invitation, number)
    assert shared.expiry(number) - dt.datetime.now(dt.UTC) > dt.timedelta(days=13)
    browser.get(old, status=404)
    arrive(hub, EMAIL)
    assert shared.grants() == [(id_of(hub), "viewer")]


@pytest.mark.invariant("INV-ACCESS-3")
def test_who_is_invited_anew_after_the_expiry_has_the_time_renewed(hub: Hub) -> None:
    shared = Shared.on(hub)
    hub.set_settings(**{"access.invitation_days": 3})
    try:
        number = shared.invite(EMAIL)
        shared.expire(number)
        assert shared.do(services.grant_person, EMAIL, "viewer") == number
        left = shared.expiry(number) - dt.datetime.now(dt.UTC)
    finally:
        hub.set_settings(**{"access.invitation_days": 14})
    assert dt.timedelta(days=2) < left <= dt.timedelta(days=3)
    assert [entry[0] for entry in shared.entries()] == ["access.invited", "access.invitation_resent"]


@pytest.mark.invariant("INV-OIDC-6")
def test_an_address_that_is_not_vouched_for_redeems_nothing(hub: Hub) -> None:
    shared = Shared.on(hub)
    arrive(hub, EMAIL)
    person = id_of(hub)
    number = late(shared, EMAIL, "viewer")
    opened = link(shared, number)
    browser = arrive(hub, EMAIL, email_verified=False)
    browser.get(opened, status=404)
    post(browser, "/accounts/invitation/", {"token": opened.partition("=")[2]}, status=404)
    # Nor another's address, which the provider says is theirs now.
    hub.person(email="taken@example.org")
    arrive(hub, "taken@example.org")
    assert shared.grants() == []
    arrive(hub, EMAIL)
    assert shared.grants() == [(person, "viewer")]


@pytest.mark.invariant("INV-OIDC-6")
def test_a_provider_that_says_nothing_about_the_address_is_not_believed(hub: Hub) -> None:
    shared = Shared.on(hub)
    arrive(hub, EMAIL)
    late(shared, EMAIL, "viewer")
    arrive(hub, EMAIL, email_verified=None)
    assert shared.grants() == []


@pytest.mark.invariant("INV-AUTH-8")
def test_a_banned_person_redeems_nothing(hub: Hub) -> None:
    shared = Shared.on(hub)
    with hub.system() as act:
        act.db.add(User(email=EMAIL, is_provisioned=True, banned_at=act.now()))
    number = shared.invite(EMAIL)
    hub.provider.set_person(subject="newcomer", email=EMAIL)
    browser = hub.anonymous()
    started = browser.get(link(shared, number), status=303).follow(status=303)
    answer = hub.provider.answer_as(started.location, "newcomer")
    browser.get(answer.removeprefix("http://localhost"), status=403)
    assert shared.grants() == []
    assert shared.invitations() == [(EMAIL, "viewer", None)]


@pytest.mark.invariant("INV-AUTH-4")
@pytest.mark.parametrize(
    ("held", "waits", "left"),
    [
        ("collaborator", "viewer", "collaborator"),
        ("viewer", "collaborator", "collaborator"),
        ("viewer", "viewer", "viewer"),
    ],
)
def test_an_invitation_never_lowers_a_grant(hub: Hub, held: str, waits: str, left: str) -> None:
    shared = Shared.on(hub)
    arrive(hub, EMAIL)
    person = id_of(hub)
    hub.grant(shared.advisory_id, person, held)
    late(shared, EMAIL, waits)
    arrive(hub, EMAIL)
    assert shared.grants() == [(person, left)]
    assert [(entry[0], entry[3]) for entry in shared.entries()] == [
        ("access.invitation_redeemed", {"user_id": person, "permission": left})
    ]


def test_the_link_leads_through_sign_in_to_the_advisory_and_stays_good_for_its_owner(hub: Hub) -> None:
    shared = Shared.on(hub)
    opened = link(shared, shared.invite(EMAIL))
    hub.provider.set_person(subject="newcomer", email=EMAIL)
    browser = hub.anonymous()
    asked = browser.get(opened, status=303)
    back = hub.sign_in(browser, "newcomer", asked.location.removeprefix("http://localhost"))
    assert back.location == f"http://localhost{opened}"
    for _time in range(2):
        page = browser.get(opened, status=303)
        assert page.location == f"http://localhost/advisories/{shared.advisory_id}/"
    page.follow(status=200)
    assert len(shared.grants()) == 1
    hub.provider.set_person(subject="another", email="another@example.org")
    another = hub.anonymous()
    hub.sign_in(another, "another")
    another.get(opened, status=404)
    shared.do(services.revoke_grant, grant_id(shared))
    browser.get(opened, status=404)


def test_somebody_signed_in_already_accepts_by_the_link_once(hub: Hub) -> None:
    shared = Shared.on(hub)
    browser = arrive(hub, EMAIL)
    number = late(shared, EMAIL.upper(), "collaborator")
    opened = link(shared, number)
    page = browser.get(opened, status=200)
    assert shared.advisory_id not in page.text
    assert "Header injection" not in page.text
    assert shared.grants() == []
    done = page.forms["invitation-form"].submit(status=303)
    assert done.location == f"http://localhost/advisories/{shared.advisory_id}/"
    again = post(browser, "/accounts/invitation/", {"token": opened.partition("=")[2]}, status=303)
    assert again.location == done.location
    assert shared.grants() == [(id_of(hub), "collaborator")]
    assert [entry[0] for entry in shared.entries()] == ["access.invitation_redeemed"]


@pytest.mark.invariant("INV-PRIVACY-1")
def test_a_link_that_does_not_lead_on_says_the_same_whatever_the_reason(hub: Hub) -> None:
    shared = Shared.on(hub)
    revoked, resent, expired = (shared.invite(f"{name}@example.org") for name in ("a", "b", "c"))
    links = {
        "unknown": "/accounts/invitation/?token=unknown",
        "odd": "/accounts/invitation/?token=%E2%80%AE%27--",
        "none": "/accounts/invitation/",
        "for somebody else": link(shared, shared.invite("d@example.org")),
        "revoked": link(shared, revoked),
        "replaced": link(shared, resent),
        "expired": link(shared, expired),
    }
    shared.do(services.revoke_invitation, revoked)
    shared.do(services.resend_invitation, resent)
    shared.expire(expired)
    used = shared.invite("e@example.org")
    links["used by somebody else"] = link(shared, used)
    arrive(hub, "e@example.org", subject="first")
    browser = arrive(hub, "f@example.org", subject="second")
    pages = {name: browser.get(path, status=404) for name, path in links.items()}
    assert len({plain(page) for page in pages.values()}) == 1
    posted = {
        name: post(browser, "/accounts/invitation/", {"token": path.partition("=")[2]}, status=404)
        for name, path in links.items()
    }
    assert {plain(page) for page in posted.values()} == {plain(pages["unknown"])}
    shown = pages["unknown"].text
    assert "f@example.org" in shown
    assert shared.advisory_id not in shown
    assert shared.grants() == [(id_of(hub, "first"), "viewer")]


def test_a_token_is_kept_as_its_hash_and_the_last_one_counts(hub: Hub) -> None:
    shared = Shared.on(hub)
    number = shared.invite(EMAIL)
    first, second = link(shared, number), link(shared, number)
    with hub.system() as act:
        kept = act.db.get_one(Invitation, number).token_hash
    assert kept is not None
    assert len(kept) == 32
    assert first != second
    browser = arrive(hub, EMAIL)
    browser.get(first, status=404)
    browser.get(second, status=303)


def test_two_sign_ins_at_once_redeem_once(hub: Hub) -> None:
    shared = Shared.on(hub)
    arrive(hub, EMAIL)
    person = id_of(hub)
    for _attempt in range(3):
        late(shared, EMAIL, "viewer")
        before = len(shared.entries())
        threads = [threading.Thread(target=arrive, args=(hub, EMAIL)) for _each in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert shared.grants() == [(person, "viewer")]
        assert [entry[0] for entry in shared.entries()][before:] == ["access.invitation_redeemed"]
