"""The directives of the plugin API.

Each records an action with a discriminator and an introspectable, so that two plugins adding the same
thing conflict at start, and tools can list what is registered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from advisoryhub_core.advisories.permissions import Cap, CapabilityRule
from advisoryhub_core.db.migrate import add_migrations
from advisoryhub_core.notifications.channels import ChannelSender
from advisoryhub_core.notifications.kinds import CORE_KINDS, NotificationKind
from advisoryhub_core.plugins.extensions import (
    AdvisoryBanner,
    AdvisoryPanel,
    Asset,
    ExportFormat,
    NavEntry,
    PublishGate,
    extensions,
)
from advisoryhub_core.web.resources import add_resource_child


def _register(config: Any, kind: str, name: str, act: Callable[[], object]) -> None:
    introspectable = config.introspectable(f"advisoryhub {kind}", name, name, kind)
    config.action((f"advisoryhub.{kind}", name), act, introspectables=(introspectable,))


def add_advisory_panel(
    config: Any,
    name: str,
    renderer: Callable[..., Any],
    capability: Cap,
    *,
    area: str = "side",
    order: int = 100,
) -> None:
    """Directive: add a card to the advisory page, shown to those who hold `capability`.

    `renderer(request, advisory_resource)` returns a `Panel` or None for nothing to show; `area` is `main`
    or `side`. Raises `ValueError` for another area.
    """
    if area not in {"main", "side"}:
        raise ValueError(f"a panel's area is main or side, not {area!r}")
    panel = AdvisoryPanel(name, renderer, capability, area, order)
    _register(config, "panel", name, lambda: extensions(config.registry).panels.append(panel))


def add_advisory_banner(config: Any, name: str, renderer: Callable[..., Any], capability: Cap) -> None:
    """Directive: add a standing message to the advisory page, shown to those who hold `capability`.

    `renderer(request, advisory_resource)` returns a `Banner` or None for nothing to say.
    """
    banner = AdvisoryBanner(name, renderer, capability)
    _register(config, "banner", name, lambda: extensions(config.registry).banners.append(banner))


def add_nav_item(
    config: Any, name: str, title: str, path: str, *, capability: Cap | None = None, order: int = 100
) -> None:
    """Directive: add an entry to the main navigation, for those who hold `capability` at the root."""
    entry = NavEntry(name, title, path, capability, order)
    _register(config, "nav item", name, lambda: extensions(config.registry).nav.append(entry))


def add_asset(config: Any, name: str, package: str, folder: str, *, files: tuple[str, ...] = ()) -> None:
    """Directive: serve `folder` of `package` below `/static/<name>/`; `files` are linked on each page."""
    asset = Asset(name, package, folder, files)
    _register(config, "asset", name, lambda: extensions(config.registry).assets.append(asset))


def add_command(config: Any, command: Any) -> None:
    """Directive: add a click command to `advisoryhub`."""
    _register(config, "command", command.name, lambda: extensions(config.registry).commands.append(command))


def add_readiness_check(
    config: Any, name: str, check: Callable[[Any], None], *, setting_name: str | None = None
) -> None:
    """Directive: `check(registry)` raises when the part called `name` is not ready.

    With `setting_name` (the ini key of a boolean setting) the check runs only while that is true.
    """
    _register(
        config,
        "readiness check",
        name,
        lambda: extensions(config.registry).readiness.__setitem__(name, (check, setting_name)),
    )


def add_export_format(
    config: Any,
    kind: str,
    builder: Callable[..., Any],
    validator: Callable[..., Any],
    path: Callable[..., str],
) -> None:
    """Directive: add a document that publishing writes.

    `builder(payload, publication, publisher)` returns the document or None where the format does not
    apply; `validator(document)` returns findings; `path(payload, publication)` is relative to the
    repository.
    """
    export = ExportFormat(kind, builder, validator, path)
    _register(
        config, "export format", kind, lambda: extensions(config.registry).export_formats.append(export)
    )


def add_publish_gate(config: Any, name: str, check: Callable[..., None]) -> None:
    """Directive: `check(act, advisory)` runs before a publication is pinned, and may refuse it.

    It refuses by raising a `HubError`; it may refresh the advisory first.
    """
    gate = PublishGate(name, check)
    _register(config, "publish gate", name, lambda: extensions(config.registry).publish_gates.append(gate))


def add_capability_rule(config: Any, cap: Cap, rule: CapabilityRule) -> None:
    """Directive: narrow `cap` to facts for which `rule(facts)` holds; nothing can widen it (INV-PLUGIN-2)."""
    rules = extensions(config.registry).capability_rules
    name = f"{cap.value} by {rule.__module__}.{rule.__qualname__}"
    _register(config, "capability rule", name, lambda: rules.setdefault(cap, []).append(rule))


def add_notification_event(config: Any, event: NotificationKind) -> None:
    """Directive: add something that people are told of; `announce(act, event.code, advisory_id)` tells it.

    `event` says who is told, which switch silences it, and in which words, none of them content. Raises
    `ValueError` for a code that the core has.
    """
    if event.code in CORE_KINDS:
        raise ValueError(f"the core tells of {event.code!r} itself; choose another code")
    kinds = extensions(config.registry).notification_kinds
    _register(config, "notification event", event.code, lambda: kinds.__setitem__(event.code, event))


def add_notification_channel(config: Any, name: str, sender: ChannelSender) -> None:
    """Directive: tell people by another way than mail.

    `sender(context, notice)` runs in a worker for each event, outside any transaction, with those who may
    be told at that moment and wish to be; nothing is sent for nobody. It may raise `RetryLater`. An event
    may come twice.
    """
    channels = extensions(config.registry).notification_channels
    _register(config, "notification channel", name, lambda: channels.__setitem__(name, sender))


DIRECTIVES: dict[str, Callable[..., None]] = {
    "add_advisory_banner": add_advisory_banner,
    "add_advisory_panel": add_advisory_panel,
    "add_asset": add_asset,
    "add_capability_rule": add_capability_rule,
    "add_command": add_command,
    "add_export_format": add_export_format,
    "add_migrations": add_migrations,
    "add_nav_item": add_nav_item,
    "add_notification_channel": add_notification_channel,
    "add_notification_event": add_notification_event,
    "add_publish_gate": add_publish_gate,
    "add_readiness_check": add_readiness_check,
    "add_resource_child": add_resource_child,
}
