"""What a person may do to one comment: the facts for `permissions.comment_capabilities`."""

from __future__ import annotations

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.permissions import Cap, comment_capabilities
from advisoryhub_core.comments.models import Comment


def capabilities_on_comment(act: Act, held: frozenset[Cap], comment: Comment) -> frozenset[Cap]:
    """Return what the acting person may do to a comment, of what they `held` on its advisory."""
    return comment_capabilities(
        held,
        admin=act.identity.is_admin,
        own=comment.author_id is not None and comment.author_id == act.identity.user_id,
        internal=comment.internal,
        redacted=comment.redacted_at is not None,
    )
