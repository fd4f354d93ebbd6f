"""From a notification to a mail, in text and HTML and in the recipient's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyramid.renderers import RendererHelper

from advisoryhub_core.mail.message import OutgoingMail, message_id, thread_id
from advisoryhub_core.notifications import wording
from advisoryhub_core.notifications.recipients import Reason, wording_of
from advisoryhub_core.web.pages import _
from advisoryhub_core.web.settings import SITE_TITLE

_TEMPLATES = "advisoryhub_templates:mail/"


@dataclass(frozen=True)
class Addressee:
    """Where a mail goes, and in which language."""

    email: str
    name: str = ""
    language: str = "en"


@dataclass(frozen=True)
class Told:
    """What a mail tells of: an event of an advisory, why this person is told, and where its link leads."""

    event: str
    reason: str
    advisory_id: str
    project: str
    path: str


@dataclass(frozen=True)
class Entry:
    """One thing to tell: `happened` and `title` are in the reader's language."""

    happened: str
    advisory_id: str
    project: str
    url: str


@dataclass(frozen=True)
class Letter:
    """What the templates of a mail show; every text is translated."""

    language: str
    site: str
    title: str
    entries: tuple[Entry, ...]
    read_more: str
    advisory: str
    project: str
    why: str
    change: str
    choices_url: str


def single(registry: Any, to: Addressee, row_id: int, told: Told) -> OutgoingMail:
    """Return the mail of one notification.

    Mails about one advisory refer to one id, so that clients show them as one thread. Raises `MailRefused`.
    """
    say = _Speaker(registry, to.language)
    invited = told.reason == Reason.INVITED
    kind = wording_of(registry, told.event, told.reason)
    choices = wording.choices_path(told.advisory_id)
    letter = Letter(
        language=to.language,
        site=say.site,
        title=f"{told.advisory_id}: {say(kind.subject) if kind else ''}",
        entries=(say.entry(told),),
        read_more=say(_ACCEPT if invited else _READ),
        advisory=say(_ADVISORY),
        project=say(_PROJECT),
        why=say(wording.why(told.reason)),
        change="" if invited else say(_CHANGE),
        choices_url="" if invited else wording.absolute(registry, choices),
    )
    return _mail(
        registry,
        to,
        letter,
        message_id=message_id(registry, "notification", row_id),
        references=(thread_id(registry, told.advisory_id),),
        unsubscribe="" if invited else wording.absolute(registry, wording.PREFERENCES_PATH),
    )


def digest(registry: Any, to: Addressee, key: str, told: Sequence[Told]) -> OutgoingMail:
    """Return one mail about many notifications. Raises `MailRefused`."""
    say = _Speaker(registry, to.language)
    title = say(_("digest-subject", default="notifications: ${count}", mapping={"count": len(told)}))
    preferences = wording.absolute(registry, wording.PREFERENCES_PATH)
    letter = Letter(
        language=to.language,
        site=say.site,
        title=title,
        entries=tuple(say.entry(one) for one in told),
        read_more=say(_READ),
        advisory=say(_ADVISORY),
        project=say(_PROJECT),
        why=say(_("why-digest", default="You get this because you chose to have notifications gathered.")),
        change=say(_CHANGE),
        choices_url=preferences,
    )
    return _mail(
        registry,
        to,
        letter,
        message_id=message_id(registry, "digest", key),
        references=(),
        unsubscribe=preferences,
    )


_READ = _("mail-read", default="Read it here")
_ACCEPT = _("mail-accept", default="Accept the invitation here")
_ADVISORY = _("mail-advisory", default="Advisory")
_PROJECT = _("mail-project", default="Project")
_CHANGE = _("mail-change", default="Change what you get")


class _Speaker:
    """Says translation strings in one language."""

    def __init__(self, registry: Any, language: str) -> None:
        self._registry = registry
        self._localizer = wording.localizer_for(registry, language)
        self.site = SITE_TITLE.of(registry)

    def __call__(self, text: Any) -> str:
        return str(self._localizer.translate(text))

    def entry(self, told: Told) -> Entry:
        return Entry(
            happened=self(wording.sentence(self._registry, told.event, told.reason)),
            advisory_id=told.advisory_id,
            project=" ".join(told.project.split()),
            url=wording.absolute(self._registry, told.path),
        )


def _mail(
    registry: Any,
    to: Addressee,
    letter: Letter,
    *,
    message_id: str,
    references: tuple[str, ...],
    unsubscribe: str,
) -> OutgoingMail:
    return OutgoingMail(
        to=to.email,
        to_name=to.name,
        subject=f"[{letter.site}] {letter.title}",
        text=_rendered(registry, "notification.txt", letter),
        html=_rendered(registry, "notification.pt", letter),
        message_id=message_id,
        references=references,
        list_unsubscribe=unsubscribe,
    )


def _rendered(registry: Any, template: str, letter: Letter) -> str:
    # There is no request in a worker: the registry is named, and the texts are translated already.
    helper = RendererHelper(_TEMPLATES + template, package=None, registry=registry)
    rendered = helper.render({"letter": letter, "text": _as_text(letter)}, None)
    return rendered.decode() if isinstance(rendered, bytes) else str(rendered)


def _as_text(letter: Letter) -> str:
    """Return the entries for readers without HTML; a text template has no loops."""
    return "\n\n".join(
        f"{entry.happened}\n\n"
        f"{letter.advisory}: {entry.advisory_id}\n"
        f"{letter.project}: {entry.project}\n"
        f"{letter.read_more}: {entry.url}"
        for entry in letter.entries
    )
