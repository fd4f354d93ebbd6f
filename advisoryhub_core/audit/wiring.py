"""The audit slice: the append-only ledger and the access log."""

from __future__ import annotations

from typing import Any

from advisoryhub_core.audit import settings, tasks
from advisoryhub_core.audit.actions import (
    CORE_ACTIONS,
    CORE_EPHEMERAL,
    CORE_WITHOUT_ORIGIN,
    add_audit_actions,
)
from advisoryhub_core.audit.core_sentences import SENTENCES
from advisoryhub_core.audit.sentences import add_timeline_sentences

_SEAL_EVERY_SECONDS = 60
# Once a day is enough, but the scheduler starts counting anew when it is restarted.
_PARTITIONS_EVERY_SECONDS = 6 * 3600


def includeme(config: Any) -> None:
    config.add_settings(settings.ALL)
    config.add_directive("add_audit_actions", add_audit_actions)
    config.add_directive("add_timeline_sentences", add_timeline_sentences)
    config.add_timeline_sentences(SENTENCES)
    for tier, names in CORE_ACTIONS.items():
        config.add_audit_actions(names, timeline_tier=tier)
    config.add_audit_actions(CORE_WITHOUT_ORIGIN, without_origin=True)
    config.add_audit_actions(CORE_EPHEMERAL, ephemeral=True)
    config.add_task("audit.seal", tasks.seal)
    config.add_task("audit.partitions", tasks.partitions)
    config.add_periodic_task("audit.seal", "audit.seal", _SEAL_EVERY_SECONDS)
    config.add_periodic_task("audit.partitions", "audit.partitions", _PARTITIONS_EVERY_SECONDS)
