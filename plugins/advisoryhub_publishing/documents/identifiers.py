"""The other names of a vulnerability, and where they are explained."""

from advisoryhub_core.plugins.formats import is_cve_id, is_ghsa_id
from advisoryhub_publishing.documents.context import Payload


def all_aliases(payload: Payload) -> list[str]:
    """Aliases, the assigned CVE number and the linked GHSA id: a sorted set without the own id."""
    names = {*(payload.get("aliases") or ()), payload.get("assigned_cve_id"), payload.get("ghsa_id")}
    return sorted(name for name in names if name and name != payload["advisory_id"])


def main_cve(payload: Payload) -> str | None:
    """The CVE number of the vulnerability: the assigned one, or the first alias that is one."""
    assigned = payload.get("assigned_cve_id")
    if assigned:
        return str(assigned)
    return next((name for name in payload.get("aliases") or () if is_cve_id(name)), None)


def address(identifier: str, payload: Payload) -> str | None:
    """The public page of another identifier, or None where its place is not known."""
    if is_cve_id(identifier):
        return f"https://www.cve.org/CVERecord?id={identifier}"
    if not is_ghsa_id(identifier):
        return None
    owner, repo = payload.get("ghsa_owner"), payload.get("ghsa_repo")
    if identifier == payload.get("ghsa_id") and owner and repo:
        return f"https://github.com/{owner}/{repo}/security/advisories/{identifier}"
    return f"https://github.com/advisories/{identifier}"


def issuer(identifier: str) -> str:
    """The system that gave an identifier, as CSAF's `ids` ask for it."""
    return "GitHub Security Advisory" if is_ghsa_id(identifier) else identifier.split("-", 1)[0]
