"""Tweens of our own: what goes around every view, outermost last in the list of `includeme`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from pyramid.httpexceptions import HTTPBadRequest, HTTPRequestEntityTooLarge
from pyramid.interfaces import VH_ROOT_KEY

from advisoryhub_core.errors import ServiceUnavailable
from advisoryhub_core.web.errors import hub_error
from advisoryhub_core.web.settings import MAX_BODY_BYTES

log = structlog.get_logger(__name__)

Handler = Callable[[Any], Any]
_QUIET = frozenset({"/healthz", "/readyz"})


def access_log_tween_factory(handler: Handler, _registry: Any) -> Handler:
    """Log each request with its id, person, view, status and duration in milliseconds."""

    def tween(request: Any) -> Any:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.request_id)
        started = time.monotonic()
        response = handler(request)
        if request.path not in _QUIET:
            log.info(
                "request",
                method=request.method,
                route=_route(request),
                status=response.status_int,
                user_id=request.environ.get("hub.user_id"),
                duration_ms=round((time.monotonic() - started) * 1000, 1),
            )
        return response

    return tween


def sanity_tween_factory(handler: Handler, registry: Any) -> Handler:
    """Refuse at the door what no view could use: broken UTF-8, NUL bytes, bodies past the limit."""
    limit = MAX_BODY_BYTES.of(registry)

    def tween(request: Any) -> Any:
        # A caller could put another path in front of the one that tweens and logs look at.
        request.environ.pop(VH_ROOT_KEY, None)
        if (request.content_length or 0) > limit:
            raise HTTPRequestEntityTooLarge
        try:
            texts = [request.path_info, *request.GET.keys(), *request.GET.values()]
        except UnicodeDecodeError:
            texts = ["\0"]
        if any("\0" in text for text in texts):
            _forget_address(request)
            raise HTTPBadRequest
        try:
            fields = list(request.POST.items()) if _is_form(request) else []
        except ValueError:
            # Or the page of the refusal would read it again, in search of a language.
            request.environ["CONTENT_TYPE"] = ""
            raise HTTPBadRequest from None
        if any("\0" in text for pair in fields for text in pair if isinstance(text, str)):
            raise HTTPBadRequest
        return handler(request)

    return tween


def session_tween_factory(handler: Handler, _registry: Any) -> Handler:
    """Store the session that a view has used, and answer 503 where that fails.

    Not a response callback: what fails there passes every error view by.
    """

    def tween(request: Any) -> Any:
        response = handler(request)
        session = request.__dict__.get("session")
        if session is not None:
            try:
                session.store_into(response)
            except ServiceUnavailable as error:
                return hub_error(error, request)
        return response

    return tween


def _forget_address(request: Any) -> None:
    """Leave an address that can be read, or the page of the refusal would fail on it, too."""
    below_api = request.environ["PATH_INFO"].startswith("/api/")
    request.environ["PATH_INFO"] = "/api/" if below_api else "/"
    request.environ["QUERY_STRING"] = ""


def _is_form(request: Any) -> bool:
    return request.method == "POST" and request.content_type in {
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    }


def _route(request: Any) -> str:
    context = getattr(request, "context", None)
    view = getattr(request, "view_name", "") or ""
    return f"{type(context).__name__}:{view}" if context is not None else "-"
