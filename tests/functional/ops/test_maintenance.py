"""Maintenance mode: changes wait, reading goes on, administrators are never paused."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import event, text
from sqlalchemy.exc import ProgrammingError

from advisoryhub_cli.context import CLIContext
from advisoryhub_cli.maintenance import maintenance
from advisoryhub_core.advisories.payload.messages import PayloadInvalid
from advisoryhub_core.errors import NotPermitted, StepUpRequired
from advisoryhub_core.ops.maintenance import current, set_maintenance
from tests.support.hub import Hub, csrf

WHY = "We move to new servers & come back at 14:00 UTC."


def switch(hub: Hub, *, enabled: bool, message: str = "") -> bool:
    with hub.system() as act:
        return set_maintenance(act, enabled=enabled, message=message)


def preferences(browser: Any, **more: Any) -> Any:
    page = browser.get("/accounts/me/")
    fields = {"csrf_token": csrf(page), "theme": "dark", "language": "en"}
    return browser.post("/accounts/me/", fields, **more)


def entries(hub: Hub) -> list[tuple[str, Any, Any, int | None]]:
    with hub.system() as act:
        rows = act.db.execute(
            text(
                "SELECT action, previous, new, actor_id FROM audit_log WHERE action LIKE 'maintenance.%'"
                " ORDER BY id"
            )
        )
        return [tuple(row) for row in rows]


@pytest.mark.invariant("INV-MAINT-1")
def test_every_unsafe_method_of_a_non_admin_waits(hub: Hub) -> None:
    member = hub.member(hub.project())
    browser = hub.browser_as(member)
    token = {"X-CSRF-Token": csrf(browser.get("/accounts/me/"))}
    switch(hub, enabled=True, message=WHY)
    for who in (browser, hub.anonymous()):
        for path in ("/accounts/me/", "/advisories/new/", "/api/advisories/", "/no/such/page/", "/"):
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                answer = who.request(path, method=method, headers=token, expect_errors=True)
                assert answer.status_int == 503, (path, method)
                assert answer.headers["Retry-After"] == "3600"
    assert hub.identity(member).theme == "auto"
    switch(hub, enabled=False)
    preferences(browser, status=303)
    assert hub.identity(member).theme == "dark"


@pytest.mark.invariant("INV-MAINT-1")
def test_the_refusal_has_the_face_that_was_asked_for(hub: Hub) -> None:
    browser = hub.browser_as(hub.person())
    switch(hub, enabled=True, message=WHY)
    page = preferences(browser, status=503)
    assert "takes no changes right now" in page.html.find("main").text
    assert WHY in page.html.find("main").text
    assert "an hour" in page.html.find("main").text
    answer = browser.post("/accounts/me/", headers={"Accept": "application/json"}, status=503)
    assert answer.json["error"] == "maintenance"
    assert answer.json["message"].endswith(WHY)
    assert answer.json["retry_after"] == 3600


@pytest.mark.invariant("INV-MAINT-1")
def test_administrators_are_never_paused(hub: Hub) -> None:
    admin = hub.admin()
    browser = hub.browser_as(admin)
    switch(hub, enabled=True)
    preferences(browser, status=303)
    assert hub.identity(admin).theme == "dark"


@pytest.mark.invariant("INV-MAINT-1")
def test_it_is_read_from_the_database_each_time(hub: Hub) -> None:
    browser = hub.browser_as(hub.person())
    preferences(browser, status=303)
    # Another process switched it: nothing in this one has heard of it.
    with hub.system() as act:
        act.db.execute(text("UPDATE maintenance_mode SET enabled_at = now()"))
    preferences(browser, status=503)
    with hub.system() as act:
        act.db.execute(text("UPDATE maintenance_mode SET enabled_at = NULL"))
    preferences(browser, status=303)


@pytest.mark.invariant("INV-MAINT-1")
def test_what_stays_open_and_the_ways_around_it_that_do_not(hub: Hub) -> None:
    project = hub.project(mature=True)
    member = hub.member(project)
    advisory = hub.draft(project, by=member)
    browser = hub.browser_as(member)
    token = csrf(browser.get("/accounts/me/"))
    switch(hub, enabled=True)
    for path in ("/healthz", "/readyz", "/metrics", "/static/hub.css", "/ghsa/webhook/"):
        assert browser.post(path, expect_errors=True).status_int != 503, path
    fields = {
        "csrf_token": token,
        "act": "save",
        "base_version": "1",
        "summary": "Changed",
        "details": "Changed",
    }
    edit = f"/advisories/{advisory}/edit/"
    for path in (
        edit,
        "/oidc/.." + edit,
        "/oidc/../" + edit,
        "/oidc/%2e%2e" + edit,
        "//oidc//.." + edit,
        "/./" + edit,
        "/healthz/.." + edit,
        "/static/../" + edit,
        "/ghsa/webhook/../.." + edit,
        "/ghsa" + edit,
        "/ghsa/",
        "/OIDC/logout/",
        "/oidcx/",
    ):
        assert browser.post(path, fields, expect_errors=True).status_int in {503, 404}, path
        assert current_version(hub, advisory) == 1, path
    # Mod_rewrite's way to say where the tree begins: a caller's is worth nothing.
    for path in ("/oidc/", "/healthz"):
        browser.post(path, fields, headers={"X-Vhm-Root": edit}, expect_errors=True)
        assert current_version(hub, advisory) == 1
    browser.post("/oidc/logout/", {"csrf_token": token}, status=200)
    assert hub.browser_as(hub.person()).get("/accounts/me/").status_int == 200


def current_version(hub: Hub, advisory_id: str) -> int:
    with hub.system() as act:
        return hub.row(act, advisory_id).current_version


def test_the_way_around_would_lead_somewhere(hub: Hub) -> None:
    """Or the test above proved nothing: the paths are those of the edit form while it is off."""
    project = hub.project()
    member = hub.member(project)
    advisory = hub.draft(project, by=member)
    browser = hub.browser_as(member)
    fields = {
        "csrf_token": csrf(browser.get("/accounts/me/")),
        "act": "save",
        "base_version": "1",
        "summary": "Changed",
        "details": "Changed",
    }
    browser.post(f"/oidc/../advisories/{advisory}/edit/", fields, status=303)
    assert current_version(hub, advisory) == 2


def test_without_the_session_store_nobody_is_an_administrator(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    import redis  # noqa: PLC0415

    from advisoryhub_embedded.redis import free_port  # noqa: PLC0415

    browser = hub.browser_as(hub.admin())
    switch(hub, enabled=True)
    away = redis.Redis(
        port=free_port(), socket_connect_timeout=1, retry=redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    )
    with monkeypatch.context() as patch:
        patch.setattr(hub.registry.session_store, "redis", away)
        answer = browser.post("/accounts/me/", {}, status=503)
    away.close()
    assert answer.headers["Retry-After"] == "3600"


def test_every_page_shows_the_banner_and_what_was_written(hub: Hub) -> None:
    project = hub.project()
    member = hub.member(project)
    advisory = hub.draft(project, by=member)
    browser, stranger, admin = hub.browser_as(member), hub.anonymous(), hub.browser_as(hub.admin())
    pages = [
        (browser, "/advisories/"),
        (browser, f"/advisories/{advisory}/"),
        (browser, f"/advisories/{advisory}/edit/"),
        (browser, "/no/such/page/"),
        (stranger, "/"),
        (stranger, "/accounts/signed-out/"),
        (admin, "/accounts/me/"),
    ]
    for who, path in pages:
        assert who.get(path, expect_errors=True).html.find(attrs={"data-maintenance": True}) is None
    switch(hub, enabled=True, message="<b>soon</b>")
    for who, path in pages:
        page = who.get(path, expect_errors=True)
        banner = page.html.find(attrs={"data-maintenance": True})
        assert banner is not None, path
        assert ("only administrators can change anything" in banner.text) is (who is admin)
        assert "<b>soon</b>" in banner.text
        assert "<b>soon</b>" not in page.text


def test_a_page_costs_one_query_more(hub: Hub) -> None:
    browser = hub.browser_as(hub.person())
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(hub.registry.db_engine, "before_cursor_execute", note)
    try:
        browser.get("/advisories/")
        assert sum("maintenance_mode" in statement for statement in seen) == 1
        seen.clear()
        hub.anonymous().get("/healthz")
        assert seen == []
    finally:
        event.remove(hub.registry.db_engine, "before_cursor_execute", note)


def test_pages_do_without_the_banner_where_the_database_does_not_answer(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    from advisoryhub_core.db.session import make_engine  # noqa: PLC0415

    away = make_engine("postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setattr(hub.registry, "db_engine", away)
    assert "AdvisoryHub" in hub.anonymous().get("/accounts/signed-out/", status=200).text


def test_both_ends_are_on_the_ledger_once_and_nothing_when_nothing_changes(hub: Hub) -> None:
    admin = hub.admin()
    with hub.acting_for(admin) as act:
        assert set_maintenance(act, enabled=True, message=WHY)
    with hub.acting_for(admin) as act:
        assert not set_maintenance(act, enabled=True, message=WHY)
        assert set_maintenance(act, enabled=True, message="Soon.")
    assert switch(hub, enabled=False, message="ignored")
    assert not switch(hub, enabled=False)
    off = {"enabled": False, "message": ""}
    assert entries(hub) == [
        ("maintenance.enabled", off, {"enabled": True, "message": WHY}, admin),
        (
            "maintenance.enabled",
            {"enabled": True, "message": WHY},
            {"enabled": True, "message": "Soon."},
            admin,
        ),
        ("maintenance.disabled", {"enabled": True, "message": "Soon."}, off, None),
    ]


def test_who_may_switch_it_and_how(hub: Hub) -> None:
    with pytest.raises(NotPermitted), hub.acting_for(hub.member(hub.project())) as act:
        set_maintenance(act, enabled=True)
    with hub.acting_for(hub.admin()) as act:
        from dataclasses import replace  # noqa: PLC0415

        then = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
        old = replace(act, from_web=True, identity=replace(act.identity, auth_time=then))
        with pytest.raises(StepUpRequired):
            set_maintenance(old, enabled=True)
        for wrong in ("two\nlines", "x" * 501, "bell\a"):
            with pytest.raises(PayloadInvalid):
                set_maintenance(act, enabled=True, message=wrong)
        assert current(act.db) is None


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO maintenance_mode (only_row) VALUES (false)",
        "DELETE FROM maintenance_mode",
        "UPDATE maintenance_mode SET only_row = false",
        "TRUNCATE maintenance_mode",
    ],
)
def test_the_one_row_stays_the_one_row(hub: Hub, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), hub.system() as act:
        act.db.connection().exec_driver_sql(statement)


def run(hub: Hub, *arguments: str) -> Any:
    context = CLIContext()
    context.registry = hub.registry
    return CliRunner().invoke(maintenance, arguments, obj=context)


def test_the_command_switches_it_and_says_how_it_stands(hub: Hub) -> None:
    assert run(hub, "status").output == "Maintenance mode is off.\n"
    on = json.loads(run(hub, "on", "--message", WHY, "--json").output)
    assert (on["enabled"], on["message"], on["changed"]) == (True, WHY, True)
    assert dt.datetime.fromisoformat(on["since"]).tzinfo is not None
    said = run(hub, "status").output
    assert said.startswith("Maintenance mode is on since ")
    assert said.endswith(f"{WHY}\n")
    assert json.loads(run(hub, "on", "--message", WHY, "--json").output)["changed"] is False
    assert run(hub, "off").output == "Maintenance mode is off.\n"
    assert [entry[0] for entry in entries(hub)] == ["maintenance.enabled", "maintenance.disabled"]


def test_the_command_refuses_what_makes_no_sense(hub: Hub) -> None:
    for arguments in (("off", "--message", "x"), ("status", "--message", "x"), ("perhaps",), ()):
        assert run(hub, *arguments).exit_code == 2


def test_jobs_go_on(hub: Hub) -> None:
    project = hub.project(mature=True)
    browser = hub.browser_as(hub.member(project))
    advisory = hub.draft(project)
    page = browser.get(f"/advisories/{advisory}/publish/")
    fields = {"csrf_token": csrf(page), "confirm": advisory}
    browser.post(f"/advisories/{advisory}/publish/", fields, status=303)
    switch(hub, enabled=True)
    assert hub.run_jobs() >= 1
    with hub.system() as act:
        assert hub.row(act, advisory).state.value == "published"
