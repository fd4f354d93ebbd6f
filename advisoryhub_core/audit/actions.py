"""Names of audit actions: `area.event`, declared before they can be written."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


class Tier(enum.StrEnum):
    """Who reads an event on an advisory's timeline; `HIDDEN` ones stay off it."""

    VIEWER = "viewer"
    COLLABORATOR = "collaborator"
    OWNER = "owner"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class AuditAction:
    """One action; an ephemeral one goes to the access log and never to a timeline (INV-AUDIT-5).

    One `without_origin` is written without address, agent and request (INV-AUDIT-6).
    """

    name: str
    ephemeral: bool
    tier: Tier
    without_origin: bool = False


CORE_ACTIONS: dict[Tier, tuple[str, ...]] = {
    # State, review, CVE and publication milestones, and locks.
    Tier.VIEWER: (
        "advisory.comments_locked",
        "advisory.comments_unlocked",
        "advisory.created",
        "advisory.dismissed",
        "advisory.published",
        "advisory.reopened",
        "advisory.review_approval_invalidated",
        "advisory.review_approval_revoked",
        "advisory.review_approved",
        "advisory.review_changes_requested",
        "advisory.review_withdrawn",
        "advisory.state_changed",
        "advisory.submitted_for_review",
        "cve.marked_rejected_at_cve_org",
        "cve.orphan_reassignment_requested",
        "cve.orphan_reassignment_resolved",
        "cve.reassigned_from_orphan",
        "cve.request_banned",
        "cve.request_cancelled",
        "cve.request_unbanned",
        "cve.requested",
        "cve.task_status_changed",
        "cve.unassigned",
    ),
    # Edits and access; a withdrawal that is asked for is no milestone before it is decided.
    Tier.COLLABORATOR: (
        "access.changed",
        "access.granted",
        "access.invitation_changed",
        "access.invitation_redeemed",
        "access.invitation_resent",
        "access.invitation_revoked",
        "access.invited",
        "access.revoked",
        "advisory.edited",
        "advisory.review_approval_carried",
        "advisory.withdrawal_request_cleared",
        "advisory.withdrawal_requested",
    ),
    # Triage, routing and access review.
    Tier.OWNER: (
        "advisory.access_review_dismissed",
        "advisory.flagged_for_routing",
        "advisory.project_changed",
        "advisory.reassignment_request_cleared",
        "advisory.reassignment_requested",
        "advisory.routing_flag_cleared",
        "advisory.triage_promoted",
        "advisory.triage_submitted",
    ),
    Tier.HIDDEN: (
        "audit.pruned",
        "comment.edited",
        "comment.redacted",
        "maintenance.disabled",
        "maintenance.enabled",
        "project.created",
        "project.updated",
        "review.task_status_changed",
        "user.banned",
        "user.created",
        "user.email_changed",
        "user.forgotten",
        "user.unbanned",
    ),
}
CORE_WITHOUT_ORIGIN = ("advisory.first_seen",)
CORE_EPHEMERAL = (
    "advisory.viewed",
    "auth.failed",
    "auth.signed_in",
    "auth.signed_out",
    "auth.stepped_up",
    "notification.sent",
)


def add_audit_actions(
    config: Any,
    actions: Iterable[str],
    *,
    ephemeral: bool = False,
    timeline_tier: Tier = Tier.HIDDEN,
    without_origin: bool = False,
) -> None:
    """Directive: declare audit actions; those `without_origin` keep no address, agent and request.

    Raises `ValueError` for an ephemeral action with a place on the timeline.
    """
    if ephemeral and timeline_tier is not Tier.HIDDEN:
        raise ValueError("an ephemeral action has no place on a timeline (INV-AUDIT-5)")
    known = audit_actions(config.registry)

    for name in actions:
        action = AuditAction(name, ephemeral, timeline_tier, without_origin)
        introspectable = config.introspectable("advisoryhub audit actions", name, name, "audit action")
        config.action(
            ("advisoryhub.audit_action", name),
            known.setdefault,
            (name, action),
            introspectables=(introspectable,),
        )


def audit_actions(registry: Any) -> dict[str, AuditAction]:
    if not hasattr(registry, "hub_audit_actions"):
        registry.hub_audit_actions = {}
    return registry.hub_audit_actions  # type: ignore[no-any-return]  # the registry is untyped
