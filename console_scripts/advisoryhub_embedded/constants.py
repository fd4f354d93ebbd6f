"""Names and defaults that the parts of the embedded stack share."""

from __future__ import annotations

DEFAULT_PORT = 6543
LOOPBACK = "127.0.0.1"

DATABASE = "advisoryhub"
SUPERUSER = "postgres"
OWNER_ROLE = "advisoryhub_owner"
APP_ROLE = "advisoryhub_app"

CLIENT_ID = "advisoryhub"
ADMIN_GROUP = "advisoryhub-admins@eclipse.org"
CALLBACK_PATH = "/oidc/callback/"
SIGNED_OUT_PATH = "/accounts/signed-out/"

BRANCH = "main"
# An invented CNA, for a repository that nobody reads: without one there are no CVE records to try.
CNA_ORG_ID = "5a1c3bb5-1d29-4d52-9a4d-0b7f0a7b1f5e"
CNA_SHORT_NAME = "example"

INSTALL_HINT = "pip install 'advisoryhub[embedded]'"

INI_KEYS = {
    "DATABASE_URL": "sqlalchemy.url",
    "DATABASE_OWNER_URL": "sqlalchemy.owner_url",
    "CELERY_BROKER_URL": "celery.broker_url",
    "REDIS_URL": "redis.url",
    "OIDC_ISSUER": "oidc.issuer",
    "OIDC_CLIENT_ID": "oidc.client_id",
    "OIDC_CLIENT_SECRET": "oidc.client_secret",
    "OIDC_ADMIN_GROUP": "oidc.admin_group",
    "EMAIL_HOST": "email.host",
    "EMAIL_PORT": "email.port",
    "EMAIL_FROM": "email.from",
    "PUB_CVE_ASSIGNER_ORG_ID": "publishing.cve_assigner_org_id",
    "PUB_CVE_ASSIGNER_SHORT_NAME": "publishing.cve_assigner_short_name",
    "PUB_REPO_URL": "publishing.repo_url",
    "ADVISORYHUB_BASE_URL": "advisoryhub.base_url",
    "ADVISORYHUB_SESSION_SECRET": "session.secret",
    "ADVISORYHUB_PRINCIPAL_KEY": "advisoryhub.principal_key",
}
"""The ini key of each environment variable that the stack hands to the hub's processes."""
