"""The bare Git repository that published documents are pushed to."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from advisoryhub_embedded.constants import BRANCH
from advisoryhub_embedded.errors import PartFailed
from advisoryhub_embedded.files import private_folder
from advisoryhub_embedded.parts import Part

_GIT_SECONDS = 60


class PublicationRepository(Part):
    """A bare repository at `path` with the branch `main`, made at the first start and kept."""

    name = "Publication repository"

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @property
    def where(self) -> str:
        return str(self.path)

    @property
    def url(self) -> str:
        """Return the repository's URL; blanks and the like in its path are escaped."""
        return self.path.as_uri()

    def start(self) -> None:
        """Make the repository, or see that it is one. Raises `PartFailed`."""
        private_folder(self.path)
        if not (self.path / "HEAD").exists():
            self._git("init", "--quiet", "--bare", f"--initial-branch={BRANCH}")
        # Publishing fetches only what it lacks.
        self._git("config", "uploadpack.allowFilter", "true")

    def _git(self, *arguments: str) -> None:
        git = shutil.which("git")
        if git is None:
            raise PartFailed(self.name, "needs git: install it, or set PUB_REPO_URL to another repository")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        result = subprocess.run(  # noqa: S603 (fixed arguments)
            [git, *arguments],
            cwd=self.path,
            env={**environment, "LC_ALL": "C"},
            check=False,
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
        )
        if result.returncode:
            problem = " ".join(result.stderr.split()) or f"exit status {result.returncode}"
            raise PartFailed(self.name, f"cannot be made in {self.path}: {problem}")
