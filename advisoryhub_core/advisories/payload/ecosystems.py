"""The ecosystems of the OSV format, and the package URLs of their packages."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packageurl import PackageURL

GENERIC_SCHEME = "generic"


@dataclass(frozen=True, kw_only=True)
class Ecosystem:
    """One ecosystem: how it is spelt, how its packages are addressed and its versions ordered.

    `purl_type` is None where no package URL follows from the name alone. `purl_namespace` is the fixed
    namespace of a distribution. `vers_scheme` names the scheme of a `vers:` range. `order` names the
    ordering of versions, None where it is unknown. `suffix_allowed` tells whether `name:suffix` means
    something.
    """

    name: str
    purl_type: str | None = None
    purl_namespace: str | None = None
    vers_scheme: str = GENERIC_SCHEME
    order: str | None = None
    suffix_allowed: bool = True


def _language(name: str, purl_type: str, scheme: str, *, order: str | None = None) -> Ecosystem:
    return Ecosystem(
        name=name, purl_type=purl_type, vers_scheme=scheme, order=order or scheme, suffix_allowed=False
    )


def _distribution(name: str, scheme: str, namespace: str) -> Ecosystem:
    return Ecosystem(name=name, purl_type=scheme, purl_namespace=namespace, vers_scheme=scheme, order=scheme)


def _unordered(name: str, purl_type: str | None = None, *, order: str | None = None) -> Ecosystem:
    return Ecosystem(name=name, purl_type=purl_type, order=order)


ECOSYSTEMS: tuple[Ecosystem, ...] = (
    _distribution("AlmaLinux", "rpm", "almalinux"),
    _distribution("Alpaquita", "apk", "alpaquita"),
    _distribution("Alpine", "apk", "alpine"),
    _unordered("Android"),
    _distribution("Azure Linux", "rpm", "azure-linux"),
    _distribution("BellSoft Hardened Containers", "apk", "bellsoft-hardened-containers"),
    _unordered("Bioconductor"),
    _unordered("Bitnami", "bitnami", order="semver"),
    _unordered("CRAN", "cran"),
    _distribution("Chainguard", "apk", "chainguard"),
    _unordered("CleanStart"),
    _language("ConanCenter", "conan", "conan"),
    _distribution("Debian", "deb", "debian"),
    _unordered("Docker Hardened Images"),
    _distribution("Echo", "deb", "echo"),
    _unordered("FreeBSD"),
    _unordered("GHC"),
    _unordered("GIT"),
    _language("GitHub Actions", "github", "github", order="semver"),
    _language("Go", "golang", "golang"),
    _unordered("Hackage", "hackage"),
    _language("Hex", "hex", "hex", order="semver"),
    _unordered("Julia", order="semver"),
    _unordered("Kubernetes", order="semver"),
    _unordered("Linux"),
    _distribution("Mageia", "rpm", "mageia"),
    Ecosystem(name="Maven", purl_type="maven", vers_scheme="maven", order="maven"),
    _distribution("MinimOS", "apk", "minimos"),
    _language("NuGet", "nuget", "nuget"),
    _unordered("OSS-Fuzz"),
    _language("Packagist", "composer", "composer"),
    _distribution("Photon OS", "rpm", "photon"),
    _language("Pub", "pub", "pub", order="semver"),
    _language("PyPI", "pypi", "pypi"),
    _distribution("Red Hat", "rpm", "redhat"),
    _distribution("Rocky Linux", "rpm", "rocky-linux"),
    _unordered("Root"),
    _language("RubyGems", "gem", "gem"),
    _distribution("SUSE", "rpm", "suse"),
    _language("SwiftURL", "swift", "swift", order="semver"),
    _unordered("TuxCare"),
    _distribution("Ubuntu", "deb", "ubuntu"),
    _unordered("VSCode"),
    _distribution("Wolfi", "apk", "wolfi"),
    _language("crates.io", "cargo", "cargo", order="semver"),
    _language("npm", "npm", "npm", order="semver"),
    _unordered("opam"),
    _distribution("openEuler", "rpm", "openeuler"),
    _distribution("openSUSE", "rpm", "opensuse"),
)
"""Every ecosystem of the OSV format, `GIT` included."""
ECOSYSTEM_NAMES: tuple[str, ...] = tuple(sorted((entry.name for entry in ECOSYSTEMS), key=str.casefold))
"""The exact names in the order of a menu."""

_BY_NAME = {entry.name: entry for entry in ECOSYSTEMS}
_BY_FOLDED = {name.casefold(): name for name in _BY_NAME}
_PYPI_RUNS = re.compile(r"[-_.]+")


def parse_ecosystem(text: str) -> tuple[Ecosystem, str | None]:
    """Split `Debian:12` into its ecosystem and suffix (None without one).

    Raises `ValueError`, whose message says how to mend it, for a name that is not in the list or for a
    suffix that is empty.
    """
    name, colon, suffix = text.partition(":")
    found = _BY_NAME.get(name)
    if found is None:
        meant = _BY_FOLDED.get(name.strip().casefold())
        hint = f"did you mean {meant}?" if meant else "choose one from the list of ecosystems."
        raise ValueError(f"is not an ecosystem of the OSV format: {hint}")
    if not colon:
        return found, None
    if not suffix or suffix != suffix.strip():
        raise ValueError(f"needs a release directly after the colon, or no colon: {name}.")
    if not found.suffix_allowed:
        raise ValueError(f"{name} has no releases: leave out everything from the colon on.")
    return found, suffix


def purl_for(ecosystem: Ecosystem, name: str) -> str | None:
    """Return the package URL without version that ecosystem and name say, or None if they do not.

    Maven names are `group:artifact`, npm scopes are kept, PyPI names are normalised.
    """
    identity = _identity(ecosystem, name)
    if identity is None:
        return None
    kind, namespace, base = identity
    try:
        purl = PackageURL(type=kind, namespace=namespace or None, name=base)
        text = str(purl.to_string())
        return text if PackageURL.from_string(text) == purl else None
    except (TypeError, ValueError):
        # The library drops separators, and a name of nothing else then fails to be joined.
        return None


def purl_agrees(purl: str, ecosystem: Ecosystem, name: str) -> bool:
    """Tell whether a package URL names this package; qualifiers and version play no part.

    Where ecosystem and name say no package URL, the URL's own name must be the package's, or the end of
    its path.
    """
    try:
        given = PackageURL.from_string(purl)
    except ValueError:
        return False
    expected = purl_for(ecosystem, name)
    if expected is not None:
        wanted = PackageURL.from_string(expected)
        return (given.type, given.namespace, given.name) == (wanted.type, wanted.namespace, wanted.name)
    path = f"{given.namespace}/{given.name}" if given.namespace else given.name
    wanted_path = name.replace(":", "/").casefold()
    return f"/{wanted_path}".endswith(f"/{path.casefold()}") or f"/{path.casefold()}".endswith(
        f"/{wanted_path}"
    )


def _identity(ecosystem: Ecosystem, name: str) -> tuple[str, str, str] | None:
    """Return type, namespace and name of the package URL, before its own normalisation."""
    kind = ecosystem.purl_type
    if kind is None or not name.strip():
        return None
    if ecosystem.purl_namespace is not None:
        return kind, ecosystem.purl_namespace, name
    if kind == "maven":
        group, colon, artifact = name.partition(":")
        return (kind, group, artifact) if colon and group and artifact and ":" not in artifact else None
    if kind == "pypi":
        return kind, "", _PYPI_RUNS.sub("-", name).lower()
    if kind == "swift":
        name = name.removeprefix("https://").removesuffix(".git")
    namespace, _slash, base = name.strip("/").rpartition("/")
    if not base or (kind in _NEEDS_NAMESPACE and not namespace) or (kind in _NO_NAMESPACE and namespace):
        return None
    return kind, namespace, base


_NEEDS_NAMESPACE = frozenset({"composer", "github", "swift"})
_NO_NAMESPACE = frozenset({"bitnami", "cargo", "cran", "gem", "hackage", "nuget", "pub"})
