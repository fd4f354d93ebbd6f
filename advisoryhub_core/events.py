"""Domain events: frozen data, sent inside the transaction of the act that caused them.

`advisory_id` is the database id; a subscriber re-reads what it needs through `act.db`.
"""

from __future__ import annotations

from dataclasses import dataclass

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
class AdvisoryEdited(AdvisoryEvent):
    """The payload changed; `version` is the new version's number."""

    version: int


@dataclass(frozen=True)
class StateChanged(AdvisoryEvent):
    """The state moved; both are values of `State`."""

    before: str
    after: str


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
class UserSignedIn(DomainEvent):
    """A person signed in; groups are already replaced."""

    user_id: int


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
