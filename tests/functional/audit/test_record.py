"""INV-AUDIT-2 and INV-AUDIT-4: what an entry holds, whoever caused it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from sqlalchemy import text

from advisoryhub_core.acts import Origin
from advisoryhub_core.audit.services import UnknownAuditAction, record
from advisoryhub_core.redaction import known_secret
from tests.support.hub import Hub, csrf

TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
KNOWN = "a secret of this process"
SECRETS: dict[str, Any] = {
    "a token": TOKEN,
    "a URL": f"https://robot:{TOKEN}@git.example.org/hub.git",
    "a key's name": {"client_secret": "correct-horse", "label": "kept"},
    "a list": ["kept", {"deep": [f"password={TOKEN}"]}],
    "a key": {TOKEN: 1},
    "the process's own": f"it said {KNOWN}",
}


def rows(hub: Hub, table: str) -> list[dict[str, Any]]:
    statement = {
        "audit_log": text("SELECT * FROM audit_log ORDER BY id"),
        "access_log": text("SELECT * FROM access_log ORDER BY id"),
    }[table]
    with hub.system() as act:
        return [dict(row) for row in act.db.execute(statement).mappings()]


@pytest.mark.invariant("INV-AUDIT-2")
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("place", ["previous", "new", "metadata", "user agent", "request id"])
@pytest.mark.parametrize("table", ["audit_log", "access_log"])
def test_no_secret_is_stored_in_any_column(hub: Hub, secret: Any, place: str, table: str) -> None:
    action = {"audit_log": "project.updated", "access_log": "advisory.viewed"}[table]
    with hub.system() as act, known_secret(KNOWN):
        if place in {"user agent", "request id"}:
            name = place.replace(" ", "_")
            act = dataclasses.replace(act, origin=Origin(**{name: f"x {secret}"}))  # noqa: PLW2901
        values = {
            "previous": {"previous": secret},
            "new": {"new": {"changed": secret}},
            "metadata": {"note": secret},
        }
        record(act, action, **values.get(place, {}))
    stored = rows(hub, table)[-1]
    assert stored["action"] == action
    for hidden in (TOKEN, KNOWN, "correct-horse"):
        assert hidden not in str(stored)
    if table == "audit_log" or place not in {"previous", "new"}:
        assert "[redacted]" in str(stored)


@pytest.mark.invariant("INV-AUDIT-2")
def test_what_is_no_secret_stays_as_it_is(hub: Hub) -> None:
    value = {"summary": "Token handling in CVE-2026-1234", "count": 3, "cwe_ids": ["CWE-113"], "none": None}
    with hub.system() as act:
        act = dataclasses.replace(act, origin=Origin("192.0.2.3", "Mozilla/5.0", "b7a1"))  # noqa: PLW2901
        record(act, "project.updated", previous=value, new=value, note=value)
    stored = rows(hub, "audit_log")[-1]
    assert (stored["previous"], stored["new"], stored["metadata"]) == (value, value, {"note": value})
    assert (str(stored["ip"]), stored["user_agent"], stored["request_id"]) == (
        "192.0.2.3",
        "Mozilla/5.0",
        "b7a1",
    )


def test_an_agent_is_cut_and_has_no_null_byte(hub: Hub) -> None:
    with hub.system() as act:
        act = dataclasses.replace(act, origin=Origin(user_agent="a\0b" * 500))  # noqa: PLW2901
        record(act, "project.updated")
    agent = rows(hub, "audit_log")[-1]["user_agent"]
    assert len(agent) == 400
    assert "\0" not in agent


def test_an_action_that_nobody_declared_is_refused(hub: Hub) -> None:
    with pytest.raises(UnknownAuditAction), hub.system() as act:
        record(act, "project.invented")


@pytest.mark.invariant("INV-AUDIT-4")
def test_an_act_from_the_web_carries_address_and_agent(hub: Hub) -> None:
    project = hub.project(mature=True)
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    browser = hub.browser_as(member)
    browser.extra_environ = {"REMOTE_ADDR": "203.0.113.9", "HTTP_USER_AGENT": "Netscape Navigator"}
    path = f"/advisories/{advisory_id}/publish/"
    token = csrf(browser.get(path))
    browser.post(path, {"csrf_token": token, "confirm": advisory_id}, status=303)
    browser.post("/oidc/logout/", {"csrf_token": token})
    (asked,) = (row for row in rows(hub, "audit_log") if row["action"] == "publication.requested")
    (left,) = (row for row in rows(hub, "access_log") if row["action"] == "auth.signed_out")
    for entry in (asked, left):
        assert entry["actor_id"] == member
        assert (str(entry["ip"]), entry["user_agent"]) == ("203.0.113.9", "Netscape Navigator")
        assert entry["request_id"]


@pytest.mark.invariant("INV-AUDIT-4")
def test_the_address_is_the_one_that_the_trusted_proxy_saw(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(hub.registry.settings, "advisoryhub.trusted_proxy_count", 1)
    browser = hub.browser_as(hub.person())
    token = csrf(browser.get("/accounts/me/"))
    forwarded = {"X-Forwarded-For": "198.51.100.1, 2001:db8::7"}
    browser.post("/oidc/logout/", {"csrf_token": token}, headers=forwarded)
    assert str(rows(hub, "access_log")[-1]["ip"]) == "2001:db8::7"


@pytest.mark.invariant("INV-AUDIT-4")
def test_an_act_of_a_task_or_command_has_no_address(hub: Hub) -> None:
    hub.draft(hub.project())
    for entry in rows(hub, "audit_log"):
        assert (entry["ip"], entry["user_agent"]) == (None, None)
