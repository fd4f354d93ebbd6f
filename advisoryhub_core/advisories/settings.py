"""Settings of advisories."""

from __future__ import annotations

import re

from advisoryhub_core.settings import Setting, boolean


def _prefix(raw: str) -> str:
    if not re.fullmatch(r"[A-Z][A-Z0-9]{1,9}", raw):
        raise ValueError("needs 2 to 10 capital letters or digits, a letter first")
    return raw


ID_PREFIX = Setting(
    key="advisoryhub.id_prefix",
    env="ADVISORYHUB_ID_PREFIX",
    parse=_prefix,
    default="ECL",
    help="What advisory ids start with; changing it leaves existing ids as they are.",
)
ADMINS_NEED_REVIEW = Setting(
    key="review.admins_need_review",
    env="REVIEW_ADMINS_NEED_REVIEW",
    parse=boolean(),
    default=False,
    help="Hold administrators to a review by a second person, too.",
)

ALL = (ID_PREFIX, ADMINS_NEED_REVIEW)
