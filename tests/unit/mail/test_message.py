"""What a mail looks like on the wire, and what can never get into it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisoryhub_core.mail.addresses import (
    AddressUnusable,
    ascii_domain,
    encode_words,
    format_address,
    is_one_line,
    mail_domain,
    parse_address,
    parse_sender,
)
from advisoryhub_core.mail.message import (
    MailRefused,
    OutgoingMail,
    Sender,
    build,
    message_id,
    thread_id,
)
from tests.support.mails import make_mail

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
# Line ends in the reading of at least one library, and what terminals obey.
ENDS = [
    "\n",
    "\r",
    "\r\n",
    "\x00",
    "\x0b",
    "\x0c",
    "\x1b",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
]
LINES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200)


def wire(mail: OutgoingMail, sender: str = "Advisories <a@hub.example.org>", reply_to: str = "") -> bytes:
    return build(mail, parse_address(mail.to), Sender.of(sender, reply_to), NOW).as_bytes()


def read(content: bytes) -> EmailMessage:
    return cast("EmailMessage", message_from_bytes(content, policy=default))


def test_the_headers_of_an_automatic_message() -> None:
    content = wire(
        make_mail(
            to_name="Ada Lovelace",
            references=("<advisory.ECL-1@h>", "<comment.7@h>"),
            list_unsubscribe="https://hub.example.org/accounts/me/",
            headers={"X-Advisory": "ECL-1"},
        ),
        reply_to="Security <security@example.org>",
    )
    message = read(content)
    assert message.items()[:11] == [
        ("From", "Advisories <a@hub.example.org>"),
        ("To", "Ada Lovelace <ada@example.org>"),
        ("Subject", "ECL-aaaa-bbbb-cccc was published"),
        ("Date", "Tue, 24 Nov 2026 10:30:00 +0000"),
        ("Message-ID", make_mail().message_id),
        ("In-Reply-To", "<comment.7@h>"),
        ("References", "<advisory.ECL-1@h> <comment.7@h>"),
        ("Reply-To", "Security <security@example.org>"),
        ("Auto-Submitted", "auto-generated"),
        ("List-Unsubscribe", "<https://hub.example.org/accounts/me/>"),
        ("X-Advisory", "ECL-1"),
    ]
    assert message["Precedence"] is None
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert b"\r\n" in content
    assert b"\n" not in content.replace(b"\r\n", b"")


@pytest.mark.parametrize("absent", ["In-Reply-To", "References", "Reply-To", "List-Unsubscribe"])
def test_what_is_not_given_is_not_there(absent: str) -> None:
    assert read(wire(make_mail()))[absent] is None


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(
    "forged",
    [
        lambda text: {"to": f"ada@example.org{text}"},
        lambda text: {"to_name": f"Ada{text}Bcc: eve@example.org"},
        lambda text: {"subject": f"Hello{text}Bcc: eve@example.org"},
        lambda text: {"message_id": f"<a@h>{text}Bcc: eve@example.org"},
        lambda text: {"references": (f"<a@h>{text}Bcc: eve@example.org",)},
        lambda text: {"list_unsubscribe": f"https://hub.example.org/{text}Bcc: eve@example.org"},
        lambda text: {"headers": {"X-Advisory": f"ECL-1{text}Bcc: eve@example.org"}},
        lambda text: {"headers": {f"X-Advisory{text}Bcc": "eve@example.org"}},
    ],
)
def test_no_value_forges_a_header(end: str, forged: Callable[[str], dict[str, Any]]) -> None:
    with pytest.raises(MailRefused) as refusal:
        make_mail(**{"to": "ada@example.org", **forged(end)})
    assert "eve" not in str(refusal.value).removeprefix("X-Advisory")


@pytest.mark.parametrize(
    "name", ["Bcc", "CC", "to", "From", "Precedence", "Content-Type", "Message-Id", "", "X Y", "X:", "é"]
)
def test_a_header_that_is_decided_here_cannot_be_set(name: str) -> None:
    with pytest.raises(MailRefused, match="headers names one that cannot be set"):
        make_mail(headers={name: "x"})


@pytest.mark.parametrize("wrong", ["a@h", "<a>", "<a@h> <b@h>", "<a b@h>", "<>", "<a@b@c>", ""])
def test_message_ids_have_their_form(wrong: str) -> None:
    with pytest.raises(MailRefused):
        make_mail(message_id=wrong)
    with pytest.raises(MailRefused):
        make_mail(references=(wrong,))


@pytest.mark.parametrize("wrong", ["javascript:alert(1)", "mailto:a@b", "https://x/ y", "https://x/>", "/x"])
def test_list_unsubscribe_is_a_web_address(wrong: str) -> None:
    with pytest.raises(MailRefused, match="list_unsubscribe needs a web address"):
        make_mail(list_unsubscribe=wrong)


def test_half_a_character_is_refused() -> None:
    for name in ("text", "html", "subject", "to_name"):
        with pytest.raises(MailRefused, match=name):
            make_mail(**{name: "\ud800"})


@given(subject=LINES, name=LINES, header=LINES)
def test_subjects_and_names_arrive_as_they_were(subject: str, name: str, header: str) -> None:
    content = wire(
        OutgoingMail(
            "ada@example.org",
            subject,
            "t",
            "h",
            "<a@h>",
            to_name=name,
            headers={"X-Project": header},
            references=(f"<{'r' * 100}@h>", "<s@h>"),
        )
    )
    assert content.isascii()
    head = content.partition(b"\r\n\r\n")[0].decode()
    assert all(len(line) <= 120 for line in head.split("\r\n"))
    message = read(content)
    assert len(message.items()) == len(head.replace("\r\n ", "").split("\r\n"))
    assert squeezed(message["Subject"]) == squeezed(subject)
    assert squeezed(message["X-Project"]) == squeezed(header)
    (to,) = message["To"].addresses
    assert to.addr_spec == "ada@example.org"
    assert message["References"] == f"<{'r' * 100}@h> <s@h>"


def squeezed(text: str) -> str:
    """Blanks are not kept one by one, and readers drop those at the ends."""
    return "".join(text.split())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ada", "Ada"),
        ("Ada B. Lovelace", "Ada B. Lovelace"),
        ("Émilie du Châtelet", "Émilie du Châtelet"),
        ("山田太郎", "山田太郎"),
        ('Müller, "Jürg" <eve@example.org>', "Müller Jürg eve example.org"),
        (
            'Lovelace, Ada "the countess" (PhD); root@example.net',
            "Lovelace Ada the countess PhD root example.net",
        ),
        ("=?utf-8?q?eve=40example=2Eorg=3E?=", "=?utf-8?q?eve=40example=2Eorg=3E?="),
        ("<>", ""),
        ("x" * 300, "x" * 64),
    ],
)
def test_a_name_beside_the_address(name: str, shown: str) -> None:
    (to,) = read(wire(make_mail(to_name=name)))["To"].addresses
    assert (to.display_name, to.addr_spec) == (shown, "ada@example.org")


def test_bodies_of_any_text_go_through_seven_bits() -> None:
    text = "Grüße, 世界\n.\n.hidden\nFrom here\n" + "x" * 5000 + "\n"
    html = f"<p>{'é' * 3000}</p>\n"
    content = wire(make_mail(text=text, html=html))
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 100
    message = read(content)
    parts = [part.get_content().replace("\r\n", "\n") for part in message.iter_parts()]
    assert parts == [text, html]


def test_a_local_part_beyond_ascii_makes_headers_utf8() -> None:
    content = wire(make_mail("jürg@example.org", to_name="Jürg"))
    assert "<jürg@example.org>".encode() in content
    assert read(content)["To"] == "Jürg <jürg@example.org>"


def test_a_mail_is_frozen_and_keeps_no_list_of_the_callers() -> None:
    headers = {"X-Advisory": "ECL-1"}
    made = make_mail(headers=headers, references=["<a@h>"])
    headers["Bcc"] = "eve@example.org"
    assert dict(made.headers) == {"X-Advisory": "ECL-1"}
    assert made.references == ("<a@h>",)
    assert hash(made) == hash(make_mail(headers={"X-Advisory": "ECL-1"}, references=("<a@h>",)))
    with pytest.raises(AttributeError):
        made.subject = "another"  # type: ignore[misc]  # that it cannot be set is the point


@pytest.mark.parametrize(
    ("base_url", "domain"),
    [
        ("https://hub.example.org/advisories", "hub.example.org"),
        ("http://localhost:6543", "localhost"),
        ("https://Bücher.example", "xn--bcher-kva.example"),
        ("http://127.0.0.1:6543", "[127.0.0.1]"),
        ("http://[::1]:6543", "[IPv6:::1]"),
        ("https:///", "localhost"),
    ],
)
def test_ids_are_stable_and_under_the_hubs_host(base_url: str, domain: str) -> None:
    registry = SimpleNamespace(settings={"advisoryhub.base_url": base_url})
    assert mail_domain(base_url) == domain
    assert thread_id(registry, "ECL-aaaa-bbbb-cccc") == f"<advisory.ECL-aaaa-bbbb-cccc@{domain}>"
    assert message_id(registry, "comment", 12) == f"<comment.12@{domain}>"
    assert message_id(registry, "state-changed", "7.12") == f"<state-changed.7.12@{domain}>"
    made = make_mail(
        message_id=message_id(registry, "comment", 12), references=(thread_id(registry, "ECL-1"),)
    )
    assert read(wire(made))["References"] == f"<advisory.ECL-1@{domain}>"


@pytest.mark.parametrize(
    ("kind", "key"),
    [("Comment", 1), ("", 1), ("comment", ""), ("comment", "a@b"), ("comment", "a>\n"), ("c", "..")],
)
def test_ids_are_made_of_plain_parts(kind: str, key: str | int) -> None:
    registry = SimpleNamespace(settings={"advisoryhub.base_url": "https://h"})
    with pytest.raises(MailRefused):
        message_id(registry, kind, key)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ada@example.org", "ada@example.org"),
        (" Ada.L+tag@Example.ORG ", "Ada.L+tag@example.org"),
        ("ada@localhost", "ada@localhost"),
        ("o'neill@example.org", "o'neill@example.org"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ("j\u0075\u0308rg@example.org", "j\u00fcrg@example.org"),
        ("用户@例子.example", "用户@xn--fsqu00a.example"),
    ],
)
def test_addresses_that_mail_goes_to(text: str, address: str) -> None:
    assert str(parse_address(text)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "@",
        "a@b@",
        '"a b"@example.org',
        "a..b@example.org",
        ".a@example.org",
        "a@b@example.org",
        "<a@example.org>",
        "a,b@example.org",
        "a@example.org,b@example.org",
        "a\u00a0b@example.org",
        "a\u2028@example.org",
        "a@[127.0.0.1]",
        "a@exa mple.org",
        "a@-example.org",
        "a@example..org",
        "a@example.org.",
        "a@exam_ple.org",
        f"{'a' * 65}@example.org",
        f"a@{'b' * 64}.org",
        f"a@{'.'.join(['b' * 60] * 5)}",
        "a@straße.de",
        "a@STRAẞE.de",
        "a@βόλος.com",
        "a@nu\u200dll.org",
        "a@\ud800.org",
    ],
)
def test_addresses_that_mail_does_not_go_to(text: str) -> None:
    with pytest.raises(AddressUnusable) as refusal:
        parse_address(text)
    assert text.strip("@") == "" or text not in str(refusal.value)


@given(st.text(max_size=40), st.text(max_size=40))
def test_an_address_is_usable_or_refused(local: str, domain: str) -> None:
    try:
        address = parse_address(f"{local}@{domain}")
    except AddressUnusable:
        return
    assert address.domain.isascii()
    assert parse_address(str(address)) == address
    assert is_one_line(str(address))
    assert not set(str(address)) & set(' <>,;:\\"()')


@given(st.text(max_size=30))
def test_a_domain_names_nobody_else(domain: str) -> None:
    """Another spelling of the same domain is fine, another domain is not."""
    try:
        encoded = ascii_domain(domain)
    except AddressUnusable:
        return
    assert ascii_domain(encoded) == encoded


def test_senders() -> None:
    name, address = parse_sender('"Foundation, Security" <Security@Example.org>')
    assert (name, str(address)) == ("Foundation, Security", "Security@example.org")
    assert format_address(name, address) == "Foundation Security <Security@example.org>"
    for wrong in ("", "Security", "Security <>", "jürg@example.org", "a@example.org\nBcc: b@example.org"):
        with pytest.raises(AddressUnusable):
            parse_sender(wrong)


def test_words_that_look_encoded_are_encoded_again() -> None:
    assert encode_words("plain  words") == "plain words"
    assert encode_words("=?utf-8?q?x?=") != "=?utf-8?q?x?="
    assert max(map(len, encode_words("x" * 1000).split())) <= 75
