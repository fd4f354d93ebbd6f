"""The writers of advisories and versions. Each locks the row, re-checks, writes everything at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories import payloads
from advisoryhub_core.advisories.models import Advisory, AdvisoryVersion
from advisoryhub_core.advisories.payload.identifiers import new_advisory_id
from advisoryhub_core.advisories.payload.schema import validate
from advisoryhub_core.advisories.permissions import Cap, owns_project
from advisoryhub_core.advisories.queries import capabilities_on
from advisoryhub_core.advisories.settings import ADMINS_NEED_REVIEW, ID_PREFIX
from advisoryhub_core.advisories.states import ReviewStatus, State
from advisoryhub_core.audit.services import record
from advisoryhub_core.errors import Conflict, NotPermitted, StaleVersion
from advisoryhub_core.events import AdvisoryCreated, AdvisoryEdited, StateChanged
from advisoryhub_core.projects.models import Project

_ID_ATTEMPTS = 8
_ID_CONSTRAINT = "uq_advisories_advisory_id"


class IdsExhausted(Conflict):
    """Eight random ids in a row were taken (INV-IMPL-4)."""

    code = "ids_exhausted"


@dataclass(frozen=True)
class Locked:
    """An advisory under its row lock, with the capabilities judged on the locked row."""

    advisory: Advisory
    caps: frozenset[Cap]

    def require(self, cap: Cap) -> None:
        """Raise `NotPermitted` unless the capability is granted."""
        if cap not in self.caps:
            raise NotPermitted("You may not do this to the advisory as it stands now.")


def lock(act: Act, advisory_id: int) -> Locked:
    """Lock the row, then read its project anew (INV-CONCURRENCY-1); `NotPermitted` if unseen.

    In two statements: joined, a row that moved to another project while we waited would match none.
    """
    advisory = act.db.scalar(
        select(Advisory)
        .where(Advisory.id == advisory_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if advisory is None:
        raise NotPermitted("There is no such advisory for you.")
    act.db.get_one(Project, advisory.project_id, populate_existing=True)
    return Locked(advisory, capabilities_on(act.db, act.registry, act.identity, advisory))


def create_advisory(act: Act, project: Project, data: Mapping[str, Any]) -> Advisory:
    """Write a draft with its version 1 (lifecycle row 2).

    Raises `PayloadInvalid` with every mistake, `NotPermitted` unless the project is the person's own.
    """
    identity = act.identity
    if not owns_project(
        admin=identity.is_admin or identity.is_system,
        group_ids=identity.group_ids,
        security_team_id=project.security_team_id,
    ):
        raise NotPermitted("You may write advisories for the projects of your security teams only.")
    advisory = insert_advisory(act, project, data, State.DRAFT)
    record(act, "advisory.created", advisory_id=advisory.id, new={"project": project.slug})
    act.notify(AdvisoryCreated(act, advisory.id))
    return advisory


def insert_advisory(
    act: Act, project: Project, data: Mapping[str, Any], state: State, **limits: Any
) -> Advisory:
    """Insert row and version 1 in one transaction, with up to eight tries for a free id (INV-IMPL-4)."""
    prefix = ID_PREFIX.of(act.registry)
    now = act.now()
    for _attempt in range(_ID_ATTEMPTS):
        public_id = new_advisory_id(prefix)
        values = validate(data, advisory_id=public_id, **limits)
        advisory = Advisory(
            advisory_id=public_id,
            project=project,
            state=state,
            created_by_id=act.identity.user_id,
            created_at=now,
            modified_at=now,
            current_version=1,
        )
        payloads.write_authored(advisory, values)
        try:
            with act.db.begin_nested():
                act.db.add(advisory)
                act.db.flush()
        except IntegrityError as error:
            if _ID_CONSTRAINT not in str(error.orig):
                raise
            continue
        act.db.refresh(advisory, ["kind", "review_status", "assigned_cve_id", "withdrawn_reason"])
        act.db.refresh(advisory, ["ghsa_id", "ghsa_owner", "ghsa_repo"])
        _add_version(act, advisory)
        return advisory
    raise IdsExhausted("No free advisory id was found. Please try again.")


def edit_advisory(act: Act, advisory_id: int, data: Mapping[str, Any], *, base_version: int) -> Advisory:
    """Save the authored fields as a new version, or nothing at all where they are unchanged.

    Raises `PayloadInvalid` with every mistake, `StaleVersion` if somebody saved since `base_version`, and
    `NotPermitted`. What an edit does to review and publication is in `lifecycle.md`.
    """
    locked = lock(act, advisory_id)
    locked.require(Cap.EDIT)
    advisory = locked.advisory
    if advisory.current_version != base_version:
        raise StaleVersion(base=base_version, newest=advisory.current_version)
    values = validate(data, advisory_id=advisory.advisory_id)
    before = payloads.authored(advisory)
    changed = sorted(name for name in payloads.AUTHORED_FIELDS if values[name] != before[name])
    if changed:
        payloads.write_authored(advisory, values)
        save_version(act, advisory, changed)
    return advisory


def save_version(
    act: Act, advisory: Advisory, changed: list[str], *, edited: bool = True, keeps_review: bool = False
) -> None:
    """Freeze the changed row as its next version, with all that follows from an edit.

    The caller holds the lock. A non-admin's edit voids a standing approval; an administrator's carries
    it to the new version (INV-REVIEW-4, INV-REVIEW-5), unless `review.admins_need_review` is on. `edited`
    is False for a change that the ledger tells by an entry of another kind (INV-AUDIT-3); `keeps_review`
    is True for one that leaves an approval with the version it was given to.
    """
    previous = advisory.current_version
    advisory.current_version = previous + 1
    advisory.modified_at = act.now()
    if advisory.state is State.PUBLISHED:
        advisory.republish_required = True
    if advisory.review_status is ReviewStatus.APPROVED and not keeps_review:
        # A move to another project is an edit, whichever entry tells it.
        _keep_or_void_approval(act, advisory, previous, edited=edited or "project" in changed)
    _add_version(act, advisory)
    if edited:
        record(
            act,
            "advisory.edited",
            advisory_id=advisory.id,
            previous={"version": previous},
            new={"version": advisory.current_version},
            fields=changed,
        )
    act.notify(AdvisoryEdited(act, advisory.id, advisory.current_version))


def change_state(
    act: Act, advisory: Advisory, after: State, *, narrated: bool = False, **metadata: Any
) -> None:
    """Move the state of a locked advisory, on the ledger and as an event.

    `narrated` marks the ledger row as told by a companion, which keeps it off the timeline.
    """
    before = advisory.state
    advisory.state = after
    if narrated:
        metadata["narrated"] = True
    record(
        act,
        "advisory.state_changed",
        advisory_id=advisory.id,
        previous={"state": before.value},
        new={"state": after.value},
        **metadata,
    )
    act.notify(StateChanged(act, advisory.id, before.value, after.value))


def _keep_or_void_approval(act: Act, advisory: Advisory, previous: int, *, edited: bool) -> None:
    # With `review.admins_need_review` an administrator's edit needs a second person, as anybody's does.
    second = edited and ADMINS_NEED_REVIEW.of(act.registry)
    if act.identity.is_system or (act.identity.is_admin and not second):
        if advisory.approved_version == previous:
            advisory.approved_version = advisory.current_version
            record(
                act,
                "advisory.review_approval_carried",
                advisory_id=advisory.id,
                previous={"version": previous},
                new={"version": advisory.current_version},
            )
        return
    advisory.review_status = ReviewStatus.NONE
    advisory.approved_version = None
    record(
        act, "advisory.review_approval_invalidated", advisory_id=advisory.id, previous={"version": previous}
    )


def _add_version(act: Act, advisory: Advisory) -> None:
    act.db.add(
        AdvisoryVersion(
            advisory_id=advisory.id,
            number=advisory.current_version,
            payload=payloads.pinned(advisory),
            editor_id=act.identity.user_id,
            created_at=advisory.modified_at,
        )
    )
    act.db.flush()
