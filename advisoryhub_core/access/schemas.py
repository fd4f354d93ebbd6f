"""What is asked for when access is given: the inputs of the page and the checks of every boundary.

`owner` is not among the permissions, so it is refused wherever one is read (INV-ACCESS-4, INV-AUTH-3).
"""

from __future__ import annotations

import re

from advisoryhub_core.access.models import GrantPermission
from advisoryhub_core.accounts.oidc.claims import LONGEST_EMAIL
from advisoryhub_core.advisories.payload.messages import _, quoted, say
from advisoryhub_core.advisories.payload.texts import TextError
from advisoryhub_core.web.asked import Asked

_LONGEST_GROUP = 255
_PART = r"[^\s@<>()\[\]\\,;:\"]"
_ADDRESS = re.compile(rf"{_PART}{{1,64}}@(?![.-]){_PART}+(?<![.-])")

PERMISSIONS = (
    (GrantPermission.VIEWER.value, _("permission-viewer", default="Viewer: reads and comments")),
    (
        GrantPermission.COLLABORATOR.value,
        _("permission-collaborator", default="Collaborator: also edits, and reads internal comments"),
    ),
)
"""What can be given, with what it means."""
PERMISSION_NAMES = (
    (GrantPermission.VIEWER.value, _("permission-viewer-name", default="Viewer")),
    (GrantPermission.COLLABORATOR.value, _("permission-collaborator-name", default="Collaborator")),
)
"""The same by name, where there are many of them."""

PERMISSION = Asked(
    name="permission",
    label=_("access-permission", default="May"),
    choices=PERMISSIONS,
    required=_("access-permission-missing", default="Choose what they may do."),
)


def email_address(text: str) -> str:
    """Return an address that mail can be sent to; raises `TextError` for what is none."""
    if not text.isprintable() or not _ADDRESS.fullmatch(text):
        raise TextError(
            say(_("${value} is not an e-mail address: write one, like name@example.org."), value=quoted(text))
        )
    return text


PERSON = (
    Asked(
        name="email",
        label=_("access-email", default="E-mail address"),
        hint=_("access-email-hint", default="Somebody who is not known here yet gets an invitation."),
        required=_("access-email-missing", default="Write the e-mail address of the person."),
        limit=LONGEST_EMAIL,
        rule=email_address,
    ),
    PERMISSION,
)
GROUP = (
    Asked(
        name="group",
        label=_("access-group", default="Group"),
        hint=_("access-group-hint", default="The group's whole name, as your identity provider writes it."),
        required=_("access-group-missing", default="Write the name of the group."),
        limit=_LONGEST_GROUP,
    ),
    PERMISSION,
)
