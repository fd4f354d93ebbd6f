"""What is written when somebody is banned."""

from __future__ import annotations

from advisoryhub_core.advisories.payload.kinds import Text
from advisoryhub_core.forms import form

REASON_LENGTH = 1000

BAN = form(reason=Text(REASON_LENGTH, multiline=True, required=True))
