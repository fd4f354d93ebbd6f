"""Secrets leave no text, ordinary text stays."""

from __future__ import annotations

import base64
import json
import string
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisoryhub_core import redaction
from advisoryhub_core.redaction import MARK, bounded, known_secret, redact_text, redact_value, register_secret

BODY = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gt"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"


def pem(kind: str, join: str = "\n", last: str = "AAAA==") -> str:
    return join.join([f"-----BEGIN {kind}-----", BODY, BODY, last, f"-----END {kind}-----"])


SECRETS = {
    "URL with password": ("https://bob:hunter22@git.example.org/x.git", "hunter22", "git.example.org/x.git"),
    "URL with token": ("fetch git+https://abcdef0123@host/x failed", "abcdef0123", "@host/x failed"),
    "database URL": ("postgresql://hub:s3cr3t@db:5432/hub", "s3cr3t", "@db:5432/hub"),
    "password with @": ("redis://:p@ss@cache:6379/0", "p@ss", "@cache:6379/0"),
    "password with slash": ("amqp://u:pa/ss#1@mq/x", "pa/ss#1", "@mq/x"),
    "token user of ssh": ("ssh://deploy-token@host/x", "deploy-token", "@host/x"),
    "URL inside a URL": ("next=https%3A%2F%2Fu%3Ahunter22%40host%2Fx", "hunter22", "%40host%2Fx"),
    "x-access-token without scheme": ("x-access-token:abcdefgh@github.com", "abcdefgh", "x-access-token:"),
    "Bearer": ("sent Bearer abcdefghijkl to x", "abcdefghijkl", "to x"),
    "lower-case bearer": ("bearer abc123.def-456", "abc123", "bearer"),
    "Basic": ("got Basic dXNlcjpwYXNzd29yZA== back", "dXNlcjpwYXNzd29yZA", "back"),
    "Basic without padding": ("Basic dXNlcjpwYXNzd29yZA", "dXNlcjpwYXNzd29yZA", "Basic"),
    "Authorization header": ("Authorization: token abc\nHost: x", "abc", "Host: x"),
    "Digest header": (
        'proxy-authorization: Digest username="u", response="0a1b"\nHost: x',
        "0a1b",
        "Host: x",
    ),
    "header in a dict": ("{'Authorization': 'Basic Zm9v', 'Host': 'x'}", "Zm9v", "'Host': 'x'"),
    "cookie": ("Set-Cookie: session=abc; Path=/\nHost: x", "abc", "Host: x"),
    "cookie in a dict": ("{'cookie': 'sid=abc; b=c', 'Host': 'x'}", "sid=abc", "'Host': 'x'"),
    **{
        f"GitHub {kind}": (f"({kind}_{'aB3' * 12})", "aB3aB3", ")")
        for kind in ("ghp", "gho", "ghs", "ghu", "ghr")
    },
    "GitHub fine-grained": ("x=github_pat_11ABCDEFG0abcdefghijkl_mnopqrst!", "11ABCDEFG0", "!"),
    "GitHub app token with dots": (f"ghs_123456_abcdef.{JWT}", "eyJ", ""),
    "GitLab": ("glpat-abcdefghijklmnop1234 rest", "abcdefghijkl", "rest"),
    "npm": ("npm_abcdefghijklmnopqrstuvwxyz0123456789 rest", "abcdefgh", "rest"),
    "PyPI": ("pypi-AgEIcHlwaS5vcmcCJDAwMDAwMDAw rest", "AgEIcHlw", "rest"),
    "not quite Basic": ("Basic dXNlcg Basic A token=abcdef", "abcdef", "Basic dXNlcg Basic A "),
    "Digest in a dict": ("{'Authorization': 'Digest a=\"0a1b\"', 'Host': 'x'}", "0a1b", "'Host': 'x'"),
    "header on a command line": ('curl -H "Authorization: Bearer abc" https://x', "abc", '" https://x'),
    "Google": (f"AIza{'SyA1b' * 7} rest", "SyA1bSyA1b", "rest"),
    "Stripe": ("sk_live_abcdefghijklmnop0123 rest", "abcdefgh", "rest"),
    "JWT": (f"token is {JWT}, sorry", "eyJ", ", sorry"),
    "JWT without signature": ("a=eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0. b", "eyJ", " b"),
    "JWT after a dotted name": ("x.y.eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c", "eyJ", "x.y."),
    "AWS access key": ("key AKIAIOSFODNN7EXAMPLE is", "AKIAIOSF", "is"),
    "AWS secret": (
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\nregion=x",
        "wJalr",
        "region=x",
    ),
    "Slack": ("xoxb-123456789012-abcdefABCDEF rest", "123456789012", "rest"),
    "Slack app": ("xapp-1-A0B1C2D3E4-0123 rest", "A0B1C2D3E4", "rest"),
    "Slack hook": ("https://hooks.slack.com/services/T0/B0/xyzxyz rest", "xyzxyz", "rest"),
    "RSA key": (f"a {pem('RSA PRIVATE KEY')} b", "b3Blbn", " b"),
    "OpenSSH key": (f"a {pem('OPENSSH PRIVATE KEY')} b", "b3Blbn", " b"),
    "PGP key": (f"a {pem('PGP PRIVATE KEY BLOCK')} b", "b3Blbn", " b"),
    "SSH2 key": (
        f"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n{BODY}\n---- END SSH2 ENCRYPTED PRIVATE KEY ----\nb",
        BODY,
        "b",
    ),
    "key in JSON": (json.dumps({"k": pem("PRIVATE KEY"), "z": 1}), "b3Blbn", '"z": 1'),
    "key cut at the end": (
        f"-----BEGIN EC PRIVATE KEY-----\n{BODY}\n{BODY}\nAbc\nand so on",
        "b3Blbn",
        "and so on",
    ),
    "key cut in its first line": ("-----BEGIN EC PRIVATE KEY-----\nMHcCAQE", "MHcC", ""),
    "encrypted key cut": (
        f"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A1B\n\n{BODY}",
        "0A1B",
        "",
    ),
    "key cut at the start": (
        f"log: {BODY}\n{BODY}\nAAAA==\n-----END RSA PRIVATE KEY-----\nb",
        "b3Blbn",
        "\nb",
    ),
    "escaped key cut at the start": (f"log: {BODY}\\nAAAA==\\n-----END PRIVATE KEY----- b", "b3Blbn", " b"),
    "password=": ("connect host=db password=hunter2 user=x", "hunter2", "user=x"),
    "password:": ("password: hunter2", "hunter2", "password: "),
    "token among words": ("the token: a1b2c3d4 was used", "a1b2c3d4", "was used"),
    "camel-case word": ("the secret: correctHorse was used", "correctHorse", "was used"),
    "last word": ("token: abc\nnext", "abc", "\nnext"),
    "no space": ("passwd:abc, next", "abc", ", next"),
    "quoted": ('secret = "a b \\" c", next', "a b", ", next"),
    "single quoted": ("api_key='a b', next", "a b", "', next"),
    "bytes": ("token=b'a b', next", "a b", "', next"),
    "JSON": ('{"client_secret": "a\\"b c", "x": 1}', "b c", '"x": 1'),
    "JSON in JSON": (json.dumps(json.dumps({"password": "a b", "x": 1})), "a b", '\\"x\\": 1'),
    "query": ("GET /x?access_token=abc&page=2 HTTP/1.1", "=abc", "&page=2"),
    "connection string": ("Server=db;Pwd=abc;Database=x", "=abc", ";Database=x"),
    "bracketed": ("login(user=x, password=abc).", "=abc", ")."),
    "environment": ("GITHUB_TOKEN=abc", "=abc", "GITHUB_TOKEN="),
    "header": ("X-Api-Key: abc", "abc", "X-Api-Key: "),
    "Ruby hash": (":password => 'abc'", "abc", ":password"),
    "option": ("run --db-password abc --verbose", " abc", "--verbose"),
    "quoted option": ("run --token 'a b' -v", "a b", "-v"),
    "labelled hex": (f"salt: {'0a' * 16} end", "0a0a", " end"),
    "labelled base64": (f'"key": "{BODY}"', "b3Blbn", '"key": "'),
    "unclosed quote": ('password="abc def', "abc", "password="),
}


@pytest.mark.invariant("INV-SECRET-1")
@pytest.mark.parametrize(("text", "secret", "kept"), SECRETS.values(), ids=SECRETS.keys())
def test_a_secret_goes_and_its_surroundings_stay(text, secret, kept):
    redacted = redact_text(text)
    assert secret not in redacted
    assert kept in redacted
    assert MARK in redacted
    assert redact_text(redacted) == redacted


PROSE = [
    "Commit 0123456789abcdef0123456789abcdef01234567 fixes it; sha256:" + "0a" * 32,
    "CVE-2024-12345, GHSA-2345-6789-cfgh and ECL-2345-6789-cfgh are the same.",
    "Hard-coded password: CVE-2024-12345 covers it.",
    "A leaked token: ECL-2345-6789-cfgh explains.",
    "pkg:npm/%40scope/name@1.0.0?vcs_url=git+https://github.com/a/b@0123456789abcdef0123456789abcdef01234567#x",
    "pkg:maven/org.eclipse.jetty/jetty-server@11.0.1 and pkg:pypi/token@1.0",
    "Improper Authorization: users can read other users' files.",
    "CWE-862 Missing Authorization: yes, it is.",
    "A stolen password: the attacker may sign in. The secret: don't tell anyone.",
    "The bearer presents a token; Bearer authentication and Bearer tokens are common.",
    "Use basic authentication, basic important JavaScript or Basic HTTP; see Basic Authentication.",
    "https://github.com/eclipse/x/commit/abc@v1 and http://host:8080/path@v1 and https://medium.com/@user",
    "ssh://git@github.com/a/b.git and git@github.com:a/b.git; mail security@example.org",
    "if token == expected and std::token::type",
    "KeyError: 'token'",
    "The token_id is 5; token count is 7; authorization required",
    'password: ""',
    "the file starts with -----BEGIN PRIVATE KEY----- and is in the repository",
    "-----BEGIN PUBLIC KEY-----\n" + BODY + "\n-----END PUBLIC KEY-----",
    "public key: " + BODY,
    "version: 1.2.3, 2026-03-04T05:06:07Z, CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    "Cookie: the browser sends it. A session cookie: see above.",
    "token: null, token: true, secret: ****** x",
    "--token --password --verbose",
    "a.b.c.eyJ.d eyJhbGciOi and www.example.org",
    "token:",
    "",
    "\ud800 lone surrogate \x00",
]


@pytest.mark.parametrize("text", PROSE)
def test_ordinary_text_stays(text):
    assert redact_text(text) == text


@given(st.text())
def test_any_text_is_redacted_once_and_for_all(text):
    redacted = redact_text(text)
    assert redact_text(redacted) == redacted


FRAGMENTS = st.sampled_from(
    [
        *(text for text, _, _ in SECRETS.values()),
        *PROSE,
        MARK,
        "password=",
        "token: ",
        "Bearer ",
        '"',
        "'",
        "\\",
        "\n",
        "://",
        "@",
        ":",
        "=",
        "a1",
        "[",
        "]",
        ".",
        ",",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(FRAGMENTS | st.text(max_size=3), max_size=8).map("".join))
def test_hostile_mixtures_are_redacted_once_and_for_all(text):
    redacted = redact_text(text)
    assert redact_text(redacted) == redacted


@pytest.mark.invariant("INV-SECRET-1")
@given(
    st.text(" ,;()\n\"'abc.", max_size=20),
    st.sampled_from(["ghp_", "github_pat_", "xoxb-", "glpat-"]),
    st.text(string.ascii_letters + string.digits, min_size=20, max_size=40),
    st.text(" ,;()\n\"'.", max_size=20),
)
def test_a_token_goes_wherever_it_stands(before, prefix, rest, after):
    redacted = redact_text(before + prefix + rest + after)
    assert rest not in redacted
    assert redacted.endswith(after)


HOSTILE = (
    "eyJ",
    "eyJa.",
    "://",
    "://a:b",
    "://a:[redacted]",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN A ",
    "-----END PRIVATE KEY-----",
    "password=",
    'password="',
    'token:\\"',
    "token",
    "a",
    "a.",
    "-",
    "--a-",
    "bearer ",
    "basic ",
    "basic A",
    "authorization: basic ",
    "authorization: basic =",
    "authorization: \"basic x='",
    "cookie:",
    "%3A%2F%2Fa",
    "x-access-token:",
    "[redacted]",
    "xox",
    "ghp_",
    "AKIA",
    "key:",
    "\\",
    " ",
    "\\n",
    "A" * 64 + "\n",
    "//",
    "@",
)


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_repetition_takes_linear_time(unit):
    """A quadratic pattern would need minutes for a text of this size."""
    text = unit * (200_000 // len(unit))
    started = time.perf_counter()
    redacted = redact_text(text)
    assert time.perf_counter() - started < 10
    assert len(redacted) <= len(text) * 4


def test_a_megabyte_of_hostile_text_takes_seconds():
    text = "".join(unit * (1_000_000 // len(HOSTILE) // len(unit)) for unit in HOSTILE)
    started = time.perf_counter()
    redact_text(text)
    assert time.perf_counter() - started < 20


def test_text_that_never_settles_is_replaced_whole(monkeypatch):
    monkeypatch.setattr(redaction, "_STEPS", (lambda text: text + "!",))
    assert redact_text("x") == MARK


REGISTERED = 'Tr0ub4dor&3/+ü"x'


@pytest.fixture
def registered():
    with known_secret(REGISTERED):
        yield REGISTERED


@pytest.mark.invariant("INV-SECRET-1")
@pytest.mark.parametrize(
    "encode",
    [
        str,
        lambda s: quote(s, safe=""),
        quote,
        lambda s: (
            quote(s, safe="")
            .replace("%C3", "%c3")
            .replace("%BC", "%bc")
            .replace("%2F", "%2f")
            .replace("%2B", "%2b")
        ),
        quote_plus,
        lambda s: base64.b64encode(s.encode()).decode().rstrip("="),
        lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
        json.dumps,
        lambda s: json.dumps(s, ensure_ascii=False),
        repr,
    ],
)
def test_a_registered_secret_goes_in_every_form(registered, encode):
    form = encode(registered)
    redacted = redact_text(f"left {form} right")
    assert form not in redacted
    assert redacted.startswith("left ")
    assert redacted.endswith(" right")
    assert len(redacted) <= len(f"left '{MARK}==' right")


@given(st.binary(max_size=12), st.binary(max_size=12))
def test_a_registered_secret_goes_inside_longer_base64(before, after):
    with known_secret(REGISTERED):
        encoded = base64.b64encode(before + REGISTERED.encode() + after).decode()
        redacted = redact_text(encoded)
    assert MARK in redacted
    letters_of_the_secret = len(REGISTERED.encode()) * 8 // 6
    assert len(redacted) - len(MARK) <= len(encoded) - letters_of_the_secret + 1


def test_a_secret_of_a_call_is_forgotten_after_its_last_use():
    with known_secret(REGISTERED):
        with known_secret(REGISTERED):
            pass
        assert redact_text(REGISTERED) == MARK
    assert redact_text(REGISTERED) == REGISTERED


def test_each_long_line_of_a_registered_key_goes():
    with known_secret(pem("WEIRD KEY")):
        assert redact_text(f"invalid line {BODY} found") == f"invalid line {MARK} found"


def test_registering_lasts_and_ignores_what_would_damage_words(monkeypatch):
    monkeypatch.setattr(redaction, "_known", redaction._KnownSecrets())
    for value in ("short", "       x", "redacted", MARK):
        register_secret(value)
    register_secret("correct horse")
    register_secret("correct horse battery")
    assert redact_text("short [redacted] redacted correct horse battery, correct horse") == (
        f"short [redacted] redacted {MARK}, {MARK}"
    )


@pytest.mark.invariant("INV-AUDIT-2")
def test_values_under_secret_keys_go_whole():
    value = {
        "password": "x",
        "clientSecret": {"a": "b"},
        "X-Api-Key": ["a"],
        "github_token": 12345,
        "Authorization": "x",
        "private_key": "x",
        "APIKey": "x",
        "nested": [{"db_passwd": "x", "note": "token=abc"}],
    }
    redacted = redact_value(value)
    assert redacted["nested"] == [{"db_passwd": MARK, "note": f"token={MARK}"}]
    assert {redacted[key] for key in value if key != "nested"} == {MARK}
    assert value["nested"][0]["db_passwd"] == "x"


@pytest.mark.invariant("INV-AUDIT-2")
def test_values_that_only_describe_a_secret_stay():
    value = {
        "token_id": 5,
        "token_name": "CI",
        "tokenExpiresAt": "2026-01-01",
        "password": None,
        "secret": "",
        "has_token": True,
        "key": "ECL-2345-6789-cfgh",
        "commit": "0123456789abcdef0123456789abcdef01234567",
        "n": [1, 2.5, False, None],
        "": "x",
    }
    assert redact_value(value) == value


def test_keys_are_redacted_and_stay_apart():
    keys = ["ghp_" + letter * 36 for letter in "abc"]
    assert redact_value(dict.fromkeys(keys, 1)) == {MARK: 1, f"{MARK} 2": 1, f"{MARK} 3": 1}


def test_values_that_json_does_not_know_become_redacted_text():
    assert redact_value({1: (b"token=abc", {"x"}, ValueError("token=abc"))}) == {
        "1": [f"token={MARK}", ["x"], f"token={MARK}"]
    }


def test_endless_nesting_ends():
    value: list[object] = []
    for _ in range(5000):
        value = [value]
    assert json.dumps(redact_value(value)).count("[[") < 110


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10) | FRAGMENTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | FRAGMENTS, inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.invariant("INV-AUDIT-2")
@settings(deadline=None)
@given(JSON)
def test_any_json_is_redacted_once_and_for_all(value):
    redacted = redact_value(value)
    assert redact_value(redacted) == redacted
    json.dumps(redacted)


@given(FRAGMENTS | st.text(), st.integers(0, 60))
def test_bounded_text_is_redacted_and_short(text, limit):
    result = bounded(text, limit)
    assert len(result) <= limit
    full = redact_text(text)
    assert result == full or (full.startswith(result[:-1]) and (not result or result[-1] == "…"))


def test_bounding_does_not_cut_the_mark_nor_uncover_a_secret():
    assert bounded("abc password=hunter2 x", 18) == "abc password=…"
    assert bounded("x" * 9000) == "x" * 7999 + "…"
    assert "hunter2" not in bounded("x" * 7990 + " password=hunter2hunter2")
