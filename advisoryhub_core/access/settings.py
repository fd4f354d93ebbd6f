"""Settings of access."""

from __future__ import annotations

from advisoryhub_core.settings import Setting, integer

INVITATION_DAYS = Setting(
    key="access.invitation_days",
    env="INVITATION_DAYS",
    parse=integer(minimum=1, maximum=365),
    default=14,
    help="Days after which an invitation to an advisory expires.",
)

ALL = (INVITATION_DAYS,)
