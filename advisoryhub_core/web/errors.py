"""Refusals as pages, fragments and JSON: one exception family, one view for each face."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import structlog
from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken
from pyramid.httpexceptions import HTTPException, HTTPForbidden, HTTPNoContent, HTTPNotFound, HTTPSeeOther
from pyramid.renderers import render_to_response

from advisoryhub_core.errors import HubError, StepUpRequired
from advisoryhub_core.web.pages import ErrorPage, _
from advisoryhub_core.web.redirects import STEP_UP_PATH
from advisoryhub_core.web.templating import sign_in_url

log = structlog.get_logger(__name__)

_TITLES = {
    400: _("error-400", default="This request cannot be understood"),
    403: _("error-403", default="This is not yours to do"),
    404: _("error-404", default="There is nothing here"),
    405: _("error-405", default="This address does not do that"),
    409: _("error-409", default="Something changed in the meantime"),
    413: _("error-413", default="This is too large"),
    429: _("error-429", default="Too many requests"),
    500: _("error-500", default="Something went wrong"),
    503: _("error-503", default="The hub cannot answer right now"),
}
_MESSAGES = {
    403: _("error-403-text", default="You are signed in, but you do not have the right to do this."),
    404: _("error-404-text", default="The page does not exist, or it is not shared with you."),
    405: _("error-405-text", default="Go back and use the buttons of the page."),
    500: _("error-500-text", default="The mistake is ours and has been logged. Nothing was changed."),
}
_CSRF_TEXT = _(
    "error-csrf", default="The form is too old or came from elsewhere. Reload the page and send it again."
)


_WAITS = (
    (3600, _("wait-hour", default="an hour"), "wait-hours", "${number} hours"),
    (60, _("wait-minute", default="a minute"), "wait-minutes", "${number} minutes"),
    (1, _("wait-second", default="a second"), "wait-seconds", "${number} seconds"),
)


def error_response(
    request: Any, status: int, message: Any = None, code: str | None = None, *, retry_after: int | None = None
) -> Any:
    """Return the answer for a refusal in the face that was asked for.

    `retry_after` is in seconds; it goes into the header, the page and the JSON.
    """
    title = _TITLES.get(status, _TITLES[400])
    text = message or _MESSAGES.get(status, title)
    if wants_json(request):
        body = {"error": code or "refused", "message": request.localizer.translate(text)}
        if retry_after is not None:
            body["retry_after"] = retry_after
        response = render_to_response("json", body, request=request)
    else:
        # A missing page says nothing that could tell an unknown id from a forbidden one.
        request_id = request.request_id if status != HTTPNotFound.code else None
        page = ErrorPage(
            status=status,
            title=title,
            message=text,
            request_id=request_id,
            retry_after=None if retry_after is None else _wait(retry_after),
        )
        response = render_to_response("advisoryhub_templates:error.pt", {"page": page}, request=request)
    response.status_int = status
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _wait(seconds: int) -> Any:
    """Return a wait in words, in the largest unit that it fills, rounded up."""
    for size, one, msgid, default in _WAITS:
        if seconds >= size:
            number = -(-seconds // size)
            return one if number == 1 else _(msgid, default=default, mapping={"number": number})
    return _WAITS[-1][1]


def wants_json(request: Any) -> bool:
    if request.path.startswith("/api/"):
        return True
    preferred = request.accept.acceptable_offers(["text/html", "application/json"])[:1]
    return [media_type for media_type, _quality in preferred] == ["application/json"]


def hub_error(error: HubError, request: Any) -> Any:
    return error_response(request, error.status, error.message, error.code, retry_after=error.retry_after)


def step_up_required(_error: StepUpRequired, request: Any) -> Any:
    """Send the browser through a fresh sign-in and back to the page it was on."""
    back = request.path_qs if request.method == "GET" else _referring_path(request)
    location = f"{STEP_UP_PATH}?next={quote(back, safe='')}"
    return _redirect(request, location)


def not_found(_error: HTTPNotFound, request: Any) -> Any:
    """Answer 404; somebody who is not signed in is asked to, whether or not there is a page."""
    if request.identity is None and request.path.startswith("/advisories/") and request.method == "GET":
        return sign_in_redirect(request)
    return error_response(request, 404, code="not_found")


def forbidden(_error: HTTPForbidden, request: Any) -> Any:
    if request.identity is None and request.method in {"GET", "HEAD"} and not wants_json(request):
        return sign_in_redirect(request)
    return error_response(request, 403, code="forbidden")


def sign_in_redirect(request: Any) -> Any:
    return _redirect(request, sign_in_url(request))


def bad_csrf(_error: Exception, request: Any) -> Any:
    return error_response(request, 400, _CSRF_TEXT, "bad_csrf")


def http_error(error: HTTPException, request: Any) -> Any:
    if error.status_int < 400:  # noqa: PLR2004 (redirects pass through)
        return error
    return error_response(request, error.status_int, code=error.title.lower().replace(" ", "_"))


def unexpected(error: Exception, request: Any) -> Any:
    log.error("unexpected_error", error=type(error).__name__, exc_info=error)
    # What the view noted in the session, a message of success for one, has not happened.
    request.__dict__.pop("session", None)
    return error_response(request, 500, code="internal_error")


def _referring_path(request: Any) -> str:
    referrer: str = request.referrer or ""
    return referrer.removeprefix(request.host_url) if referrer.startswith(request.host_url + "/") else "/"


def _redirect(request: Any, location: str) -> Any:
    if request.is_htmx:
        return HTTPNoContent(headers={"HX-Redirect": location})
    return HTTPSeeOther(location)


def includeme(config: Any) -> None:
    views = {
        Exception: unexpected,
        HTTPException: http_error,
        HTTPNotFound: not_found,
        HTTPForbidden: forbidden,
        BadCSRFToken: bad_csrf,
        BadCSRFOrigin: bad_csrf,
        HubError: hub_error,
        StepUpRequired: step_up_required,
    }
    for exception, view in views.items():
        config.add_exception_view(view, context=exception)
