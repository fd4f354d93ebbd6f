"""Managing access to an advisory, and the page that an invitation's link opens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.view import view_config, view_defaults

from advisoryhub_core.access import services
from advisoryhub_core.access.batch import AccessChange, save_access
from advisoryhub_core.access.invitations import accept_invitation, invited_to
from advisoryhub_core.access.models import Grant, Invitation
from advisoryhub_core.access.pages import AccessForm, AccessPage, InvitationPage
from advisoryhub_core.access.presenters import ROWS_SCOPE, Rows
from advisoryhub_core.access.queries import access_list, known_groups, owns_already, people_nearby
from advisoryhub_core.access.resources import AccessResource, GrantResource, InvitationResource
from advisoryhub_core.access.schemas import GROUP, PERSON
from advisoryhub_core.accounts.resources import AccountCollection
from advisoryhub_core.accounts.security import SESSION_EMAIL_VOUCHED
from advisoryhub_core.advisories import presenters
from advisoryhub_core.advisories.pages import _
from advisoryhub_core.advisories.payload.messages import PayloadInvalid
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.web import ratelimit
from advisoryhub_core.web.asked import fields
from advisoryhub_core.web.numbers import whole_number
from advisoryhub_core.web.pages import Option, error_links
from advisoryhub_core.web.request import HubRequest
from advisoryhub_core.web.templating import flash

_PAGE = "advisoryhub_templates:access/page.pt"
_INVITATION = "advisoryhub_templates:accounts/invitation.pt"

Errors = Mapping[str, Sequence[str]]
_NO_ERRORS: Errors = {}


@view_defaults(context=AccessResource, permission=Cap.MANAGE_ACCESS)
class ManageAccess:
    """`/advisories/{id}/access/`. A refusal shows the page again with everything that was typed."""

    def __init__(self, context: AccessResource, request: HubRequest) -> None:
        self.context = context
        self.request = request
        self.advisory = context.advisory_resource.advisory
        self.given = {name: value for name, value in request.POST.items() if isinstance(value, str)}

    @view_config(request_method="GET")
    def show(self) -> Any:
        return self._page(200)

    @view_config(request_method="POST", request_param="act=save")
    def save(self) -> Any:
        changes = tuple(_changes(self.given))
        # Mail goes out as from the button of one invitation; taking access away is never held up.
        if any(change.resend for change in changes):
            ratelimit.count(self.request, "grant")
        try:
            changed = save_access(self.request.act, self.advisory.id, changes)
        except PayloadInvalid as error:
            return self._page(error.status, rows=error.errors)
        if changed:
            return self._done(_("access-saved", default="The changes were saved."))
        return self._done(_("access-unchanged", default="There was nothing to change."), kind="info")

    @view_config(request_method="POST", request_param="act=person", rate_limit="grant")
    def add_person(self) -> Any:
        email, permission = self.given.get("email", ""), self.given.get("permission", "")
        try:
            given = services.grant_person(self.request.act, self.advisory.id, email, permission)
        except PayloadInvalid as error:
            return self._page(error.status, person=error.errors)
        return self._given(given)

    @view_config(request_method="POST", request_param="act=group", rate_limit="grant")
    def add_group(self) -> Any:
        group, permission = self.given.get("group", ""), self.given.get("permission", "")
        try:
            given = services.grant_group(self.request.act, self.advisory.id, group, permission)
        except PayloadInvalid as error:
            return self._page(error.status, group=error.errors)
        except services.UnknownGroup as error:
            return self._page(400, group={"group": [error.message]})
        return self._given(given)

    def _given(self, given: Grant | Invitation) -> Any:
        if isinstance(given, Invitation):
            text = _(
                "access-invited",
                default="${email} is invited. The invitation can be accepted for ${days} days.",
                mapping={
                    "email": presenters.address(given.email, self.context.advisory_resource.caps()),
                    "days": str((given.expires_at - self.request.act.now()).days + 1),
                },
            )
            return self._done(text)
        if owns_already(self.request.db, self.request.registry, self.advisory, given):
            text = _(
                "access-owner-already",
                default="Access was given. It changes nothing for now: they own this advisory already.",
            )
            return self._done(text, kind="info")
        return self._done(_("access-given", default="Access was given."))

    def _done(self, text: Any, *, kind: str = "success") -> Any:
        flash(self.request, kind, self.request.localizer.translate(text))
        return HTTPSeeOther(self.context.path)

    def _page(
        self,
        status: int,
        *,
        rows: Errors = _NO_ERRORS,
        person: Errors = _NO_ERRORS,
        group: Errors = _NO_ERRORS,
    ) -> Any:
        request, caps = self.request, self.context.advisory_resource.caps()
        people = people_nearby(request.db, self.advisory) if Cap.SEE_EMAILS in caps else []
        listed = Rows(request.act, caps, self.given, rows).inputs(access_list(request.db, self.advisory))
        page = AccessPage(
            heading=presenters.heading(self.advisory, caps),
            url=self.context.path,
            team=self.advisory.project.security_team.name,
            person=AccessForm(
                fields=fields(PERSON, self.given if person else {}, person, scope="person"),
                choices=tuple(Option(email, name) for email, name in people),
            ),
            group=AccessForm(
                fields=fields(GROUP, self.given if group else {}, group, scope="group"),
                choices=tuple(Option(name, name) for name in known_groups(request.db)),
            ),
            rows=listed,
            problems=error_links(rows, (row.permission.name for row in listed if row.permission), ROWS_SCOPE),
        )
        response = render_to_response(_PAGE, {"page": page}, request=request)
        response.status_int = status
        return response


@view_config(context=GrantResource, name="revoke", permission=Cap.MANAGE_ACCESS, request_method="POST")
def revoke_grant(context: GrantResource, request: HubRequest) -> Any:
    services.revoke_grant(request.act, context.grant.advisory_id, context.grant.id)
    return _back(context.access, request, _("access-removed", default="The access was removed."))


@view_config(context=InvitationResource, name="revoke", permission=Cap.MANAGE_ACCESS, request_method="POST")
def revoke_invitation(context: InvitationResource, request: HubRequest) -> Any:
    services.revoke_invitation(request.act, context.invitation.advisory_id, context.invitation.id)
    return _back(context.access, request, _("invitation-removed", default="The invitation was taken back."))


@view_config(
    context=InvitationResource,
    name="resend",
    permission=Cap.MANAGE_ACCESS,
    request_method="POST",
    rate_limit="grant",
)
def resend_invitation(context: InvitationResource, request: HubRequest) -> Any:
    services.resend_invitation(request.act, context.invitation.advisory_id, context.invitation.id)
    return _back(context.access, request, _("invitation-resent", default="The invitation is sent again."))


@view_defaults(context=AccountCollection, name="invitation", permission=Cap.ACCOUNT)
class OpenInvitation:
    """`/accounts/invitation/?token=…`: where the link of an invitation's mail leads.

    Whoever is not signed in is asked to, which redeems what waits for them; then, and whenever the link
    is opened again, it leads to the advisory. For everybody else one page, the same in every case, which
    tells nothing of an advisory.
    """

    def __init__(self, context: AccountCollection, request: HubRequest) -> None:
        self.context = context
        self.request = request
        self.email_vouched = request.session.get(SESSION_EMAIL_VOUCHED) is True

    @view_config(request_method="GET")
    def show(self) -> Any:
        token = self.request.GET.get("token", "")
        invited = invited_to(self.request.act, token, email_vouched=self.email_vouched)
        if invited is not None and invited.redeemed:
            return HTTPSeeOther(presenters.advisory_path(invited.advisory_id))
        return self._page(token if invited is not None else None)

    @view_config(request_method="POST")
    def accept(self) -> Any:
        token = self.request.POST.get("token", "")
        invited = accept_invitation(self.request.act, token, email_vouched=self.email_vouched)
        if invited is None:
            return self._page(None)
        return HTTPSeeOther(presenters.advisory_path(invited.advisory_id))

    def _page(self, token: str | None) -> Any:
        page = InvitationPage(email=self.request.act.identity.email, token=token)
        response = render_to_response(_INVITATION, {"page": page}, request=self.request)
        response.status_int = 200 if token else HTTPNotFound.code
        return response


def _changes(given: Mapping[str, str]) -> Iterator[AccessChange]:
    """Yield what is wished of each row of the posted list."""
    for name, was in given.items():
        kind, _dot, rest = name.partition(".")
        number = whole_number(rest.removesuffix(".was"))
        if rest.endswith(".was") and number is not None and (known := _KINDS.get(kind)):
            place = f"{kind}.{number}"
            yield AccessChange(
                kind=known,
                id=number,
                was=was,
                permission=given.get(f"{place}.permission", ""),
                remove=given.get(f"{place}.remove") == "true",
                resend=given.get(f"{place}.resend") == "true",
            )


_KINDS: Mapping[str, Literal["grant", "invitation"]] = {"grant": "grant", "invitation": "invitation"}


def _back(access: AccessResource, request: HubRequest, text: Any) -> Any:
    flash(request, "success", request.localizer.translate(text))
    return HTTPSeeOther(access.path)
