"""The ledger's periodic work: seals, and months of the access log."""

from __future__ import annotations

import structlog

from advisoryhub_core.audit.retention import BATCH, LogBusy, maintain_access_log, seal_entries
from advisoryhub_core.audit.settings import access_log_days
from advisoryhub_core.jobs.context import RetryLater, TaskContext

log = structlog.get_logger(__name__)

# A backlog is sealed over several runs, each well within the task's limits.
_BATCHES_PER_RUN = 500


def seal(context: TaskContext) -> None:
    """Seal all that is committed (INV-AUDIT-7); the head goes to the log, out of the database's reach."""
    for _ in range(_BATCHES_PER_RUN):
        with context.system() as act:
            sealed = seal_entries(act)
        if sealed is None:
            log.info("audit_not_sealed", reason="the ledger is busy; the next run tries again")
            return
        if sealed.entries:
            log.info("audit_sealed", seal=sealed.seal, entries=sealed.entries, head=sealed.head)
        if sealed.entries < BATCH:
            return


def partitions(context: TaskContext) -> None:
    """Keep the access log's months (INV-AUDIT-5)."""
    try:
        with context.system() as act:
            steps = maintain_access_log(act, access_log_days(context.registry))
    except LogBusy as error:
        raise RetryLater(error.message, seconds=60) from error
    for step in steps:
        log.info("access_log_maintained", step=step.step, partition=step.partition, entries=step.entries)
