"""A draft with its people, and the events of what is done to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from advisoryhub_core.events import AdvisoryEvent
from tests.support.hub import Hub
from tests.support.workflows import Scene


@pytest.fixture
def scene(hub: Hub) -> Iterator[Scene]:
    """A draft of a project whose team needs an approval to publish."""
    made = Scene.set(hub)

    def hear(event: AdvisoryEvent) -> None:
        made.events.append(event)

    hub.registry.registerHandler(hear, (AdvisoryEvent,))
    yield made
    hub.registry.unregisterHandler(hear, (AdvisoryEvent,))
