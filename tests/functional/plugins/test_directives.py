"""The directives of the plugin API: the frozen list, and that two of a kind never meet unnoticed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
import pytest
from pyramid.exceptions import ConfigurationConflictError

from advisoryhub_core.audit import wiring as audit_wiring
from advisoryhub_core.jobs import wiring as jobs_wiring
from advisoryhub_core.plugins import wiring as plugins_wiring
from advisoryhub_core.plugins.api import (
    Audience,
    Cap,
    Facts,
    NotificationKind,
    Resource,
    Root,
    Sentence,
    Setting,
    Tier,
    text,
)
from advisoryhub_core.plugins.loader import PluginFailed
from tests.functional.plugins.kit import Maker, Plugin


def nothing(*_args: Any) -> None:
    return None


def never(_facts: Facts) -> bool:
    return False


Directive = Callable[[Any], None]

KIND = NotificationKind(code="x", audience=Audience.TEAM, subject="x", sentence="Something of x happened.")

# Plugins outside this repository use these: to change or remove one is a new major version.
DIRECTIVES: dict[str, Directive] = {
    "add_advisory_banner": lambda c: c.add_advisory_banner("x", nothing, Cap.VIEW),
    "add_advisory_panel": lambda c: c.add_advisory_panel("x", nothing, Cap.VIEW),
    "add_asset": lambda c: c.add_asset("x", "advisoryhub_core.web", "static"),
    "add_audit_actions": lambda c: c.add_audit_actions(("x.happened",)),
    "add_capability_rule": lambda c: c.add_capability_rule(Cap.EDIT, never),
    "add_command": lambda c: c.add_command(click.Command("x")),
    "add_export_format": lambda c: c.add_export_format("x", nothing, nothing, nothing),
    "add_migrations": lambda c: c.add_migrations("advisoryhub_publishing.migrations", "x"),
    "add_nav_item": lambda c: c.add_nav_item("x", "X", "/x/"),
    "add_notification_channel": lambda c: c.add_notification_channel("x", nothing),
    "add_notification_event": lambda c: c.add_notification_event(KIND),
    "add_periodic_task": lambda c: c.add_periodic_task("x", "publishing.reap", 60),
    "add_publish_gate": lambda c: c.add_publish_gate("x", nothing),
    "add_readiness_check": lambda c: c.add_readiness_check("x", nothing),
    "add_resource_child": lambda c: c.add_resource_child(Root, "x", Resource),
    "add_task": lambda c: c.add_task("x", nothing),
    "add_timeline_sentences": lambda c: c.add_timeline_sentences(
        {"x.happened": Sentence("${actor} did it.")}
    ),
}


class Recorder:
    """Stands for a configurator: what a slice adds to it is the plugin API."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def add_directive(self, name: str, *_args: Any) -> None:
        self.names.add(name)

    def __getattr__(self, _name: str) -> Any:
        return self

    def __call__(self, *_args: Any, **_kw: Any) -> None:
        return None


def test_the_list_of_directives_is_frozen() -> None:
    recorder = Recorder()
    for slice_ in (audit_wiring, jobs_wiring, plugins_wiring):
        slice_.includeme(recorder)
    assert recorder.names == set(DIRECTIVES)


def plugin(name: str, directive: Directive) -> Plugin:
    def includeme(config: Any) -> None:
        directive(config)

    includeme.__name__ = f"include_{name}"
    return Plugin(name, includeme)


def introspectables(registry: Any) -> set[tuple[str, Any]]:
    return {
        (category, entry["introspectable"].discriminator)
        for category, entries in registry.introspector.categorized()
        if category.startswith("advisoryhub ")
        for entry in entries
    }


def test_every_directive_can_be_looked_up(maker: Maker, registry: Any) -> None:
    plain = introspectables(registry)
    plugins = [plugin(name, directive) for name, directive in DIRECTIVES.items()]
    with maker.registry(*plugins) as made:
        added = introspectables(made) - plain
    assert len(added) == len(DIRECTIVES)
    assert len({category for category, _discriminator in added}) == len(DIRECTIVES)


@pytest.mark.parametrize("name", sorted(DIRECTIVES))
def test_two_plugins_that_add_the_same_conflict(maker: Maker, name: str) -> None:
    plugins = [plugin("first", DIRECTIVES[name]), plugin("second", DIRECTIVES[name])]
    with pytest.raises(ConfigurationConflictError) as conflict:
        maker.registry(*plugins).__enter__()
    # Each side by its place in the source.
    assert str(conflict.value).count("test_directives.py") >= 2


def test_two_plugins_that_declare_the_same_setting_conflict(maker: Maker) -> None:
    def declaring(default: str) -> Directive:
        setting = Setting(key="x.name", env="X_NAME", parse=text(), default=default, help="A name.")
        return lambda config: config.add_settings((setting,))

    plugins = [plugin("first", declaring("a")), plugin("second", declaring("b"))]
    with pytest.raises(PluginFailed) as failure:
        maker.registry(*plugins).__enter__()
    assert "plugin second" in str(failure.value)
    assert "x.name" in str(failure.value)


def test_an_area_that_is_none_is_refused(maker: Maker) -> None:
    wrong = plugin("p", lambda c: c.add_advisory_panel("x", nothing, Cap.VIEW, area="left"))
    with pytest.raises(PluginFailed, match="main or side, not 'left'"):
        maker.registry(wrong).__enter__()


@pytest.mark.invariant("INV-AUDIT-5")
def test_an_ephemeral_action_has_no_place_on_a_timeline(maker: Maker) -> None:
    wrong = plugin("p", lambda c: c.add_audit_actions(("x.y",), ephemeral=True, timeline_tier=Tier.VIEWER))
    with pytest.raises(PluginFailed, match="INV-AUDIT-5"):
        maker.registry(wrong).__enter__()
