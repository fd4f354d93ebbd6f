"""Security headers, set outside the exception views so that no response goes without them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from advisoryhub_core.web.settings import BASE_URL, CSP_REPORT_ONLY, CSP_REPORT_URI

_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_HSTS = "max-age=63072000; includeSubDomains"


def content_security_policy(nonce: str, report_uri: str) -> str:
    """Return the policy: scripts by nonce alone, styles from this host, nothing framed or embedded."""
    parts = [
        "default-src 'none'",
        f"script-src 'nonce-{nonce}' 'strict-dynamic'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
    if report_uri:
        parts.append(f"report-uri {report_uri}")
    return "; ".join(parts)


def headers_tween_factory(handler: Callable[[Any], Any], registry: Any) -> Callable[[Any], Any]:
    """Set the headers on every response; pages are private unless a view said otherwise."""
    policy_header = (
        "Content-Security-Policy-Report-Only" if CSP_REPORT_ONLY.of(registry) else "Content-Security-Policy"
    )
    report_uri = CSP_REPORT_URI.of(registry)
    https = BASE_URL.of(registry).startswith("https:")

    def tween(request: Any) -> Any:
        if https:
            # A proxy that ends TLS passes plain http on, for which Pyramid checks no origin.
            request.scheme = "https"
        response = handler(request)
        response.headers.update(_FIXED)
        response.headers["X-Request-ID"] = request.request_id
        response.headers[policy_header] = content_security_policy(request.csp_nonce, report_uri)
        if https:
            response.headers["Strict-Transport-Security"] = _HSTS
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response

    return tween
