"""A plugin whose views go wrong, each in its own way."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from sqlalchemy import text

from advisoryhub_core.errors import Conflict
from advisoryhub_core.plugins.api import Resource, Root, flash

SECRET_TEXT = "the text of an exception, which nobody outside may read"


class OddNode(Resource):
    """`/odd/`."""


def boom(_context: Any, _request: Any) -> Any:
    raise RuntimeError(SECRET_TEXT)


def broken_sql(_context: Any, request: Any) -> Any:
    request.db.execute(text("SELECT 1 / 0"))


def refused(_context: Any, _request: Any) -> Any:
    raise Conflict("Somebody was faster.")


def leave(_context: Any, _request: Any) -> Any:
    return HTTPSeeOther("/")


def cached(_context: Any, request: Any) -> Any:
    request.response.headers["Cache-Control"] = "public, max-age=60"
    return request.response


def conflict(_context: Any, request: Any) -> Any:
    """Write, and meet a serialization failure on the first `failures` attempts."""
    attempt = request.environ["odd.attempts"] = request.environ.get("odd.attempts", 0) + 1
    request.db.execute(text("SELECT set_config('odd.attempt', :attempt, true)"), {"attempt": str(attempt)})
    if attempt <= int(request.GET["failures"]):
        request.db.execute(text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))
    request.response.text = f"attempt {attempt}"
    return request.response


def at_commit(_context: Any, request: Any) -> Any:
    """Say that all went well, and fail when the transaction commits, on the first `failures` attempts."""
    attempt = request.environ["odd.attempts"] = request.environ.get("odd.attempts", 0) + 1
    flash(request, "success", "It was saved.")

    def fail() -> None:
        if request.GET.get("conflict"):
            request.db.execute(text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))
        raise RuntimeError(SECRET_TEXT)

    if attempt <= int(request.GET["failures"]):
        request.tm.get().addBeforeCommitHook(fail)
    request.response.text = f"attempt {attempt}"
    return request.response


def add_view(config: Any, name: str, view: Any) -> None:
    config.add_view(view, context=OddNode, name=name, permission=NO_PERMISSION_REQUIRED)


def includeme(config: Any) -> None:
    config.add_resource_child(Root, "odd", OddNode)
    for view in (boom, broken_sql, refused, leave, cached, conflict, at_commit):
        add_view(config, view.__name__.replace("_", "-"), view)
    config.add_view(boom, context=OddNode, name="no-permission")
