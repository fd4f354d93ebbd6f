import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisoryhub_core.accounts.oidc import OIDCConfig, profile_from_claims

# Two cores are shared: a slow machine is no finding.
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(["a@b", "true", "a@b\n"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)


def config(**changes):
    return OIDCConfig(issuer="https://sso.example.org", client_id="hub", **changes)


def profile(claims, **changes):
    return profile_from_claims({"sub": "s", **claims}, config(**changes))


def test_the_usual_claims():
    result = profile(
        {"email": "ada@example.org", "email_verified": True, "name": "Ada", "groups": ["a@b", "c@d"]}
    )
    assert (result.subject, result.email, result.name) == ("s", "ada@example.org", "Ada")
    assert (result.email_verified, result.email_usable) == (True, True)
    assert result.groups == ("a@b", "c@d")


def test_claim_names_are_configured():
    names = {
        "group_claim": "roles",
        "email_claim": "mail",
        "email_verified_claim": "mail_ok",
        "name_claim": "cn",
    }
    result = profile(
        {"roles": "a@b", "mail": "x@y", "mail_ok": True, "cn": "X", "groups": ["no@no"]}, **names
    )
    assert (result.email, result.name, result.groups, result.email_usable) == ("x@y", "X", ("a@b",), True)


@pytest.mark.invariant("INV-OIDC-4")
@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        (["jetty@example.org", "jetty@other.org"], ("jetty@example.org", "jetty@other.org")),
        (["a@b", "a@b", "A@b"], ("a@b", "A@b")),
        ("a@b", ("a@b",)),
        (["plain", "", "@b", "a@", "a@b@c", "a b@c", "a@b\n", "a@b c", "\x00a@b", "a@b\u200b"], ()),
        ([1, None, ["a@b"], {"a@b": 1}], ()),
        ({"a@b": 1}, ()),
        (None, ()),
        (7, ()),
        ([f"{'a' * 300}@b"], ()),
    ],
)
def test_only_whole_matches_are_groups(claim, groups):
    assert profile({"groups": claim}).groups == groups


@pytest.mark.invariant("INV-OIDC-4")
def test_the_pattern_is_configured_and_matched_whole():
    pattern = re.compile(r"/eclipse/[a-z]+|x")
    claim = ["/eclipse/jetty", "/eclipse/jetty2", "no/eclipse/jetty", "x", "xx", "a@b"]
    assert profile({"groups": claim}, group_pattern=pattern).groups == ("/eclipse/jetty", "x")


@pytest.mark.invariant("INV-OIDC-6")
@pytest.mark.parametrize(
    ("claim", "required", "verified", "usable"),
    [
        (True, True, True, True),
        ("true", True, True, True),
        (False, False, False, False),
        ("false", False, False, False),
        ("True", True, False, False),
        (1, True, False, False),
        ([], False, False, False),
        (None, True, None, False),
        (None, False, None, True),
    ],
)
def test_an_unverified_address_is_not_usable(claim, required, verified, usable):
    claims = {"email": "ada@example.org", "email_verified": claim}
    result = profile(claims, require_email_verified=required)
    assert (result.email_verified, result.email_usable) == (verified, usable)


@pytest.mark.invariant("INV-OIDC-6")
@pytest.mark.parametrize(
    "email",
    [None, 7, "", "ada", "@example.org", "ada@", "a b@c", "a@b\n", "a@b\x00", f"{'a' * 260}@b", ["a@b"]],
)
def test_what_is_no_address_is_never_usable(email):
    result = profile({"email": email, "email_verified": True}, require_email_verified=False)
    assert (result.email, result.email_verified, result.email_usable) == ("", False, False)


@pytest.mark.parametrize(
    ("claim", "name"),
    [("  Ada\n Lovelace\x00", "Ada Lovelace"), (None, ""), (7, ""), ("x" * 300, "x" * 255)],
)
def test_names_are_one_line(claim, name):
    assert profile({"name": claim}).name == name


@CALM
@given(st.dictionaries(st.sampled_from(["email", "email_verified", "name", "groups"]), JSON), st.booleans())
def test_every_claim_set_gives_a_profile(claims, required):
    result = profile(claims, require_email_verified=required)
    assert all(re.fullmatch(r"[^@\s]+@[^@\s]+", group) for group in result.groups)
    assert not result.email_usable or (result.email and result.email_verified is not False)
    assert not (result.email_usable and required) or result.email_verified is True
