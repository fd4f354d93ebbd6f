"""House rules over Python source. Each takes a parsed module and yields the lines that break it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

Rule = Callable[[ast.Module], Iterator[int]]


def _called(node: ast.Call) -> str:
    """Return the dotted name that `node` calls, or an empty string if it calls something else."""
    return _dotted(node.func)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return ""


def _calls(module: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(module) if isinstance(node, ast.Call))


def _imported_as(module: ast.Module, package: str, name: str) -> set[str]:
    """Return the names under which `name`, imported from `package` or a part of it, is known in `module`."""
    return {
        alias.asname or alias.name
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package
        for alias in node.names
        if alias.name == name
    }


def _packages_as(module: ast.Module, package: str) -> set[str]:
    return {
        alias.asname or alias.name
        for node in ast.walk(module)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == package
    }


def _is_put_together(node: ast.expr | None) -> bool:
    """Return whether `node` is text with values put into it by f-string, `%`, `+` or `format`."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Mod | ast.Add)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr in {"format", "format_map", "replace"}
    return False


def _assigned(module: ast.Module) -> dict[str, list[ast.expr]]:
    values: dict[str, list[ast.expr]] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                values.setdefault(_dotted(target), []).append(node.value)
        elif isinstance(node, ast.AnnAssign | ast.AugAssign) and node.value is not None:
            values.setdefault(_dotted(node.target), []).append(node.value)
    return values


def sql_put_together(module: ast.Module) -> Iterator[int]:
    """SQL in `text()` is a literal; values travel as parameters."""
    names = _imported_as(module, "sqlalchemy", "text")
    names |= {f"{package}.text" for package in _packages_as(module, "sqlalchemy")}
    assigned = _assigned(module)
    for call in _calls(module):
        if _called(call) not in names or not call.args:
            continue
        sql = call.args[0]
        candidates = assigned.get(sql.id, []) if isinstance(sql, ast.Name) else [sql]
        if any(_is_put_together(candidate) for candidate in candidates):
            yield call.lineno


def permission_as_text(module: ast.Module) -> Iterator[int]:
    """A capability is named by its enum member, so that a misspelt one cannot be asked for."""
    for call in _calls(module):
        if _called(call).split(".")[-1] != "has_permission":
            continue
        asked = [*call.args[:1], *(word.value for word in call.keywords if word.arg == "permission")]
        if any(isinstance(value, ast.Constant | ast.JoinedStr) for value in asked):
            yield call.lineno


def naive_time(module: ast.Module) -> Iterator[int]:
    """Every moment carries its zone."""
    for call in _calls(module):
        owner, _, method = _called(call).rpartition(".")
        if owner.split(".")[-1] not in {"datetime", "date"}:
            continue
        zoned = len(call.args) > (method == "fromtimestamp") or any(
            word.arg == "tz" for word in call.keywords
        )
        if method in {"utcnow", "utcfromtimestamp", "today"} or (
            method in {"now", "fromtimestamp"} and not zoned
        ):
            yield call.lineno


def environment_changed(module: ast.Module) -> Iterator[int]:
    """The process's environment is read and never written: a child gets its own."""
    names = {"os.environ", *_imported_as(module, "os", "environ")}
    writers = {
        f"{name}.{verb}" for name in names for verb in ("clear", "pop", "popitem", "setdefault", "update")
    }
    writers |= {"os.putenv", "os.unsetenv"}
    for node in ast.walk(module):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign | ast.Delete):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        elif isinstance(node, ast.Call) and _called(node) in writers:
            yield node.lineno
        for target in targets:
            place = target.value if isinstance(target, ast.Subscript) else target
            if _dotted(place) in names and (
                isinstance(target, ast.Subscript) or not isinstance(node, ast.Assign)
            ):
                yield node.lineno


def write_in_a_view(module: ast.Module) -> Iterator[int]:
    """Only services change state: a view calls one."""
    verbs = {"add", "add_all", "bulk_save_objects", "commit", "delete", "flush", "merge"}
    statements = {
        name for verb in ("insert", "update", "delete") for name in _imported_as(module, "sqlalchemy", verb)
    }
    for call in _calls(module):
        owner, _, method = _called(call).rpartition(".")
        if (owner.split(".")[-1] in {"db", "session"} and method in verbs) or _called(call) in statements:
            yield call.lineno
