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
    """One action; an ephemeral one goes to the access log and never to a timeline (INV-AUDIT-5)."""

    name: str
    ephemeral: bool
    tier: Tier


CORE_ACTIONS: dict[Tier, tuple[str, ...]] = {
    Tier.VIEWER: (
        "advisory.created",
        "advisory.dismissed",
        "advisory.published",
        "advisory.state_changed",
        "cve.assigned",
    ),
    Tier.COLLABORATOR: ("advisory.edited",),
    Tier.OWNER: ("advisory.project_changed", "advisory.triage_submitted"),
    Tier.HIDDEN: (
        "access.granted",
        "access.revoked",
        "advisory.review_approval_invalidated",
        "audit.pruned",
        "project.created",
        "project.updated",
        "user.created",
        "user.email_changed",
        "user.forgotten",
    ),
}
CORE_EPHEMERAL = ("advisory.viewed", "auth.failed", "auth.signed_in", "auth.signed_out", "auth.stepped_up")


def add_audit_actions(
    config: Any, actions: Iterable[str], *, ephemeral: bool = False, timeline_tier: Tier = Tier.HIDDEN
) -> None:
    """Directive: declare audit actions.

    Raises `ValueError` for an ephemeral action with a place on the timeline.
    """
    if ephemeral and timeline_tier is not Tier.HIDDEN:
        raise ValueError("an ephemeral action has no place on a timeline (INV-AUDIT-5)")
    known = audit_actions(config.registry)

    for name in actions:
        action = AuditAction(name, ephemeral, timeline_tier)
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
