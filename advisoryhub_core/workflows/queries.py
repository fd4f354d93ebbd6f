"""Reading the machines beside the state: what of them concerns one advisory."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.workflows.models import (
    CVERequestStatus,
    CVERequestTask,
    OrphanCVE,
    OrphanReassignmentTask,
    OrphanStatus,
    ReassignmentStatus,
    ReviewTask,
    ReviewTaskStatus,
)


@dataclass(frozen=True)
class Workflow:
    """The newest review, the newest CVE request, orphans not yet put to use, an open reassignment."""

    review: ReviewTask | None
    cve_request: CVERequestTask | None
    orphans: tuple[OrphanCVE, ...]
    reassignment: OrphanReassignmentTask | None

    @property
    def open_review(self) -> ReviewTask | None:
        open_ = self.review is not None and self.review.status is ReviewTaskStatus.OPEN
        return self.review if open_ else None

    @property
    def open_cve_request(self) -> CVERequestTask | None:
        open_ = self.cve_request is not None and self.cve_request.status is CVERequestStatus.QUEUED
        return self.cve_request if open_ else None


def workflow_of(db: Session, advisory: Advisory) -> Workflow:
    """Return what the advisory page shows and offers, in four queries whatever there is."""
    return Workflow(
        review=newest_review(db, advisory.id),
        cve_request=newest_cve_request(db, advisory.id),
        orphans=tuple(
            db.scalars(
                select(OrphanCVE)
                .where(OrphanCVE.advisory_id == advisory.id, OrphanCVE.status != OrphanStatus.REASSIGNED)
                .order_by(OrphanCVE.id.desc())
            )
        ),
        reassignment=open_reassignment(db, advisory.id),
    )


def newest_review(db: Session, advisory_id: int) -> ReviewTask | None:
    return db.scalar(
        select(ReviewTask)
        .where(ReviewTask.advisory_id == advisory_id)
        .order_by(ReviewTask.id.desc())
        .limit(1)
        .options(joinedload(ReviewTask.submitted_by), joinedload(ReviewTask.reviewer))
    )


def newest_cve_request(db: Session, advisory_id: int) -> CVERequestTask | None:
    return db.scalar(
        select(CVERequestTask)
        .where(CVERequestTask.advisory_id == advisory_id)
        .order_by(CVERequestTask.id.desc())
        .limit(1)
        .options(joinedload(CVERequestTask.requested_by), joinedload(CVERequestTask.assignee))
    )


def open_reassignment(db: Session, advisory_id: int) -> OrphanReassignmentTask | None:
    """Return the queued wish to have a number back, with its orphan."""
    return db.scalar(
        select(OrphanReassignmentTask)
        .where(
            OrphanReassignmentTask.advisory_id == advisory_id,
            OrphanReassignmentTask.status == ReassignmentStatus.QUEUED,
        )
        .options(joinedload(OrphanReassignmentTask.orphan))
    )
