"""Settings of the web face."""

from __future__ import annotations

from advisoryhub_core.settings import Setting, boolean, integer, text, url

BASE_URL = Setting(
    key="advisoryhub.base_url",
    env="ADVISORYHUB_BASE_URL",
    parse=url(),
    default="",
    required=True,
    help="Where people reach this hub; with https, cookies are Secure and HSTS is sent.",
)
SITE_TITLE = Setting(
    key="advisoryhub.site_title",
    env="ADVISORYHUB_SITE_TITLE",
    parse=text(minimum=1),
    default="AdvisoryHub",
    help="The name in the header of every page.",
)
TRUSTED_PROXIES = Setting(
    key="advisoryhub.trusted_proxy_count",
    env="TRUSTED_PROXY_COUNT",
    parse=integer(minimum=0, maximum=10),
    default=0,
    help="Proxies in front of the hub whose X-Forwarded-For entries are believed, counted from the right.",
)
CSP_REPORT_ONLY = Setting(
    key="csp.report_only",
    env="CSP_REPORT_ONLY",
    parse=boolean(),
    default=False,
    help="Send the content security policy as report-only.",
)
CSP_REPORT_URI = Setting(
    key="csp.report_uri",
    env="CSP_REPORT_URI",
    parse=url(),
    default="",
    help="Where browsers report violations of the content security policy.",
)
MAX_BODY_BYTES = Setting(
    key="advisoryhub.max_body_bytes",
    env="ADVISORYHUB_MAX_BODY_BYTES",
    parse=integer(minimum=65536),
    default=2 * 1024 * 1024,
    help="Requests with a larger body are refused with 413.",
)
LISTEN = Setting(
    key="advisoryhub.listen",
    env="ADVISORYHUB_LISTEN",
    parse=text(minimum=1),
    default="127.0.0.1",
    help="The address that `advisoryhub serve` listens on.",
)

ALL = (BASE_URL, SITE_TITLE, TRUSTED_PROXIES, CSP_REPORT_ONLY, CSP_REPORT_URI, MAX_BODY_BYTES, LISTEN)
