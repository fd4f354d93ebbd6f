"""Why a sign-in did not happen. No message holds a token, a secret, or text chosen by the far side."""

from __future__ import annotations


class OIDCError(Exception):
    """The sign-in did not happen."""


class SignInRefused(OIDCError):
    """The answer of the browser or the provider is not accepted.

    `reason_code` is stable and for the access log (`state_mismatch`, `expired`, …); `message` is for
    the person who signs in. `provider_error` is the provider's error code if it is a registered one.
    """

    def __init__(self, reason_code: str, message: str, provider_error: str | None = None) -> None:
        super().__init__(message)
        self.reason_code = reason_code
        self.message = message
        self.provider_error = provider_error


class ProviderUnavailable(OIDCError):
    """The identity provider cannot be asked, or its answer cannot be used.

    `what` names the document that was asked for, `reason` is one of a few fixed words; neither holds
    an address, a header or any part of the answer.
    """

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"The identity provider's {what} cannot be used: {reason}.")
        self.what = what
        self.reason = reason
