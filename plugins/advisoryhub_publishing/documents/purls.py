"""Package URLs that every CSAF validator takes (CSAF 2.0, test 6.1.13)."""

from packageurl import PackageURL

from advisoryhub_core.plugins.formats import is_semantic

GENERIC = "generic"
# Forges whose name is a purl type; elsewhere the address travels in a qualifier.
_FORGES = {"github.com": "github", "bitbucket.org": "bitbucket"}
_NEED_VERSION = frozenset({"cran", "swift"})


def generic(name: str, version: str | None = None) -> str:
    """The package URL of something that no registered type describes."""
    return str(PackageURL(GENERIC, None, name, version).to_string())


def of_repository(host: str, path: str, repo: str) -> str:
    """The package URL of a Git repository by its host, its path there, and its full address."""
    owner, _slash, name = path.rpartition("/")
    if host in _FORGES and owner:
        return str(PackageURL(_FORGES[host], owner, name).to_string())
    return str(PackageURL(GENERIC, None, name or path, qualifiers={"vcs_url": f"git+{repo}"}).to_string())


def with_version(purl: str, version: str | None, name: str) -> str:
    """The package URL with this version, or the generic one where its type's rules forbid that.

    Such are the types that have no URL without a version: a range has none.
    """
    versioned = PackageURL.from_string(purl)._replace(version=version)
    return str(versioned.to_string()) if _meets_type_rules(versioned) else generic(name, version)


def _meets_type_rules(purl: PackageURL) -> bool:
    """Tell what the reference validator would say; the library that parses is more lenient."""
    if purl.type in _NEED_VERSION:
        return purl.version is not None
    if purl.type == "golang" and purl.version and purl.version.startswith("v"):
        return is_semantic(purl.version[1:])
    if purl.type == "conan":
        return not purl.namespace or bool(purl.qualifiers)
    return purl.type != "maven" or bool(purl.namespace)
