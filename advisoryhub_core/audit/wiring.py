"""The audit slice: the append-only ledger and the access log."""

from __future__ import annotations

from typing import Any

from advisoryhub_core.audit.actions import (
    CORE_ACTIONS,
    CORE_EPHEMERAL,
    CORE_WITHOUT_ORIGIN,
    add_audit_actions,
)
from advisoryhub_core.audit.core_sentences import SENTENCES
from advisoryhub_core.audit.sentences import add_timeline_sentences


def includeme(config: Any) -> None:
    config.add_directive("add_audit_actions", add_audit_actions)
    config.add_directive("add_timeline_sentences", add_timeline_sentences)
    config.add_timeline_sentences(SENTENCES)
    for tier, names in CORE_ACTIONS.items():
        config.add_audit_actions(names, timeline_tier=tier)
    config.add_audit_actions(CORE_WITHOUT_ORIGIN, without_origin=True)
    config.add_audit_actions(CORE_EPHEMERAL, ephemeral=True)
