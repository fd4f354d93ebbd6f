"""The deeds of reviews and CVE numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.deeds import Deed, Subject
from advisoryhub_core.advisories.pages import _
from advisoryhub_core.advisories.payload.messages import PayloadInvalid, say
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.web.asked import Asked, TextError, note
from advisoryhub_core.web.numbers import whole_number
from advisoryhub_core.workflows import cves, orphans, reviews
from advisoryhub_core.workflows.holding import NotACVEId, cve_number
from advisoryhub_core.workflows.models import OrphanStatus, ReassignmentStatus, ReviewTaskStatus

Values = Mapping[str, Any]

_PUBLIC = _("note-public-hint", default="Everybody who sees the advisory can read it.")
_INTERNAL = _("note-internal-hint", default="It becomes an internal comment.")
_CHOOSE = ("", _("choose", default="Choose …"))
_VERSION_MISSING = _("review-version-missing", default="Choose the version that you approve.")
_NOTES_MISSING = _("review-notes-missing", default="Say what has to change.")
_NOT_A_NUMBER = _("not-a-cve-id", default="This is not a CVE number: write it like CVE-2026-12345.")
_NUMBER_MISSING = _("cve-number-missing", default="Write the number, like CVE-2026-12345.")


def _cve_rule(text: str) -> str:
    try:
        return cve_number(text)
    except NotACVEId:
        raise TextError(say(_NOT_A_NUMBER)) from None


def _number_field(*, required: Any = "", hint: Any = "") -> Asked:
    return Asked(
        name="cve_id",
        label=_("cve-number", default="CVE number"),
        required=required,
        hint=hint,
        limit=30,
        rule=_cve_rule,
    )


def _submit(act: Act, advisory_id: int, _values: Values) -> Any:
    reviews.submit_for_review(act, advisory_id)
    return _("review-submitted-flash", default="The advisory was submitted for review.")


def _is_not_approved(subject: Subject) -> bool:
    return subject.advisory.approved_version != subject.advisory.current_version


def _withdraw(act: Act, advisory_id: int, _values: Values) -> Any:
    reviews.withdraw_review(act, advisory_id)
    return _("review-withdrawn-flash", default="The review was withdrawn.")


def _reopen(act: Act, advisory_id: int, _values: Values) -> Any:
    reviews.reopen_review(act, advisory_id)
    return _("review-reopened-flash", default="The request for changes was put aside.")


def _ask_decision(subject: Subject) -> tuple[Asked, ...]:
    decision = Asked(
        name="decision",
        label=_("review-decision", default="Decision"),
        required=_("review-decision-missing", default="Choose a decision."),
        choices=(
            _CHOOSE,
            (ReviewTaskStatus.APPROVED.value, _("review-approve", default="Approve")),
            (
                ReviewTaskStatus.CHANGES_REQUESTED.value,
                _("review-request-changes", default="Request changes"),
            ),
        ),
    )
    hint = _(
        "review-notes-hint",
        default="Needed to request changes. Everybody who sees the advisory can read them.",
    )
    return (decision, *_version_choice(subject), note(_("notes", default="Notes"), name="notes", hint=hint))


def _version_choice(subject: Subject) -> tuple[Asked, ...]:
    """Ask for the version only where there is a choice; the one there is needs no asking."""
    task, newest = subject.workflow.open_review, subject.advisory.current_version
    if task is None or task.version == newest:
        return ()
    pinned = task.version
    choices = (
        _CHOOSE,
        (
            str(newest),
            _("review-version-newest", default="Version ${number}, the newest", mapping={"number": newest}),
        ),
        (
            str(pinned),
            _("review-version-pinned", default="Version ${number}, as submitted", mapping={"number": pinned}),
        ),
    )
    hint = _(
        "review-version-hint",
        default="An administrator changed the advisory after it was submitted. A team that needs an approval"
        " publishes the approved version only.",
    )
    label = _("review-version", default="Version to approve")
    return (Asked(name="version", label=label, choices=choices, hint=hint),)


def _decide(act: Act, advisory_id: int, values: Values) -> Any:
    if values["decision"] == ReviewTaskStatus.CHANGES_REQUESTED:
        if not values["notes"]:
            raise PayloadInvalid({"notes": [say(_NOTES_MISSING)]})
        reviews.request_changes(act, advisory_id, notes=values["notes"])
        return _("review-changes-flash", default="Changes were requested.")
    version = _decided_version(act, advisory_id, values)
    reviews.approve_review(act, advisory_id, version=version, notes=values["notes"])
    return _("review-approved-flash", default="Version ${number} was approved.", mapping={"number": version})


def _decided_version(act: Act, advisory_id: int, values: Values) -> int:
    if "version" not in values:
        return reviews.submitted_version(act, advisory_id)
    chosen = whole_number(values["version"])
    if chosen is None:
        raise PayloadInvalid({"version": [say(_VERSION_MISSING)]})
    return chosen


def _ask_revocation(_subject: Subject) -> tuple[Asked, ...]:
    return (note(_("reason", default="Reason"), hint=_INTERNAL),)


def _revoke(act: Act, advisory_id: int, values: Values) -> Any:
    reviews.revoke_approval(act, advisory_id, reason=values["reason"])
    return _("review-revoked-flash", default="The approval was revoked.")


def _request_cve(act: Act, advisory_id: int, _values: Values) -> Any:
    cves.request_cve(act, advisory_id)
    return _("cve-requested-flash", default="A CVE number was requested.")


def _may_get_number(subject: Subject) -> bool:
    advisory = subject.advisory
    return advisory.assigned_cve_id is None and not advisory.cve_requests_banned


def _may_be_requested(subject: Subject) -> bool:
    return _may_get_number(subject) and subject.workflow.open_cve_request is None


def _may_be_reserved(subject: Subject) -> bool:
    asked = subject.workflow.open_cve_request is not None
    return subject.advisory.assigned_cve_id is None and (asked or _may_get_number(subject))


def _is_requested(subject: Subject) -> bool:
    return subject.workflow.open_cve_request is not None


def _ask_number(_subject: Subject) -> tuple[Asked, ...]:
    return (_number_field(required=_NUMBER_MISSING),)


def _reserve_cve(act: Act, advisory_id: int, values: Values) -> Any:
    cves.assign_cve(act, advisory_id, values["cve_id"])
    given = {"number": values["cve_id"]}
    return _("cve-reserved-flash", default="The advisory has the number ${number} now.", mapping=given)


def _ask_rejection(_subject: Subject) -> tuple[Asked, ...]:
    required = _("cve-reject-reason-missing", default="Say why there is no number.")
    ban = Asked(
        name="ban",
        label=_("cve-ban", default="Refuse further requests"),
        kind="checkbox",
        hint=_("cve-ban-hint", default="Only an administrator can allow them again."),
    )
    return (note(_("reason", default="Reason"), required=required, hint=_PUBLIC), ban)


def _reject_cve(act: Act, advisory_id: int, values: Values) -> Any:
    cves.reject_cve_request(act, advisory_id, reason=values["reason"], ban=values["ban"])
    return _("cve-rejected-flash", default="The CVE request was rejected.")


def _ask_unassignment(_subject: Subject) -> tuple[Asked, ...]:
    required = _("cve-unassign-reason-missing", default="Say why the number is taken off.")
    return (note(_("reason", default="Reason"), required=required, hint=_INTERNAL),)


def _unassign_cve(act: Act, advisory_id: int, values: Values) -> Any:
    cves.unassign_cve(act, advisory_id, reason=values["reason"])
    return _("cve-unassigned-flash", default="The number was taken off.")


def _is_banned(subject: Subject) -> bool:
    return subject.advisory.cve_requests_banned


def _unban_cve(act: Act, advisory_id: int, _values: Values) -> Any:
    cves.unban_cve_requests(act, advisory_id)
    return _("cve-unbanned-flash", default="CVE requests are allowed again.")


def _orphaned(subject: Subject) -> tuple[str, ...]:
    return tuple(
        orphan.cve_id for orphan in subject.workflow.orphans if orphan.status is OrphanStatus.ORPHANED
    )


def _has_orphan(subject: Subject) -> bool:
    return bool(_orphaned(subject))


def _ask_orphan(subject: Subject) -> tuple[Asked, ...]:
    numbers = tuple((number, number) for number in _orphaned(subject))
    return (
        Asked(
            name="cve_id",
            label=_("cve-orphan", default="Number"),
            required=_("cve-orphan-missing", default="Choose the number that was rejected."),
            choices=numbers if len(numbers) == 1 else (_CHOOSE, *numbers),
        ),
    )


def _mark_rejected(act: Act, advisory_id: int, values: Values) -> Any:
    orphans.mark_orphan_rejected(act, advisory_id, values["cve_id"])
    given = {"number": values["cve_id"]}
    return _("cve-orphan-flash", default="${number} is noted as rejected at cve.org.", mapping=given)


def _is_wanted_back(subject: Subject) -> bool:
    return subject.workflow.reassignment is not None


def _ask_reassignment(_subject: Subject) -> tuple[Asked, ...]:
    decision = Asked(
        name="decision",
        label=_("review-decision", default="Decision"),
        required=_("review-decision-missing", default="Choose a decision."),
        choices=(
            _CHOOSE,
            (ReassignmentStatus.REASSIGNED.value, _("cve-put-back", default="Put the old number back")),
            (ReassignmentStatus.REPLACED.value, _("cve-replace", default="Give it another number")),
        ),
    )
    return (decision, _number_field(hint=_("cve-replace-hint", default="Only for another number.")))


def _resolve_reassignment(act: Act, advisory_id: int, values: Values) -> Any:
    decision = ReassignmentStatus(values["decision"])
    if decision is ReassignmentStatus.REPLACED and not values["cve_id"]:
        raise PayloadInvalid({"cve_id": [say(_NUMBER_MISSING)]})
    orphans.resolve_reassignment(act, advisory_id, decision=decision, cve_id=values["cve_id"])
    return _("cve-reassignment-flash", default="The number of the advisory was decided.")


REVIEW_DEEDS = (
    Deed(
        name="submit-review",
        cap=Cap.SUBMIT_REVIEW,
        title=_("act-submit-review", default="Submit for review …"),
        submit=_("act-submit-review-submit", default="Submit"),
        explanation=_(
            "act-submit-review-text",
            default="Administrators review the newest version. Until they decide, the team can neither edit"
            " nor publish the advisory.",
        ),
        tone="primary",
        place="review",
        order=200,
        fits=_is_not_approved,
        run=_submit,
    ),
    Deed(
        name="decide-review",
        cap=Cap.DECIDE_REVIEW,
        title=_("act-decide-review", default="Decide the review …"),
        submit=_("act-decide-review-submit", default="Decide"),
        tone="primary",
        place="review",
        order=210,
        asks=_ask_decision,
        run=_decide,
    ),
    Deed(
        name="withdraw-review",
        cap=Cap.WITHDRAW_REVIEW,
        title=_("act-withdraw-review", default="Withdraw the review …"),
        submit=_("act-withdraw-review-submit", default="Withdraw"),
        explanation=_(
            "act-withdraw-review-text",
            default="The review ends without a decision, and the team can edit the advisory again.",
        ),
        place="review",
        order=220,
        run=_withdraw,
    ),
    Deed(
        name="reopen-review",
        cap=Cap.REOPEN_REVIEW,
        title=_("act-reopen-review", default="Put the request aside …"),
        submit=_("act-reopen-review-submit", default="Put aside"),
        explanation=_(
            "act-reopen-review-text",
            default="The advisory counts as not reviewed again, instead of waiting for changes. The notes of"
            " the review stay in the discussion.",
        ),
        place="review",
        order=230,
        run=_reopen,
    ),
    Deed(
        name="revoke-approval",
        cap=Cap.REVOKE_APPROVAL,
        title=_("act-revoke-approval", default="Revoke the approval …"),
        submit=_("act-revoke-approval-submit", default="Revoke"),
        explanation=_(
            "act-revoke-approval-text",
            default="A team that needs an approval cannot publish before another review.",
        ),
        tone="danger",
        place="review",
        order=240,
        asks=_ask_revocation,
        run=_revoke,
    ),
)

CVE_DEEDS = (
    Deed(
        name="request-cve",
        cap=Cap.REQUEST_CVE,
        title=_("act-request-cve", default="Request a CVE number …"),
        submit=_("act-request-cve-submit", default="Request"),
        explanation=_(
            "act-request-cve-text",
            default="An administrator reserves a CVE number, or says why there is none.",
        ),
        place="cve",
        order=300,
        fits=_may_be_requested,
        run=_request_cve,
    ),
    Deed(
        name="reserve-cve",
        cap=Cap.DECIDE_CVE,
        title=_("act-reserve-cve", default="Reserve a CVE number …"),
        submit=_("act-reserve-cve-submit", default="Reserve"),
        explanation=_(
            "act-reserve-cve-text",
            default="The number makes a new version. A published advisory has to be published again.",
        ),
        tone="primary",
        place="cve",
        order=310,
        fits=_may_be_reserved,
        asks=_ask_number,
        run=_reserve_cve,
    ),
    Deed(
        name="reject-cve",
        cap=Cap.DECIDE_CVE,
        title=_("act-reject-cve", default="Reject the request …"),
        submit=_("act-reject-cve-submit", default="Reject"),
        place="cve",
        order=320,
        fits=_is_requested,
        asks=_ask_rejection,
        run=_reject_cve,
    ),
    Deed(
        name="resolve-reassignment",
        cap=Cap.ORPHANS,
        title=_("act-resolve-reassignment", default="Decide about the number …"),
        submit=_("act-resolve-reassignment-submit", default="Decide"),
        explanation=_(
            "act-resolve-reassignment-text",
            default="Put a number back only if cve.org has not rejected it, or takes it back. Either way the"
            " number becomes part of a new version.",
        ),
        tone="primary",
        place="cve",
        order=330,
        fits=_is_wanted_back,
        asks=_ask_reassignment,
        run=_resolve_reassignment,
    ),
    Deed(
        name="orphan-rejected",
        cap=Cap.ORPHANS,
        title=_("act-orphan-rejected", default="Note a number as rejected …"),
        submit=_("act-orphan-rejected-submit", default="Note as rejected"),
        explanation=_(
            "act-orphan-rejected-text",
            default="Reject the number at cve.org first. A number that is noted as rejected does not come"
            " back by itself when the advisory is reopened.",
        ),
        place="cve",
        order=340,
        fits=_has_orphan,
        asks=_ask_orphan,
        run=_mark_rejected,
    ),
    Deed(
        name="unban-cve",
        cap=Cap.UNBAN_CVE,
        title=_("act-unban-cve", default="Allow CVE requests …"),
        submit=_("act-unban-cve-submit", default="Allow"),
        explanation=_("act-unban-cve-text", default="The team can request a number again."),
        place="cve",
        order=350,
        fits=_is_banned,
        run=_unban_cve,
    ),
    Deed(
        name="unassign-cve",
        cap=Cap.UNASSIGN_CVE,
        title=_("act-unassign-cve", default="Take the number off …"),
        submit=_("act-unassign-cve-submit", default="Take off"),
        explanation=_(
            "act-unassign-cve-text",
            default="The number is left over, to be rejected at cve.org or used again. A published advisory"
            " has to be published again.",
        ),
        tone="danger",
        place="cve",
        order=360,
        asks=_ask_unassignment,
        run=_unassign_cve,
    ),
)

DEEDS = (*REVIEW_DEEDS, *CVE_DEEDS)

REVIEW_DECISION = next(deed for deed in REVIEW_DEEDS if deed.name == "decide-review")

__all__ = ["DEEDS", "REVIEW_DECISION"]
