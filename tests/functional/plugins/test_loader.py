"""Which plugins are loaded, in which order, and what a broken one costs."""

from __future__ import annotations

from typing import Any

import pytest
import webtest

from advisoryhub_core.plugins.loader import PluginFailed
from tests.functional.plugins.kit import Maker, Plugin


class Diary:
    """Notes which plugins were included, in order."""

    def __init__(self) -> None:
        self.included: list[str] = []

    def plugin(self, name: str, *, broken: bool = False) -> Plugin:
        # A name of its own, since Pyramid includes a function once.
        def includeme(_config: Any) -> None:
            self.included.append(name)

        includeme.__name__ = f"include_{name}"
        return Plugin(name, includeme, broken=broken)


@pytest.fixture
def diary() -> Diary:
    return Diary()


def test_all_that_are_installed_are_loaded_by_name(maker: Maker, diary: Diary) -> None:
    with maker.registry(diary.plugin("zebra"), diary.plugin("ant")) as registry:
        assert registry.hub_plugins == ("ant", "publishing", "zebra")
    assert diary.included == ["ant", "zebra"]


def test_the_setting_selects_and_orders(maker: Maker, diary: Diary) -> None:
    plugins = [diary.plugin(name) for name in ("a", "b", "c")]
    with maker.registry(*plugins, **{"advisoryhub.plugins": "c, publishing a"}) as registry:
        assert registry.hub_plugins == ("c", "publishing", "a")
    assert diary.included == ["c", "a"]


def test_none_is_none(maker: Maker, diary: Diary) -> None:
    with maker.registry(diary.plugin("a"), **{"advisoryhub.plugins": "none"}) as registry:
        assert registry.hub_plugins == ()
        webtest.TestApp(registry.hub_test_app).get("/", status=200)
    assert diary.included == []


def test_every_missing_plugin_is_named_with_those_there_are(maker: Maker) -> None:
    settings = {"advisoryhub.plugins": "intaek publishing ghas"}
    with pytest.raises(PluginFailed) as failure, maker.registry(**settings):
        pass
    assert str(failure.value) == "no such plugin: intaek, ghas (installed: publishing)"


def test_a_plugin_that_cannot_be_imported_stops_the_start_by_name(maker: Maker, diary: Diary) -> None:
    with pytest.raises(PluginFailed, match="plugin rotten cannot be loaded: no module named rotten_needs"):
        maker.registry(diary.plugin("rotten", broken=True)).__enter__()


def test_it_may_be_left_out_instead(maker: Maker, diary: Diary) -> None:
    plugins = [diary.plugin("rotten", broken=True), diary.plugin("sound")]
    with maker.registry(*plugins, **{"advisoryhub.plugins_strict": "false"}) as registry:
        assert registry.hub_plugins == ("publishing", "sound")


@pytest.mark.parametrize("strict", ["true", "false"])
def test_one_that_fails_half_way_is_never_left_half_included(maker: Maker, strict: str) -> None:
    def half_way(config: Any) -> None:
        config.add_nav_item("half", "Half", "/half/")
        raise LookupError("the other half")

    settings = {"advisoryhub.plugins_strict": strict}
    with pytest.raises(PluginFailed, match="plugin half cannot be included: the other half"):
        maker.registry(Plugin("half", half_way), **settings).__enter__()
