"""From comments and ledger rows to the records that templates show."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from advisoryhub_core.accounts.models import Group, User
from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.pages import _
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.presenters import masked, person
from advisoryhub_core.advisories.resources import AdvisoryResource
from advisoryhub_core.audit.sentences import in_words, tell, values_of
from advisoryhub_core.comments.audience import Participant
from advisoryhub_core.comments.judging import capabilities_on_comment
from advisoryhub_core.comments.models import Comment
from advisoryhub_core.comments.pages import CommentView, EventView, Suggestion
from advisoryhub_core.comments.timeline import Event, Item
from advisoryhub_core.web.markdown import render
from advisoryhub_core.web.pages import Moment
from advisoryhub_core.web.settings import SITE_TITLE

NOTES: Mapping[str, Any] = {
    "dismiss": _("note-of-dismiss", default="Reason for the dismissal"),
    "lock-comments": _("note-of-lock", default="Reason for locking the discussion"),
    "unlock-comments": _("note-of-unlock", default="Reason for unlocking the discussion"),
    "withdraw": _("note-of-withdraw", default="Reason for the withdrawal"),
    "approve-withdrawal": _("note-of-withdraw", default="Reason for the withdrawal"),
    "request-withdrawal": _("note-of-request-withdrawal", default="Note to the request for a withdrawal"),
    "cancel-withdrawal-request": _(
        "note-of-cancel-withdrawal", default="Note to the end of the request for a withdrawal"
    ),
    "review": _("note-of-review", default="Note to the review"),
    "review-decide": _("note-of-review", default="Note to the review"),
    "revoke-approval": _("note-of-revoke", default="Reason for revoking the approval"),
    "flag": _("note-of-flag", default="Note to the administrators"),
    "request-reassignment": _("note-of-reassignment", default="Note to the request for another project"),
    "unassign-cve": _("note-of-unassign", default="Reason for taking the CVE id off"),
    "reject-cve": _("note-of-reject-cve", default="Reason for turning the CVE request down"),
}
"""The name of an act → what its reason is called where it stands as a comment."""


@dataclass(frozen=True)
class Reader:
    """For whom something is shown, and what they may do to the advisory."""

    act: Act
    caps: frozenset[Cap]
    path: str

    @classmethod
    def of(cls, context: AdvisoryResource) -> Reader:
        return cls(context.request.act, context.caps(), context.path)

    def name_of(self, user: User | None) -> str:
        """Return how a person is shown to the reader; nobody is the hub itself."""
        return person(user, self.act, self.caps) if user is not None else SITE_TITLE.of(self.act.registry)


def entries(reader: Reader, items: Sequence[Item]) -> tuple[CommentView | EventView, ...]:
    """Return the entries of a timeline, in two queries for the people that its events speak of."""
    named = _named(reader, [item for item in items if isinstance(item, Event)])
    return tuple(
        event_view(reader, item, named) if isinstance(item, Event) else comment_view(reader, item)
        for item in items
    )


def comment_view(reader: Reader, comment: Comment) -> CommentView:
    path = f"{reader.path}comments/{comment.id}/"
    caps = capabilities_on_comment(reader.act, reader.caps, comment)
    redacted = comment.redacted_at is not None
    edited = comment.edited_at if not redacted else None
    return CommentView(
        id=comment.id,
        who=reader.name_of(comment.author),
        when=Moment.at(comment.created_at),
        url=path,
        html=None if redacted else render(comment.body),
        redacted=_redaction(reader, comment),
        internal=comment.internal,
        note=note_label(comment.note_of),
        edited=Moment.at(edited) if edited else None,
        history_url=f"{path}history/" if edited else None,
        edit_url=f"{path}edit/" if Cap.EDIT_COMMENT in caps else None,
        redact_url=f"{path}redact/" if Cap.REDACT_COMMENT in caps else None,
    )


def event_view(reader: Reader, event: Event, named: Mapping[tuple[str, str], str]) -> EventView:
    values = values_of(previous=event.previous, new=event.new, details=event.details)
    values["actor"] = reader.name_of(event.actor)
    if event.actor is None:
        values["nobody"] = "yes"
    who = _who(reader, values, named)
    values.pop("email", None)
    if who:
        values["who"] = who
    return EventView(
        id=event.id,
        text=tell(reader.act.registry, event.action, values),
        when=Moment.at(event.at),
        url=_difference(reader, event, values),
    )


def suggestion(participant: Participant, act: Act, caps: Collection[Cap]) -> Suggestion:
    """Return how somebody is offered for a mention: by name, or by an address as the reader may see it."""
    label = participant.name
    if not label:
        seen = Cap.SEE_EMAILS in caps or participant.id == act.identity.user_id
        label = participant.email if seen else masked(participant.email)
    return Suggestion(participant.handle, label, participant.is_group)


def note_label(note_of: str) -> Any:
    """Return which act a note belongs to; the empty string for a comment that is none."""
    if not note_of:
        return ""
    other = _("note-of-other", default="Note: ${act}", mapping={"act": in_words(note_of)})
    return NOTES.get(note_of, other)


def _redaction(reader: Reader, comment: Comment) -> Any:
    if comment.redacted_at is None:
        return None
    return _(
        "comment-redacted",
        default="Redacted by ${who} on ${when}.",
        mapping={
            "who": reader.name_of(comment.redacted_by),
            "when": Moment.at(comment.redacted_at).exact,
        },
    )


def _difference(reader: Reader, event: Event, values: Mapping[str, str]) -> str | None:
    version, before = values.get("version", ""), values.get("before_version", "")
    if event.action != "advisory.edited" or not (version.isdecimal() and before.isdecimal()):
        return None
    return f"{reader.path}versions/{version}/diff/?against={before}"


def _named(reader: Reader, events: Iterable[Event]) -> dict[tuple[str, str], str]:
    """Return how the people and groups in events are shown, keyed by kind and id."""
    wanted: dict[str, set[int]] = {"user_id": set(), "group_id": set()}
    for event in events:
        values = values_of(previous=event.previous, new=event.new, details=event.details)
        for kind, ids in wanted.items():
            if values.get(kind, "").isdecimal():
                ids.add(int(values[kind]))
    found: dict[tuple[str, str], str] = {}
    if wanted["user_id"]:
        for user in reader.act.db.scalars(select(User).where(User.id.in_(sorted(wanted["user_id"])))):
            found["user_id", str(user.id)] = person(user, reader.act, reader.caps)
    if wanted["group_id"]:
        for group in reader.act.db.scalars(select(Group).where(Group.id.in_(sorted(wanted["group_id"])))):
            found["group_id", str(group.id)] = group.name
    return found


def _who(reader: Reader, values: Mapping[str, str], named: Mapping[tuple[str, str], str]) -> str:
    for kind in ("user_id", "group_id"):
        label = named.get((kind, values.get(kind, "")))
        if label:
            return label
    email = values.get("email", "")
    if not email or Cap.SEE_EMAILS in reader.caps or email.lower() == reader.act.identity.email.lower():
        return email
    return masked(email)
