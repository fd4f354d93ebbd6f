"""The mirror of the identity provider's groups: what fills it, and that authority reads nothing else."""

from __future__ import annotations

import json
import re

import pytest
import webtest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from advisoryhub_core.accounts.models import User
from advisoryhub_core.accounts.services import replace_groups
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.db.principal import Principal
from advisoryhub_core.db.session import act_as
from tests.house.tree import PRODUCT, files, where
from tests.support.hub import ADMINS, Hub, csrf, team_of

_WRITES = re.compile(
    r"\b(?:insert|upsert|update|delete)\(user_groups\b|(?i:insert\s+into|delete\s+from|update)\s+user_groups\b"
    r"|\.groups\.(?:append|extend|remove|clear)\(|\w\.groups\s*=[^=]"
)


def shadow(hub: Hub, email: str = "shadow@example.org") -> int:
    with hub.system() as act:
        user = User(email=email, is_provisioned=True)
        act.db.add(user)
        act.db.flush()
        return user.id


def edit_session(hub: Hub, **changes: object) -> None:
    """Write into the one session there is, as somebody with Redis in hand could."""
    connection = hub.registry.session_store.redis
    (key,) = connection.keys("advisoryhub:session:*")
    connection.set(key, json.dumps({**json.loads(connection.get(key)), **changes}))


@pytest.mark.invariant("INV-OIDC-1")
def test_only_sign_in_writes_the_mirror() -> None:
    """By the source: whoever wrote it elsewhere would have to name the table or the relationship."""
    writers = {
        where(path)
        for path in files(".py", below=PRODUCT)
        if _WRITES.search(path.read_text(encoding="utf-8"))
    }
    assert writers == {"advisoryhub_core/accounts/services.py"}


@pytest.mark.invariant("INV-OIDC-1")
def test_the_claim_replaces_the_mirror_also_when_it_is_empty(hub: Hub) -> None:
    person = hub.person("a@example.org", "b@example.org")
    browser = hub.browser_as(person)
    with hub.system() as act:
        subject = act.db.scalars(select(User.subject).where(User.id == person)).one()
    browser.get("/advisories/")
    token = csrf(browser.get("/accounts/me/"))
    browser.post(
        "/accounts/me/",
        {"csrf_token": token, "theme": "dark", "language": "en", "groups": ADMINS},
        status=303,
    )
    assert hub.identity(person).groups == ("a@example.org", "b@example.org")
    hub.provider.change_person(subject, groups=())
    assert hub.identity(person).groups == ("a@example.org", "b@example.org")
    hub.sign_in(browser, subject)
    assert hub.identity(person).groups == ()


@pytest.mark.invariant("INV-OIDC-1")
def test_who_has_left_the_team_loses_its_advisories_at_the_next_sign_in(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    advisory_id = hub.draft(project)
    browser = hub.browser_as(member)
    with hub.system() as act:
        subject = act.db.scalars(select(User.subject).where(User.id == member)).one()
    hub.provider.change_person(subject, groups=())
    assert "Header injection" in browser.get(f"/advisories/{advisory_id}/", status=200).text
    hub.sign_in(browser, subject)
    browser.get(f"/advisories/{advisory_id}/", status=404)
    browser.get(f"/advisories/{advisory_id}/edit/", status=404)
    assert advisory_id not in browser.get("/advisories/")


@pytest.mark.invariant("INV-OIDC-2")
def test_authority_reads_the_mirror_and_never_the_request(hub: Hub) -> None:
    project = hub.project()
    advisory = hub.draft(project)
    person = hub.person()
    browser = hub.browser_as(person)
    path = f"/advisories/{advisory}/"
    team = team_of(project)

    def is_kept_out(**more: object) -> None:
        browser.get(path, status=404, **more)
        browser.get("/advisories/new/", status=403, **more)

    is_kept_out()
    # Neither a session that says more, …
    edit_session(
        hub,
        groups=[ADMINS, team],
        group_ids=[1, 2, 3],
        is_admin=True,
        admin=True,
        team_project_ids=[1, 2, 3],
        principal="1|1|9999999999|00",
    )
    is_kept_out()
    # … nor headers that proxies set elsewhere, …
    names = ("X-Groups", "X-Forwarded-Groups", "X-Remote-Groups", "Remote-Groups", "X-Auth-Request-Groups")
    is_kept_out(headers={**dict.fromkeys(names, f"{ADMINS},{team}"), "X-Remote-User": "admin"})
    # … nor parameters, …
    is_kept_out(params={"groups": ADMINS, "is_admin": "1"})
    # … nor what the provider would say now.
    with hub.system() as act:
        subject = act.db.scalars(select(User.subject).where(User.id == person)).one()
    hub.provider.change_person(subject, groups=(ADMINS, team))
    is_kept_out()
    # The mirror alone counts, and from the next request on.
    with hub.system() as act:
        replace_groups(act, act.db.get_one(User, person), (team,))
    browser.get(path, status=200)
    browser.get("/advisories/new/", status=200)
    with hub.system() as act:
        replace_groups(act, act.db.get_one(User, person), ())
    is_kept_out()


@pytest.mark.invariant("INV-OIDC-4")
def test_a_namesake_of_another_realm_is_another_group(hub: Hub) -> None:
    project = hub.project()
    advisory = hub.draft(project)
    name = team_of(project).partition("@")[0]
    lookalikes = (
        f"{name}@elsewhere.org",
        f"{name}@example.org.elsewhere.org",
        f"{name}@EXAMPLE.org",
        f"{name.upper()}@example.org",
        name,
        "advisoryhub-admins@elsewhere.org",
        "advisoryhub-admins",
    )
    hub.provider.set_person(subject="namesake", email="namesake@example.org", groups=lookalikes)
    browser = hub.anonymous()
    hub.sign_in(browser, "namesake")
    browser.get(f"/advisories/{advisory}/", status=404)
    browser.get("/advisories/new/", status=403)
    hub.provider.change_person("namesake", groups=(team_of(project),))
    hub.sign_in(browser, "namesake")
    browser.get(f"/advisories/{advisory}/", status=200)


@pytest.mark.invariant("INV-OIDC-5")
def test_a_shadow_is_in_no_group_and_has_no_right(hub: Hub) -> None:
    project = hub.project()
    advisory = hub.draft(project)
    somebody = shadow(hub)
    for groups in ((team_of(project),), (ADMINS,)):
        with pytest.raises(ProgrammingError, match="INV-OIDC-5"), hub.system() as act:
            replace_groups(act, act.db.get_one(User, somebody), groups)
    hub.grant(advisory, somebody, "collaborator")
    with pytest.raises(AssertionError):
        hub.identity(somebody)
    for admin in (False, True):
        with hub.system() as act:
            act_as(act.db, Principal(somebody, admin=admin))
            assert act.db.scalars(select(Advisory.advisory_id)).all() == []
    # A session in a shadow's name is nobody's.
    browser = hub.browser_as(hub.person())
    edit_session(hub, user_id=somebody)
    browser.get("/advisories/", status=303)


@pytest.mark.invariant("INV-OIDC-5")
def test_the_first_sign_in_gives_a_shadow_its_groups_and_what_was_granted(hub: Hub) -> None:
    project = hub.project()
    advisory = hub.draft(project)
    somebody = shadow(hub)
    hub.grant(advisory, somebody)
    hub.provider.set_person(
        subject="was-a-shadow", email="SHADOW@example.org", groups=("readers@example.org",)
    )
    browser: webtest.TestApp = hub.anonymous()
    hub.sign_in(browser, "was-a-shadow")
    browser.get(f"/advisories/{advisory}/", status=200)
    assert hub.identity(somebody).groups == ("readers@example.org",)


@pytest.mark.invariant("INV-OIDC-6")
def test_an_unverified_address_creates_nobody_and_renames_nobody(hub: Hub) -> None:
    def people() -> list[str]:
        with hub.system() as act:
            return list(act.db.scalars(text("SELECT email FROM users ORDER BY id")))

    def refused(subject: str) -> None:
        started = hub.anonymous().get("/oidc/authenticate/", status=303)
        browser = hub.anonymous()
        started = browser.get("/oidc/authenticate/", status=303)
        answer = hub.provider.answer_as(started.location, subject)
        browser.get(answer.removeprefix("http://localhost"), status=403)

    hub.provider.set_person(subject="new", email="new@example.org", email_verified=False)
    refused("new")
    assert people() == []
    hub.provider.set_person(subject="known", email="known@example.org")
    hub.sign_in(hub.anonymous(), "known")
    hub.provider.change_person("known", email="other@example.org", email_verified=False)
    hub.sign_in(hub.anonymous(), "known")
    assert people() == ["known@example.org"]
