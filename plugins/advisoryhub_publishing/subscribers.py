"""What publishing does when something happens elsewhere, inside the transaction of the act."""

from __future__ import annotations

from advisoryhub_core.plugins.api import Advisory, ExportRequested, State, StateChanged
from advisoryhub_publishing import services


def queue_export(event: ExportRequested) -> None:
    """Queue the withdrawal, or its end, that was just decided under the advisory's lock (INV-WITHDRAW).

    Raises `PublicationInProgress` and `NotReady`, which undo the act.
    """
    services.queue(event.act, event.act.db.get_one(Advisory, event.advisory_id))
    event.taken.append("publishing")


def keep_what_is_being_published(event: StateChanged) -> None:
    """Refuse to dismiss a draft whose push may be under way: the push could not be called back.

    Raises `PublicationInProgress`.
    """
    if event.before == State.DRAFT and event.after == State.DISMISSED:
        services.refuse_in_flight(event.act.db, event.advisory_id)
