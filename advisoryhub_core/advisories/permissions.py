"""Who may do what to an advisory: the one place that decides (INV-AUTH-1).

`capabilities(facts)` maps a person's role, the advisory's state, its review status and its flags to the
set of granted capabilities. The ACL of `AdvisoryResource`, services under the lock, tasks, the API and
templates all ask it. Plugins may narrow a capability with a rule, never widen one (INV-PLUGIN-2).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from advisoryhub_core.advisories.states import Kind, ReviewStatus, State


class Role(enum.StrEnum):
    """What a person is to one advisory. Team and admin are both owners (INV-AUTH-2, INV-AUTH-3)."""

    NONE = "none"
    VIEWER = "viewer"
    COLLABORATOR = "collaborator"
    TEAM = "team"
    ADMIN = "admin"

    @property
    def is_owner(self) -> bool:
        return self in _OWNERS


class Cap(enum.StrEnum):
    """A capability: what a view asks for, what a service re-checks under the lock."""

    VIEW = "advisory.view"
    """Read the advisory, its versions and the comments that are not internal."""
    COMMENT = "advisory.comment.post"
    """Post a comment that everybody who sees the advisory can read."""
    SEE_INTERNAL = "advisory.comment.see_internal"
    """Read internal comments."""
    POST_INTERNAL = "advisory.comment.post_internal"
    """Post an internal comment."""
    EDIT_COMMENT = "advisory.comment.edit"
    """Change one's own comments, as far as one may still post such."""
    REDACT_COMMENT = "advisory.comment.redact"
    """Empty one's own comments for good; an administrator anybody's."""
    LOCK_COMMENTS = "advisory.comment.lock"
    """Lock and unlock the discussion."""
    SEE_WORK = "advisory.timeline.see_work"
    """Read of edits, access and exports on the timeline."""
    SEE_ROUTING = "advisory.timeline.see_routing"
    """Read of triage, routing and access reviews on the timeline."""
    SEE_EMAILS = "advisory.people.see_emails"
    """Read participants' addresses unmasked (INV-PRIVACY-4)."""
    MANAGE_ACCESS = "advisory.access.manage"
    """Grant, change and revoke access, and invite."""
    SIMILARITY = "advisory.similarity"
    """See duplicate results and ask for a new check (INV-SIM-1)."""
    EDIT = "advisory.edit"
    """Change the payload."""
    CHANGE_PROJECT = "advisory.project.change"
    """Move a draft or published advisory; the target is checked by the service."""
    REQUEST_REASSIGNMENT = "advisory.reassignment.request"
    """Ask the administrators to move a draft elsewhere."""
    WITHDRAW_REASSIGNMENT = "advisory.reassignment.withdraw"
    """Take such a request back, or turn it down."""
    ACCEPT_REASSIGNMENT = "advisory.reassignment.accept"
    """Carry such a request out."""
    PROMOTE = "advisory.triage.promote"
    """Accept a report as a draft."""
    DISMISS_TRIAGE = "advisory.triage.dismiss"
    """Turn a report down."""
    FLAG_ROUTING = "advisory.triage.flag"
    """Hand a report to the administrators."""
    CLEAR_ROUTING = "advisory.triage.clear_flag"
    """Take a report back from the administrators."""
    REASSIGN_TRIAGE = "advisory.triage.reassign"
    """Move a report to another project; the target is checked by the service."""
    DISMISS = "advisory.dismiss"
    """Give a draft up."""
    REOPEN = "advisory.reopen"
    """Bring a dismissed or withdrawn advisory back to where it was."""
    REQUEST_CVE = "advisory.cve.request"
    """Ask for a CVE number."""
    DECIDE_CVE = "advisory.cve.decide"
    """Reserve a number or reject the request."""
    UNASSIGN_CVE = "advisory.cve.unassign"
    """Take a number off."""
    ORPHANS = "advisory.cve.orphans"
    """Decide what becomes of numbers that were taken off."""
    UNBAN_CVE = "advisory.cve.unban"
    """Allow CVE requests again (INV-CVE-3)."""
    SUBMIT_REVIEW = "advisory.review.submit"
    """Ask for a review of the newest version (INV-REVIEW-3)."""
    WITHDRAW_REVIEW = "advisory.review.withdraw"
    """Take a submitted review back."""
    REOPEN_REVIEW = "advisory.review.reopen"
    """Leave 'changes requested' without submitting anew."""
    DECIDE_REVIEW = "advisory.review.decide"
    """Approve, or request changes."""
    REVOKE_APPROVAL = "advisory.review.revoke"
    """Take an approval back."""
    SEE_EXPORT = "advisory.export.see"
    """See publication tasks, their documents and their errors."""
    PUBLISH = "advisory.publish"
    """Publish the newest version, or publish it again."""
    WITHDRAW = "advisory.withdraw"
    """Withdraw a published advisory."""
    REQUEST_WITHDRAWAL = "advisory.withdrawal.request"
    """Ask the administrators to withdraw it."""
    APPROVE_WITHDRAWAL = "advisory.withdrawal.approve"
    """Carry such a request out."""
    CANCEL_WITHDRAWAL = "advisory.withdrawal.cancel"
    """Take such a request back, or turn it down."""
    MOVE_TO_GHSA = "advisory.ghsa.move"
    """Hand authorship of the content to a GitHub advisory."""
    SYNC_GHSA = "advisory.ghsa.sync"
    """Fetch the GitHub advisory now."""

    CREATE = "advisories.create"
    """Write a new draft for a project of one's own."""
    LIST = "advisories.list"
    """Open the list of what one may see."""
    ACCOUNT = "account.self"
    """See and change one's own account."""
    ADMIN = "admin.console"
    """Everything under the administrators' console."""
    NOBODY = "nobody"
    """Held by nobody: what a view without a permission asks for."""


@dataclass(frozen=True)
class Facts:
    """All that a decision depends on.

    `newest_is_approved`: the newest version is the approved one. `last_editor`: this person wrote the
    newest version. `withdrawing` and `restoring`: a withdrawal, or its reversal, waits for its push.
    """

    role: Role
    state: State
    kind: Kind = Kind.NATIVE
    review: ReviewStatus = ReviewStatus.NONE
    flagged: bool = False
    unsorted: bool = False
    mature: bool = False
    cve_assigned: bool = False
    republish_required: bool = False
    comments_locked: bool = False
    newest_is_approved: bool = False
    dismissed_from: State | None = None
    on_suggested_team: bool = False
    admins_need_review: bool = False
    last_editor: bool = False
    withdrawing: bool = False
    restoring: bool = False

    @property
    def native(self) -> bool:
        return self.kind is Kind.NATIVE

    @property
    def owner(self) -> bool:
        return self.role.is_owner

    @property
    def admin(self) -> bool:
        return self.role is Role.ADMIN

    @property
    def team(self) -> bool:
        """On the project's team and no administrator: the table tells the two apart."""
        return self.role is Role.TEAM

    @property
    def contributor(self) -> bool:
        """May act on content: in triage, people with a grant read and comment only (INV-AUTH-5)."""
        return self.owner or (self.role is Role.COLLABORATOR and self.state is not State.TRIAGE)

    @property
    def open(self) -> bool:
        return self.state in _OPEN

    @property
    def is_out(self) -> bool:
        """Published, and no withdrawal is under way."""
        return self.state is State.PUBLISHED and not self.withdrawing

    @property
    def decides_triage(self) -> bool:
        """While flagged for routing, administrators only (INV-AUTH-6); linked rows are mirrors."""
        may_decide = self.admin or (self.team and not self.flagged)
        return self.state is State.TRIAGE and self.native and may_decide


CapabilityRule = Callable[[Facts], bool]

_OWNERS = frozenset({Role.TEAM, Role.ADMIN})
_OPEN = frozenset({State.DRAFT, State.PUBLISHED})


def _may_comment(facts: Facts) -> bool:
    """A lock on the discussion stops all but owners."""
    return facts.owner or (facts.role is not Role.NONE and not facts.comments_locked)


def _may_edit(facts: Facts) -> bool:
    if not facts.native or not facts.contributor or facts.withdrawing:
        return False
    if facts.state is State.TRIAGE:
        return facts.decides_triage
    if facts.review is ReviewStatus.SUBMITTED:
        return facts.admin and facts.open
    return facts.open


def _has_publish_authority(facts: Facts) -> bool:
    """Administrators, and the team of a mature publisher (INV-PERM-1)."""
    return facts.admin or (facts.team and facts.mature)


def _may_publish(facts: Facts) -> bool:
    """Publishing brings out the newest version, which may be a withdrawal or the end of one."""
    if facts.review is ReviewStatus.SUBMITTED:
        return False
    restores = facts.state is State.DISMISSED and facts.restoring
    if restores or (facts.state is State.PUBLISHED and facts.withdrawing):
        return _has_publish_authority(facts)
    if not facts.open:
        return False
    if not facts.native:
        return facts.admin
    if facts.admin:
        return facts.newest_is_approved or not facts.admins_need_review
    return facts.team and (facts.mature or facts.newest_is_approved)


def _may_submit(facts: Facts) -> bool:
    due = facts.state is State.DRAFT or (facts.state is State.PUBLISHED and facts.republish_required)
    waits = facts.review is ReviewStatus.SUBMITTED or facts.withdrawing
    return facts.team and facts.native and due and not waits


def _may_reopen(facts: Facts) -> bool:
    if facts.state is not State.DISMISSED or facts.restoring:
        return False
    return _has_publish_authority(facts) if facts.dismissed_from is State.PUBLISHED else facts.owner


def _may_move_to_ghsa(facts: Facts) -> bool:
    if not facts.native:
        return False
    return facts.decides_triage if facts.state is State.TRIAGE else facts.owner and facts.state is State.DRAFT


def _may_accept_reassignment(facts: Facts) -> bool:
    """Administrators and the suggested team; while a review is submitted, only the former change payload."""
    member = facts.role is not Role.NONE and facts.on_suggested_team
    accepts = facts.admin or (member and facts.review is not ReviewStatus.SUBMITTED)
    return facts.native and facts.state is State.DRAFT and accepts


def _may_clear_routing(facts: Facts) -> bool:
    in_native_triage = facts.native and facts.state is State.TRIAGE
    return in_native_triage and facts.owner and facts.flagged and not facts.unsorted


def _in_review(facts: Facts, *statuses: ReviewStatus) -> bool:
    return facts.native and facts.open and facts.review in statuses


def _may_decide_review(facts: Facts) -> bool:
    """Administrators; where they need a review too, nobody decides on what they last edited."""
    own = facts.admins_need_review and facts.last_editor
    return facts.admin and _in_review(facts, ReviewStatus.SUBMITTED) and not own


_TABLE: Mapping[Cap, CapabilityRule] = {
    Cap.VIEW: lambda f: f.role is not Role.NONE,
    Cap.COMMENT: _may_comment,
    Cap.SEE_INTERNAL: lambda f: f.contributor,
    Cap.POST_INTERNAL: lambda f: f.contributor and (f.owner or not f.comments_locked),
    Cap.EDIT_COMMENT: _may_comment,
    Cap.REDACT_COMMENT: lambda f: f.role is not Role.NONE,
    Cap.LOCK_COMMENTS: lambda f: f.owner,
    Cap.SEE_WORK: lambda f: f.contributor,
    Cap.SEE_ROUTING: lambda f: f.owner,
    Cap.SEE_EMAILS: lambda f: f.owner,
    Cap.MANAGE_ACCESS: lambda f: f.owner,
    Cap.SIMILARITY: lambda f: f.owner,
    Cap.EDIT: _may_edit,
    Cap.CHANGE_PROJECT: lambda f: f.owner and f.open and _may_edit(f),
    Cap.REQUEST_REASSIGNMENT: lambda f: f.team and f.native and f.state is State.DRAFT,
    Cap.WITHDRAW_REASSIGNMENT: lambda f: f.owner and f.native and f.state is State.DRAFT,
    Cap.ACCEPT_REASSIGNMENT: _may_accept_reassignment,
    Cap.PROMOTE: lambda f: f.decides_triage,
    Cap.DISMISS_TRIAGE: lambda f: f.decides_triage,
    Cap.FLAG_ROUTING: lambda f: f.decides_triage and f.team and not f.unsorted,
    Cap.CLEAR_ROUTING: _may_clear_routing,
    Cap.REASSIGN_TRIAGE: lambda f: f.decides_triage,
    Cap.DISMISS: lambda f: f.state is State.DRAFT and (f.admin or (f.team and not f.cve_assigned)),
    Cap.REOPEN: _may_reopen,
    Cap.REQUEST_CVE: lambda f: f.owner and f.open and not f.withdrawing,
    Cap.DECIDE_CVE: lambda f: f.admin and f.open and not f.withdrawing,
    Cap.UNASSIGN_CVE: lambda f: f.admin and f.cve_assigned and not f.withdrawing,
    Cap.ORPHANS: lambda f: f.admin,
    Cap.UNBAN_CVE: lambda f: f.admin,
    Cap.SUBMIT_REVIEW: _may_submit,
    Cap.WITHDRAW_REVIEW: lambda f: f.team and _in_review(f, ReviewStatus.SUBMITTED),
    Cap.REOPEN_REVIEW: lambda f: f.owner and _in_review(f, ReviewStatus.CHANGES_REQUESTED),
    Cap.DECIDE_REVIEW: _may_decide_review,
    Cap.REVOKE_APPROVAL: lambda f: f.admin and _in_review(f, ReviewStatus.APPROVED),
    Cap.SEE_EXPORT: lambda f: f.contributor,
    Cap.PUBLISH: _may_publish,
    Cap.WITHDRAW: lambda f: f.is_out and _has_publish_authority(f),
    Cap.REQUEST_WITHDRAWAL: lambda f: f.is_out and f.team and not f.mature,
    Cap.APPROVE_WITHDRAWAL: lambda f: f.is_out and f.admin,
    Cap.CANCEL_WITHDRAWAL: lambda f: f.is_out and f.owner,
    Cap.MOVE_TO_GHSA: _may_move_to_ghsa,
    Cap.SYNC_GHSA: lambda f: f.owner and not f.native,
}


def capabilities(facts: Facts, rules: Mapping[Cap, Iterable[CapabilityRule]] | None = None) -> frozenset[Cap]:
    """Return what a person may do to one advisory.

    `rules` are the plugins' narrowing rules: a capability stays granted only while every rule for it
    holds. Nobody without a role has any capability, whatever a plugin says.
    """
    if facts.role is Role.NONE:
        return frozenset()
    granted = {cap for cap, rule in _TABLE.items() if rule(facts)}
    for cap, narrowing in (rules or {}).items():
        if cap in granted and not all(rule(facts) for rule in narrowing):
            granted.discard(cap)
    return frozenset(granted)


def comment_capabilities(
    held: frozenset[Cap], *, admin: bool, own: bool, internal: bool, redacted: bool
) -> frozenset[Cap]:
    """Return what a person may do to one comment that they see, of all they `held` on its advisory.

    Only the author edits, as long as they may still post such a comment; the author and administrators
    redact, and a redacted comment stays as it is (INV-COMMENT-4).
    """
    withheld: set[Cap] = set()
    if not own or redacted or (internal and Cap.POST_INTERNAL not in held):
        withheld.add(Cap.EDIT_COMMENT)
    if redacted or not (own or admin):
        withheld.add(Cap.REDACT_COMMENT)
    return held - withheld


def site_capabilities(*, signed_in: bool, admin: bool, on_a_team: bool) -> frozenset[Cap]:
    """Return what a person may do outside any one advisory."""
    granted: set[Cap] = set()
    if signed_in:
        granted |= {Cap.LIST, Cap.ACCOUNT}
    if signed_in and (admin or on_a_team):
        granted.add(Cap.CREATE)
    if signed_in and admin:
        granted.add(Cap.ADMIN)
    return frozenset(granted)


def owns_project(*, admin: bool, group_ids: Iterable[int], security_team_id: int) -> bool:
    """Tell whether a person is an owner of a project: administrator, or on its security team."""
    return admin or security_team_id in group_ids


def derive_role(*, admin: bool, on_team: bool, grants: Iterable[str]) -> Role:
    """Return the highest role a person has (INV-AUTH-4); state plays no part (INV-AUTH-7)."""
    if admin:
        return Role.ADMIN
    if on_team:
        return Role.TEAM
    held = set(grants)
    if Role.COLLABORATOR in held:
        return Role.COLLABORATOR
    return Role.VIEWER if Role.VIEWER in held else Role.NONE
