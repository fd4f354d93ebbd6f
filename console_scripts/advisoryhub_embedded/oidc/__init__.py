"""A small OpenID provider for development and tests: Authlib's server side over a handful of people.

OpenID Connect Core's authorization code flow with PKCE (RFC 7636, S256 alone, required), Discovery,
RP-Initiated Logout and the issuer in answers (RFC 9207). Nobody proves who they are: its page lists the
people, and one click signs in as one of them.
"""

from __future__ import annotations

from advisoryhub_embedded.oidc.provider import OIDCProvider

__all__ = ["OIDCProvider"]
