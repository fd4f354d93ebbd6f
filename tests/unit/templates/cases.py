"""Every template in each of the states it can show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from advisoryhub_core.advisories import content_pages as content
from advisoryhub_core.advisories import pages as a
from advisoryhub_core.web import pages as w
from advisoryhub_core.workflows import cards
from tests.unit.templates import notification_cases as n
from tests.unit.templates import talk_samples
from tests.unit.templates.access_samples import ACCESS_CARDS, ACCESS_PAGES
from tests.unit.templates.samples import (
    CARDS,
    CONFLICT,
    CONTENT,
    DIFF,
    DISMISS,
    ERRORS,
    HEADING,
    HOSTILE,
    PAYLOAD,
    PROJECT,
    PUBLISH_PAGE,
    REFUSED,
    VERSIONS,
    account,
    detail,
    form,
    listing,
    moment,
)

CORE = "advisoryhub_templates:"


@dataclass(frozen=True)
class Case:
    """A template, its context, and globals that differ from the ordinary ones."""

    name: str
    template: str
    context: dict[str, Any]
    changes: dict[str, Any]
    fragment: bool = False


def _case(name: str, template: str, page: Any, **changes: Any) -> Case:
    return Case(name, CORE + template, {"page": page}, changes)


def _error(status: int) -> w.ErrorPage:
    return w.ErrorPage(
        status=status,
        title="There is nothing here",
        message="The page does not exist, or it is not shared with you.",
        advice=("Check the address for a typing error.", "Ask the person who sent you the link to share it."),
        request_id="6f2a9c1e5b" if status >= 500 else None,
        retry_after="30 seconds" if status in {429, 503} else None,
    )


def cases() -> Iterator[Case]:
    """Yield each template in each state."""
    anonymous: dict[str, Any] = {"identity": None, "nav": []}
    yield _case(
        "home", "home.pt", w.HomePage(sign_in_url="/oidc/authenticate/", report_url="/report/"), **anonymous
    )
    yield _case("home-bare", "home.pt", w.HomePage(sign_in_url="/oidc/authenticate/"), **anonymous)
    for status in (400, 403, 404, 409, 413, 429, 500, 503):
        yield _case(f"error-{status}", "error.pt", _error(status), **({} if status % 2 else anonymous))
    step_up = w.StepUpPage(continue_url="/oidc/step-up/go", cancel_url="/", minutes=5)
    yield _case("step-up", "accounts/step_up.pt", step_up)
    down = w.ProviderDownPage(retry_url="/oidc/authenticate/", request_id="6f2a9c1e5b")
    yield _case("provider-down", "accounts/provider_down.pt", down, **anonymous)
    for is_open in (True, False):
        signed_out = w.SignedOutPage(sign_in_url="/oidc/authenticate/", provider_session_open=is_open)
        yield _case(f"signed-out-{is_open}", "accounts/signed_out.pt", signed_out, **anonymous)
    leaving = w.SignedOutPage(
        sign_in_url="/oidc/authenticate/",
        provider_session_open=True,
        provider_url="https://id.example.org/out",
    )
    yield _case("signed-out-leaving", "accounts/signed_out.pt", leaving, **anonymous)
    yield _case("account", "accounts/me.pt", account())
    bare = account(groups=(), display_name="", is_admin=True)
    yield _case("account-bare", "accounts/me.pt", bare)
    yield from _advisory_cases()
    yield _case("inbox", "notifications/inbox.pt", n.INBOX)
    yield _case("inbox-empty", "notifications/inbox.pt", n.EMPTY_INBOX)
    yield _case("preferences", "notifications/preferences.pt", n.PREFERENCES)
    yield _case("preferences-refused", "notifications/preferences.pt", n.REFUSED_PREFERENCES)
    yield _case("preferences-advisory", "notifications/preferences.pt", n.ADVISORY_PREFERENCES)
    choice = {"preset": "My defaults", "url": "notifications/"}
    yield Case("notifications-panel", CORE + "notifications/panel.pt", choice, {}, fragment=True)
    for name, (template, page) in ACCESS_PAGES.items():
        yield _case(name, template, page)
    for name, access in ACCESS_CARDS.items():
        yield Case(f"access-card-{name}", CORE + "access/panel.pt", {"card": access}, {}, fragment=True)
    yield from _card_cases()
    for name, template, page in talk_samples.pages():
        yield _case(name, f"comments/{template}", page)
    for name, template, context in talk_samples.fragments():
        yield Case(name, f"{CORE}comments/{template}", context, {}, fragment=True)
    for name, card in CARDS.items():
        yield Case(
            f"panel-{name}", "advisoryhub_publishing:templates/panel.pt", {"card": card}, {}, fragment=True
        )


def _advisory_cases() -> Iterator[Case]:
    yield _case("list", "advisories/list.pt", listing(), flashes=_flashes())
    yield _case(
        "list-plain",
        "advisories/list.pt",
        listing(total="", pager=w.NO_PAGER, create_url=None, clear_url=None),
    )
    for empty in ("no-access", "no-match", "none-yet"):
        page = listing(rows=(), empty=empty, report_url="/report/", pager=w.NO_PAGER)
        yield _case(f"list-{empty}", "advisories/list.pt", page)
    yield _case("detail", "advisories/detail.pt", detail())
    yield _case(
        "detail-ready", "advisories/detail.pt", detail(readiness=(), published=moment(days=1), banners=())
    )
    sparse = content.AdvisoryContent(
        summary="Unfinished", withdrawn_reason="It was not a vulnerability after all."
    )
    yield _case(
        "detail-sparse",
        "advisories/detail.pt",
        detail(
            content=sparse,
            acts=(),
            dialogs=(),
            readiness=None,
            panels=(),
            banners=(),
            heading=replace(HEADING, severity=None),
        ),
    )
    evil = content.AdvisoryContent(
        summary=HOSTILE,
        affected=(content.AffectedView(ecosystem=HOSTILE, name=HOSTILE, purl=HOSTILE, versions=(HOSTILE,)),),
        references=(content.ReferenceView(HOSTILE, f"https://example.org/{HOSTILE}"),),
        credits=(content.CreditView(name=HOSTILE, label=HOSTILE, contacts=(HOSTILE,)),),
        aliases=(content.AliasView(HOSTILE),),
        withdrawn_reason=HOSTILE,
    )
    yield _case(
        "detail-hostile",
        "advisories/detail.pt",
        detail(
            content=evil, creator=HOSTILE, heading=replace(HEADING, summary=HOSTILE, project_name=HOSTILE)
        ),
        identity=None,
        nav=[w.NavItem(title=HOSTILE, url="/advisories/")],
    )
    yield _case("form-edit", "advisories/form.pt", form(PAYLOAD))
    yield _case("form-new", "advisories/form.pt", form({}, project=PROJECT, heading=None, base_version=0))
    rated = {"severity.0": a.SeverityRating("critical", "9.1")}
    yield _case(
        "form-errors",
        "advisories/form.pt",
        form(
            PAYLOAD,
            errors=ERRORS,
            dirty=True,
            focus="summary",
            ratings=rated,
            details_preview=Markup("<p>Hello</p>"),
        ),
    )
    empty_rows: dict[str, Any] = {
        "affected": [{"package": {}, "ranges": [{"events": [{}]}]}],
        **{name: [{}] for name in ("references", "severity", "credits")},
        **{name: [""] for name in ("aliases", "cwe_ids")},
    }
    yield _case("form-empty-rows", "advisories/form.pt", form(empty_rows))
    yield Case("form-body", CORE + "advisories/form_body.pt", {"page": form(PAYLOAD)}, {}, fragment=True)
    for name, rating in (
        ("rated", a.SeverityRating("high", "7.5")),
        ("unreadable", a.SeverityRating(error="Not a vector.")),
    ):
        yield Case(f"rating-{name}", CORE + "advisories/rating.pt", {"rating": rating}, {}, fragment=True)
    yield _case("act", "advisories/act.pt", a.ActPage(heading=HEADING, act=DISMISS))
    yield _case("act-refused", "advisories/act.pt", a.ActPage(heading=HEADING, act=REFUSED))
    yield _case("publish", "advisories/publish.pt", PUBLISH_PAGE)
    for direction in ("withdraw", "restore"):
        page = replace(PUBLISH_PAGE, direction=direction)
        yield _case(f"publish-{direction}", "advisories/publish.pt", page)
    blocked = replace(PUBLISH_PAGE, act=None, problems=detail().readiness or (), warnings=())
    yield _case("publish-blocked", "advisories/publish.pt", blocked)
    history = a.HistoryPage(
        heading=HEADING, compare_url="/advisories/ECL-4f7h-q2mx-c9vw/history/", versions=VERSIONS
    )
    yield _case("history", "advisories/history.pt", history)
    yield _case("history-one", "advisories/history.pt", replace(history, versions=VERSIONS[-1:]))
    one = a.VersionPage(
        heading=HEADING,
        content=CONTENT,
        row=VERSIONS[1],
        history_url="../history/",
        diff_url="diff/",
        older_url="../4/",
    )
    yield _case("version", "advisories/version.pt", one)
    yield _case("version-system", "advisories/version.pt", replace(one, row=VERSIONS[2], newer_url="../5/"))
    yield _case("diff-side", "advisories/diff.pt", DIFF)
    yield _case("diff-inline", "advisories/diff.pt", replace(DIFF, layout="inline"))
    yield _case("diff-same", "advisories/diff.pt", replace(DIFF, changes=()))
    yield _case("conflict", "advisories/conflict.pt", CONFLICT)


def _card_cases() -> Iterator[Case]:
    acts = (w.Act(name="withdraw-review", title="Withdraw", url="withdraw-review/", mode="post"),)
    somebody = cards.Deeded(HOSTILE, moment(hours=3))
    one, two = cards.VersionLink(1, "versions/1/"), cards.VersionLink(2, "versions/2/")
    gap = cards.Gap(HOSTILE, "versions/2/diff/?against=1")
    number = content.AliasView("CVE-2026-12345", "https://www.cve.org/CVERecord?id=CVE-2026-12345")
    orphans = tuple(cards.OrphanView(number, done, moment(days=2)) for done in (True, False))
    submitted = cards.ReviewCard(status="submitted", submitted=somebody, version=one, gap=gap, acts=acts)
    for name, card in {
        "none": cards.ReviewCard(status="none", acts=acts),
        "ended": cards.ReviewCard(status="none", ended=HOSTILE),
        "submitted": submitted,
        "changes": replace(submitted, status="changes_requested", decided=somebody, gap=None),
        "approved": replace(submitted, status="approved", decided=somebody, approved=two, acts=()),
    }.items():
        yield Case(f"review-{name}", f"{CORE}advisories/review_card.pt", {"card": card}, {}, fragment=True)
    for name, cve in {
        "none": cards.CVECard(acts=acts),
        "held": cards.CVECard(number=number, orphans=orphans),
        "requested": cards.CVECard(requested=somebody, wanted=HOSTILE, acts=acts),
        "banned": cards.CVECard(rejected=somebody, banned=True),
    }.items():
        yield Case(f"cve-{name}", f"{CORE}advisories/cve_card.pt", {"card": cve}, {}, fragment=True)


def _flashes() -> list[w.Flash]:
    return [
        w.Flash("success", "The draft was saved as version 6."),
        w.Flash("error", f"The mail could not be sent to {HOSTILE}"),
        w.Flash("info", "Maintenance tonight at 22:00 UTC."),
        w.Flash("warning", "Your session ends soon."),
    ]
