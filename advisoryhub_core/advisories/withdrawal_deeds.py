"""The deeds that withdraw what was published, and that ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.deeds import Deed, Subject
from advisoryhub_core.advisories.lifecycle_deeds import INTERNAL_NOTE
from advisoryhub_core.advisories.pages import _
from advisoryhub_core.advisories.payload.limits import REASON
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.withdrawal import (
    approve_withdrawal,
    cancel_withdrawal_request,
    request_withdrawal,
    withdraw_advisory,
)
from advisoryhub_core.web.asked import Asked, note

_EFFECT = _(
    "act-withdraw-text",
    default="The advisory stays public, marked as withdrawn and with the reason; a CVE record becomes a"
    " rejected one, and its number is taken off. It counts as withdrawn once that has been pushed.",
)
_UNDER_WAY = _("withdrawal-flash", default="The withdrawal is on its way.")


def _pending(subject: Subject) -> bool:
    return subject.advisory.withdrawal_requested_at is not None


def _none_pending(subject: Subject) -> bool:
    return not _pending(subject)


def _ask_reason(_subject: Subject) -> tuple[Asked, ...]:
    return (
        Asked(
            name="reason",
            label=_("reason", default="Reason"),
            kind="textarea",
            limit=REASON,
            required=_("withdraw-reason-missing", default="Say why the advisory is withdrawn."),
            hint=_("withdraw-reason-hint", default="It is published with the advisory."),
        ),
    )


def _withdraw(act: Act, advisory_id: int, values: Mapping[str, Any]) -> Any:
    withdraw_advisory(act, advisory_id, reason=values["reason"])
    return _UNDER_WAY


def _ask_request(_subject: Subject) -> tuple[Asked, ...]:
    return (
        Asked(
            name="note",
            label=_("reason", default="Reason"),
            kind="textarea",
            limit=REASON,
            required=_("withdrawal-note-missing", default="Say why the advisory should be withdrawn."),
            hint=_(
                "withdrawal-note-hint",
                default="If an administrator approves, it is published with the advisory as the reason.",
            ),
        ),
    )


def _request(act: Act, advisory_id: int, values: Mapping[str, Any]) -> Any:
    request_withdrawal(act, advisory_id, note=values["note"])
    return _("withdrawal-requested-flash", default="The administrators were asked to withdraw the advisory.")


def _ask_cancellation(_subject: Subject) -> tuple[Asked, ...]:
    return (note(_("note-optional", default="Note (optional)"), name="note", hint=INTERNAL_NOTE),)


def _cancel(act: Act, advisory_id: int, values: Mapping[str, Any]) -> Any:
    cancel_withdrawal_request(act, advisory_id, note=values["note"])
    return _("withdrawal-cancelled-flash", default="The request to withdraw the advisory is closed.")


def _explain_approval(subject: Subject) -> Any:
    return _(
        "act-approve-withdrawal-text",
        default="The advisory stays public, marked as withdrawn and with the reason below; a CVE record"
        " becomes a rejected one, and its number is taken off. It counts as withdrawn once that has been"
        " pushed. The reason: ${note}",
        mapping={"note": subject.advisory.withdrawal_note},
    )


def _approve(act: Act, advisory_id: int, _values: Mapping[str, Any]) -> Any:
    approve_withdrawal(act, advisory_id)
    return _UNDER_WAY


DEEDS = (
    Deed(
        name="withdraw",
        cap=Cap.WITHDRAW,
        title=_("act-withdraw", default="Withdraw …"),
        submit=_("act-withdraw-submit", default="Withdraw"),
        explanation=_EFFECT,
        tone="danger",
        asks=_ask_reason,
        run=_withdraw,
        order=900,
        confirm=True,
        step_up=True,
        rate_limit="publish",
    ),
    Deed(
        name="request-withdrawal",
        cap=Cap.REQUEST_WITHDRAWAL,
        title=_("act-request-withdrawal", default="Ask to withdraw it …"),
        submit=_("act-request-withdrawal-submit", default="Ask the administrators"),
        asks=_ask_request,
        fits=_none_pending,
        run=_request,
        order=910,
    ),
    Deed(
        name="cancel-withdrawal-request",
        cap=Cap.CANCEL_WITHDRAWAL,
        title=_("act-cancel-withdrawal", default="Close the request to withdraw it …"),
        submit=_("act-cancel-withdrawal-submit", default="Close the request"),
        asks=_ask_cancellation,
        fits=_pending,
        run=_cancel,
        order=920,
    ),
    Deed(
        name="approve-withdrawal",
        cap=Cap.APPROVE_WITHDRAWAL,
        title=_("act-approve-withdrawal", default="Withdraw as asked …"),
        submit=_("act-withdraw-submit", default="Withdraw"),
        explains=_explain_approval,
        tone="danger",
        fits=_pending,
        run=_approve,
        place="banner",
        confirm=True,
        step_up=True,
        rate_limit="publish",
    ),
)
