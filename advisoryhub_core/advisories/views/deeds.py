"""The one view behind every deed: its form on a page of its own, and the POST that does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response

from advisoryhub_core.advisories import presenters
from advisoryhub_core.advisories.deeds import Deed, Place, Subject, deed_at, offered
from advisoryhub_core.advisories.pages import ActPage, _
from advisoryhub_core.advisories.payload.messages import PayloadInvalid
from advisoryhub_core.advisories.permissions import Cap, Role
from advisoryhub_core.advisories.queries import role_on
from advisoryhub_core.advisories.resources import AdvisoryResource
from advisoryhub_core.errors import HubError, NotPermitted
from advisoryhub_core.web.asked import fields, read
from advisoryhub_core.web.pages import Act
from advisoryhub_core.web.request import HubRequest
from advisoryhub_core.web.resources import Resource
from advisoryhub_core.web.templating import flash
from advisoryhub_core.workflows.queries import workflow_of

_PAGE = "advisoryhub_templates:advisories/act.pt"
_OWN_FIELDS = frozenset({"csrf_token", "confirm"})


class DeedView:
    """`/advisories/{id}/{segment}/`. What was typed is never lost: a refusal shows the form again."""

    def __init__(self, context: AdvisoryResource, request: HubRequest) -> None:
        self.context = context
        self.request = request
        deed = deed_at(request.registry, request.view_name, context.advisory)
        if deed is None:
            raise LookupError(request.view_name)
        self.deed = deed

    def show(self) -> Any:
        return self._page({}, {}, 200)

    def do(self) -> Any:
        request, advisory = self.request, self.context.advisory
        given = {name: value for name, value in request.POST.items() if name not in _OWN_FIELDS}
        errors: dict[str, list[str]] = {}
        if self.deed.confirm and request.POST.get("confirm", "").strip() != advisory.advisory_id:
            wrong = _("confirm-mismatch", default="Type the id of the advisory exactly as it is shown.")
            errors["confirm"] = [request.localizer.translate(wrong)]
        try:
            values = read(self.deed.asks(subject_of(self.context)), given)
            if errors:
                return self._page(given, errors, 400)
            done = self.deed.run(request.act, advisory.id, values)
        except PayloadInvalid as error:
            return self._page(given, {**error.errors, **errors}, error.status)
        except NotPermitted:
            raise
        except HubError as error:
            # A page with a refusal's status is rolled back, so nothing of the attempt remains.
            return self._page(given, {"": [error.message]}, error.status)
        flash(request, "success", request.localizer.translate(done))
        return HTTPSeeOther(self._onwards())

    def _onwards(self) -> str:
        """Return the advisory's page, or the list for somebody who has just lost sight of it."""
        request = self.request
        lost = role_on(request.db, request.act.identity, self.context.advisory) is Role.NONE
        return "/advisories/" if lost else self.context.path

    def _page(self, given: Mapping[str, Any], errors: Mapping[str, Sequence[str]], status: int) -> Any:
        act = drawn(self.deed, subject_of(self.context), given, errors)
        # What was asked for may have changed since the form was drawn: no message is without a place.
        placed = {"confirm", *(field.name for field in act.fields)}
        problems = (text for place, texts in errors.items() if place not in placed for text in texts)
        page = ActPage(
            heading=presenters.heading(self.context.advisory, self.context.caps()),
            act=act,
            problems=tuple(problems),
        )
        response = render_to_response(_PAGE, {"page": page}, request=self.request)
        response.status_int = status
        return response


class DeedNode(Resource):
    """A word between an advisory and a deed, where the HTTP contract has two (`review/decide/`)."""

    __parent__: AdvisoryResource

    def caps(self) -> Iterable[Cap]:
        return self.__parent__.caps()


class NestedDeedView(DeedView):
    """A deed below a `DeedNode`; subclasses name it and say what it needs."""

    deed: Deed

    def __init__(self, context: DeedNode, request: HubRequest) -> None:
        self.context = context.__parent__
        self.request = request


def subject_of(context: AdvisoryResource) -> Subject:
    """Return what deeds judge, read once per request."""
    request = context.request
    cached: Subject | None = context.__dict__.get("_subject")
    if cached is None:
        cached = Subject(request.act, context.advisory, workflow_of(request.db, context.advisory))
        context.__dict__["_subject"] = cached
    return cached


def offers(context: AdvisoryResource) -> tuple[tuple[Place, Act], ...]:
    """Return every deed that this request's person may do now, drawn, with where the page shows it."""
    cached: tuple[tuple[Place, Act], ...] | None = context.__dict__.get("_offers")
    if cached is None:
        subject = subject_of(context)
        found = offered(context.request.registry, context.caps(), subject)
        cached = tuple((deed.place, _shown(deed, subject)) for deed in found)
        context.__dict__["_offers"] = cached
    return cached


def acts_at(context: AdvisoryResource, place: Place) -> tuple[Act, ...]:
    """Return the acts that belong to one place of the advisory's page."""
    return tuple(act for where, act in offers(context) if where == place)


def _shown(deed: Deed, subject: Subject) -> Act:
    """Draw a deed; where it needs a fresh sign-in first, its own page asks for that before one types."""
    if deed.own_page or (deed.step_up and not subject.act.stepped_up):
        return led_to(deed, subject)
    return drawn(deed, subject)


def led_to(deed: Deed, subject: Subject) -> Act:
    """Return how a deed is drawn that is asked about on a page of its own: as a link to that."""
    return Act(name=deed.name, title=deed.title, url=_url(deed, subject), tone=deed.tone)


def _url(deed: Deed, subject: Subject) -> str:
    return f"{presenters.advisory_path(subject.advisory.advisory_id)}{deed.segment}/"


def drawn(
    deed: Deed,
    subject: Subject,
    given: Mapping[str, Any] | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
) -> Act:
    """Return how a deed is drawn: a button that acts at once, or one that asks first."""
    asked = deed.asks(subject)
    explanation = deed.explains(subject) if deed.explains else deed.explanation
    asks = bool(asked or explanation or deed.confirm)
    return Act(
        name=deed.name,
        title=deed.title,
        url=_url(deed, subject),
        mode="form" if asks else "post",
        tone=deed.tone,
        explanation=explanation,
        submit=deed.submit,
        fields=fields(asked, given, errors, scope=f"act-{deed.name}"),
        confirm=subject.advisory.advisory_id if deed.confirm else None,
        confirm_errors=tuple((errors or {}).get("confirm", ())),
        step_up=deed.step_up,
    )
