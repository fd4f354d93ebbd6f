"""Check that a wheel holds every file of the source packages, and nothing else of the checkout.

    wheel_contents.py WHEEL

Exits 1 and names the files that are missing or stray.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
# Kept in the repository for people and tools; the catalogues that are read are compiled from them.
SOURCES_ONLY = {".po", ".pot", ".pyc"}


def packages() -> Iterator[tuple[str, Path]]:
    """Yield the name and the folder of each package that the distribution ships."""
    yield "advisoryhub_core", ROOT / "advisoryhub_core"
    yield "advisoryhub_templates", ROOT / "templates"
    for source_root in ("plugins", "console_scripts", "alembic"):
        for folder in sorted((ROOT / source_root).glob("advisoryhub_*")):
            if (folder / "__init__.py").is_file():
                yield folder.name, folder


def expected() -> set[str]:
    """Return the paths that the wheel should hold, as the wheel writes them."""
    return {
        (PurePosixPath(name) / path.relative_to(folder).as_posix()).as_posix()
        for name, folder in packages()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in SOURCES_ONLY and "__pycache__" not in path.parts
    }


def main(wheel: str) -> int:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    held = {name for name in names if not name.split("/")[0].endswith(".dist-info")}
    wanted = expected()
    for name in sorted(wanted - held):
        print(f"not in the wheel: {name} (see package_data in setup.py)")
    for name in sorted(held - wanted):
        print(f"in the wheel but not in the sources: {name}")
    if held != wanted:
        return 1
    print(f"{wheel}: {len(held)} files, all that the packages have")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
