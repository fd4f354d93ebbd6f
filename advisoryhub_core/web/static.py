"""Static files through WhiteNoise: our own, htmx from its wheel, and what plugins register.

Names carry a digest of the content (`hub.1a2b3c4d5e.css`), so that a browser may keep them for ever.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.resources
import shutil
import tempfile
from pathlib import Path
from typing import Any

from whitenoise import WhiteNoise

from advisoryhub_core.plugins.extensions import extensions

_PREFIX = "static"
_DIGEST_CHARS = 10
_IMMUTABLE = rf"^/{_PREFIX}/(.+/)?[^/]+\.[0-9a-f]{{{_DIGEST_CHARS}}}\.[a-z0-9]+$"


class StaticFiles:
    """Maps a plain name (`hub.css`, `publishing/panel.css`) to the URL of its digested copy."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="advisoryhub-static-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self._urls: dict[str, str] = {}

    def add(self, name: str, source: Path) -> None:
        content = source.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:_DIGEST_CHARS]
        stem, _, suffix = name.rpartition(".")
        digested = f"{stem}.{digest}.{suffix}"
        target = self.folder / digested
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        self._urls[name] = f"/{_PREFIX}/{digested}"

    def add_folder(self, folder: Path, prefix: str = "") -> None:
        for source in sorted(path for path in folder.rglob("*") if path.is_file()):
            self.add(prefix + source.relative_to(folder).as_posix(), source)

    def url(self, name: str) -> str:
        """Return the URL path of a file; raise `KeyError` for one that was never registered."""
        return self._urls[name]


def collect(registry: Any) -> None:
    """Gather every static file into `registry.static_files`."""
    files = StaticFiles()
    with importlib.resources.as_file(importlib.resources.files("advisoryhub_core.web") / "static") as folder:
        files.add_folder(folder)
    htmx = importlib.resources.files("js_lib_htmx") / "static" / "htmx" / "htmx.min.js"
    with importlib.resources.as_file(htmx) as path:
        files.add("htmx.min.js", path)
    for asset in extensions(registry).assets:
        source = importlib.resources.files(asset.package) / asset.folder
        with importlib.resources.as_file(source) as folder:
            files.add_folder(folder, f"{asset.name}/")
    registry.static_files = files


def with_static_files(app: Any, registry: Any) -> Any:
    """Wrap the WSGI application; the temporary copies go when the process does."""
    files: StaticFiles = registry.static_files
    return WhiteNoise(
        app,
        root=str(files.folder),
        prefix=f"{_PREFIX}/",
        max_age=3600,
        immutable_file_test=_IMMUTABLE,
        allow_all_origins=False,
        add_headers_function=_headers,
    )


def _headers(headers: Any, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    # An SVG that is opened on its own is a document, which could run scripts.
    headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
