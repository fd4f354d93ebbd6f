"""What the timeline says of the core's actions."""

from __future__ import annotations

from collections.abc import Mapping

from advisoryhub_core.audit.sentences import Sentence, _

SENTENCES: Mapping[str, Sentence] = {
    "advisory.created": Sentence(
        _("event-advisory-created", default="${actor} created the advisory in ${project}."),
        _("event-advisory-created-plain", default="${actor} created the advisory."),
    ),
    "advisory.triage_submitted": Sentence(
        _("event-advisory-triage-submitted", default="${actor} reported this to ${project}."),
        _("event-advisory-triage-submitted-plain", default="${actor} reported this."),
        by=("nobody",),
        variants={"yes": _("event-advisory-triage-submitted-nobody", default="An anonymous report arrived.")},
    ),
    "advisory.triage_promoted": Sentence(
        _("event-advisory-triage-promoted", default="${actor} accepted the report as a draft.")
    ),
    "advisory.dismissed": Sentence(
        _("event-advisory-dismissed", default="${actor} dismissed the advisory."),
        by=("before_state",),
        variants={"published": _("event-advisory-withdrawn", default="${actor} withdrew the advisory.")},
    ),
    "advisory.reopened": Sentence(_("event-advisory-reopened", default="${actor} reopened the advisory.")),
    "advisory.published": Sentence(
        _("event-advisory-published", default="${actor} published version ${version}."),
        _("event-advisory-published-plain", default="${actor} published the advisory."),
    ),
    "advisory.state_changed": Sentence(
        _("event-advisory-state-changed", default="${actor} changed the status."),
        by=("state", "review_status"),
        variants={
            "triage": _(
                "event-advisory-state-changed-state-triage", default="${actor} moved the advisory to triage."
            ),
            "draft": _(
                "event-advisory-state-changed-state-draft", default="${actor} moved the advisory to draft."
            ),
            "published": _(
                "event-advisory-state-changed-state-published",
                default="${actor} moved the advisory to published.",
            ),
            "dismissed": _(
                "event-advisory-state-changed-state-dismissed",
                default="${actor} moved the advisory to dismissed.",
            ),
            "none": _(
                "event-advisory-state-changed-review-none",
                default="${actor} took the review back to the start.",
            ),
        },
    ),
    "advisory.edited": Sentence(
        _("event-advisory-edited", default="${actor} saved version ${version}."),
        _("event-advisory-edited-plain", default="${actor} edited the advisory."),
    ),
    "advisory.comments_locked": Sentence(
        _("event-advisory-comments-locked", default="${actor} locked the discussion.")
    ),
    "advisory.comments_unlocked": Sentence(
        _("event-advisory-comments-unlocked", default="${actor} unlocked the discussion.")
    ),
    "advisory.submitted_for_review": Sentence(
        _("event-advisory-submitted-for-review", default="${actor} submitted version ${version} for review."),
        _("event-advisory-submitted-for-review-plain", default="${actor} submitted the advisory for review."),
    ),
    "advisory.review_approved": Sentence(
        _("event-advisory-review-approved", default="${actor} approved version ${version}."),
        _("event-advisory-review-approved-plain", default="${actor} approved the advisory."),
    ),
    "advisory.review_changes_requested": Sentence(
        _("event-advisory-review-changes-requested", default="${actor} requested changes.")
    ),
    "advisory.review_withdrawn": Sentence(
        _("event-advisory-review-withdrawn", default="${actor} withdrew the review.")
    ),
    "advisory.review_approval_invalidated": Sentence(
        _(
            "event-advisory-review-approval-invalidated",
            default="An edit by ${actor} ended the approval of version ${version}.",
        ),
        _(
            "event-advisory-review-approval-invalidated-plain",
            default="An edit by ${actor} ended the approval.",
        ),
    ),
    "advisory.review_approval_revoked": Sentence(
        _("event-advisory-review-approval-revoked", default="${actor} revoked the approval.")
    ),
    "advisory.review_approval_carried": Sentence(
        _(
            "event-advisory-review-approval-carried",
            default="The approval was carried to version ${version} with a change by ${actor}.",
        ),
        _(
            "event-advisory-review-approval-carried-plain",
            default="The approval was carried along with a change by ${actor}.",
        ),
    ),
    "advisory.withdrawal_requested": Sentence(
        _("event-advisory-withdrawal-requested", default="${actor} asked for the advisory to be withdrawn.")
    ),
    "advisory.withdrawal_request_cleared": Sentence(
        _(
            "event-advisory-withdrawal-request-cleared",
            default="The request for a withdrawal was closed by ${actor}.",
        )
    ),
    "advisory.flagged_for_routing": Sentence(
        _("event-advisory-flagged-for-routing", default="${actor} handed the report to the administrators.")
    ),
    "advisory.routing_flag_cleared": Sentence(
        _("event-advisory-routing-flag-cleared", default="${actor} handed the report back to the team.")
    ),
    "advisory.project_changed": Sentence(
        _(
            "event-advisory-project-changed",
            default="${actor} moved the advisory from ${before_project} to ${project}.",
        ),
        _("event-advisory-project-changed-plain", default="${actor} moved the advisory to another project."),
    ),
    "advisory.reassignment_requested": Sentence(
        _(
            "event-advisory-reassignment-requested",
            default="${actor} asked for the advisory to be moved to another project.",
        )
    ),
    "advisory.reassignment_request_cleared": Sentence(
        _(
            "event-advisory-reassignment-request-cleared",
            default="The request to move the advisory was closed by ${actor}.",
        )
    ),
    "advisory.access_review_dismissed": Sentence(
        _("event-advisory-access-review-dismissed", default="${actor} looked through who has access.")
    ),
    "cve.requested": Sentence(_("event-cve-requested", default="${actor} requested a CVE id.")),
    "cve.assigned": Sentence(
        _("event-cve-assigned", default="${actor} assigned ${cve}."),
        _("event-cve-assigned-plain", default="${actor} assigned a CVE id."),
    ),
    "cve.unassigned": Sentence(
        _("event-cve-unassigned", default="${actor} took ${cve} off the advisory."),
        _("event-cve-unassigned-plain", default="${actor} took the CVE id off the advisory."),
    ),
    "cve.task_status_changed": Sentence(
        _("event-cve-task-status-changed", default="${actor} changed the request for a CVE id."),
        by=("status",),
        variants={
            "queued": _(
                "event-cve-task-status-changed-queued",
                default="The request for a CVE id was opened again by ${actor}.",
            ),
            "reserved": _("event-cve-task-status-changed-reserved", default="${actor} reserved a CVE id."),
            "rejected": _(
                "event-cve-task-status-changed-rejected",
                default="${actor} turned the request for a CVE id down.",
            ),
            "cancelled": _(
                "event-cve-task-status-changed-cancelled",
                default="${actor} cancelled the request for a CVE id.",
            ),
        },
    ),
    "cve.request_cancelled": Sentence(
        _("event-cve-request-cancelled", default="The request for a CVE id was cancelled by ${actor}.")
    ),
    "cve.request_banned": Sentence(
        _("event-cve-request-banned", default="${actor} ruled further requests for a CVE id out.")
    ),
    "cve.request_unbanned": Sentence(
        _("event-cve-request-unbanned", default="${actor} allowed requests for a CVE id again.")
    ),
    "cve.marked_rejected_at_cve_org": Sentence(
        _(
            "event-cve-marked-rejected-at-cve-org",
            default="${actor} noted that ${cve} was rejected at CVE.org.",
        ),
        _(
            "event-cve-marked-rejected-at-cve-org-plain",
            default="${actor} noted that the CVE id was rejected at CVE.org.",
        ),
    ),
    "cve.reassigned_from_orphan": Sentence(
        _("event-cve-reassigned-from-orphan", default="${cve} was put back on the advisory by ${actor}."),
        _(
            "event-cve-reassigned-from-orphan-plain",
            default="The former CVE id was put back on the advisory by ${actor}.",
        ),
    ),
    "cve.orphan_reassignment_requested": Sentence(
        _("event-cve-orphan-reassignment-requested", default="${actor} asked to have ${cve} back."),
        _(
            "event-cve-orphan-reassignment-requested-plain",
            default="${actor} asked to have the former CVE id back.",
        ),
    ),
    "cve.orphan_reassignment_resolved": Sentence(
        _("event-cve-orphan-reassignment-resolved", default="${actor} decided about the former CVE id.")
    ),
    "access.granted": Sentence(
        _("event-access-granted", default="${actor} gave ${who} access."),
        _("event-access-granted-plain", default="${actor} gave somebody access."),
        by=("permission",),
        variants={
            "viewer": _("event-access-granted-viewer", default="${actor} gave ${who} access as a viewer."),
            "collaborator": _(
                "event-access-granted-collaborator", default="${actor} gave ${who} access as a collaborator."
            ),
        },
    ),
    "access.changed": Sentence(
        _("event-access-changed", default="${actor} changed the access of ${who}."),
        _("event-access-changed-plain", default="${actor} changed somebody's access."),
        by=("permission",),
        variants={
            "viewer": _("event-access-changed-viewer", default="${actor} made ${who} a viewer."),
            "collaborator": _(
                "event-access-changed-collaborator", default="${actor} made ${who} a collaborator."
            ),
        },
    ),
    "access.revoked": Sentence(
        _("event-access-revoked", default="${actor} took the access of ${who} back."),
        _("event-access-revoked-plain", default="${actor} took somebody's access back."),
    ),
    "access.invited": Sentence(
        _("event-access-invited", default="${actor} invited ${who}."),
        _("event-access-invited-plain", default="${actor} invited somebody."),
        by=("permission",),
        variants={
            "viewer": _("event-access-invited-viewer", default="${actor} invited ${who} as a viewer."),
            "collaborator": _(
                "event-access-invited-collaborator", default="${actor} invited ${who} as a collaborator."
            ),
        },
    ),
    "access.invitation_changed": Sentence(
        _("event-access-invitation-changed", default="${actor} changed the invitation of ${who}."),
        _("event-access-invitation-changed-plain", default="${actor} changed an invitation."),
    ),
    "access.invitation_redeemed": Sentence(
        _("event-access-invitation-redeemed", default="${actor} accepted an invitation.")
    ),
    "access.invitation_resent": Sentence(
        _("event-access-invitation-resent", default="${actor} sent the invitation of ${who} again."),
        _("event-access-invitation-resent-plain", default="${actor} sent an invitation again."),
    ),
    "access.invitation_revoked": Sentence(
        _("event-access-invitation-revoked", default="${actor} took the invitation of ${who} back."),
        _("event-access-invitation-revoked-plain", default="${actor} took an invitation back."),
    ),
}
