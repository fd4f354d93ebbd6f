"""Normal forms and rules of single texts: lines, blocks, URLs, identifiers, package names, versions."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

import jsonschema_rs

from advisoryhub_core.advisories.payload import limits
from advisoryhub_core.advisories.payload.cwe import cwe_name
from advisoryhub_core.advisories.payload.identifiers import canonical_case, is_cve_id, is_ghsa_id
from advisoryhub_core.advisories.payload.messages import Message, _, quoted, say

REFERENCE_SCHEMES = ("http", "https", "ftp", "ftps")
REPOSITORY_SCHEMES = ("http", "https", "git", "ssh")
CONTACT_SCHEMES = ("http", "https", "mailto")

_LINE_BREAKS = re.compile(r"\r\n?")
_LINE_ENDS = frozenset("\n\v\f\r\x1c\x1d\x1e\x85\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+/-]*")
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_RANGE_MARKS = re.compile(r"[<>|,]|^[=~^*]")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# The judge of what the published formats will be checked with.
_uri = jsonschema_rs.validator_for({"type": "string", "format": "uri"}, validate_formats=True)


class TextError(ValueError):
    """A text that cannot be taken, with the reason."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


def line(raw: str) -> str:
    """Return one line without margins; refuses line breaks and control characters."""
    text = raw.strip()
    if any(mark in _LINE_ENDS for mark in text):
        raise TextError(say(_("must be one line: remove the line breaks.")))
    _refuse_unprintable(text, allowed="")
    return text


def block(raw: str) -> str:
    """Return text with LF line breaks, "" if there is nothing but white space; refuses control characters."""
    text = _LINE_BREAKS.sub("\n", raw)
    _refuse_unprintable(text, allowed="\n\t\f")
    return text if text.strip() else ""


def _refuse_unprintable(text: str, *, allowed: str) -> None:
    for mark in text:
        kind = unicodedata.category(mark)
        if kind in {"Cc", "Cs"} and mark not in allowed:
            raise TextError(
                say(_("contains the unprintable character U+${code}: remove it."), code=f"{ord(mark):04X}")
            )


def details_block(text: str) -> str:
    """Refuse details that take more than `limits.DETAILS_BYTES` as UTF-8."""
    size = len(text.encode())
    if size > limits.DETAILS_BYTES:
        raise TextError(
            say(
                _("takes ${size} bytes; ${limit} are the most: shorten it."),
                size=size,
                limit=limits.DETAILS_BYTES,
            )
        )
    return text


def identifier(text: str) -> str:
    """Return another database's id, CVE and GHSA ids in their own case and form."""
    text = canonical_case(text)
    if text.startswith("CVE-") and not is_cve_id(text):
        raise TextError(say(_("${value} is not a CVE id: write it like CVE-2026-12345."), value=quoted(text)))
    if text.startswith("GHSA-") and not is_ghsa_id(text):
        raise TextError(
            say(_("${value} is not a GHSA id: write it like GHSA-2c3f-4g5h-6j7m."), value=quoted(text))
        )
    if not _IDENTIFIER.fullmatch(text):
        raise TextError(
            say(
                _("${value} is not an id: use letters, digits and . _ : + / - only, one id per entry."),
                value=quoted(text),
            )
        )
    return text


def weakness(text: str) -> str:
    """Return a CWE id of the catalogue."""
    cwe_id = text.upper()
    if cwe_name(cwe_id) is None:
        raise TextError(
            say(
                _(
                    "${value} is not a weakness of the CWE catalogue: write an id like CWE-79; categories,"
                    " views and deprecated ids are not taken."
                ),
                value=quoted(text),
            )
        )
    return cwe_id


def reference_url(text: str) -> str:
    """Return a web or FTP address."""
    return _address(text, REFERENCE_SCHEMES)


def repository_url(text: str) -> str:
    """Return the address of a Git repository."""
    return _address(text, REPOSITORY_SCHEMES)


def contact(text: str) -> str:
    """Return a way to reach a person as a URL; a bare e-mail address becomes a `mailto:` one."""
    if _MAIL.fullmatch(text):
        text = f"mailto:{text}"
    if text.startswith("mailto:"):
        if not (_MAIL.fullmatch(text.removeprefix("mailto:")) and _uri.is_valid(text)):
            raise TextError(say(_("${value} is not an e-mail address."), value=quoted(text)))
        return text
    return _address(text, CONTACT_SCHEMES)


def _address(text: str, schemes: tuple[str, ...]) -> str:
    try:
        parts = urlsplit(text)
        scheme, host, _port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        scheme, host = "", None
    if scheme and scheme not in schemes:
        raise TextError(
            say(
                _("${value} is a ${scheme} address: only ${schemes} ones are taken."),
                value=quoted(text),
                scheme=scheme,
                schemes=", ".join(schemes),
            )
        )
    if not host or not host.strip(".") or not _uri.is_valid(text):
        raise TextError(
            say(
                _(
                    "${value} is not a complete URL: write it like https://example.org/page, without"
                    " spaces, other characters percent-encoded."
                ),
                value=quoted(text),
            )
        )
    return text


def version(text: str) -> str:
    """Return one version; refuses what reads as a range or a list of versions."""
    if _RANGE_MARKS.search(text):
        raise TextError(
            say(
                _("${value} is not a single version: write ranges as introduced and fixed events."),
                value=quoted(text),
            )
        )
    return text


def commit(text: str) -> str:
    """Return a full Git hash in lower case."""
    folded = text.lower()
    if not _COMMIT.fullmatch(folded):
        raise TextError(
            say(
                _("${value} is not a full commit hash: write all 40 or 64 hexadecimal digits."),
                value=quoted(text),
            )
        )
    return folded
