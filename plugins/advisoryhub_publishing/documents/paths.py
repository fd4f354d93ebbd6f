"""Where each document lies in the publication repository."""

import re
import string
from datetime import UTC

from advisoryhub_publishing.documents.context import Kind, Payload, Publication
from advisoryhub_publishing.documents.errors import DocumentRefused

DEFAULT_TEMPLATES: dict[Kind, str] = {
    "osv": "osv/{year}/{advisory_id}.json",
    "csaf": "csaf/{year}/{csaf_filename}",
    "cve": "cves/{year}/{bucket}/{cve_id}.json",
}
_PLACEHOLDERS: dict[Kind, frozenset[str]] = {
    "osv": frozenset({"year", "advisory_id"}),
    "csaf": frozenset({"year", "csaf_filename"}),
    "cve": frozenset({"year", "bucket", "cve_id"}),
}
_FILE_NAMES: dict[Kind, str] = {
    "osv": "{advisory_id}.json",
    "csaf": "{csaf_filename}",
    "cve": "{cve_id}.json",
}
_CVE_ID = re.compile(r"CVE-(?P<year>[0-9]{4})-(?P<sequence>[0-9]{4,19})")
# A name that every file system and every web server takes as it is.
_SEGMENT = re.compile(r"[A-Za-z0-9._+-]+")


def csaf_filename(tracking_id: str) -> str:
    """The file name CSAF 2.0 section 5.1 makes of a tracking id: `ecl-….json`."""
    return re.sub(r"[^+\-a-z0-9]+", "_", tracking_id.lower()) + ".json"


def check_template(kind: Kind, template: str) -> None:
    """Check a path template when the configuration is read (INV-PUB-8).

    Raises DocumentRefused naming the setting and everything that is wrong with the template.
    """
    problems = [*_placeholder_problems(kind, template), *_path_problems(kind, template)]
    if problems:
        raise DocumentRefused(f"publishing.{kind}_path", f"{template!r}: " + "; ".join(problems))


def _placeholder_problems(kind: Kind, template: str) -> list[str]:
    try:
        fields = list(string.Formatter().parse(template))
    except ValueError as error:
        return [f"braces do not match ({error})"]
    allowed = _PLACEHOLDERS[kind]
    problems = []
    for _text, name, specification, conversion in fields:
        if name is None:
            continue
        if name not in allowed:
            problems.append(f"{{{name}}} is unknown, use {', '.join(sorted(allowed))}")
        elif specification or conversion:
            problems.append(f"{{{name}}} takes no format")
    return problems


def _path_problems(kind: Kind, template: str) -> list[str]:
    segments = template.split("/")
    problems = []
    if template.startswith("/"):
        problems.append("must be relative to the repository")
    elif "" in segments:
        problems.append("has an empty part between slashes")
    if any(segment in {".", ".."} for segment in segments):
        problems.append("must not use . or ..")
    if segments[0].lower() == ".git":
        problems.append("must not lie in .git")
    literal = re.sub(r"\{[^{}]*\}", "", template).replace("/", "")
    if literal and not _SEGMENT.fullmatch(literal):
        problems.append("letters, digits, . _ + and - only")
    if segments[-1] != _FILE_NAMES[kind]:
        problems.append(f"the file must be named {_FILE_NAMES[kind]}")
    return problems


def render(kind: Kind, template: str, payload: Payload, publication: Publication) -> str:
    """The path of this advisory's document, relative to the repository, with forward slashes.

    The year is that of the first publication (UTC), or the CVE number's own. Raises
    DocumentRefused when the payload has no CVE number for a CVE path, or when a value would
    lead out of its folder.
    """
    check_template(kind, template)
    values = _cve_values(payload) if kind == "cve" else _advisory_values(payload, publication)
    path = template.format_map(values)
    for segment in path.split("/"):
        if segment in {".", ".."} or not _SEGMENT.fullmatch(segment):
            raise DocumentRefused("advisory_id", f"{segment!r} cannot be part of a path")
    return path


def _advisory_values(payload: Payload, publication: Publication) -> dict[str, str]:
    advisory_id = str(payload["advisory_id"])
    return {
        "year": f"{publication.published_at.astimezone(UTC).year:04d}",
        "advisory_id": advisory_id,
        "csaf_filename": csaf_filename(advisory_id),
    }


def _cve_values(payload: Payload) -> dict[str, str]:
    cve_id = assigned_cve_id(payload)
    match = _CVE_ID.fullmatch(cve_id)
    assert match is not None
    return {"year": match["year"], "bucket": f"{match['sequence'][:-3]}xxx", "cve_id": cve_id}


def assigned_cve_id(payload: Payload) -> str:
    """The CVE number assigned here. Raises DocumentRefused when there is none or it is malformed."""
    cve_id = payload.get("assigned_cve_id")
    if not cve_id:
        raise DocumentRefused("assigned_cve_id", "no CVE number is assigned to this advisory")
    if not _CVE_ID.fullmatch(str(cve_id)):
        raise DocumentRefused("assigned_cve_id", f"{cve_id!r} is not a CVE number such as CVE-2026-12345")
    return str(cve_id)
