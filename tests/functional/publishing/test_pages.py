"""Publishing from the page: typed id, step-up, card, artifacts, retry."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from functools import partial

import pytest

from advisoryhub_core.advisories.lifecycle import reopen_advisory
from advisoryhub_core.advisories.withdrawal import withdraw_advisory
from advisoryhub_publishing.services import publish
from tests.support.hub import Hub, csrf
from tests.support.lifecycle import do


@pytest.fixture
def mature(hub: Hub) -> tuple[str, int, str]:
    project = hub.project(mature=True)
    member = hub.member(project)
    return project, member, hub.draft(project, by=member)


def age_sign_in(hub: Hub, seconds: int) -> None:
    """Make every ID token from now on say that the person authenticated that long ago."""
    then = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=seconds)
    hub.provider.change_id_tokens(auth_time=int(then.timestamp()))


def test_publishing_takes_the_typed_id_and_shows_commit_and_documents(
    hub: Hub, mature: tuple[str, int, str]
) -> None:
    _project, member, advisory_id = mature
    browser = hub.browser_as(member)
    page = browser.get(f"/advisories/{advisory_id}/publish/")
    assert "CSAF" in page.text
    token = csrf(page)
    wrong = browser.post(
        f"/advisories/{advisory_id}/publish/", {"csrf_token": token, "confirm": "ECL"}, status=400
    )
    assert "exactly as it is shown" in wrong.text
    browser.post(
        f"/advisories/{advisory_id}/publish/", {"csrf_token": token, "confirm": advisory_id}, status=303
    )
    card = browser.get(f"/advisories/{advisory_id}/publication-card/")
    assert "task-queued" in card.text
    hub.run_jobs()
    detail = browser.get(f"/advisories/{advisory_id}/")
    sha = subprocess.run(
        ["git", "-C", str(hub.repository), "rev-parse", "main"], check=True, capture_output=True, text=True
    ).stdout
    assert sha[:10] in detail.text
    artifact = browser.get(detail.html.find("ul", class_="artifacts").find("a")["href"])
    stored = subprocess.run(
        ["git", "-C", str(hub.repository), "show", "main:" + _path(hub, artifact.json)],
        check=True,
        capture_output=True,
    ).stdout
    assert artifact.body == stored


def _path(hub: Hub, document: dict[str, object]) -> str:
    names = subprocess.run(
        ["git", "-C", str(hub.repository), "ls-tree", "-r", "--name-only", "main"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    kind = "osv/" if "schema_version" in document else "csaf/"
    return next(name for name in names if name.startswith(kind))


def test_a_second_request_while_one_is_in_flight_is_a_conflict(
    hub: Hub, mature: tuple[str, int, str]
) -> None:
    _project, member, advisory_id = mature
    browser = hub.browser_as(member)
    token = csrf(browser.get(f"/advisories/{advisory_id}/publish/"))
    fields = {"csrf_token": token, "confirm": advisory_id}
    browser.post(f"/advisories/{advisory_id}/publish/", fields, status=303)
    browser.post(f"/advisories/{advisory_id}/publish/", fields, status=409)


def test_an_old_sign_in_is_sent_through_a_fresh_one_and_back(hub: Hub, mature: tuple[str, int, str]) -> None:
    _project, member, advisory_id = mature
    age_sign_in(hub, 600)
    browser = hub.browser_as(member)
    path = f"/advisories/{advisory_id}/publish/"
    asked = browser.get(path, status=303)
    assert "/oidc/step-up/" in asked.location
    explained = asked.follow()
    onwards = explained.html.find("a", href=lambda href: href and "go=1" in href)["href"]
    started = browser.get(onwards, status=303)
    assert "prompt=login" in started.location
    assert "max_age=0" in started.location
    hub.provider.change_id_tokens()
    with hub.system() as act:
        from advisoryhub_core.accounts.models import User  # noqa: PLC0415

        subject = act.db.get_one(User, member).subject
    answer = hub.provider.answer_as(started.location, subject).removeprefix("http://localhost")
    assert browser.get(answer, status=303).location == f"http://localhost{path}"
    browser.get(path, status=200)


def test_an_absent_auth_time_never_counts(hub: Hub, mature: tuple[str, int, str]) -> None:
    _project, member, advisory_id = mature
    hub.provider.change_id_tokens(auth_time=None)
    try:
        browser = hub.browser_as(member)
        browser.get(f"/advisories/{advisory_id}/publish/", status=303)
    finally:
        hub.provider.change_id_tokens()


def test_step_up_can_be_turned_off(hub: Hub, mature: tuple[str, int, str]) -> None:
    _project, member, advisory_id = mature
    age_sign_in(hub, 600)
    hub.set_settings(**{"step_up.required": False})
    try:
        browser = hub.browser_as(member)
        browser.get(f"/advisories/{advisory_id}/publish/", status=200)
    finally:
        hub.set_settings(**{"step_up.required": True})
        hub.provider.change_id_tokens()


def test_a_failure_is_shown_redacted_and_can_be_tried_again(hub: Hub, mature: tuple[str, int, str]) -> None:
    _project, member, advisory_id = mature
    hook = hub.repository / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'no: https://bob:hunter2hunter2@git.example.org' >&2\nexit 1\n")
    hook.chmod(0o755)
    browser = hub.browser_as(member)
    token = csrf(browser.get(f"/advisories/{advisory_id}/publish/"))
    browser.post(
        f"/advisories/{advisory_id}/publish/", {"csrf_token": token, "confirm": advisory_id}, status=303
    )
    hub.run_jobs()
    page = browser.get(f"/advisories/{advisory_id}/")
    assert "task-failed" in page.text
    assert "hunter2" not in page.text
    hook.unlink()
    with hub.system() as act:
        from advisoryhub_publishing.services import last_task  # noqa: PLC0415

        task = last_task(act.db, hub.pk(advisory_id))
        assert task is not None
        number = task.id
    browser.post(f"/publication/tasks/{number}/retry/", {"csrf_token": token}, status=303)
    hub.run_jobs()
    assert "task-succeeded" in browser.get(f"/advisories/{advisory_id}/").text
    browser.post(f"/publication/tasks/{number}/retry/", {"csrf_token": token}, status=303)


def test_an_unfinished_draft_shows_what_is_missing(hub: Hub) -> None:
    project = hub.project(mature=True)
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member, affected=[], severity=[])
    browser = hub.browser_as(member)
    page = browser.get(f"/advisories/{advisory_id}/publish/")
    assert page.text.count("/edit/#f-") >= 2
    token = csrf(browser.get("/accounts/me/"))
    refused = browser.post(
        f"/advisories/{advisory_id}/publish/", {"csrf_token": token, "confirm": advisory_id}, status=400
    )
    assert "/edit/#f-affected" in refused.text


def test_tasks_and_documents_are_hidden_from_those_who_may_not_see_exports(
    hub: Hub, mature: tuple[str, int, str]
) -> None:
    _project, member, advisory_id = mature
    browser = hub.browser_as(member)
    token = csrf(browser.get(f"/advisories/{advisory_id}/publish/"))
    browser.post(f"/advisories/{advisory_id}/publish/", {"csrf_token": token, "confirm": advisory_id})
    hub.run_jobs()
    viewer, stranger = hub.person(), hub.person()
    hub.grant(advisory_id, viewer)
    for who in (viewer, stranger):
        other = hub.browser_as(who)
        for number in ("1", "999", "x", "99999999999999999999"):
            other.get(f"/publication/tasks/{number}/artifact/osv/", status=404)
    assert "publication-card" not in hub.browser_as(viewer).get(f"/advisories/{advisory_id}/").text
    for kind in ("osv", "csaf"):
        document = browser.get(f"/publication/tasks/1/artifact/{kind}/?download=1")
        assert document.headers["Content-Disposition"].startswith("attachment")
        json.loads(document.text)
    browser.get("/publication/tasks/1/artifact/pdf/", status=404)


def test_the_card_and_the_page_say_what_publishing_would_bring_out(
    hub: Hub, mature: tuple[str, int, str]
) -> None:
    _project, member, advisory_id = mature
    browser = hub.browser_as(member)
    path = f"/advisories/{advisory_id}/"
    do(hub, member, publish, advisory_id)
    hub.run_jobs()
    hook = hub.repository / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    for act, words, ended in (
        (partial(withdraw_advisory, reason="Not a flaw."), "Withdraw", "Withdrawn"),
        (reopen_advisory, "Bring back", "Published"),
    ):
        hook.chmod(0o755)
        do(hub, member, act, advisory_id)
        assert "the last attempt to push it failed" not in browser.get(path).text
        hub.run_jobs()
        detail = browser.get(path)
        assert "the last attempt to push it failed" in detail.text
        links = [link.text for link in detail.html.find_all("a", href=f"{path}publish/")]
        assert links == [f"{words} …", f"{words} …"]
        page = browser.get(f"{path}publish/")
        assert page.html.find("h1").text.startswith(f"{words} with version")
        assert page.html.find("button", attrs={"data-submit": True}).text == words
        hook.chmod(0o644)
        browser.post(f"{path}publish/", {"csrf_token": csrf(page), "confirm": advisory_id}, status=303)
        hub.run_jobs()
        assert ended in browser.get(f"{path}publication-card/").html.find(class_="task-succeeded").text
        assert "the last attempt" not in browser.get(path).text
