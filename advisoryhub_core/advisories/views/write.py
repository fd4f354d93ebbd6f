"""Creating and editing: one form, with and without JavaScript, that loses nothing that was typed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pyramid.httpexceptions import HTTPBadRequest, HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.view import view_config, view_defaults

from advisoryhub_core.advisories import merging, payloads, presenters
from advisoryhub_core.advisories.form_pages import AdvisoryForm, AdvisoryFormPage, advisory_form
from advisoryhub_core.advisories.pages import AdvisoryHeading, ConflictPage, SeverityRating, _
from advisoryhub_core.advisories.payload.cwe import search as search_cwe
from advisoryhub_core.advisories.payload.ecosystems import ECOSYSTEM_NAMES
from advisoryhub_core.advisories.payload.forms import from_form, to_form
from advisoryhub_core.advisories.payload.schema import PayloadInvalid
from advisoryhub_core.advisories.payload.severity import rate
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.queries import version_of
from advisoryhub_core.advisories.resources import AdvisoryCollection, AdvisoryResource
from advisoryhub_core.advisories.services import create_advisory, edit_advisory
from advisoryhub_core.errors import StaleVersion
from advisoryhub_core.projects.models import Project
from advisoryhub_core.projects.services import own_projects
from advisoryhub_core.web.markdown import render
from advisoryhub_core.web.numbers import whole_number
from advisoryhub_core.web.pages import FormField, Option, options
from advisoryhub_core.web.request import HubRequest
from advisoryhub_core.web.templating import flash

_FORM = "advisoryhub_templates:advisories/form.pt"
_FRAGMENT = "advisoryhub_templates:advisories/form_body.pt"
_CONFLICT = "advisoryhub_templates:advisories/conflict.pt"
_CWE_SUGGESTIONS = 2000
RATING_PATH = "/advisories/rating/"
_FIRST_INPUT = {
    "affected": ".package.ecosystem",
    "credits": ".name",
    "events": ".version",
    "ranges": ".type",
    "references": ".url",
    "severity": ".score",
}


def posted_payload(request: HubRequest, row_act: str | None = None) -> dict[str, Any]:
    """Return what the form holds, as typed; with a row act, as it stands after that."""
    pairs = [(name, value) for name, value in request.POST.items() if isinstance(value, str)]
    return from_form(pairs, act=row_act)


def answer(request: HubRequest, form: AdvisoryForm, heading: AdvisoryHeading | None, status: int) -> Any:
    """Return the form: a fragment where htmx swaps it in, else the whole page."""
    page = AdvisoryFormPage(
        form=form,
        heading=heading,
        ecosystems=ECOSYSTEM_NAMES,
        weaknesses=tuple(Option(cwe_id, name) for cwe_id, name in search_cwe("CWE-", _CWE_SUGGESTIONS)),
    )
    renderer = _FRAGMENT if request.is_htmx else _FORM
    response = render_to_response(renderer, {"page": page}, request=request)
    response.status_int = status
    return response


def preview(payload: Mapping[str, Any]) -> Any:
    """Return the details as they will read."""
    return render(str(payload.get("details") or ""))


def focus_after(payload: Mapping[str, Any], act: str) -> str | None:
    """Return the input of the row that was just added, where the next word will be typed."""
    verb, _colon, place = act.partition(":")
    if verb != "add":
        return None
    rows: Any = payload
    for part in place.split("."):
        if isinstance(rows, list):
            if not part.isdigit() or int(part) >= len(rows):
                return None
            rows = rows[int(part)]
        elif isinstance(rows, Mapping):
            rows = rows.get(part, [])
    if not isinstance(rows, list):
        return None
    return f"{place}.{len(rows) - 1}{_FIRST_INPUT.get(place.rpartition('.')[2], '')}"


def ratings(payload: Mapping[str, Any]) -> dict[str, SeverityRating]:
    """Return what the server says about each vector, keyed by its place."""
    found: dict[str, SeverityRating] = {}
    for index, entry in enumerate(payload.get("severity") or ()):
        if not isinstance(entry, Mapping) or not entry.get("score"):
            continue
        try:
            rating = rate({"type": str(entry.get("type", "")), "score": str(entry["score"])})
        except ValueError as error:
            found[f"severity.{index}"] = SeverityRating(error=str(error))
        else:
            score = str(rating.score) if rating.score is not None else None
            found[f"severity.{index}"] = SeverityRating(level=rating.level, score=score)
    return found


@view_config(
    context=AdvisoryCollection,
    name="rating",
    permission=Cap.LIST,
    renderer="advisoryhub_templates:advisories/rating.pt",
    request_method="POST",
)
def vector_rating(_context: AdvisoryCollection, request: HubRequest) -> dict[str, Any]:
    """The fragment beside a vector that is being written: its score, or why it does not parse."""
    typed = ratings(posted_payload(request, "rate"))
    return {"rating": typed.get(request.POST.get("rate", ""), SeverityRating())}


@view_defaults(context=AdvisoryCollection, name="new", permission=Cap.CREATE)
class CreateAdvisory:
    """`/advisories/new/`."""

    def __init__(self, context: AdvisoryCollection, request: HubRequest) -> None:
        self.context = context
        self.request = request
        self.projects = own_projects(request.act)

    @view_config(request_method="GET")
    def show(self) -> Any:
        return self._form({}, project=self.request.GET.get("project", ""), status=200)

    @view_config(request_method="POST")
    def save(self) -> Any:
        request = self.request
        chosen = request.POST.get("project", "")
        row_act = request.POST.get("act", "save")
        if row_act != "save":
            shown = posted_payload(request, row_act)
            return self._form(shown, project=chosen, status=200, dirty=True, act=row_act)
        payload = posted_payload(request)
        project = next((p for p in self.projects if p.slug == chosen), None)
        errors: dict[str, list[str]] = {}
        if project is None:
            message = _("choose-project", default="Choose the project that the advisory is about.")
            errors["project"] = [request.localizer.translate(message)]
        try:
            advisory = self._create(project, payload, errors)
        except PayloadInvalid as error:
            errors.update(error.errors)
            advisory = None
        if advisory is None:
            return self._form(payload, project=chosen, status=400, errors=errors, dirty=True)
        saved = _("advisory-created", default="The draft was created.")
        flash(request, "success", request.localizer.translate(saved))
        return HTTPSeeOther(presenters.advisory_path(advisory.advisory_id))

    def _create(self, project: Project | None, payload: dict[str, Any], errors: dict[str, list[str]]) -> Any:
        if project is None:
            # The other mistakes are worth knowing at once, too.
            payloads.check(payload)
            return None
        return None if errors else create_advisory(self.request.act, project, payload)

    def _form(
        self,
        payload: Mapping[str, Any],
        *,
        project: str,
        status: int,
        errors: Mapping[str, list[str]] | None = None,
        dirty: bool = False,
        act: str = "",
    ) -> Any:
        field = FormField(
            name="project",
            label=_("field-project", default="Project"),
            kind="select",
            required=True,
            value=project,
            options=options(
                (("", _("choose", default="Choose …")), *((p.slug, p.name) for p in self.projects)), project
            ),
        )
        form = advisory_form(
            to_form(payload),
            action="/advisories/new/",
            cancel_url="/advisories/",
            draft_key="advisory:new",
            errors=errors,
            project=field,
            ratings=ratings(payload),
            rating_url=RATING_PATH,
            details_preview=preview(payload) if act == "preview" else None,
            focus=focus_after(payload, act),
            dirty=dirty,
        )
        return answer(self.request, form, None, status)


@view_defaults(context=AdvisoryResource, name="edit", permission=Cap.EDIT)
class EditAdvisory:
    """`/advisories/{id}/edit/`, with a merge page when somebody else saved first."""

    def __init__(self, context: AdvisoryResource, request: HubRequest) -> None:
        self.context = context
        self.request = request
        self.advisory = context.advisory

    @view_config(request_method="GET")
    def show(self) -> Any:
        current = self.advisory.current_version
        return self._form(payloads.authored(self.advisory), base_version=current, status=200)

    @view_config(request_method="POST")
    def save(self) -> Any:
        request = self.request
        row_act = request.POST.get("act", "save")
        base_version = self._base_version()
        if row_act == "merge":
            return self._merge()
        if row_act != "save":
            shown = posted_payload(request, row_act)
            return self._form(shown, base_version=base_version, status=200, dirty=True, act=row_act)
        payload = posted_payload(request)
        try:
            advisory = edit_advisory(request.act, self.advisory.id, payload, base_version=base_version)
        except PayloadInvalid as error:
            return self._form(payload, base_version=base_version, status=400, errors=error.errors, dirty=True)
        except StaleVersion as error:
            return self._conflict(payload, error)
        saved = _(
            "advisory-saved",
            default="Saved as version ${version}.",
            mapping={"version": str(advisory.current_version)},
        )
        flash(request, "success", request.localizer.translate(saved))
        return HTTPSeeOther(self.context.path)

    def _base_version(self) -> int:
        number = whole_number(self.request.POST.get("base_version"))
        if number is None:
            raise HTTPBadRequest
        return number

    def _form(
        self,
        payload: Mapping[str, Any],
        *,
        base_version: int,
        status: int,
        errors: Mapping[str, list[str]] | None = None,
        dirty: bool = False,
        act: str = "",
    ) -> Any:
        form = advisory_form(
            to_form(payload),
            action=f"{self.context.path}edit/",
            cancel_url=self.context.path,
            draft_key=f"advisory:{self.advisory.advisory_id}",
            base_version=base_version,
            errors=errors,
            ratings=ratings(payload),
            rating_url=RATING_PATH,
            details_preview=preview(payload) if act == "preview" else None,
            focus=focus_after(payload, act),
            dirty=dirty,
        )
        return answer(self.request, form, presenters.heading(self.advisory, self.context.caps()), status)

    def _conflict(self, mine: dict[str, Any], error: StaleVersion) -> Any:
        db = self.request.db
        base = version_of(db, self.advisory, error.base)
        newest = version_of(db, self.advisory, error.newest)
        if base is None or newest is None:
            raise HTTPBadRequest
        page = ConflictPage(
            heading=presenters.heading(self.advisory, self.context.caps()),
            base_version=error.newest,
            current=presenters.version_row(newest, self.advisory, self.request.act, self.context.caps()),
            fields=merging.conflict_fields(base.payload, newest.payload, mine),
            mine=json.dumps(mine),
            merge_url=f"{self.context.path}edit/",
            discard_url=self.context.path,
        )
        response = render_to_response(_CONFLICT, {"page": page}, request=self.request)
        response.status_int = error.status
        return response

    def _merge(self) -> Any:
        mine = merging.load_mine(self.request.POST.get("mine", ""))
        if mine is None:
            raise HTTPBadRequest
        newest = version_of(self.request.db, self.advisory, self._base_version())
        if newest is None:
            raise HTTPBadRequest
        taken = {
            name.removeprefix("take."): value
            for name, value in self.request.POST.items()
            if name.startswith("take.")
        }
        merged = merging.merge(newest.payload, mine, taken)
        return self._form(merged, base_version=newest.number, status=200, dirty=True)
