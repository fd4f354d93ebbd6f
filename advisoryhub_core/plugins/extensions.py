"""What plugins have added, kept in the application's registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from advisoryhub_core.advisories.permissions import Cap, CapabilityRule


@dataclass(frozen=True)
class AdvisoryPanel:
    name: str
    renderer: Callable[..., Any]
    capability: Cap
    area: str
    order: int


@dataclass(frozen=True)
class NavEntry:
    name: str
    title: str
    path: str
    capability: Cap | None
    order: int


@dataclass(frozen=True)
class Asset:
    name: str
    package: str
    folder: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class ExportFormat:
    kind: str
    builder: Callable[..., Any]
    validator: Callable[..., Any]
    path: Callable[..., str]


@dataclass(frozen=True)
class PublishGate:
    name: str
    check: Callable[..., None]


@dataclass(frozen=True)
class AdvisoryBanner:
    name: str
    renderer: Callable[..., Any]
    capability: Cap


@dataclass
class Extensions:
    """Everything that the directives of the plugin API have collected."""

    panels: list[AdvisoryPanel] = field(default_factory=list)
    banners: list[AdvisoryBanner] = field(default_factory=list)
    nav: list[NavEntry] = field(default_factory=list)
    assets: list[Asset] = field(default_factory=list)
    commands: list[Any] = field(default_factory=list)
    readiness: dict[str, tuple[Callable[[Any], None], str | None]] = field(default_factory=dict)
    export_formats: list[ExportFormat] = field(default_factory=list)
    publish_gates: list[PublishGate] = field(default_factory=list)
    capability_rules: dict[Cap, list[CapabilityRule]] = field(default_factory=dict)
    notification_kinds: dict[str, Any] = field(default_factory=dict)
    notification_channels: dict[str, Callable[[Any, Any], None]] = field(default_factory=dict)


def extensions(registry: Any) -> Extensions:
    if not hasattr(registry, "hub_extensions"):
        registry.hub_extensions = Extensions()
    return registry.hub_extensions  # type: ignore[no-any-return]  # the registry is untyped


def pass_publish_gates(act: Any, advisory: Any) -> None:
    """Ask every publish gate, before the advisory is locked.

    Each may refresh it, or refuse by raising a `HubError`.
    """
    for gate in extensions(act.registry).publish_gates:
        gate.check(act, advisory)
