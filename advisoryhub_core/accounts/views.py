"""Signing in, stepping up, signing out, and one's own account."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

import structlog
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.security import NO_PERMISSION_REQUIRED, forget, remember
from pyramid.view import view_config

from advisoryhub_core.accounts.failures import record_failure
from advisoryhub_core.accounts.identity import Identity
from advisoryhub_core.accounts.oidc import (
    AuthorizationRequest,
    OIDCError,
    ProviderUnavailable,
    RelyingParty,
    SignInRefused,
)
from advisoryhub_core.accounts.provider import SIGNED_OUT_PATH, callback_url, signed_out_url
from advisoryhub_core.accounts.resources import AccountCollection, OIDCNode
from advisoryhub_core.accounts.security import SESSION_ID_TOKEN
from advisoryhub_core.accounts.services import (
    SignInNotAllowed,
    set_preferences,
    sign_in,
    vouches_for,
)
from advisoryhub_core.acts import STEP_UP_MAX_AGE, utc_now
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.audit.services import record
from advisoryhub_core.web.errors import error_response
from advisoryhub_core.web.pages import (
    THEME_COOKIE,
    AccountPage,
    FormField,
    ProviderDownPage,
    SignedOutPage,
    StepUpPage,
    _,
    options,
)
from advisoryhub_core.web.redirects import SIGN_IN_PATH, STEP_UP_PATH, local_path
from advisoryhub_core.web.request import HubRequest
from advisoryhub_core.web.templating import flash

log = structlog.get_logger(__name__)

_PENDING = "oidc"
_SIGNED_OUT = "advisoryhub_templates:accounts/signed_out.pt"
_ANYBODY = Identity(user_id=None)
_THEMES = (
    ("auto", _("theme-auto", default="As the system")),
    ("light", _("theme-light", default="Light")),
    ("dark", _("theme-dark", default="Dark")),
)
_LANGUAGES = (("en", "English"),)


@view_config(
    context=OIDCNode,
    name="authenticate",
    permission=NO_PERMISSION_REQUIRED,
    request_method="GET",
    rate_limit="sign_in",
)
def authenticate(_context: OIDCNode, request: HubRequest) -> Any:
    """Send the browser to the identity provider."""
    return _begin(request, local_path(request.GET.get("next")))


@view_config(
    context=OIDCNode,
    name="step-up",
    permission=NO_PERMISSION_REQUIRED,
    renderer="advisoryhub_templates:accounts/step_up.pt",
    request_method="GET",
)
def step_up(_context: OIDCNode, request: HubRequest) -> Any:
    """Say why the provider asks again; `go=1` sends the browser there."""
    back = local_path(request.GET.get("next"))
    if request.identity is None:
        return HTTPSeeOther(f"{SIGN_IN_PATH}?{urlencode({'next': back})}")
    if request.GET.get("go") == "1":
        return _begin(request, back, prompt="login", max_age=0)
    onwards = f"{STEP_UP_PATH}?{urlencode({'next': back, 'go': '1'})}"
    return {
        "page": StepUpPage(
            continue_url=onwards,
            cancel_url=_above(back),
            minutes=max(1, STEP_UP_MAX_AGE.of(request.registry) // 60),
        )
    }


def _above(path: str) -> str:
    """Return the page of the thing that an act at `path` is about, such as one advisory's."""
    place, _slash, _query = path.partition("?")
    return "/".join(place.split("/")[:3]).rstrip("/") + "/"


@view_config(context=OIDCNode, name="callback", permission=NO_PERMISSION_REQUIRED, request_method="GET")
def callback(_context: OIDCNode, request: HubRequest) -> Any:
    """Take the provider's answer: validate it, sign the person in, go back to where they were."""
    pending = request.session.pop(_PENDING, None)
    act = request.act_as(_ANYBODY)
    relying_party: RelyingParty = request.registry.relying_party
    if not isinstance(pending, dict):
        return _refused(request, "no_request", "This sign-in was started elsewhere. Please start it again.")
    back = local_path(pending.pop("next", "/"))
    try:
        saved = AuthorizationRequest(**pending)
        answer = relying_party.complete(request.GET, saved, callback_url(request.registry), utc_now())
        profile = relying_party.profile(answer)
        user = sign_in(act, profile)
    except ProviderUnavailable as error:
        return _provider_down(request, error, back)
    except SignInRefused as error:
        return _refused(request, error.reason_code, error.message)
    except SignInNotAllowed as error:
        return _refused(request, error.code, error.message)
    if saved.max_age is not None:
        record(act, "auth.stepped_up", actor_id=user.id)
    remember(
        request,
        user.id,
        auth_time=answer.auth_time,
        id_token=answer.id_token,
        email_vouched=vouches_for(profile, user),
    )
    return HTTPSeeOther(back)


@view_config(context=OIDCNode, name="logout", permission=NO_PERMISSION_REQUIRED, request_method="POST")
def logout(_context: OIDCNode, request: HubRequest) -> Any:
    """End the session here, then at the provider where it has a page for that.

    A page that leads on, and no redirect: the browser holds redirects of a form to the policy's
    `form-action`, which knows this host alone.
    """
    if request.identity is not None:
        record(request.act, "auth.signed_out")
    hint = request.session.get(SESSION_ID_TOKEN)
    forget(request)
    # The page that follows is nobody's.
    request.identity = None
    relying_party: RelyingParty = request.registry.relying_party
    elsewhere = relying_party.logout_url(hint, signed_out_url(request.registry)) if hint else None
    if elsewhere is None:
        return HTTPSeeOther(f"{SIGNED_OUT_PATH}?provider=open" if hint else SIGNED_OUT_PATH)
    page = SignedOutPage(sign_in_url=SIGN_IN_PATH, provider_session_open=True, provider_url=elsewhere)
    response = render_to_response(_SIGNED_OUT, {"page": page}, request=request)
    response.headers["Refresh"] = f"0; url={elsewhere}"
    return response


@view_config(
    context=AccountCollection,
    name="signed-out",
    permission=NO_PERMISSION_REQUIRED,
    renderer=_SIGNED_OUT,
    request_method="GET",
)
def signed_out(_context: AccountCollection, request: HubRequest) -> dict[str, Any]:
    still_open = request.GET.get("provider") == "open"
    return {"page": SignedOutPage(sign_in_url=SIGN_IN_PATH, provider_session_open=still_open)}


@view_config(
    context=AccountCollection,
    name="me",
    permission=Cap.ACCOUNT,
    renderer="advisoryhub_templates:accounts/me.pt",
    request_method="GET",
)
def account(_context: AccountCollection, request: HubRequest) -> dict[str, Any]:
    identity = request.act.identity
    return {
        "page": AccountPage(
            email=identity.email,
            display_name=identity.display_name,
            is_admin=identity.is_admin,
            groups=identity.groups,
            preferences_url="/accounts/me/",
            theme=FormField(
                name="theme",
                label=_("theme", default="Theme"),
                kind="select",
                value=identity.theme,
                options=options(_THEMES, identity.theme),
            ),
            language=FormField(
                name="language",
                label=_("language", default="Language"),
                kind="select",
                value=identity.language,
                options=options(_LANGUAGES, identity.language),
            ),
        )
    }


@view_config(context=AccountCollection, name="me", permission=Cap.ACCOUNT, request_method="POST")
def save_preferences(_context: AccountCollection, request: HubRequest) -> Any:
    theme, language = request.POST.get("theme", ""), request.POST.get("language", "")
    if theme not in dict(_THEMES) or language not in dict(_LANGUAGES):
        return error_response(request, 400)
    set_preferences(request.act, theme=theme, language=language)
    saved = _("preferences-saved", default="Your preferences were saved.")
    flash(request, "success", request.localizer.translate(saved))
    response = HTTPSeeOther("/accounts/me/")
    # What this browser's switch was set to would win over the preference that was just chosen.
    response.delete_cookie(THEME_COOKIE, path="/")
    return response


def _begin(request: HubRequest, back: str, **asked: Any) -> Any:
    relying_party: RelyingParty = request.registry.relying_party
    try:
        started = relying_party.begin(callback_url(request.registry), **asked)
    except ProviderUnavailable as error:
        return _provider_down(request, error, back)
    request.session[_PENDING] = {**asdict(started), "next": back}
    return HTTPSeeOther(started.url)


def _provider_down(request: HubRequest, error: OIDCError, back: str) -> Any:
    log.error("identity_provider_unavailable", error=str(error))
    page = ProviderDownPage(
        retry_url=f"{SIGN_IN_PATH}?{urlencode({'next': back})}", request_id=request.request_id
    )
    response = render_to_response(
        "advisoryhub_templates:accounts/provider_down.pt", {"page": page}, request=request
    )
    response.status_int = 503
    return response


def _refused(request: HubRequest, reason: str, message: str) -> Any:
    """Answer a refused sign-in; the entry survives, because a page that is returned with 403 rolls back."""
    record_failure(request, reason)
    log.info("sign_in_refused", reason=reason)
    return error_response(request, 403, message, reason)
