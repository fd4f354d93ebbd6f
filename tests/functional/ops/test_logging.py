"""One JSON object per line: who asked for what, how it went, and never a secret."""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from celery.contrib.testing.worker import start_worker

from advisoryhub_core.ops.logging import configure_logging
from advisoryhub_core.redaction import register_secret
from tests.support.hub import Hub, csrf

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(hub: Hub) -> Iterator[Lines]:
    """What the hub writes to its log, parsed."""
    configure_logging(hub.registry)
    handler = next(h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler)
    written = io.StringIO()
    before = handler.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    handler.setStream(before)


def test_a_request_is_one_line_with_who_and_what_and_how_long(hub: Hub, lines: Lines) -> None:
    person = hub.person()
    browser = hub.browser_as(person)
    browser.get("/advisories/?q=what-was-searched-for", headers={"X-Request-ID": "a-request-of-mine"})
    (line,) = [line for line in lines() if line.get("request_id") == "a-request-of-mine"]
    assert line.pop("duration_ms") > 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "advisoryhub_core.web.tweens",
        "method": "GET",
        "request_id": "a-request-of-mine",
        "route": "AdvisoryCollection:",
        "status": 200,
        "user_id": person,
    }


def test_a_stranger_has_no_id_and_probes_are_not_logged(hub: Hub, lines: Lines) -> None:
    hub.browser_as(hub.person()).get("/advisories/")
    browser = hub.anonymous()
    browser.get("/healthz")
    browser.get("/readyz")
    browser.get("/nothing/", status=404)
    requests = [line for line in lines() if line["event"] == "request"]
    assert (requests[-1]["status"], requests[-1]["user_id"]) == (404, None)
    assert requests[-2]["route"] == "AdvisoryCollection:"


def test_secrets_are_taken_out_last(lines: Lines) -> None:
    register_secret("registered-secret-value")
    log = structlog.get_logger("somewhere")
    log.warning("cannot_push", url="https://user:pa55word@git.example.org/x.git", token="t-0123456789")
    log.info("said registered-secret-value aloud")
    logging.getLogger("a.library").error("Authorization: Bearer abcdefghijklmnop.qrstuvwxyz")
    log.error("failed", exc_info=ValueError("https://user:pa55word@git.example.org/x.git"))
    text = json.dumps(lines())
    assert len(lines()) == 4
    for secret in ("pa55word", "t-0123456789", "registered-secret-value", "abcdefghijklmnop"):
        assert secret not in text, secret
    assert "git.example.org" in text


@pytest.mark.parametrize("hostile", ["\x1b[31mred\x1b[0m", "a\nb", '"},{"level":"forged"', "\u2028"])
def test_a_line_stays_one_line(lines: Lines, hostile: str) -> None:
    structlog.get_logger("somewhere").info("hostile", text=hostile)
    assert len(lines()) == 1


def test_the_lines_of_a_task_carry_the_request_of_the_click(hub: Hub, lines: Lines) -> None:
    project = hub.project(mature=True)
    member = hub.member(project)
    advisory_id = hub.draft(project, by=member)
    browser = hub.browser_as(member)
    path = f"/advisories/{advisory_id}/publish/"
    browser.post(
        path,
        {"csrf_token": csrf(browser.get(path)), "confirm": advisory_id},
        headers={"X-Request-ID": "the-click-of-publish"},
        status=303,
    )
    # A worker that starts takes open connections for those of its parent process, and drops them.
    hub.registry.db_engine.dispose()
    with start_worker(hub.registry.celery, pool="solo", perform_ping_check=False, loglevel="INFO"):
        end = time.monotonic() + 20
        while "advisory.published" not in hub.ledger(advisory_id) and time.monotonic() < end:
            time.sleep(0.05)
    (line,) = [line for line in lines() if line.get("task") == "publishing.run"]
    assert line["event"] == "task_done"
    assert line["request_id"] == "the-click-of-publish"
    assert line["task_id"]
    with hub.system() as act:
        asked = act.db.connection().exec_driver_sql(
            "SELECT DISTINCT request_id FROM audit_log WHERE action LIKE 'publication.%%'"
        )
        assert asked.scalars().all() == ["the-click-of-publish"]


def test_text_is_for_terminals(hub: Hub, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(hub.registry.settings, "log.format", "text")
    monkeypatch.setitem(hub.registry.settings, "log.level", "WARNING")
    configure_logging(hub.registry)
    handler = next(h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler)
    written = io.StringIO()
    handler.setStream(written)
    log = structlog.get_logger("somewhere")
    log.info("not_this")
    log.warning("but_this", token="t-0123456789")
    monkeypatch.undo()
    configure_logging(hub.registry)
    assert "not_this" not in written.getvalue()
    assert "but_this" in written.getvalue()
    assert "t-0123456789" not in written.getvalue()
    assert "\x1b" not in written.getvalue()
