"""OpenID Connect relying party: the protocol alone, without database, users or web framework.

`RelyingParty` runs the authorization code flow with PKCE, state and nonce; `ProviderUnavailable` and
`SignInRefused` are the two ways in which it ends without a sign-in.
"""

from advisoryhub_core.accounts.oidc.claims import Profile, profile_from_claims
from advisoryhub_core.accounts.oidc.client import AuthorizationRequest, RelyingParty, SignIn
from advisoryhub_core.accounts.oidc.config import OIDCConfig
from advisoryhub_core.accounts.oidc.errors import OIDCError, ProviderUnavailable, SignInRefused
from advisoryhub_core.accounts.oidc.transport import open_client

__all__ = [
    "AuthorizationRequest",
    "OIDCConfig",
    "OIDCError",
    "Profile",
    "ProviderUnavailable",
    "RelyingParty",
    "SignIn",
    "SignInRefused",
    "open_client",
    "profile_from_claims",
]
