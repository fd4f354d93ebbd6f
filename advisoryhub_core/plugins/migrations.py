"""What a plugin's migrations may use: the same guards as the core's tables."""

from __future__ import annotations

from advisoryhub_core.db.ddl import append_only, check_values, grant, sees_advisory, visible_with_advisory

__all__ = ["append_only", "check_values", "grant", "sees_advisory", "visible_with_advisory"]
