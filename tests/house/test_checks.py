"""No package of the distribution escapes the type checker, the import contracts or the coverage."""

from __future__ import annotations

import tomllib

import pytest

from tests.house.tree import ROOT

PLUGINS = {path.parent.name for path in ROOT.glob("plugins/*/__init__.py")}
PACKAGES = PLUGINS | {
    path.parent.name
    for pattern in ("advisoryhub_*/__init__.py", "console_scripts/*/__init__.py", "alembic/*/__init__.py")
    for path in ROOT.glob(pattern)
}


@pytest.fixture(scope="module")
def tools() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]


def test_there_are_packages() -> None:
    assert {"advisoryhub_core", "advisoryhub_cli", "advisoryhub_publishing"} <= PACKAGES


def test_every_package_is_type_checked(tools: dict) -> None:
    assert set(tools["mypy"]["packages"]) == PACKAGES


def test_every_package_is_under_the_import_contracts(tools: dict) -> None:
    assert set(tools["importlinter"]["root_packages"]) == PACKAGES


def test_every_package_is_sorted_as_ours(tools: dict) -> None:
    assert set(tools["ruff"]["lint"]["isort"]["known-first-party"]) == PACKAGES


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("The core knows no plugin, no command and no embedded part", "forbidden_modules"),
        ("Plugins know nothing of each other", "modules"),
        ("Plugins know neither the commands nor the embedded stack", "source_modules"),
        ("Plugins use what the plugin API offers and nothing else of the core", "source_modules"),
    ],
)
def test_every_plugin_is_in_the_contract(tools: dict, name: str, key: str) -> None:
    contract = next(contract for contract in tools["importlinter"]["contracts"] if contract["name"] == name)
    assert set(contract[key]) >= PLUGINS
