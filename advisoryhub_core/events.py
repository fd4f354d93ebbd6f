"""Domain events: frozen data, sent inside the transaction of the act that caused them.

`advisory_id` is the database id; a subscriber re-reads what it needs through `act.db`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from advisoryhub_core.acts import Act


@dataclass(frozen=True)
class DomainEvent:
    act: Act


@dataclass(frozen=True)
class AdvisoryEvent(DomainEvent):
    advisory_id: int


@dataclass(frozen=True)
class AdvisoryCreated(AdvisoryEvent):
    """A draft was written, or a report arrived."""


@dataclass(frozen=True)
class AdvisoryOpened(AdvisoryEvent):
    """A person opened the advisory's page, on which `version` is the newest."""

    version: int


@dataclass(frozen=True)
class AdvisoryEdited(AdvisoryEvent):
    """The payload changed; `version` is the new version's number."""

    version: int


@dataclass(frozen=True)
class StateChanged(AdvisoryEvent):
    """The state moved; both are values of `State`."""

    before: str
    after: str


@dataclass(frozen=True)
class ReportSubmitted(AdvisoryEvent):
    """A report arrived through the public form; sent beside `AdvisoryCreated`."""


@dataclass(frozen=True)
class ReportPromoted(AdvisoryEvent):
    """A report was accepted as a draft."""


@dataclass(frozen=True)
class ReportDismissed(AdvisoryEvent):
    """A report was turned down."""


@dataclass(frozen=True)
class RoutingFlagged(AdvisoryEvent):
    """A team handed a report to the administrators."""


@dataclass(frozen=True)
class RoutingFlagCleared(AdvisoryEvent):
    """A report is the team's again."""


@dataclass(frozen=True)
class AdvisoryReopened(AdvisoryEvent):
    """A dismissed advisory is back, or is on its way back, to `target`, a value of `State`."""

    target: str


@dataclass(frozen=True)
class ProjectChanged(AdvisoryEvent):
    """The advisory belongs to another project; both are database ids. `triage` for a report."""

    before_id: int
    after_id: int
    triage: bool


@dataclass(frozen=True)
class ReviewSubmitted(AdvisoryEvent):
    """A review of `version` was asked for."""

    version: int


@dataclass(frozen=True)
class ReviewDecided(AdvisoryEvent):
    """A review ended; `decision` is a value of `ReviewTaskStatus`, `version` the one it was about."""

    decision: str
    version: int


@dataclass(frozen=True)
class CVERequested(AdvisoryEvent):
    """A CVE number was asked for."""


@dataclass(frozen=True)
class CVEReserved(AdvisoryEvent):
    """The advisory has the number `cve_id`, which is a new version of it.

    `restored`: its own number came back with it when it was reopened, so that nobody decided about a request.
    """

    cve_id: str
    restored: bool = False


@dataclass(frozen=True)
class CVERejected(AdvisoryEvent):
    """A request for a number was turned down."""


@dataclass(frozen=True)
class CVEUnassigned(AdvisoryEvent):
    """The number `cve_id` was taken off, and is an orphan now."""

    cve_id: str


@dataclass(frozen=True)
class WithdrawalRequested(AdvisoryEvent):
    """A team asked the administrators to withdraw a published advisory."""


@dataclass(frozen=True)
class ExportRequested(AdvisoryEvent):
    """The newest version has to be brought out by whoever publishes: a withdrawal, or its reversal.

    Sent under the advisory's lock. A subscriber queues the publication in the same transaction and adds its
    name to `taken`; it may refuse by raising a `HubError`, which undoes the act, as does nobody taking it.
    """

    taken: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class CommentAdded(AdvisoryEvent):
    """A comment was posted by hand; `mentioned` are database ids of people and of groups."""

    comment_id: int
    mentioned_users: tuple[int, ...] = ()
    mentioned_groups: tuple[int, ...] = ()


@dataclass(frozen=True)
class GrantChanged(AdvisoryEvent):
    """Somebody's access was given, changed or revoked; `grant_id` None for a revoked one."""

    grant_id: int | None
    user_id: int | None
    group_id: int | None


@dataclass(frozen=True)
class InvitationIssued(AdvisoryEvent):
    """An invitation waits for its mail, for the first time or again."""

    invitation_id: int


@dataclass(frozen=True)
class PublishRequested(AdvisoryEvent):
    """A publication was pinned to `version` and queued."""

    version: int


@dataclass(frozen=True)
class Published(AdvisoryEvent):
    """A push came back clean; `first` for the first publication ever."""

    version: int
    first: bool


@dataclass(frozen=True)
class ExportFailed(AdvisoryEvent):
    """A publication failed; the state is as it was."""

    version: int


@dataclass(frozen=True)
class Withdrawn(AdvisoryEvent):
    """The withdrawal of `version` was pushed: the advisory is dismissed."""

    version: int


@dataclass(frozen=True)
class ExportSucceeded(AdvisoryEvent):
    """A push came back clean, whatever it brought out."""

    version: int


@dataclass(frozen=True)
class UserSignedIn(DomainEvent):
    """A person signed in; groups are already replaced.

    `email_vouched`: the provider vouches, now, for the address that the hub knows them by (INV-OIDC-6).
    """

    user_id: int
    email_vouched: bool = False


@dataclass(frozen=True)
class UserBanned(DomainEvent):
    """A person is kept out from now on."""

    user_id: int


@dataclass(frozen=True)
class UserUnbanned(DomainEvent):
    """A person is let in again."""

    user_id: int


@dataclass(frozen=True)
class ProjectUpdated(DomainEvent):
    """A project changed; `changed` names the fields."""

    project_id: int
    changed: tuple[str, ...]
