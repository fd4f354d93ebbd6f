"""The values of an advisory's state, review status and kind."""

from __future__ import annotations

import enum


class State(enum.StrEnum):
    """Exactly four states and no fifth (INV-LIFECYCLE-1)."""

    TRIAGE = "triage"
    DRAFT = "draft"
    PUBLISHED = "published"
    DISMISSED = "dismissed"


class ReviewStatus(enum.StrEnum):
    """The review machine beside the state (INV-REVIEW-1)."""

    NONE = "none"
    SUBMITTED = "submitted"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"


class Kind(enum.StrEnum):
    """Where the content is authored: here, or on GitHub."""

    NATIVE = "native"
    GHSA_LINKED = "ghsa_linked"
