"""What ruff, mypy and import-linter cannot say about this code base. Each rule is first shown to bite."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.house import rules
from tests.house.tree import PRODUCT, files, where

LONGEST = 500

BREAKS = {
    rules.sql_put_together: [
        "from sqlalchemy import text\ntext(f'SELECT {column}')",
        "from sqlalchemy import text as sql\nsql('SELECT %s' % column)",
        "from sqlalchemy.sql import text\ntext('SELECT ' + column)",
        "import sqlalchemy as sa\nsa.text('SELECT {}'.format(column))",
        "from sqlalchemy import text\nquery = f'SELECT {column}'\ntext(query)",
    ],
    rules.permission_as_text: [
        "request.has_permission('advisory.edit', context)",
        "has_permission(permission='advisory.edit')",
        "request.has_permission(f'advisory.{act}')",
    ],
    rules.naive_time: [
        "import datetime as dt\ndt.datetime.now()",
        "from datetime import datetime\ndatetime.utcnow()",
        "datetime.fromtimestamp(seconds)",
        "dt.date.today()",
    ],
    rules.environment_changed: [
        "import os\nos.environ['TZ'] = 'UTC'",
        "from os import environ\nenviron['TZ'] = 'UTC'",
        "import os\ndel os.environ['TZ']",
        "import os\nos.environ |= {'TZ': 'UTC'}",
        "import os\nos.environ.setdefault('TZ', 'UTC')",
        "import os\nos.putenv('TZ', 'UTC')",
    ],
    rules.write_in_a_view: [
        "request.db.add(advisory)",
        "session.flush()",
        "from sqlalchemy import delete\nrequest.db.execute(delete(Advisory))",
    ],
}
KEEPS = {
    rules.sql_put_together: [
        "from sqlalchemy import text\ntext('SELECT set_config(:name, :value, true)')",
        "from advisoryhub_core.settings import text\ntext(f'{kind}')",
        "from sqlalchemy import text\ntext(f'SELECT 1')",
    ],
    rules.permission_as_text: ["request.has_permission(Cap.EDIT, context)"],
    rules.naive_time: ["datetime.now(UTC)", "datetime.now(tz=UTC)", "datetime.fromtimestamp(seconds, UTC)"],
    rules.environment_changed: [
        "import os\nchild = {**os.environ, 'TZ': 'UTC'}",
        "import os\nzone = os.environ['TZ']",
        "environ['REMOTE_ADDR'] = address",
    ],
    rules.write_in_a_view: ["services.publish(request.db, advisory)", "names.add(name)"],
}


def _cases(examples: dict[rules.Rule, list[str]]) -> list:
    return [
        pytest.param(rule, source, id=f"{rule.__name__}-{number}")
        for rule, sources in examples.items()
        for number, source in enumerate(sources)
    ]


@pytest.mark.parametrize(("rule", "source"), _cases(BREAKS))
def test_a_rule_finds_what_breaks_it(rule: rules.Rule, source: str) -> None:
    assert list(rule(ast.parse(source))) == [source.count("\n") + 1]


@pytest.mark.parametrize(("rule", "source"), _cases(KEEPS))
def test_a_rule_leaves_the_rest_alone(rule: rules.Rule, source: str) -> None:
    assert list(rule(ast.parse(source))) == []


def _found(rule: rules.Rule, paths: list[Path]) -> list[str]:
    modules = ((path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths)
    return [f"{where(path)}:{line}: {rule.__doc__}" for path, module in modules for line in rule(module)]


@pytest.mark.parametrize("rule", [rules.permission_as_text, rules.naive_time])
def test_the_rule_holds_everywhere(rule: rules.Rule) -> None:
    assert _found(rule, list(files(".py", below=(*PRODUCT, "tests")))) == []


@pytest.mark.parametrize("rule", [rules.sql_put_together, rules.environment_changed])
def test_the_rule_holds_in_the_product(rule: rules.Rule) -> None:
    assert _found(rule, list(files(".py", below=PRODUCT))) == []


def test_views_do_not_write() -> None:
    views = [path for path in files(".py", below=PRODUCT) if "views" in (path.stem, path.parent.name)]
    assert views
    assert _found(rules.write_in_a_view, views) == []


def too_long(name: str, source: str) -> list[str]:
    lines = source.count("\n")
    return (
        [f"{name}: {lines} lines; split it by concern before it passes {LONGEST}"] if lines > LONGEST else []
    )


def test_a_long_file_is_found() -> None:
    assert too_long("module.py", "pass\n" * LONGEST) == []
    assert too_long("module.py", "pass\n" * (LONGEST + 1)) != []


def test_no_file_is_too_long() -> None:
    sources = [*files(".py", ".pt", ".js", ".css", ".sh", below=(*PRODUCT, "tests"))]
    assert sources
    assert [
        line for path in sources for line in too_long(where(path), path.read_text(encoding="utf-8"))
    ] == []


# The hosts that serve packages; crates.io and npm by themselves are ecosystems. In pieces, or this file would
# break its own rule.
_HOSTS = (
    "pypi org",
    "pythonhosted org",
    "registry npmjs org",
    "registry yarnpkg com",
    "index crates io",
    "proxy golang org",
)
REGISTRIES = re.compile("|".join(re.escape(".".join(host.split())) for host in _HOSTS))

# A CVE record names a package's home by its registry's address: data of the format, and nowhere called.
_RECORDS = {
    "plugins/advisoryhub_publishing/documents/cve_affected.py",
    "tests/unit/publishing/documents/test_cve.py",
}


def test_a_registry_host_is_found() -> None:
    assert REGISTRIES.search(f"index-url = https://files.{_HOSTS[1].replace(' ', '.')}/simple")
    assert REGISTRIES.search("pypi and npm are ecosystems, maven.apache.org is a project") is None


def test_nothing_names_a_package_registry() -> None:
    named = []
    for path in files():
        if where(path) in _RECORDS:
            continue
        try:
            source = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        named += [
            f"{where(path)}:{number}: {found[0]}"
            for number, line in enumerate(source.splitlines(), 1)
            if (found := REGISTRIES.search(line))
        ]
    assert named == []


ASKED_AS_TEXT = re.compile(r"has_permission\(\s*['\"]")


def test_templates_name_capabilities_by_member() -> None:
    assert ASKED_AS_TEXT.search("request.has_permission('advisory.edit', context)")
    assert ASKED_AS_TEXT.search("request.has_permission(Cap.EDIT, context)") is None
    pages = list(files(".pt", below=PRODUCT))
    assert pages
    assert [where(page) for page in pages if ASKED_AS_TEXT.search(page.read_text(encoding="utf-8"))] == []
