from collections.abc import Callable, Mapping
from typing import Any

import pytest

from advisoryhub_core.advisories.payload.schema import PayloadInvalid, validate


@pytest.fixture(scope="session")
def refused() -> Callable[..., dict[str, list[str]]]:
    """Validates data that must be refused and returns the messages by place."""

    def errors(data: Mapping[str, Any], **options: Any) -> dict[str, list[str]]:
        with pytest.raises(PayloadInvalid) as caught:
            validate(data, **options)
        return caught.value.errors

    return errors


@pytest.fixture(scope="session")
def entry() -> Callable[..., dict[str, Any]]:
    """Builds data with one affected entry whose only range has these events."""

    def build(
        *events: Mapping[str, Any],
        kind: str = "ECOSYSTEM",
        ecosystem: str = "Maven",
        name: str = "org.example:core",
        **more: Any,
    ) -> dict[str, Any]:
        item = {"type": kind, "events": list(events), **more}
        return {"affected": [{"package": {"ecosystem": ecosystem, "name": name}, "ranges": [item]}]}

    return build
