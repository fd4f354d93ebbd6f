"""One typed declaration: where its value comes from, and what is said when that is wrong."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisoryhub_core.settings import (
    Setting,
    SettingsError,
    boolean,
    choice,
    declared_settings,
    integer,
    path,
    pattern,
    raise_for_problems,
    text,
    url,
    words,
)
from advisoryhub_core.settings.declaration import declare

NAME = Setting(key="x.name", env="X_NAME", parse=text(minimum=3), default="fallback", help="A name.")
SECRET = Setting(
    key="x.secret",
    env="X_SECRET",
    parse=text(minimum=32),
    default="",
    required=True,
    secret=True,
    help="A key.",
)


def test_the_environment_wins_over_the_ini_file_over_the_default() -> None:
    assert NAME.resolve({}, {}) == "fallback"
    assert NAME.resolve({"x.name": "from ini"}, {}) == "from ini"
    assert NAME.resolve({"x.name": "from ini"}, {"X_NAME": "from env"}) == "from env"


def test_a_mounted_file_is_read_and_stripped(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from a file\n")
    assert NAME.resolve({"x.name": "from ini"}, {"X_NAME_FILE": str(secret)}) == "from a file"


def test_a_value_and_a_file_contradict_each_other(tmp_path: Path) -> None:
    environ = {"X_NAME": "from env", "X_NAME_FILE": str(tmp_path / "secret")}
    with pytest.raises(ValueError, match="given twice: unset X_NAME or X_NAME_FILE"):
        NAME.resolve({}, environ)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xfa"])
def test_a_file_that_cannot_be_read_is_named_by_its_variable(tmp_path: Path, content: bytes | None) -> None:
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_bytes(content)
    with pytest.raises(
        ValueError, match=r"cannot be read from X_NAME_FILE: (FileNotFound|UnicodeDecode)Error"
    ):
        NAME.resolve({}, {"X_NAME_FILE": str(secret)})


@pytest.mark.parametrize("empty", ["", "  ", "\n"])
def test_an_empty_value_is_none_at_all(tmp_path: Path, empty: str) -> None:
    assert NAME.resolve({"x.name": empty}, {}) == "fallback"
    assert NAME.resolve({}, {"X_NAME": empty}) == "fallback"
    secret = tmp_path / "secret"
    secret.write_text(empty)
    assert NAME.resolve({}, {"X_NAME_FILE": str(secret)}) == "fallback"
    with pytest.raises(ValueError, match="must be given"):
        SECRET.resolve({"x.secret": empty}, {})


@pytest.mark.parametrize(
    ("setting", "raw", "value"),
    [
        (Setting("x", "X", boolean(), default=False, help="."), "yes", True),
        (Setting("x", "X", boolean(), default=True, help="."), "off", False),
        (Setting("x", "X", integer(), default=0, help="."), "7", 7),
        (Setting("x", "X", integer(), default=7, help="."), "0", 0),
        (Setting[tuple[str, ...]]("x", "X", words(), default=(), help="."), "a b", ("a", "b")),
        (Setting[Any]("x", "X", path(), default=None, help="."), "/srv", Path("/srv")),
    ],
)
def test_what_is_falsy_is_kept_as_default_and_as_value(setting: Setting[Any], raw: str, value: Any) -> None:
    assert setting.resolve({}, {}) == setting.default
    assert type(setting.resolve({}, {})) is type(setting.default)
    assert setting.resolve({}, {"X": raw}) == value
    assert setting.resolve({"x": raw}, {}) == value


def test_a_typed_value_is_taken_as_it_is() -> None:
    """Python code that configures the application gives values, not texts."""
    assert Setting("x", "X", boolean(), default=True, help=".").resolve({"x": False}, {}) is False
    assert Setting("x", "X", integer(), default=5, help=".").resolve({"x": 0}, {}) == 0


@pytest.mark.parametrize(
    ("parse", "right", "wrong"),
    [
        (integer(minimum=1, maximum=9), {"1": 1, "9": 9}, ["0", "10", "1.5", "x", "1 2"]),
        (boolean(), {"TRUE": True, "1": True, "no": False, "Off": False}, ["2", "maybe"]),
        (choice("json", "text"), {"json": "json"}, ["JSON", "xml"]),
        (
            url(),
            {"https://x.org/": "https://x.org", "http://x/a//": "http://x/a"},
            ["x.org", "ftp://x", "/x"],
        ),
        (url(exact=True), {"https://x.org/": "https://x.org/"}, ["x"]),
        (url("redis"), {"redis://h:1/0": "redis://h:1/0"}, ["http://h"]),
        (words(), {"a, b\nc": ("a", "b", "c"), ",": ()}, []),
        (pattern(), {}, ["(", "[a"]),
        (text(minimum=2), {"ab": "ab"}, ["a"]),
    ],
)
def test_kinds_say_what_to_write_instead(parse: Any, right: dict[str, Any], wrong: list[str]) -> None:
    assert {raw: parse(raw) for raw in right} == right
    for raw in wrong:
        with pytest.raises(ValueError, match=r"^needs "):
            parse(raw)


@given(st.text(min_size=1, max_size=29, alphabet=st.characters(categories=["L", "N"])))
def test_no_secret_is_in_what_is_said_about_it(secret: str) -> None:
    registry = SimpleNamespace(settings={"x.secret": f"§{secret}§"})
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("X_SECRET", raising=False)
        declare(registry, [SECRET], owner="test")
    with pytest.raises(SettingsError) as failure:
        raise_for_problems(registry)
    assert str(failure.value) == "x.secret (environment: X_SECRET) needs at least 32 characters"


@pytest.mark.parametrize(
    "parse", [integer(), boolean(), choice("a"), url(), url("postgresql"), text(minimum=99)]
)
def test_no_kind_repeats_what_was_written(parse: Any) -> None:
    with pytest.raises(ValueError) as failure:
        parse("pa55word://user:pa55word@host/")
    assert "pa55word" not in str(failure.value)


def test_all_problems_are_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_NAME", "ab")
    registry = SimpleNamespace(settings={})
    declare(registry, [NAME, SECRET], owner="test")
    with pytest.raises(SettingsError) as failure:
        raise_for_problems(registry)
    assert [problem.key for problem in failure.value.problems] == ["x.name", "x.secret"]
    assert registry.settings["x.name"] == "fallback"


def test_declaring_the_same_again_is_harmless_and_another_is_refused() -> None:
    registry = SimpleNamespace(settings={})
    declare(registry, [NAME], owner="one")
    declare(registry, [NAME], owner="two")
    assert [(item.setting, item.owner) for item in declared_settings(registry)] == [(NAME, "one")]
    other = Setting(key="x.name", env="X_OTHER", parse=text(), default="", help="Another.")
    with pytest.raises(ValueError, match=r"x\.name is declared twice: by one and by two"):
        declare(registry, [other], owner="two")


def test_given_tells_a_default_from_a_choice(tmp_path: Path) -> None:
    assert not NAME.given({}, {})
    assert not NAME.given({"x.name": ""}, {"X_NAME": ""})
    assert NAME.given({"x.name": "fallback"}, {})
    assert NAME.given({}, {"X_NAME_FILE": str(tmp_path)})
