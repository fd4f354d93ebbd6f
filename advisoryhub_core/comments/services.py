"""The writers of comments. Each locks the advisory first, re-checks, and writes everything at once."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.payload.messages import _
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.services import Locked, lock
from advisoryhub_core.audit.services import record
from advisoryhub_core.comments.audience import audience, mentioned
from advisoryhub_core.comments.judging import capabilities_on_comment
from advisoryhub_core.comments.models import Comment, CommentVersion
from advisoryhub_core.comments.notes import insert_comment, post_note
from advisoryhub_core.errors import Conflict, HubError, NotPermitted, StaleVersion
from advisoryhub_core.events import CommentAdded
from advisoryhub_core.web.asked import Asked, read

BODY_LIMIT = 16_000
"""Characters of a comment."""

LOCK_NOTE = "lock-comments"
UNLOCK_NOTE = "unlock-comments"

BODY = Asked(
    name="body",
    label=_("comment-body", default="Comment"),
    kind="textarea",
    required=_("comment-empty", default="Write something first."),
    limit=BODY_LIMIT,
    rows=5,
)


class LockReasonMissing(HubError):
    """The discussion is locked for a reason."""

    code = "reason_missing"


def post_comment(act: Act, advisory_id: int, body: str, *, internal: bool = False) -> Comment:
    """Post a comment, fixed as internal or not for good (INV-COMMENT-1).

    Whoever it mentions is looked up now, among those who may read it: a mention lifts nobody's rights.
    Raises `PayloadInvalid` for an empty text or one of more than `BODY_LIMIT` characters, `NotPermitted`
    where a lock or a role forbids it.
    """
    locked = lock(act, advisory_id)
    locked.require(Cap.POST_INTERNAL if internal else Cap.COMMENT)
    comment = insert_comment(act, locked.advisory, checked_body(body), internal=internal)
    users, groups = _mentions(act, locked.advisory, comment)
    act.notify(CommentAdded(act, advisory_id, comment.id, users, groups))
    return comment


def edit_comment(act: Act, comment_id: int, body: str, *, base_version: int) -> Comment:
    """Give one's own comment another text, as its next version (INV-COMMENT-3).

    Nothing happens where the text is the same. Raises `StaleVersion` if it was edited since `base_version`,
    `PayloadInvalid` as for a new one, `NotPermitted` for anybody else's and for a redacted one.
    """
    comment, locked = _lock_comment(act, comment_id)
    _require(act, locked, comment, Cap.EDIT_COMMENT)
    newest = newest_version(act.db, comment)
    if newest != base_version:
        raise StaleVersion(base=base_version, newest=newest)
    text = checked_body(body)
    if text == comment.body:
        return comment
    comment.body = text
    comment.edited_at = act.now()
    act.db.add(
        CommentVersion(
            comment_id=comment.id,
            advisory_id=comment.advisory_id,
            number=newest + 1,
            body=text,
            editor_id=act.identity.user_id,
            created_at=comment.edited_at,
        )
    )
    record(
        act,
        "comment.edited",
        advisory_id=comment.advisory_id,
        comment_id=comment.id,
        previous={"version": newest},
        new={"version": newest + 1},
    )
    act.db.flush()
    return comment


def redact_comment(act: Act, comment_id: int) -> Comment:
    """Empty a comment for good (INV-COMMENT-4): the author's act, or an administrator's.

    Its earlier versions are kept by the database and shown to nobody. Raises `NotPermitted`, also for one
    that is redacted already.
    """
    comment, locked = _lock_comment(act, comment_id)
    _require(act, locked, comment, Cap.REDACT_COMMENT)
    comment.body = ""
    comment.redacted_at = act.now()
    comment.redacted_by_id = act.identity.user_id
    record(act, "comment.redacted", advisory_id=comment.advisory_id, comment_id=comment.id)
    act.db.flush()
    return comment


def lock_comments(act: Act, advisory_id: int, reason: str) -> Advisory:
    """Let none but owners post from now on; the reason becomes a public comment.

    Raises `LockReasonMissing`, `Conflict` where it is locked already, `NotPermitted`.
    """
    if not reason.strip():
        raise LockReasonMissing("Say why the discussion is locked.")
    locked = lock(act, advisory_id)
    locked.require(Cap.LOCK_COMMENTS)
    advisory = locked.advisory
    if advisory.comments_locked_at is not None:
        raise Conflict("The discussion is locked already.")
    advisory.comments_locked_at = act.now()
    advisory.comments_locked_by_id = act.identity.user_id
    advisory.comments_lock_reason = reason.strip()
    record(act, "advisory.comments_locked", advisory_id=advisory.id)
    act.db.flush()
    post_note(act, advisory, LOCK_NOTE, reason, internal=False)
    return advisory


def unlock_comments(act: Act, advisory_id: int, reason: str = "") -> Advisory:
    """Let everybody who sees the advisory post again; a reason, if given, becomes a public comment.

    Raises `Conflict` where it is not locked, `NotPermitted`.
    """
    locked = lock(act, advisory_id)
    locked.require(Cap.LOCK_COMMENTS)
    advisory = locked.advisory
    if advisory.comments_locked_at is None:
        raise Conflict("The discussion is not locked.")
    advisory.comments_locked_at = None
    advisory.comments_locked_by_id = None
    advisory.comments_lock_reason = ""
    record(act, "advisory.comments_unlocked", advisory_id=advisory.id)
    act.db.flush()
    post_note(act, advisory, UNLOCK_NOTE, reason, internal=False)
    return advisory


def newest_version(db: Session, comment: Comment) -> int:
    """Return the number of a comment's newest version."""
    numbers = select(func.max(CommentVersion.number)).where(CommentVersion.comment_id == comment.id)
    return db.scalars(numbers).one() or 0


def _lock_comment(act: Act, comment_id: int) -> tuple[Comment, Locked]:
    """Lock the advisory that a comment is on, then read the comment anew."""
    advisory_id = act.db.scalar(select(Comment.advisory_id).where(Comment.id == comment_id))
    if advisory_id is None:
        raise NotPermitted("There is no such comment for you.")
    locked = lock(act, advisory_id)
    comment = act.db.scalar(
        select(Comment)
        .where(Comment.id == comment_id)
        .options(joinedload(Comment.author))
        .execution_options(populate_existing=True)
    )
    if comment is None or (comment.internal and Cap.SEE_INTERNAL not in locked.caps):
        raise NotPermitted("There is no such comment for you.")
    return comment, locked


def _require(act: Act, locked: Locked, comment: Comment, cap: Cap) -> None:
    held = capabilities_on_comment(act, locked.caps, comment)
    if cap not in held:
        raise NotPermitted("You may not do this to the comment as it stands now.")


def checked_body(body: str) -> str:
    """Return the text of a comment in its normal form. Raises `PayloadInvalid`."""
    text: str = read((BODY,), {BODY.name: body})[BODY.name]
    return text


def _mentions(act: Act, advisory: Advisory, comment: Comment) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if "@" not in comment.body:
        return (), ()
    found = mentioned(
        comment.body, audience(act, advisory, Cap.SEE_INTERNAL if comment.internal else Cap.VIEW)
    )
    users = tuple(each.id for each in found if not each.is_group and each.id != act.identity.user_id)
    return users, tuple(each.id for each in found if each.is_group)
