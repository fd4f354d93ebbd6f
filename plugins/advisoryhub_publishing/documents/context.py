"""What a document is built from besides the payload: the publication and the publisher."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Literal
from urllib.parse import urlsplit

from advisoryhub_publishing.documents.errors import DocumentRefused

Payload = Mapping[str, Any]
Document = dict[str, Any]
Kind = Literal["osv", "csaf", "cve"]
WithdrawalForm = Literal["informational", "keep"]

PUBLISHER_CATEGORIES = ("coordinator", "discoverer", "other", "translator", "user", "vendor")
TLP_LABELS = ("AMBER", "GREEN", "RED", "WHITE")
WITHDRAWAL_FORMS = ("informational", "keep")
_UUID_4 = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-4[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}")
_SHORT_NAME = range(2, 33)


def whole_milliseconds(moment: datetime) -> datetime:
    """The moment in UTC cut to the millisecond, the finest step a document shows."""
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)


@dataclass(frozen=True)
class Revision:
    """One successful publication, as the CSAF revision history tells it."""

    number: int
    date: datetime
    summary: str


@dataclass(frozen=True)
class Publication:
    """When an advisory was published, and every time it was published again.

    `published_at` is the first publication and never moves; `modified_at` is this one;
    `revisions` ends with this one; `withdrawn_at` is since when it is withdrawn, or None.
    All times carry a time zone. Raises ValueError naming all that does not fit.
    """

    published_at: datetime
    modified_at: datetime
    revisions: tuple[Revision, ...]
    withdrawn_at: datetime | None = None

    def __post_init__(self) -> None:
        times = [self.published_at, self.modified_at, *(entry.date for entry in self.revisions)]
        if self.withdrawn_at is not None:
            times.append(self.withdrawn_at)
        if any(time.tzinfo is None for time in times):
            raise ValueError("publication: every time needs a time zone")
        problems = [*self._time_problems(), *self._revision_problems()]
        if problems:
            raise ValueError("publication: " + "; ".join(problems))

    def _time_problems(self) -> list[str]:
        if self.published_at > self.modified_at:
            return ["published_at is later than modified_at"]
        return []

    def _revision_problems(self) -> list[str]:
        if not self.revisions:
            return ["revisions is empty, it must end with this publication"]
        problems = []
        if [entry.number for entry in self.revisions] != list(range(1, len(self.revisions) + 1)):
            problems.append("revisions must be numbered 1, 2, 3, … without a gap")
        dates = [whole_milliseconds(entry.date) for entry in self.revisions]
        step = timedelta(milliseconds=1)
        if any(later - earlier < step for earlier, later in pairwise(dates)):
            problems.append("each revision must be at least a millisecond later than the one before")
        if dates[0] > self.published_at:
            problems.append("the first revision is later than published_at")
        if dates[-1] > self.modified_at:
            problems.append("the last revision is later than modified_at")
        if not all(entry.summary.strip() for entry in self.revisions):
            problems.append("each revision needs a summary")
        return problems


@dataclass(frozen=True)
class Publisher:
    """Who publishes and where: the configuration that documents repeat.

    `base_url` is the address under which the publication repository is served, so that a
    document's canonical URL is `base_url` + its path. `html_url_template` is the address of
    the page for people, with `{advisory_id}` in it. Raises DocumentRefused naming the setting.
    """

    name: str
    namespace: str
    base_url: str
    category: str = "vendor"
    contact_details: str | None = None
    issuing_authority: str | None = None
    html_url_template: str | None = None
    cve_assigner_org_id: str | None = None
    cve_assigner_short_name: str | None = None
    tlp_label: str = "WHITE"
    csaf_withdrawal: WithdrawalForm = "informational"

    def __post_init__(self) -> None:
        self._check_words()
        self._check_urls()
        self._check_assigner()

    def _check_words(self) -> None:
        if not self.name.strip():
            raise DocumentRefused("publishing.publisher_name", "is empty, give the organisation's name")
        for setting, value, allowed in (
            ("publishing.publisher_category", self.category, PUBLISHER_CATEGORIES),
            ("publishing.tlp_label", self.tlp_label, TLP_LABELS),
            ("publishing.csaf_withdrawal", self.csaf_withdrawal, WITHDRAWAL_FORMS),
        ):
            if value not in allowed:
                raise DocumentRefused(setting, f"is {value!r}, use one of {', '.join(allowed)}")
        if self.category == "translator":
            # Test 6.1.15 asks a translator for a source language, and we publish originals only.
            raise DocumentRefused("publishing.publisher_category", "'translator' is for translations only")

    def _check_urls(self) -> None:
        for setting, value in (
            ("publishing.publisher_namespace", self.namespace),
            ("publishing.base_url", self.base_url),
            ("publishing.html_url_template", self.html_url_template),
        ):
            if value is None:
                continue
            parts = urlsplit(value)
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise DocumentRefused(setting, f"is {value!r}, use a full https address")
        if self.html_url_template is not None and "{advisory_id}" not in self.html_url_template:
            raise DocumentRefused("publishing.html_url_template", "has no {advisory_id} in it")

    def _check_assigner(self) -> None:
        if self.cve_assigner_org_id is not None and not _UUID_4.fullmatch(self.cve_assigner_org_id):
            raise DocumentRefused(
                "publishing.cve_assigner_org_id",
                f"is {self.cve_assigner_org_id!r}, use the CNA's organisation id, a version 4 UUID",
            )
        name = self.cve_assigner_short_name
        if name is not None and len(name) not in _SHORT_NAME:
            raise DocumentRefused("publishing.cve_assigner_short_name", "must have 2 to 32 characters")

    def document_url(self, path: str) -> str:
        """The public address of a file of the repository."""
        return f"{self.base_url.rstrip('/')}/{path}"

    def page_url(self, payload: Payload) -> str | None:
        """The address of the advisory's page for people, or None where there is none."""
        if self.html_url_template is None:
            return None
        return self.html_url_template.replace("{advisory_id}", str(payload["advisory_id"]))


def withdrawal(payload: Payload, publication: Publication) -> tuple[str, datetime] | None:
    """The reason and the first time of a withdrawal, or None when the advisory stands.

    Raises DocumentRefused when there is a reason but no time: using this publication's time
    instead would move the date of withdrawal at every export.
    """
    reason = str(payload.get("withdrawn_reason") or "").strip()
    if not reason:
        return None
    if publication.withdrawn_at is None:
        raise DocumentRefused("withdrawn_reason", "is set, but the time of the withdrawal is not known")
    return reason, publication.withdrawn_at


def revision_summary(payload: Payload, number: int, *, was_withdrawn: bool = False) -> str:
    """The line a new revision gets in the history (CSAF 2.0, 3.2.1.12.6)."""
    reason = str(payload.get("withdrawn_reason") or "").strip()
    if reason:
        return "Withdrawn advisory updated" if was_withdrawn else f"Advisory withdrawn: {reason}"
    if was_withdrawn:
        return "Withdrawal revoked"
    return "Initial publication" if number == 1 else "Advisory updated"


def summary_of(payload: Payload) -> str:
    """The summary, which every format shows. Raises DocumentRefused when it is empty."""
    summary = str(payload.get("summary") or "").strip()
    if not summary:
        raise DocumentRefused("summary", "is empty, every published document needs one")
    return summary
