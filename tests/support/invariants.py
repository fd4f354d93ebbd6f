"""The specification's invariants by id, and which tests prove each: read from the markers in the sources.

`python -m tests.support.invariants` prints the list with its gaps, and fails where there is one that is not
explained by a plugin still to come.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]

# C = critical, H = high, M = medium.
INVARIANTS = {
    "INV-LIFECYCLE-1": "C",
    "INV-LIFECYCLE-2": "C",
    "INV-LIFECYCLE-3": "C",
    "INV-LIFECYCLE-4": "H",
    "INV-LIFECYCLE-5": "H",
    "INV-WITHDRAW": "H",
    "INV-REVIEW-1": "H",
    "INV-REVIEW-2": "H",
    "INV-REVIEW-3": "H",
    "INV-REVIEW-4": "H",
    "INV-REVIEW-5": "C",
    "INV-AUTH-1": "C",
    "INV-AUTH-2": "C",
    "INV-AUTH-3": "C",
    "INV-AUTH-4": "H",
    "INV-AUTH-5": "C",
    "INV-AUTH-6": "H",
    "INV-AUTH-7": "C",
    "INV-AUTH-8": "H",
    "INV-AUTH-9": "H",
    "INV-MAINT-1": "C",
    "INV-AUDIT-1": "C",
    "INV-AUDIT-2": "C",
    "INV-AUDIT-3": "H",
    "INV-AUDIT-4": "M",
    "INV-AUDIT-5": "M",
    "INV-AUDIT-6": "M",
    "INV-AUDIT-7": "H",
    "INV-VERSION-1": "H",
    "INV-VERSION-2": "H",
    "INV-VERSION-3": "C",
    "INV-SECRET-1": "C",
    "INV-SECRET-2": "C",
    "INV-SECRET-3": "H",
    "INV-INTAKE-1": "C",
    "INV-INTAKE-2": "C",
    "INV-INTAKE-3": "H",
    "INV-INTAKE-4": "H",
    "INV-RATELIMIT-1": "H",
    "INV-OIDC-1": "C",
    "INV-OIDC-2": "C",
    "INV-OIDC-3": "H",
    "INV-OIDC-4": "M",
    "INV-OIDC-5": "H",
    "INV-OIDC-6": "H",
    "INV-ROSTER-1": "M",
    "INV-PUB-1": "C",
    "INV-PUB-2": "M",
    "INV-PUB-3": "M",
    "INV-PUB-4": "C",
    "INV-PUB-5": "H",
    "INV-PUB-6": "H",
    "INV-PUB-7": "H",
    "INV-PUB-8": "M",
    "INV-PERM-1": "H",
    "INV-PERM-2": "H",
    "INV-PERM-3": "H",
    "INV-ACCESS-1": "H",
    "INV-ACCESS-2": "H",
    "INV-ACCESS-3": "M",
    "INV-ACCESS-4": "C",
    "INV-ACCESS-5": "H",
    "INV-COMMENT-1": "H",
    "INV-COMMENT-2": "H",
    "INV-COMMENT-3": "M",
    "INV-COMMENT-4": "M",
    "INV-CONCURRENCY-1": "H",
    "INV-CONCURRENCY-2": "C",
    "INV-CVE-1": "H",
    "INV-CVE-2": "H",
    "INV-CVE-3": "M",
    "INV-ID-1": "H",
    "INV-ID-2": "H",
    "INV-ID-3": "M",
    "INV-PROJECT-1": "M",
    "INV-PROJECT-2": "H",
    "INV-IMPL-1": "C",
    "INV-IMPL-3": "H",
    "INV-IMPL-4": "M",
    "INV-IMPL-5": "C",
    "INV-PRIVACY-1": "H",
    "INV-PRIVACY-2": "H",
    "INV-PRIVACY-3": "M",
    "INV-PRIVACY-4": "M",
    "INV-GHSA-1": "H",
    "INV-GHSA-2": "M",
    "INV-GHSA-3": "M",
    "INV-GHSA-4": "H",
    "INV-SIM-1": "C",
    "INV-SIM-2": "C",
    "INV-SIM-3": "C",
    "INV-SIM-4": "H",
    "INV-SIM-5": "H",
    "INV-CONF-1": "H",
    "INV-CONF-2": "H",
    "INV-CONF-3": "H",
    "INV-PLUGIN-1": "H",
    "INV-PLUGIN-2": "H",
}

# Rules of plugins that are not built yet; an entry goes when its plugin comes.
TO_COME = {
    "INV-GHSA-1": "ghsa",
    "INV-GHSA-2": "ghsa",
    "INV-GHSA-3": "ghsa",
    "INV-GHSA-4": "ghsa",
    "INV-INTAKE-1": "intake",
    "INV-INTAKE-2": "intake",
    "INV-SIM-1": "similarity",
    "INV-SIM-2": "similarity",
    "INV-SIM-3": "similarity",
    "INV-SIM-4": "similarity",
    "INV-SIM-5": "similarity",
}


def marked_tests(root: Path = TESTS) -> dict[str, list[str]]:
    """Return the tests that carry each id, as `path::name`, sorted."""
    found: dict[str, list[str]] = {}
    for path in sorted(root.rglob("test_*.py")):
        for name, invariant in _marks(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(invariant, []).append(f"{path.relative_to(root.parent)}::{name}")
    return found


def gaps(found: dict[str, list[str]]) -> list[str]:
    """Return the ids that no test proves, without those whose plugin is still to come."""
    return [name for name in INVARIANTS if name not in found and name not in TO_COME]


def _marks(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                yield from ((node.name, invariant) for invariant in _ids(decorator))
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "pytestmark":
            yield from (("(all)", invariant) for part in ast.walk(node.value) for invariant in _ids(part))


def _ids(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "invariant":
        yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant))


def report() -> str:
    """Return each id with its weight and its tests, and how many have none."""
    found = marked_tests()
    lines = []
    for name, weight in INVARIANTS.items():
        tests = found.get(name, [])
        state = f"{len(tests)} tests"
        if not tests:
            state = f"to come with {TO_COME[name]}" if name in TO_COME else "NO TEST"
        lines += [f"{name:<20} {weight}  {state}", *(f"    {test}" for test in tests)]
    missing = ", ".join(gaps(found)) or "none"
    return "\n".join(
        [*lines, "", f"{len(INVARIANTS)} invariants, {len(found)} proved, without a test: {missing}"]
    )


if __name__ == "__main__":
    sys.stdout.write(f"{report()}\n")
    sys.exit(bool(gaps(marked_tests())))
