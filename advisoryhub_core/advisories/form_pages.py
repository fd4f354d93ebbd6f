"""The advisory form as records: the names of its inputs are the payload's dotted places.

`advisory_form` turns a payload (stored, or as posted and not yet valid) and the errors of its validation
into groups of fields, so that the template only lays them out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pyramid.i18n import TranslationStringFactory

from advisoryhub_core.advisories.pages import AdvisoryHeading, SeverityRating
from advisoryhub_core.web.pages import (
    ErrorLink,
    FieldKind,
    FormField,
    Option,
    SupportsHTML,
    error_links,
    options,
)

_ = TranslationStringFactory("advisoryhub")

Choices = tuple[tuple[str, str], ...]

REFERENCE_TYPES: Choices = (
    ("WEB", _("reference-web", default="Web page")),
    ("ADVISORY", _("reference-advisory", default="Advisory")),
    ("ARTICLE", _("reference-article", default="Article")),
    ("DETECTION", _("reference-detection", default="Detection")),
    ("DISCUSSION", _("reference-discussion", default="Discussion")),
    ("REPORT", _("reference-report", default="Report")),
    ("FIX", _("reference-fix", default="Fix")),
    ("INTRODUCED", _("reference-introduced", default="Introduction of the flaw")),
    ("GIT", _("reference-git", default="Git repository")),
    ("PACKAGE", _("reference-package", default="Package")),
    ("EVIDENCE", _("reference-evidence", default="Evidence")),
)
CREDIT_TYPES: Choices = (
    ("", _("credit-unset", default="Not stated")),
    ("FINDER", _("credit-finder", default="Finder")),
    ("REPORTER", _("credit-reporter", default="Reporter")),
    ("ANALYST", _("credit-analyst", default="Analyst")),
    ("COORDINATOR", _("credit-coordinator", default="Coordinator")),
    ("REMEDIATION_DEVELOPER", _("credit-remediation-developer", default="Remediation developer")),
    ("REMEDIATION_REVIEWER", _("credit-remediation-reviewer", default="Remediation reviewer")),
    ("REMEDIATION_VERIFIER", _("credit-remediation-verifier", default="Remediation verifier")),
    ("TOOL", _("credit-tool", default="Tool")),
    ("SPONSOR", _("credit-sponsor", default="Sponsor")),
    ("OTHER", _("credit-other", default="Other")),
)
SEVERITY_TYPES: Choices = (
    ("CVSS_V3", _("severity-cvss-v3", default="CVSS 3.x")),
    ("CVSS_V4", _("severity-cvss-v4", default="CVSS 4.0")),
    ("CVSS_V2", _("severity-cvss-v2", default="CVSS 2.0")),
    ("Ubuntu", _("severity-ubuntu", default="Ubuntu priority")),
)
RANGE_TYPES: Choices = (
    ("ECOSYSTEM", _("range-ecosystem", default="The ecosystem's versions")),
    ("SEMVER", _("range-semver", default="Semantic versions")),
    ("GIT", _("range-git", default="Git commits")),
)
EVENT_KINDS: Choices = (
    ("introduced", _("event-introduced", default="Introduced in")),
    ("fixed", _("event-fixed", default="Fixed in")),
    ("last_affected", _("event-last-affected", default="Last affected")),
    ("limit", _("event-limit", default="Limit")),
)
_EVENT_BOUNDS = tuple(kind for kind, _label in EVENT_KINDS)


@dataclass(frozen=True)
class FieldSpec:
    """How one input of a row is asked for; an empty `key` is the row's own value."""

    key: str
    label: str
    kind: FieldKind = "text"
    hint: str = ""
    choices: Choices = ()
    maxlength: int | None = None


@dataclass(frozen=True)
class ListSpec:
    """The inputs of a list's rows, and the lists inside each row."""

    key: str
    fields: tuple[FieldSpec, ...]
    lists: tuple[ListSpec, ...] = ()


_TYPE = _("input-type", default="Type")
_PURL_HINT = _("input-purl-hint", default="Filled from ecosystem and name where they say it all.")
_EVENTS = ListSpec(
    "events",
    (
        FieldSpec("kind", _("input-event", default="Event"), "select", choices=EVENT_KINDS),
        FieldSpec("version", _("input-version", default="Version")),
    ),
)
_RANGES = ListSpec(
    "ranges",
    (
        FieldSpec("type", _("input-range-type", default="Counted in"), "select", choices=RANGE_TYPES),
        FieldSpec("repo", _("input-repo", default="Repository URL (Git only)")),
    ),
    (_EVENTS,),
)
_CONTACT_HINT = _("input-contact-hint", default="One e-mail address or URL a line. Contacts are published.")
LISTS: tuple[ListSpec, ...] = (
    ListSpec(
        "affected",
        (
            FieldSpec("package.ecosystem", _("input-ecosystem", default="Ecosystem")),
            FieldSpec("package.name", _("input-package-name", default="Package name")),
            FieldSpec("package.purl", _("input-purl", default="Package URL (purl)"), hint=_PURL_HINT),
            FieldSpec(
                "versions",
                _("input-versions", default="Single versions"),
                "textarea",
                hint=_("input-versions-hint", default="One a line, for versions no range describes."),
            ),
        ),
        (_RANGES,),
    ),
    ListSpec(
        "severity",
        (
            FieldSpec("type", _("input-severity-type", default="System"), "select", choices=SEVERITY_TYPES),
            FieldSpec("score", _("input-score", default="Vector or priority")),
        ),
    ),
    ListSpec("cwe_ids", (FieldSpec("", _("input-cwe", default="CWE id")),)),
    ListSpec(
        "references",
        (
            FieldSpec("type", _TYPE, "select", choices=REFERENCE_TYPES),
            FieldSpec("url", _("input-url", default="URL")),
        ),
    ),
    ListSpec("aliases", (FieldSpec("", _("input-alias", default="Identifier")),)),
    ListSpec(
        "credits",
        (
            FieldSpec("name", _("input-name", default="Name")),
            FieldSpec("type", _TYPE, "select", choices=CREDIT_TYPES),
            FieldSpec("contact", _("input-contact", default="Contacts"), "textarea", hint=_CONTACT_HINT),
        ),
    ),
)
"""The payload's lists in the order of the form."""

_SUMMARY_HINT = _("input-summary-hint", default="One line: what is wrong, in which part, to what effect.")
_DETAILS_HINT = _(
    "input-details-hint", default="Markdown. Impact, who is affected, workarounds, how to mend."
)


@dataclass(frozen=True)
class Row:
    """An entry of a list: its fields by key, its own lists by key, and errors about it as a whole."""

    place: str
    number: int
    fields: Mapping[str, FormField]
    lists: Mapping[str, RowList]
    errors: tuple[str, ...] = ()
    rating: SeverityRating | None = None

    @property
    def id(self) -> str:
        return f"f-{self.place.replace('.', '-')}"

    @property
    def remove(self) -> str:
        """The value of `act` that takes this row out."""
        return f"remove:{self.place}"


@dataclass(frozen=True)
class RowList:
    """A list of rows and errors about the list as a whole."""

    place: str
    rows: tuple[Row, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"f-{self.place.replace('.', '-')}"

    @property
    def add(self) -> str:
        """The value of `act` that appends an empty row."""
        return f"add:{self.place}"


@dataclass(frozen=True, kw_only=True)
class AdvisoryForm:
    """The form itself, also rendered alone for htmx (macro `advisory_form`).

    `base_version` is the version the text was opened on (0 for a new advisory). `dirty` marks a form that
    holds text the server has not stored. `problems` are errors as links, in the order of the form.
    """

    action: str
    cancel_url: str
    draft_key: str
    base_version: int
    summary: FormField
    details: FormField
    lists: Mapping[str, RowList]
    project: FormField | None = None
    problems: tuple[ErrorLink, ...] = ()
    details_preview: SupportsHTML | None = None
    rating_url: str | None = None
    dirty: bool = False


@dataclass(frozen=True, kw_only=True)
class AdvisoryFormPage:
    """`advisories/form.pt`, to create (`heading` None) and to edit. The lists feed `<datalist>`s."""

    form: AdvisoryForm
    heading: AdvisoryHeading | None = None
    ecosystems: tuple[str, ...] = ()
    weaknesses: tuple[Option, ...] = ()


@dataclass(frozen=True)
class _Builder:
    """Builds fields; errors arrive already routed to places that exist."""

    errors: Mapping[str, tuple[str, ...]]
    focus: str | None
    ratings: Mapping[str, SeverityRating]

    def field(self, place: str, spec: FieldSpec, value: object) -> FormField:
        text = _text(value)
        return FormField(
            name=place,
            value=text,
            kind=spec.kind,
            label=spec.label,
            hint=spec.hint,
            errors=self.errors.get(place, ()),
            options=options(spec.choices, text) if spec.choices else (),
            focused=place == self.focus,
            maxlength=spec.maxlength,
        )

    def rows(self, place: str, spec: ListSpec, entries: object) -> RowList:
        listed = entries if isinstance(entries, Sequence) and not isinstance(entries, str) else ()
        rows = tuple(
            self.row(f"{place}.{index}", index + 1, spec, entry) for index, entry in enumerate(listed)
        )
        return RowList(place, rows, self.errors.get(place, ()))

    def row(self, place: str, number: int, spec: ListSpec, entry: object) -> Row:
        values = _event(entry) if spec is _EVENTS else entry
        fields = {
            item.key: self.field(_join(place, item.key), item, _dig(values, item.key)) for item in spec.fields
        }
        lists = {
            item.key: self.rows(_join(place, item.key), item, _dig(values, item.key)) for item in spec.lists
        }
        own = () if "" in fields else self.errors.get(place, ())
        return Row(place, number, fields, lists, own, self.ratings.get(place))


def advisory_form(
    payload: Mapping[str, Any],
    *,
    action: str,
    cancel_url: str,
    draft_key: str,
    base_version: int = 0,
    errors: Mapping[str, Sequence[str]] | None = None,
    project: FormField | None = None,
    focus: str | None = None,
    ratings: Mapping[str, SeverityRating] | None = None,
    details_preview: SupportsHTML | None = None,
    rating_url: str | None = None,
    dirty: bool = False,
) -> AdvisoryForm:
    """Return the form for a payload, stored or posted.

    `errors` maps dotted places to messages; one whose place has no input (`affected.0.ranges.0.events.1`)
    is shown at the nearest place that has one. `focus` is the place of the input to be focused, `ratings`
    maps `severity.N` to what the server says about that vector. Never raises for odd payloads: what is
    not of the expected shape is shown as text or left out.
    """
    found = errors or {}
    empty = _Builder({}, None, {})
    known = {"summary", "details", "project"}
    order = ["project", "summary", "details"]
    for spec in LISTS:
        order += list(_places(empty.rows(spec.key, spec, payload.get(spec.key))))
    known.update(order)
    routed: dict[str, tuple[str, ...]] = {}
    for place, texts in found.items():
        target = _nearest(place, known)
        routed[target] = (*routed.get(target, ()), *texts)
    build = _Builder(routed, focus, ratings or {})
    summary = FieldSpec("", _("field-summary", default="Summary"), hint=_SUMMARY_HINT, maxlength=300)
    details = FieldSpec("", _("field-details", default="Details"), "textarea", hint=_DETAILS_HINT)
    ordered = {place: routed[place] for place in ["", *order] if place in routed}
    return AdvisoryForm(
        action=action,
        cancel_url=cancel_url,
        draft_key=draft_key,
        base_version=base_version,
        summary=build.field("summary", summary, payload.get("summary")),
        details=build.field("details", details, payload.get("details")),
        lists={spec.key: build.rows(spec.key, spec, payload.get(spec.key)) for spec in LISTS},
        project=project and replace(project, errors=(*project.errors, *routed.get("project", ()))),
        problems=error_links(ordered, known),
        details_preview=details_preview,
        rating_url=rating_url,
        dirty=dirty,
    )


def _places(rows: RowList) -> Iterator[str]:
    yield rows.place
    for row in rows.rows:
        yield row.place
        yield from (field.name for field in row.fields.values())
        for inner in row.lists.values():
            yield from _places(inner)


def _nearest(place: str, known: set[str]) -> str:
    while place and place not in known:
        parent, _dot, bound = place.rpartition(".")
        if bound in _EVENT_BOUNDS and f"{parent}.version" in known:
            return f"{parent}.version"
        place = parent
    return place


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if key else place


def _dig(entry: object, key: str) -> object:
    for part in key.split(".") if key else ():
        entry = entry.get(part) if isinstance(entry, Mapping) else None
    return entry


def _event(entry: object) -> object:
    """Return a stored event (`{introduced: "0"}`) as the form posts it (`{kind, version}`)."""
    if not isinstance(entry, Mapping) or "kind" in entry:
        return entry
    bound = next((kind for kind in _EVENT_BOUNDS if kind in entry), _EVENT_BOUNDS[0])
    return {"kind": bound, "version": entry.get(bound, "")}


def _text(value: object) -> str:
    if value is None or isinstance(value, Mapping):
        return ""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "\n".join(str(line) for line in value)
    return str(value)
