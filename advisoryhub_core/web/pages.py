"""What views hand to templates: small frozen records that hold decisions already made.

A template never asks a permission, never compares dates and never formats a number; whatever depends on
state or on the reader is decided by the view and arrives here. Texts the product says are
`TranslationString`s or translated strings, texts people wrote are plain `str` and are escaped by
Chameleon; only a value with `__html__` is inserted as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol

from pyramid.i18n import TranslationStringFactory

_ = TranslationStringFactory("advisoryhub")

MACRO_TEMPLATES: Mapping[str, str] = {
    "layout": "advisoryhub_templates:layout.pt",
    "forms": "advisoryhub_templates:forms.pt",
    "components": "advisoryhub_templates:components.pt",
}
"""Template global → renderer specification; each global is `get_renderer(spec).implementation()`."""

THEME_COOKIE = "hub_theme"
"""Cookie the theme switch writes (`light`, `dark` or `auto`; readable by scripts, holds nothing private)."""

Theme = Literal["light", "dark", "auto"]
THEMES: tuple[Theme, ...] = ("light", "dark", "auto")
Severity = Literal["critical", "high", "medium", "low", "none"]
FieldKind = Literal["text", "textarea", "select", "checkbox", "password", "date"]


class SupportsHTML(Protocol):
    """Markup that is already safe: rendered and sanitised by whoever made it."""

    def __html__(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class NavItem:
    """An entry of the main navigation; `count` is shown as it stands (`12`, `1,000+`)."""

    title: str
    url: str
    active: bool = False
    count: str | None = None


@dataclass(frozen=True)
class Flash:
    """A message that survives one redirect."""

    kind: Literal["info", "success", "warning", "error"]
    text: str


@dataclass(frozen=True)
class MaintenanceNotice:
    """The banner of every page while maintenance mode is on; `message` is what an administrator wrote."""

    text: str
    message: str


@dataclass(frozen=True)
class Asset:
    """A stylesheet or script a plugin adds to every page."""

    kind: Literal["css", "js"]
    url: str


@dataclass(frozen=True)
class Moment:
    """A point in time for `<time>`: `iso` for machines, `exact` (UTC, to the minute) for people."""

    iso: str
    exact: str

    @classmethod
    def at(cls, value: datetime) -> Moment:
        """Return the moment of an aware datetime; ValueError for a naive one, which would lie about UTC."""
        if value.tzinfo is None:
            raise ValueError(f"A naive datetime has no place in UTC: {value.isoformat()}; add its time zone.")
        utc = value.astimezone(UTC)
        return cls(utc.isoformat(timespec="seconds").replace("+00:00", "Z"), f"{utc:%Y-%m-%d %H:%M} UTC")


@dataclass(frozen=True)
class Option:
    """A choice of a select, a radio group or a datalist."""

    value: str
    label: str
    selected: bool = False


def options(choices: Iterable[tuple[str, str]], selected: str = "") -> tuple[Option, ...]:
    """Return the `(value, label)` choices as options.

    A selected value that is not among the choices is kept as an option of its own, so that saving a form
    untouched never changes what an older version or an API client wrote.
    """
    found = tuple(Option(value, label, value == selected) for value, label in choices)
    if not selected or any(option.selected for option in found):
        return found
    return (Option(selected, selected, selected=True), *found)


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One input. `name` is the dotted place of its value in what is posted; `errors` belong to that place."""

    name: str
    value: str = ""
    kind: FieldKind = "text"
    label: str = ""
    hint: str = ""
    errors: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    required: bool = False
    focused: bool = False
    rows: int = 3
    maxlength: int | None = None
    scope: str = "f"
    autocomplete: str = "off"

    @property
    def id(self) -> str:
        """The element's id; `scope` keeps two forms of one page apart."""
        return f"{self.scope}-{self.name.replace('.', '-')}"

    @property
    def describedby(self) -> str | None:
        """The ids of hint and error list, for `aria-describedby`; None when there is neither."""
        ids = [f"{self.id}-hint"] if self.hint else []
        ids += [f"{self.id}-errors"] if self.errors else []
        return " ".join(ids) or None

    @property
    def invalid(self) -> str | None:
        return "true" if self.errors else None


@dataclass(frozen=True)
class ErrorLink:
    """A line of the error summary; `target` is the id of the element it is about."""

    target: str
    text: str


def error_links(
    errors: Mapping[str, Sequence[str]], known: Iterable[str], scope: str = "f"
) -> tuple[ErrorLink, ...]:
    """Return every error as a link to its field, in the order given.

    An error below or beside the `known` fields links to the nearest known parent (`affected.2.ranges` →
    `affected.2`), and to the form itself when there is none, so that no error is without a place.
    """
    fields = set(known)
    return tuple(
        ErrorLink(_target(place, fields, scope), text) for place, texts in errors.items() for text in texts
    )


def _target(place: str, known: set[str], scope: str) -> str:
    while place and place not in known:
        place = place.rpartition(".")[0]
    return f"{scope}-{place.replace('.', '-')}" if place else f"{scope}-form"


@dataclass(frozen=True, kw_only=True)
class Act:
    """Something the reader may do to what the page shows; the view passes only acts that are allowed.

    `mode`: `link` goes to a page, `post` acts at once, `form` asks first: the fields are shown in a
    dialog, and without scripts on a page of their own at `url` (GET shows the form, POST acts).
    `confirm` is the text to be typed (in the field `confirm`) before the act is accepted.
    """

    name: str
    title: str
    url: str
    mode: Literal["link", "post", "form"] = "link"
    tone: Literal["primary", "plain", "danger"] = "plain"
    explanation: str = ""
    submit: str = ""
    fields: tuple[FormField, ...] = ()
    confirm: str | None = None
    confirm_errors: tuple[str, ...] = ()
    step_up: bool = False
    shortcut: str | None = None

    @property
    def dialog_id(self) -> str:
        return f"act-{self.name}"

    @property
    def confirm_field(self) -> FormField:
        return FormField(
            name="confirm",
            scope=self.dialog_id,
            errors=self.confirm_errors,
            required=True,
            hint=_("act-confirm-hint", default="Copying is fine; this is a moment to look at the id."),
        )

    @property
    def error_summary(self) -> tuple[ErrorLink, ...]:
        asked = (*self.fields, *([self.confirm_field] if self.confirm else []))
        return tuple(ErrorLink(item.id, text) for item in asked for text in item.errors)


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A card that is already rendered; an empty `html` shows nothing."""

    name: str
    title: str
    html: SupportsHTML
    area: Literal["main", "side"] = "side"


@dataclass(frozen=True, kw_only=True)
class Banner:
    """A standing message about what the page shows, with at most one act that answers it."""

    kind: Literal["info", "success", "warning", "error"]
    text: str
    act: Act | None = None


@dataclass(frozen=True, kw_only=True)
class Pager:
    """Keyset paging: there are no page numbers, only newer and older (None where there is nothing)."""

    newer_url: str | None = None
    older_url: str | None = None


NO_PAGER = Pager()
"""All rows fit on one page."""


@dataclass(frozen=True, kw_only=True)
class HomePage:
    """`home.pt`, the landing page of somebody who is not signed in."""

    sign_in_url: str
    report_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class ErrorPage:
    """`error.pt`: what happened, what to do about it, and the id to quote when asking for help."""

    status: int
    title: str
    message: str
    advice: tuple[str, ...] = ()
    request_id: str | None = None
    acts: tuple[Act, ...] = ()
    retry_after: str | None = None


@dataclass(frozen=True, kw_only=True)
class StepUpPage:
    """`accounts/step_up.pt`: why the identity provider asks again, before the browser is sent there."""

    continue_url: str
    cancel_url: str
    minutes: int


@dataclass(frozen=True, kw_only=True)
class ProviderDownPage:
    """`accounts/provider_down.pt`: sign-in cannot be offered because the identity provider is away."""

    retry_url: str
    request_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class SignedOutPage:
    """`accounts/signed_out.pt`; `provider_session_open` when only the hub's own session was ended.

    `provider_url` is where that one is ended, too, if the provider has a page for it.
    """

    sign_in_url: str
    provider_session_open: bool = False
    provider_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class AccountPage:
    """`accounts/me.pt`. Groups are the mirror of the identity provider's claim."""

    email: str
    display_name: str
    is_admin: bool
    preferences_url: str
    theme: FormField
    language: FormField
    groups: tuple[str, ...] = ()
    panels: tuple[Panel, ...] = field(default=())
