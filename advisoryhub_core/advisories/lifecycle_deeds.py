"""The deeds that give an advisory up and bring it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.deeds import Deed, Subject
from advisoryhub_core.advisories.lifecycle import dismiss_advisory, reopen_advisory
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.pages import _
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.states import State
from advisoryhub_core.advisories.triage import dismiss_triage
from advisoryhub_core.web.asked import Asked, note

PUBLIC_NOTE = _("note-public-hint", default="Everybody who sees the advisory can read it.")
INTERNAL_NOTE = _(
    "note-internal-viewers-hint",
    default="It becomes an internal comment: viewers, such as the reporter, do not see it.",
)


def _ask_reason(_subject: Subject) -> tuple[Asked, ...]:
    required = _("dismiss-reason-missing", default="Say why the advisory is dismissed.")
    return (note(_("reason", default="Reason"), required=required, hint=PUBLIC_NOTE),)


def _dismiss(act: Act, advisory_id: int, values: Mapping[str, Any]) -> Any:
    dismiss_advisory(act, advisory_id, reason=values["reason"])
    return _("dismissed-flash", default="The advisory was dismissed.")


def _dismiss_report(act: Act, advisory_id: int, values: Mapping[str, Any]) -> Any:
    dismiss_triage(act, advisory_id, reason=values["reason"])
    return _("dismissed-report-flash", default="The report was dismissed.")


def _reopen(act: Act, advisory_id: int, _values: Mapping[str, Any]) -> Any:
    reopen_advisory(act, advisory_id)
    return _("reopened-flash", default="The advisory is open again.")


def _bring_back(act: Act, advisory_id: int, _values: Mapping[str, Any]) -> Any:
    reopen_advisory(act, advisory_id)
    return _("brought-back-flash", default="The advisory is being published again.")


def _is_report(advisory: Advisory) -> bool:
    return advisory.state is State.TRIAGE


def _was_withdrawn(advisory: Advisory) -> bool:
    return advisory.dismissed_from_state is State.PUBLISHED


DEEDS = (
    Deed(
        name="dismiss",
        cap=Cap.DISMISS,
        title=_("act-dismiss", default="Dismiss …"),
        submit=_("act-dismiss-submit", default="Dismiss"),
        tone="danger",
        asks=_ask_reason,
        run=_dismiss,
        order=900,
    ),
    Deed(
        name="dismiss-report",
        address="dismiss",
        when=_is_report,
        cap=Cap.DISMISS_TRIAGE,
        title=_("act-dismiss", default="Dismiss …"),
        submit=_("act-dismiss-submit", default="Dismiss"),
        tone="danger",
        asks=_ask_reason,
        run=_dismiss_report,
        place="bar",
        order=900,
    ),
    Deed(
        name="reopen",
        cap=Cap.REOPEN,
        title=_("act-reopen", default="Reopen …"),
        submit=_("act-reopen-submit", default="Reopen"),
        explanation=_(
            "act-reopen-text",
            default="The advisory goes back to where it was. A CVE request that the dismissal cancelled is"
            " opened again, and a number that it took off is put back if it is still free.",
        ),
        run=_reopen,
        place="banner",
    ),
    Deed(
        name="bring-back",
        address="reopen",
        when=_was_withdrawn,
        cap=Cap.REOPEN,
        title=_("act-bring-back", default="Bring back …"),
        submit=_("act-bring-back-submit", default="Bring back"),
        explanation=_(
            "act-bring-back-text",
            default="The documents are published again without the mark of the withdrawal, and a CVE number"
            " that the withdrawal took off is put back if it is still free. The advisory counts as published"
            " once that has been pushed.",
        ),
        run=_bring_back,
        place="banner",
        confirm=True,
        step_up=True,
        rate_limit="publish",
    ),
)
