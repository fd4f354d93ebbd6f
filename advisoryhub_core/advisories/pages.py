"""What the advisory views hand to `templates/advisories/`: one record per page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pyramid.i18n import TranslationStringFactory

from advisoryhub_core.advisories.content_pages import AdvisoryContent
from advisoryhub_core.web.pages import (
    NO_PAGER,
    Act,
    Banner,
    FormField,
    Moment,
    Option,
    Pager,
    Panel,
    Severity,
)

_ = TranslationStringFactory("advisoryhub")

State = Literal["triage", "draft", "published", "dismissed"]
Review = Literal["none", "submitted", "changes_requested", "approved"]
Mark = Literal["new", "changed", "republish", "linked", "flagged"]

FIELD_LABELS: Mapping[str, str] = {
    "summary": _("field-summary", default="Summary"),
    "details": _("field-details", default="Details"),
    "aliases": _("field-aliases", default="Aliases"),
    "references": _("field-references", default="References"),
    "affected": _("field-affected", default="Affected packages"),
    "severity": _("field-severity", default="Severity"),
    "cwe_ids": _("field-cwe-ids", default="Weaknesses (CWE)"),
    "credits": _("field-credits", default="Credits"),
    "assigned_cve_id": _("field-assigned-cve-id", default="Assigned CVE id"),
    "withdrawn_reason": _("field-withdrawn-reason", default="Reason for withdrawal"),
    "project_slug": _("field-project-slug", default="Project"),
    "project_name": _("field-project-name", default="Project name"),
    "kind": _("field-kind", default="Kind"),
    "ghsa_id": _("field-ghsa-id", default="GHSA id"),
    "ghsa_owner": _("field-ghsa-owner", default="GitHub organisation"),
    "ghsa_repo": _("field-ghsa-repo", default="GitHub repository"),
}
"""Payload field → what people call it."""


def field_label(name: str) -> str:
    """Return what people call a payload field; an unknown name is its own label."""
    return FIELD_LABELS.get(name, name)


@dataclass(frozen=True, kw_only=True)
class StateTab:
    """A tab over the list; `state` is None for all states. `count` is shown as it stands (`1,000+`)."""

    state: State | None
    url: str
    count: str
    active: bool = False


@dataclass(frozen=True, kw_only=True)
class AdvisoryRow:
    """A line of the list."""

    advisory_id: str
    url: str
    summary: str
    project_name: str
    state: State
    modified: Moment
    severity: Severity | None = None
    score: str | None = None
    review: Review = "none"
    identifiers: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AdvisoryListPage:
    """`advisories/list.pt`.

    `kept` are the query parameters that the filter form must not lose. `empty` says why there are no
    rows: `no-access` (nothing is visible to this person at all), `no-match` (filters hide everything),
    `none-yet` (they are on a team that has no advisory).
    """

    url: str
    tabs: tuple[StateTab, ...]
    rows: tuple[AdvisoryRow, ...] = ()
    q: str = ""
    filters: tuple[FormField, ...] = ()
    toggles: tuple[FormField, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    clear_url: str | None = None
    create_url: str | None = None
    report_url: str | None = None
    total: str = ""
    pager: Pager = NO_PAGER
    empty: Literal["no-access", "no-match", "none-yet"] | None = None


@dataclass(frozen=True, kw_only=True)
class AdvisoryHeading:
    """The head every page of one advisory shares."""

    advisory_id: str
    url: str
    summary: str
    project_name: str
    state: State
    severity: Severity | None = None
    score: str | None = None
    review: Review = "none"
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Problem:
    """Something that stands between a draft and its publication, with where to mend it."""

    text: str
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class AdvisoryDetailPage:
    """`advisories/detail.pt`. `readiness` is None where publication is no question (dismissed, linked).

    `acts` are buttons below the heading, `menu` the rarer ones behind "More", `dialogs` the forms of all
    acts that the page offers anywhere, cards and banners included.
    """

    heading: AdvisoryHeading
    content: AdvisoryContent
    version: int
    created: Moment
    modified: Moment
    creator: str
    history_url: str
    published: Moment | None = None
    banners: tuple[Banner, ...] = ()
    acts: tuple[Act, ...] = ()
    menu: tuple[Act, ...] = ()
    dialogs: tuple[Act, ...] = ()
    readiness: tuple[Problem, ...] | None = None
    panels: tuple[Panel, ...] = ()

    @property
    def main_panels(self) -> tuple[Panel, ...]:
        return tuple(panel for panel in self.panels if panel.area == "main")

    @property
    def side_panels(self) -> tuple[Panel, ...]:
        return tuple(panel for panel in self.panels if panel.area == "side")


@dataclass(frozen=True, kw_only=True)
class ActPage:
    """`advisories/act.pt`: the form of one act on a page of its own (no scripts, or refused input).

    `problems` say why the act as a whole was refused.
    """

    heading: AdvisoryHeading
    act: Act
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class DocumentCheck:
    """An export document built from the live version: errors stop the publication, warnings do not."""

    label: str
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    preview_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class PublishPage:
    """`advisories/publish.pt`. The publish button is there only when `act` is."""

    heading: AdvisoryHeading
    version: int
    direction: Literal["publish", "withdraw", "restore"] = "publish"
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    documents: tuple[DocumentCheck, ...] = ()
    act: Act | None = None


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    """A version in the list; `editor` is None for the system."""

    number: int
    url: str
    created: Moment
    editor: str | None = None
    changed: tuple[str, ...] = ()
    marks: tuple[Literal["newest", "approved", "published"], ...] = ()
    base: bool = False
    target: bool = False


@dataclass(frozen=True, kw_only=True)
class HistoryPage:
    """`advisories/history.pt`. The form GETs `compare_url` with `against` (old) and `version` (new)."""

    heading: AdvisoryHeading
    compare_url: str
    versions: tuple[VersionRow, ...]
    pager: Pager = NO_PAGER

    @property
    def comparable(self) -> bool:
        return len(self.versions) > 1


@dataclass(frozen=True, kw_only=True)
class VersionPage:
    """`advisories/version.pt`: one frozen version, read only."""

    heading: AdvisoryHeading
    content: AdvisoryContent
    row: VersionRow
    history_url: str
    diff_url: str | None = None
    older_url: str | None = None
    newer_url: str | None = None


class SegmentLike(Protocol):
    """A run of text within a difference."""

    @property
    def op(self) -> str: ...
    @property
    def text(self) -> str: ...


class EntryDiffLike(Protocol):
    """An entry of a list within a difference."""

    @property
    def op(self) -> str: ...
    @property
    def before(self) -> str: ...
    @property
    def after(self) -> str: ...
    @property
    def segments(self) -> Sequence[SegmentLike]: ...


class FieldDiffLike(Protocol):
    """What `advisoryhub_core.advisories.diff` says about one field."""

    @property
    def field(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def before(self) -> str: ...
    @property
    def after(self) -> str: ...
    @property
    def segments(self) -> Sequence[SegmentLike]: ...
    @property
    def entries(self) -> Sequence[EntryDiffLike]: ...


@dataclass(frozen=True)
class FieldChange:
    """A changed field under the name people know it by."""

    label: str
    diff: FieldDiffLike

    @classmethod
    def of(cls, diff: FieldDiffLike) -> FieldChange:
        return cls(field_label(diff.field), diff)


@dataclass(frozen=True, kw_only=True)
class DiffPage:
    """`advisories/diff.pt`: what changed from `before` to `after`, `layout` side by side or inline."""

    heading: AdvisoryHeading
    before: VersionRow
    after: VersionRow
    layout: Literal["side", "inline"]
    side_url: str
    inline_url: str
    history_url: str
    changes: tuple[FieldChange, ...] = ()

    @property
    def before_title(self) -> str:
        return _version_title(self.before)

    @property
    def after_title(self) -> str:
        return _version_title(self.after)


@dataclass(frozen=True, kw_only=True)
class ConflictField:
    """A field of two edits that met. `diff` goes from theirs to mine; `take` is what is chosen at first.

    A field only one side touched is chosen for that side; a field both touched asks.
    """

    name: str
    label: str
    diff: FieldDiffLike
    both: bool
    take: Literal["mine", "theirs"] = "mine"


@dataclass(frozen=True, kw_only=True)
class ConflictPage:
    """`advisories/conflict.pt`: a save on an older version is refused and nothing is lost.

    `mine` is the refused payload as JSON and travels in a hidden input of that name; the form posts
    `act=merge`, `base_version` (the current version) and `take.<field>` in mine|theirs to `merge_url`,
    which answers with the edit form holding the merged text, not yet saved.
    """

    heading: AdvisoryHeading
    base_version: int
    current: VersionRow
    fields: tuple[ConflictField, ...]
    mine: str
    merge_url: str
    discard_url: str

    @property
    def theirs_title(self) -> str:
        title: str = _(
            "conflict-theirs", default="Saved (${version})", mapping={"version": self.current.number}
        )
        return title

    @property
    def mine_title(self) -> str:
        title: str = _("conflict-mine", default="Yours, not saved yet")
        return title


@dataclass(frozen=True)
class SeverityRating:
    """What the server says about a vector while it is being written (fragment `severity_rating`)."""

    level: Severity | None = None
    score: str | None = None
    error: str | None = None


SEVERITY_CHOICES: tuple[Option, ...] = (
    Option("critical", _("severity-critical", default="Critical")),
    Option("high", _("severity-high", default="High")),
    Option("medium", _("severity-medium", default="Medium")),
    Option("low", _("severity-low", default="Low")),
    Option("none", _("severity-none", default="None")),
)
"""Choices of the list's severity filter."""


def _version_title(row: VersionRow) -> str:
    title: str = _("diff-version", default="Version ${number}", mapping={"number": row.number})
    return title
