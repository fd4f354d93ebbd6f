"""Reasons that people type become comments by them: silently, and past a lock on the discussion."""

from __future__ import annotations

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.comments.models import Comment, CommentVersion


def post_note(act: Act, advisory: Advisory, note_of: str, text: str, *, internal: bool) -> Comment | None:
    """Post the reason of the act `note_of` as a comment of the acting person.

    Nobody is told of it, no lock stops it, and the ledger does not repeat it (lifecycle.md, "Notes become
    comments"). Returns None for an empty text and for the system. The caller holds the advisory's lock.
    """
    body = text.strip()
    if not body or act.identity.user_id is None:
        return None
    return insert_comment(act, advisory, body, internal=internal, note_of=note_of)


def insert_comment(act: Act, advisory: Advisory, body: str, *, internal: bool, note_of: str = "") -> Comment:
    """Write a comment with its version 1. Whoever calls has decided that it may be posted."""
    comment = Comment(
        advisory_id=advisory.id,
        author_id=act.identity.user_id,
        body=body,
        internal=internal,
        note_of=note_of,
        created_at=act.now(),
    )
    act.db.add(comment)
    act.db.flush()
    act.db.add(
        CommentVersion(
            comment_id=comment.id,
            advisory_id=advisory.id,
            number=1,
            body=body,
            editor_id=act.identity.user_id,
            created_at=comment.created_at,
        )
    )
    act.db.flush()
    return comment
