"""Addresses that mail can be sent to, and names beside them."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from email.header import Header
from email.utils import parseaddr
from urllib.parse import urlsplit

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST_LOCAL = 64
_LONGEST_ADDRESS = 254
_LONGEST_NAME = 64
# Lines may end at each of these for one library or another; the others mean nothing in a header.
_NEVER_IN_A_HEADER = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Without these a name needs no quotes, so nothing hangs on how quotes survive folding.
_SPECIALS = re.compile(r"[()<>\[\]:;@\\,\"]+")
_ENCODED_WORD = "=?"

LONGEST_WORD = 75
"""What RFC 2047 allows an encoded word, in characters."""


class AddressUnusable(ValueError):
    """Mail cannot be sent to this address; the message says why and does not repeat it."""


@dataclass(frozen=True)
class Address:
    """One address as it travels: its domain in ASCII, its local part perhaps not."""

    local: str
    domain: str

    @property
    def needs_utf8(self) -> bool:
        """Tell whether only a mail server with SMTPUTF8 (RFC 6531) can carry it."""
        return not self.local.isascii()

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def parse_address(text: str) -> Address:
    """Return a bare address ready for SMTP; raises `AddressUnusable`.

    An international domain is written in ASCII. Quoted local parts and address literals are refused.
    """
    local, at, domain = text.strip().rpartition("@")
    if not at or not local or not domain:
        raise AddressUnusable("needs a name, an @ and a domain")
    if not is_one_line(local) or not _LOCAL.fullmatch(local) or any(map(str.isspace, local)):
        raise AddressUnusable("has characters before the @ that cannot be used")
    local = unicodedata.normalize("NFC", local)
    address = Address(local, ascii_domain(domain))
    if len(local.encode()) > _LONGEST_LOCAL or len(str(address).encode()) > _LONGEST_ADDRESS:
        raise AddressUnusable("is too long")
    return address


def ascii_domain(domain: str) -> str:
    """Return a domain as DNS knows it, in lower case; raises `AddressUnusable`.

    Python's codec follows the older IDNA 2003, which turns some letters (ß, ς, joiners) into others, and so
    names somebody else's domain. What does not come back as it was is refused.
    """
    try:
        encoded = domain.encode("idna").decode("ascii").lower()
        decoded = encoded.encode("ascii").decode("idna")
        same = domain.isascii() or decoded == unicodedata.normalize("NFC", domain.lower())
    except UnicodeError:
        same = False
        encoded = ""
    if not same and not domain.isascii():
        raise AddressUnusable("has a domain that has to be written in its ASCII form (xn--…)")
    if not same or not all(_LABEL.fullmatch(label) for label in encoded.split(".")):
        raise AddressUnusable("has no usable domain after the @")
    return encoded


def parse_sender(text: str) -> tuple[str, Address]:
    """Return name and address of `Name <address>` or a bare address; raises `AddressUnusable`."""
    name, bare = parseaddr(text)
    if not is_one_line(text) or not bare:
        raise AddressUnusable("needs an address, or Name <address>")
    address = parse_address(bare)
    if address.needs_utf8:
        raise AddressUnusable("needs ASCII before the @")
    return name, address


def format_address(name: str, address: Address) -> str:
    """Return the value of a header such as `To`; what would need quotes is left out of the name."""
    clean = " ".join(_SPECIALS.sub(" ", name).split())[:_LONGEST_NAME].strip()
    # A bare dot is against the grammar, and Python's parser stumbles over a name that begins with one.
    return f"{encode_words(clean, always='.' in clean)} <{address}>" if clean else str(address)


def encode_words(text: str, *, always: bool = False) -> str:
    """Return one line of text as a header's value in ASCII (RFC 2047), plain where it can be."""
    words = text.split()
    plain = text.isascii() and _ENCODED_WORD not in text and all(len(word) <= LONGEST_WORD for word in words)
    if plain and not always:
        return " ".join(words)
    return " ".join(Header(text, "utf-8", maxlinelen=LONGEST_WORD).encode(linesep="\n").split())


def is_one_line(text: str) -> bool:
    """Tell whether a text has no line end and no control character, in anybody's reading."""
    return not any(unicodedata.category(letter) in _NEVER_IN_A_HEADER for letter in text)


def mail_domain(base_url: str) -> str:
    """Return a base URL's host as it stands in message ids and in greetings to mail servers."""
    host = urlsplit(base_url).hostname or "localhost"
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return ascii_domain(host)
    return f"[{ip}]" if ip.version == 4 else f"[IPv6:{ip}]"  # noqa: PLR2004 (the protocol's version)
