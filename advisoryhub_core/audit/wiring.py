"""The audit slice: the append-only ledger and the access log."""

from __future__ import annotations

from typing import Any

from advisoryhub_core.audit.actions import CORE_ACTIONS, CORE_EPHEMERAL, add_audit_actions


def includeme(config: Any) -> None:
    config.add_directive("add_audit_actions", add_audit_actions)
    for tier, names in CORE_ACTIONS.items():
        config.add_audit_actions(names, timeline_tier=tier)
    config.add_audit_actions(CORE_EPHEMERAL, ephemeral=True)
