"""Every table of the core: imported as a whole, so that metadata and relationships are complete."""

from __future__ import annotations

from advisoryhub_core.access import models as access
from advisoryhub_core.accounts import models as accounts
from advisoryhub_core.advisories import models as advisories
from advisoryhub_core.audit import models as audit
from advisoryhub_core.comments import models as comments
from advisoryhub_core.notifications import models as notifications
from advisoryhub_core.projects import models as projects
from advisoryhub_core.workflows import models as workflows

__all__ = ["access", "accounts", "advisories", "audit", "comments", "notifications", "projects", "workflows"]
