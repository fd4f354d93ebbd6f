"""The one place that takes secrets out of text: audit values, task errors, logs and mail go through it.

Three layers: secrets the process knows (`register_secret`) go wherever and however encoded they
appear; shapes that are secret in themselves (tokens, keys, credentials in URLs) go by pattern; and
values go by their label (`password=…`, a JSON key such as `client_secret`).

Each pattern is written so that its cost is linear in the text: runs are matched possessively and
either start at a literal or consume all they looked at.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from typing import Any
from urllib.parse import quote, quote_plus

MARK = "[redacted]"
"""What stands where a secret stood."""

SHORTEST_SECRET = 8
"""Registered values shorter than this are ignored: they would damage ordinary words."""

MAX_PASSES = 6
MAX_DEPTH = 100
_LONG_LINE = 24


class _KnownSecrets:
    """The secrets of this process, each with every form it may be printed in; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._uses: Counter[str] = Counter()
        self._forms: tuple[str, ...] = ()

    def add(self, value: str) -> None:
        with self._lock:
            self._uses[value] += 1
            self._rebuild()

    def remove(self, value: str) -> None:
        with self._lock:
            self._uses[value] -= 1
            self._uses = +self._uses
            self._rebuild()

    def replace_in(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, MARK)
        return text

    def _rebuild(self) -> None:
        forms = {form for value in self._uses for form in _forms_of(value)}
        self._forms = tuple(sorted(forms, key=lambda form: (-len(form), form)))


def _forms_of(secret: str) -> set[str]:
    """Return the ways a secret is printed: plain, quoted, URL-encoded and base64 at any alignment."""
    plain = {secret, secret.strip()}
    plain |= {line.strip() for line in secret.splitlines() if len(line.strip()) >= _LONG_LINE}
    forms = set(plain)
    for value in plain:
        escaped = json.dumps(value)[1:-1]
        forms |= {escaped, repr(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
        for encoded in (quote(value, safe="", errors="replace"), quote(value, errors="replace")):
            forms |= {encoded, re.sub("%[0-9A-F]{2}", lambda hit: hit.group().lower(), encoded)}
        forms.add(quote_plus(value, errors="replace"))
        forms |= _base64_forms(value.encode("utf-8", "replace"))
    return {form for form in forms if len(form) >= SHORTEST_SECRET and form not in MARK and MARK not in form}


def _base64_forms(data: bytes) -> set[str]:
    """Return base64 of `data`, also as the middle of something longer such as `user:secret`.

    A byte's place in its group of three decides its letters, so there are three encodings; the
    letters at either end that depend on neighbouring bytes are left out.
    """
    forms = set()
    for before in range(3):
        whole = base64.b64encode(bytes(before) + data).decode()
        start = -(-before * 8 // 6)
        end = (before + len(data)) * 8 // 6
        inner = whole[start:end]
        forms |= {inner, inner.replace("+", "-").replace("/", "_")}
    return forms


_known = _KnownSecrets()


def register_secret(value: str) -> None:
    """Have `value` replaced in everything redacted from now on, for the life of the process.

    Its URL-encoded, base64 (also inside a longer base64 text) and JSON-escaped forms go too.
    Values shorter than `SHORTEST_SECRET` characters are ignored.
    """
    if len(value.strip()) >= SHORTEST_SECRET:
        _known.add(value)


@contextmanager
def known_secret(*values: str) -> Iterator[None]:
    """Have `values` replaced while the block runs, for secrets that live for one call (INV-SECRET-2)."""
    usable = [value for value in values if len(value.strip()) >= SHORTEST_SECRET]
    for value in usable:
        _known.add(value)
    try:
        yield
    finally:
        for value in usable:
            _known.remove(value)


_PEM_BODY = (
    r"(?:\\+[nrt]|[\s\"'+>|,])*+"
    r"(?:(?:Proc-Type|DEK-Info|Version|Comment|Hash): [^\n\\]*+|[A-Za-z0-9+/=]{16,}+)"
)
_PEM_LAST_LINE = r"(?:\\+[nr]|[\r\n])++[A-Za-z0-9+/=]{1,15}+(?![^\s\\\"']|[ \t])"
# The body is not possessive: Python before 3.11.5 loses matches of possessive groups with alternatives. It
# ends at the first four dashes, so going back over it costs no more than reading it.
_PEM = re.compile(
    r"-{4,5} ?BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)? ?-{4,5}"
    rf"(?:(?:[^-]|-(?!---))*-{{4,5}} ?END [A-Z0-9 ]{{0,64}}-{{4,5}}"
    rf"|(?:{_PEM_BODY})++(?:{_PEM_LAST_LINE})?|{_PEM_LAST_LINE})"
)
_PEM_TAIL_REVERSED = re.compile(
    r"-{4,5} ?(?:KCOLB )?YEK ETAVIRP(?: [A-Z0-9]+)* DNE ?-{4,5}"
    r"(?:\s*+[A-Za-z0-9+/=\\]++)?+(?:\s++[A-Za-z0-9+/=\\]{16,}+)*+"
)

_URL_USER = re.compile(r"(?<=://)[^\s/?#\"'<>\\]*@")
_URL_SLASHED_PASSWORD = re.compile(
    r"(?<=://)[^\s/?#@:\"'<>\[\\]{0,256}+:(?!\d{1,5}(?![^\s/?#\"']))[^\s\"'<>@]{1,256}+@(?=[\w\[])"
)
# Not possessive: Python before 3.11.5 loses matches of possessive groups that look ahead.
_URL_ENCODED_USER = re.compile(r"(?i)(?<=%3A%2F%2F)(?:(?!%2F|%40)[^\s&\"'<>]){1,512}(?=%40)")
_ACCESS_TOKEN_USER = re.compile(r"(?i)x-access-token:[^\s@\"']{1,1024}+")
_SSH_SCHEME_END = ("ssh://", "git://")

_SCHEMES = r"Basic|Bearer|Digest|Token|Negotiate|NTLM|ApiKey|SSWS|OAuth|Hawk|AWS4-HMAC-SHA256|GoogleLogin"
_AUTH_HEADER = re.compile(
    rf"(?i)((?:proxy-)?authorization\\*[\"']?[ \t]{{0,8}}[:=,][ \t]{{0,8}}b?(?P<quote>\\*[\"'])?"
    rf"(?:{_SCHEMES})[ \t]++)"
    r"(?(quote)(?:(?!(?P=quote))[^\r\n])++|(?:[^\r\n\"'\\=]|=(?:\"[^\"\r\n]*+\"|'[^'\r\n]*+')?)++)"
)
_COOKIE_HEADER = re.compile(
    r"(?i)((?:set-)?cookie\\*[\"']?[ \t]{0,8}[:,][ \t]{0,8}b?\\*[\"']?)[^\s=;\"'\\]{1,256}+=[^\r\n\"'\\]*+"
)
_BEARER = re.compile(r"(?i)(?<![A-Za-z0-9])(bearer[ \t]++)([A-Za-z0-9._~+/=-]{6,}+)")
_BASIC = re.compile(r"(?i)(?<![A-Za-z0-9])(basic[ \t]++)([A-Za-z0-9+/_-]{6,}+={0,2})")
_BEARER_PROSE = re.compile(
    r"(?i)(?:tokens?(?:-based)?|authenticat\w+|authori[sz]ation|auth|credentials?|schemes?|headers?|"
    r"access|assertions?|challenges?)[.]?"
)

_SHAPES = re.compile(
    r"gh[pousr]_[A-Za-z0-9_]{10,}+(?:\.[A-Za-z0-9_-]++)*"
    r"|github_pat_[A-Za-z0-9_]{10,}+"
    r"|glpat-[A-Za-z0-9_-]{16,}+"
    r"|(?<![A-Za-z0-9])npm_[A-Za-z0-9]{30,}+"
    r"|pypi-Ag[A-Za-z0-9_-]{16,}+"
    r"|AIza[A-Za-z0-9_-]{35}"
    r"|(?<![A-Za-z0-9])[rs]k_(?:live|test)_[A-Za-z0-9]{16,}+"
    r"|(?<![A-Z0-9])(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA|ANVA)[A-Z0-9]{16}(?![A-Z0-9])"
    r"|xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10,}+"
    r"|xapp-\d-[A-Za-z0-9-]{10,}+"
    r"|(?<=hooks\.slack\.com/)(?:services|workflows|triggers)/[A-Za-z0-9/_-]++"
)
_DOTTED = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]++(?:\.[A-Za-z0-9_-]*+)++")

_LABEL = (
    r"pass(?:word|wd|phrase)|pwd|secret(?:[ _-]?key)?|token|credentials?|authorization"
    r"|(?:api|access|private|signing|encryption)[ _-]?key"
)
_BARE = r"(?:\[redacted\])*+[^\s&;\"'<>`]*[^\s&;\"'<>`,.)\]}]"
_QUOTED = (
    r"[bruBRU]{0,2}(?:\"(?:[^\"\\\n]|\\.)++\"?|'(?:[^'\\\n]|\\.)++'?"
    r"|\\++[\"'](?:[^\"'\\\n]|\\++[^\"'\\\n])++(?:\\++[\"'])?)"
)
_PAIR = re.compile(
    rf"(?i)(?P<label>{_LABEL})(?P<suffix>[_-](?:hash|value|text|key))?(?P<close>\\*[\"'])?"
    rf"[ \t]{{0,8}}(?P<sep>=>|:=|=|:)(?![=:])(?P<gap>[ \t]{{0,8}})(?P<value>{_QUOTED}|{_BARE})"
)
_OPTION = re.compile(rf"(?i)(--?(?:[a-z0-9]{{1,16}}-){{0,3}}(?:{_LABEL})[ \t]++)(?!-)({_QUOTED}|{_BARE})")
_LABELLED_BLOB = re.compile(
    r"(?i)(?<!public[ _-])((?:key|salt|seed|hmac|session(?:[_-]?id)?|cookie|credential)\\*[\"']?"
    r"[ \t]{0,8}[:=][ \t]{0,8}\\*[\"']?)"
    r"(?:[0-9a-f]{32,}+|[A-Za-z0-9+/_-]{32,}+={0,2})"
)
_PROSE_LABELS = ("authorization", "credential", "credentials")
_HARMLESS_VALUE = re.compile(
    r"CVE-\d{4}-\d{4,}|[A-Z]{2,10}(?:-[0-9a-z]{4}){2,4}|CWE-\d+|pkg:\S+|https?://\S+|v?\d+(?:\.\d+)*"
    r"|(?i:null|none|nil|true|false)|\*+"
)
_WORD = re.compile(r"[A-Za-z]+(?:['\u2019-][A-Za-z]+)*[,.;:!?]?")
_INNER_CAPITAL = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]")


def _url_user(match: re.Match[str]) -> str:
    user = match.group()[:-1]
    if not user or (user == "git" and match.string[: match.start()].endswith(_SSH_SCHEME_END)):
        return match.group()
    return f"{MARK}@"


def _bearer(match: re.Match[str]) -> str:
    scheme, value = match.groups()
    plain_word = value.rstrip(".").isalpha() and value.islower() and scheme.startswith("b")
    if plain_word or _BEARER_PROSE.fullmatch(value):
        return match.group()
    return scheme + MARK


def _basic(match: re.Match[str]) -> str:
    scheme, value = match.groups()
    try:
        decoded = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_")
    except ValueError:
        return match.group()
    return scheme + MARK if b":" in decoded else match.group()


def _jwt(match: re.Match[str]) -> str:
    """Redact from a part that starts like base64 of `{"` when a second part follows it."""
    parts = match.group().split(".")
    position = 0
    for part, following in pairwise(parts):
        start = part.find("eyJ")
        if start >= 0 and len(part) - start >= SHORTEST_SECRET and len(following) >= 4:  # noqa: PLR2004 (an empty JSON object is 4 letters)
            return match.group()[: position + start] + MARK
        position += len(part) + 1
    return match.group()


def _pair(match: re.Match[str]) -> str:
    value = match["value"]
    if match["sep"] == ":" and not _is_assignment(match):
        return match.group()
    opening = re.match(r"[bruBRU]{0,2}\\*[\"']|", value)
    quotes = opening.group() if opening else ""
    closing = quotes.lstrip("bruBRU")
    kept = match.group()[: match.start("value") - match.start()]
    return kept + quotes + MARK + (closing if closing and value.endswith(closing) else "")


def _is_assignment(match: re.Match[str]) -> bool:
    """Tell `token: s3cret` from the prose "a leaked token: the attacker may …"."""
    value = match["value"]
    if _HARMLESS_VALUE.fullmatch(value):
        return False
    if match["close"] or not match["gap"] or value[-1:] in "\"'":
        return True
    random_looking = _WORD.fullmatch(value) is None or _INNER_CAPITAL.search(value) is not None
    if random_looking and len(value) >= 6:  # noqa: PLR2004 (shorter ones among words are rarely secrets)
        return True
    last_on_line = match.string[match.end() : match.end() + 1] in ("", "\n", "\r", ",", ";", "&", "}")
    return last_on_line and match["label"].lower() not in _PROSE_LABELS


def _pem_tails(text: str) -> str:
    if "PRIVATE KEY" not in text:
        return text
    return _PEM_TAIL_REVERSED.sub(MARK[::-1], text[::-1])[::-1]


_STEPS: tuple[Callable[[str], str], ...] = (
    lambda text: _PEM.sub(MARK, text),
    _pem_tails,
    lambda text: _AUTH_HEADER.sub(rf"\1{MARK}", text),
    lambda text: _COOKIE_HEADER.sub(rf"\1{MARK}", text),
    lambda text: _URL_USER.sub(_url_user, text),
    lambda text: _URL_SLASHED_PASSWORD.sub(f"{MARK}@", text),
    lambda text: _URL_ENCODED_USER.sub(MARK, text),
    lambda text: _ACCESS_TOKEN_USER.sub(f"x-access-token:{MARK}", text),
    lambda text: _PAIR.sub(_pair, text),
    lambda text: _OPTION.sub(rf"\1{MARK}", text),
    lambda text: _LABELLED_BLOB.sub(rf"\1{MARK}", text),
    lambda text: _BEARER.sub(_bearer, text),
    lambda text: _BASIC.sub(_basic, text),
    lambda text: _SHAPES.sub(MARK, text),
    lambda text: _DOTTED.sub(_jwt, text),
)


def redact_text(text: str) -> str:
    """Return `text` with every secret replaced by `[redacted]` (INV-SECRET-1).

    Idempotent, never raises, linear in the length of the text. Commit hashes, CVE and advisory ids,
    purls and prose stay as they are. A text that still changes after several passes was built to
    confuse the patterns and is replaced as a whole.
    """
    for _ in range(MAX_PASSES):
        before = text
        text = _known.replace_in(text)
        for step in _STEPS:
            text = step(text)
        if text == before:
            return text
    return MARK


_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET_WORDS = frozenset(
    [
        "password",
        "passwords",
        "passwd",
        "passphrase",
        "pwd",
        "secret",
        "secrets",
        "token",
        "tokens",
        "credential",
        "credentials",
        "authorization",
        "cookie",
        "cookies",
        "apikey",
        "apikeys",
        "privatekey",
        "accesskey",
        "sessionid",
        "bearer",
        "auth",
    ]
)
_SECRET_PHRASES = (
    "api key",
    "private key",
    "access key",
    "secret key",
    "signing key",
    "encryption key",
    "deploy key",
    "session key",
)
_DESCRIBING_WORDS = frozenset(
    [
        "id",
        "ids",
        "name",
        "names",
        "prefix",
        "scope",
        "scopes",
        "type",
        "kind",
        "count",
        "created",
        "expires",
        "expiry",
        "expired",
        "at",
        "used",
        "revoked",
        "scanning",
        "status",
        "required",
        "enabled",
        "time",
        "method",
        "url",
        "endpoint",
        "issuer",
        "length",
    ]
)


def _is_secret_key(key: str) -> bool:
    """Tell whether a key's value is a secret: `clientSecret` is, `token_id` describes one."""
    words = [word.lower() for word in _WORDS.findall(key)]
    if not words or words[-1] in _DESCRIBING_WORDS:
        return False
    joined = " ".join(words)
    return not _SECRET_WORDS.isdisjoint(words) or any(phrase in joined for phrase in _SECRET_PHRASES)


def redact_value(value: Any) -> Any:
    """Return a redacted copy of a JSON value (INV-AUDIT-2); the argument is left as it is.

    Texts, also as keys, pass through `redact_text`. What stands under a key that names a secret
    (`password`, `client_secret`, `Authorization`, …) is replaced whole, except null, booleans and
    empty texts, which tell only whether there is one. Values that JSON does not know become
    redacted text; nesting deeper than `MAX_DEPTH` is replaced.
    """
    return _redact(value, MAX_DEPTH)


def _redact(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if not isinstance(value, Mapping | list | tuple | set | frozenset):
        return redact_text(_as_text(value))
    if depth == 0:
        return MARK
    if isinstance(value, Mapping):
        return _redact_mapping(value, depth)
    return [_redact(item, depth - 1) for item in value]


def _as_text(value: Any) -> str:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | bytearray) else str(value)


def _redact_mapping(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    redacted: dict[str, Any] = {}
    for raw_key, item in value.items():
        name = key = redact_text(str(raw_key))
        number = 2
        while key in redacted:
            key = f"{name} {number}"
            number += 1
        tells_nothing = item is None or isinstance(item, bool) or item == ""
        whole = _is_secret_key(str(raw_key)) and not tells_nothing
        redacted[key] = MARK if whole else _redact(item, depth - 1)
    return redacted


def bounded(text: str, limit: int = 8000) -> str:
    """Return `text` redacted and at most `limit` characters long, ending in "…" where it was cut.

    It redacts first, so that no secret is cut in two and slips past its pattern.
    """
    text = redact_text(text)
    if len(text) <= limit:
        return text
    cut = text[: max(limit - 1, 0)]
    broken = cut.rfind("[", max(len(cut) - len(MARK) + 1, 0))
    if broken >= 0 and MARK.startswith(cut[broken:]):
        cut = cut[:broken]
    return (cut + "…")[:limit]
