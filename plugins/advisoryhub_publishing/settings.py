"""Settings of publishing."""

from __future__ import annotations

from collections.abc import Callable

from advisoryhub_core.plugins.api import Setting, boolean, choice, integer, path, text, url
from advisoryhub_publishing.documents.context import (
    PUBLISHER_CATEGORIES,
    TLP_LABELS,
    WITHDRAWAL_FORMS,
    Kind,
)
from advisoryhub_publishing.documents.errors import DocumentRefused
from advisoryhub_publishing.documents.paths import DEFAULT_TEMPLATES, check_template


def _template(kind: Kind) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        try:
            check_template(kind, raw)
        except DocumentRefused as error:
            raise ValueError(error.message) from None
        return raw

    return parse


REPO_URL = Setting(
    key="publishing.repo_url",
    env="PUB_REPO_URL",
    parse=text(minimum=1),
    default="",
    help="The Git repository that published documents are pushed to.",
)
REPO_BRANCH = Setting(
    key="publishing.repo_branch",
    env="PUB_REPO_BRANCH",
    parse=text(minimum=1),
    default="main",
    help="The branch that is pushed.",
)
REPO_TOKEN = Setting(
    key="publishing.repo_token",
    env="PUB_REPO_TOKEN",
    parse=text(minimum=8),
    default="",
    secret=True,
    help="A token for an https repository; exclusive with the SSH key.",
)
REPO_SSH_KEY = Setting(
    key="publishing.repo_ssh_key",
    env="PUB_REPO_SSH_KEY",
    parse=text(minimum=8),
    default="",
    secret=True,
    help="A private key for an ssh repository; exclusive with the token.",
)
REPO_KNOWN_HOSTS = Setting(
    key="publishing.repo_known_hosts",
    env="PUB_REPO_KNOWN_HOSTS",
    parse=text(),
    default="",
    help="Lines of a known_hosts file that pin the repository's host key.",
)
COMMIT_URL_TEMPLATE = Setting(
    key="publishing.commit_url_template",
    env="PUB_REPO_COMMIT_URL_TEMPLATE",
    parse=url(),
    default="",
    help="The web address of a commit, with {sha} in it.",
)
AUTHOR_NAME = Setting(
    key="publishing.author_name",
    env="PUB_REPO_AUTHOR_NAME",
    parse=text(minimum=1),
    default="AdvisoryHub",
    help="The author of publication commits.",
)
AUTHOR_EMAIL = Setting(
    key="publishing.author_email",
    env="PUB_REPO_AUTHOR_EMAIL",
    parse=text(minimum=3),
    default="advisoryhub@localhost",
    help="The address of the author of publication commits.",
)
SCRATCH_FOLDER = Setting(
    key="publishing.scratch_folder",
    env="PUB_SCRATCH_FOLDER",
    parse=path(),
    default=None,
    help="Where scratch clones are made; the system's temporary folder if empty.",
)
DOCUMENTS_URL = Setting(
    key="publishing.base_url",
    env="PUB_BASE_URL",
    parse=url(),
    default="http://localhost/advisories",
    help="The public address under which the repository's files are served.",
)
PAGE_URL_TEMPLATE = Setting(
    key="publishing.html_url_template",
    env="PUB_HTML_URL_TEMPLATE",
    parse=url(),
    default=None,
    help="The public page of an advisory for people, with {advisory_id} in it.",
)
PUBLISHER_NAME = Setting(
    key="publishing.publisher_name",
    env="PUB_PUBLISHER_NAME",
    parse=text(minimum=1),
    default="AdvisoryHub",
    help="The organisation that publishes, as CSAF documents name it.",
)
PUBLISHER_NAMESPACE = Setting(
    key="publishing.publisher_namespace",
    env="PUB_PUBLISHER_NAMESPACE",
    parse=url(),
    default="http://localhost/",
    help="The organisation's URL, which CSAF uses as its namespace.",
)
PUBLISHER_CATEGORY = Setting(
    key="publishing.publisher_category",
    env="PUB_PUBLISHER_CATEGORY",
    parse=choice(*PUBLISHER_CATEGORIES),
    default="vendor",
    help="The organisation's role in CSAF's terms.",
)
PUBLISHER_CONTACT = Setting(
    key="publishing.publisher_contact",
    env="PUB_PUBLISHER_CONTACT",
    parse=text(),
    default=None,
    help="How to reach the organisation, as CSAF documents say it.",
)
ISSUING_AUTHORITY = Setting(
    key="publishing.issuing_authority",
    env="PUB_ISSUING_AUTHORITY",
    parse=text(),
    default=None,
    help="On what authority the organisation publishes, as CSAF documents say it.",
)
TLP_LABEL = Setting(
    key="publishing.tlp_label",
    env="PUB_TLP_LABEL",
    parse=choice(*TLP_LABELS),
    default="WHITE",
    help="The TLP label of published documents.",
)
CSAF_WITHDRAWAL = Setting(
    key="publishing.csaf_withdrawal",
    env="PUB_CSAF_WITHDRAWAL",
    parse=choice(*WITHDRAWAL_FORMS),
    default="informational",
    help="How CSAF shows a withdrawal: an informational advisory, or the document kept with a note.",
)
ORG_ID = Setting(
    key="publishing.cve_assigner_org_id",
    env="PUB_CVE_ASSIGNER_ORG_ID",
    parse=text(),
    default=None,
    help="The CNA's organisation id (a version 4 UUID); CVE records cannot be built without it.",
)
ORG_SHORT_NAME = Setting(
    key="publishing.cve_assigner_short_name",
    env="PUB_CVE_ASSIGNER_SHORT_NAME",
    parse=text(),
    default=None,
    help="The CNA's short name.",
)
OSV_PATH = Setting(
    key="publishing.osv_path",
    env="PUB_OSV_PATH_TEMPLATE",
    parse=_template("osv"),
    default=DEFAULT_TEMPLATES["osv"],
    help="Where an OSV record lies in the repository.",
)
CSAF_PATH = Setting(
    key="publishing.csaf_path",
    env="PUB_CSAF_PATH_TEMPLATE",
    parse=_template("csaf"),
    default=DEFAULT_TEMPLATES["csaf"],
    help="Where a CSAF document lies in the repository.",
)
CVE_PATH = Setting(
    key="publishing.cve_path",
    env="PUB_CVE_PATH_TEMPLATE",
    parse=_template("cve"),
    default=DEFAULT_TEMPLATES["cve"],
    help="Where a CVE record lies in the repository.",
)
RUNNING_LIMIT = Setting(
    key="publishing.reap_running_seconds",
    env="PUB_REAP_RUNNING_SECONDS",
    parse=integer(minimum=60),
    default=1800,
    help="Seconds after which a running publication counts as dead.",
)
QUEUED_LIMIT = Setting(
    key="publishing.reap_queued_seconds",
    env="PUB_REAP_QUEUED_SECONDS",
    parse=integer(minimum=60),
    default=7200,
    help="Seconds after which a queued publication counts as lost.",
)
READYZ_REPOSITORY = Setting(
    key="readyz.include_pub_repo",
    env="READYZ_INCLUDE_PUB_REPO",
    parse=boolean(),
    default=False,
    help="Whether /readyz also asks the publication repository.",
)

PATHS = {"osv": OSV_PATH, "csaf": CSAF_PATH, "cve": CVE_PATH}

ALL = (
    REPO_URL,
    REPO_BRANCH,
    REPO_TOKEN,
    REPO_SSH_KEY,
    REPO_KNOWN_HOSTS,
    COMMIT_URL_TEMPLATE,
    AUTHOR_NAME,
    AUTHOR_EMAIL,
    SCRATCH_FOLDER,
    DOCUMENTS_URL,
    PAGE_URL_TEMPLATE,
    PUBLISHER_NAME,
    PUBLISHER_NAMESPACE,
    PUBLISHER_CATEGORY,
    PUBLISHER_CONTACT,
    ISSUING_AUTHORITY,
    TLP_LABEL,
    CSAF_WITHDRAWAL,
    ORG_ID,
    ORG_SHORT_NAME,
    OSV_PATH,
    CSAF_PATH,
    CVE_PATH,
    RUNNING_LIMIT,
    QUEUED_LIMIT,
    READYZ_REPOSITORY,
)
