"""Sample data for the pages of the interface."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from markupsafe import Markup

from advisoryhub_core.advisories import content_pages as content
from advisoryhub_core.advisories import pages as a
from advisoryhub_core.advisories.diff import diff_payloads
from advisoryhub_core.advisories.form_pages import AdvisoryFormPage, advisory_form
from advisoryhub_core.web import pages as w

HOSTILE = "<script>alert('x')</script>\" onload=\"x \u202e ${1/0}"
NOW = datetime(2026, 11, 24, 2, 7, tzinfo=UTC)


def moment(**ago: float) -> w.Moment:
    return w.Moment.at(NOW - timedelta(**ago))


PAYLOAD: dict[str, Any] = {
    "summary": "Request smuggling through malformed chunk extensions in the HTTP/1.1 parser",
    "details": "The parser **accepts** a bare LF.\n\n```\nGET / HTTP/1.1\n```\n",
    "aliases": ["GHSA-9v2f-6vcg-3hgv"],
    "references": [
        {"type": "FIX", "url": "https://git.example.org/jetty/commit/4f1c2d"},
        {"type": "WEB", "url": "https://example.org/" + "long/" * 20},
    ],
    "affected": [
        {
            "package": {
                "ecosystem": "Maven",
                "name": "org.example.server:http-core",
                "purl": "pkg:maven/org.example.server/http-core",
            },
            "ranges": [
                {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "10.0.24"}]},
                {"type": "SEMVER", "events": [{"introduced": "11.0.0"}, {"last_affected": "11.0.24"}]},
                {
                    "type": "GIT",
                    "repo": "https://git.example.org/server.git",
                    "events": [{"introduced": "0"}, {"introduced": "8badf00d"}, {"fixed": "deadbeef"}],
                },
            ],
            "versions": ["12.0.0-alpha1", "12.0.0-alpha2"],
        },
        {
            "package": {"ecosystem": "npm", "name": "@example/proxy"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "2.0.0"}]}],
        },
    ],
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N"}],
    "cwe_ids": ["CWE-444"],
    "credits": [{"name": "Kim Lee", "type": "FINDER", "contact": ["https://example.net/kim"]}],
}

HEADING = a.AdvisoryHeading(
    advisory_id="ECL-4f7h-q2mx-c9vw",
    url="/advisories/ECL-4f7h-q2mx-c9vw/",
    summary=PAYLOAD["summary"],
    project_name="Example HTTP Server",
    state="draft",
    severity="critical",
    score="9.1",
    review="submitted",
    marks=("changed",),
)

CONTENT = content.AdvisoryContent(
    summary=PAYLOAD["summary"],
    details=Markup(
        "<p>The HTTP/1.1 parser accepts a bare line feed after a chunk extension. A front end that does not, "
        "and the server behind it, then disagree about where a request ends.</p><h3>Impact</h3>"
        "<p>An attacker can <strong>smuggle a request</strong> past the access rules of the front end.</p>"
        "<pre><code>POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n2;\\n</code></pre>"
        "<h3>Workarounds</h3><ul><li>Turn off keep-alive between proxy and server</li>"
        "<li>Refuse chunk extensions at the front end</li></ul>"
    ),
    affected=tuple(content.AffectedView.of(item) for item in PAYLOAD["affected"]),
    severity=(
        content.SeverityView(
            system="CVSS 3.1", vector=PAYLOAD["severity"][0]["score"], level="critical", score="9.1"
        ),
        content.SeverityView(system="Ubuntu", vector="medium", level="medium"),
    ),
    weaknesses=(
        content.WeaknessView(
            "CWE-444",
            "Inconsistent Interpretation of HTTP Requests",
            "https://cwe.mitre.org/data/definitions/444.html",
        ),
    ),
    references=tuple(
        content.ReferenceView(item["type"].title(), item["url"]) for item in PAYLOAD["references"]
    ),
    credits=(content.CreditView(name="Kim Lee", label="Finder", contacts=("https://example.net/kim",)),),
    aliases=(content.AliasView("GHSA-9v2f-6vcg-3hgv", "https://github.com/advisories/GHSA-9v2f-6vcg-3hgv"),),
    assigned_cve=content.AliasView("CVE-2026-41234", "https://www.cve.org/CVERecord?id=CVE-2026-41234"),
)

DISMISS = w.Act(
    name="dismiss",
    title="Dismiss",
    url="/advisories/ECL-4f7h-q2mx-c9vw/dismiss",
    mode="form",
    tone="danger",
    explanation="A dismissed draft can be reopened. Your reason becomes a comment everybody here can read.",
    fields=(
        w.FormField(
            name="reason",
            label="Reason",
            kind="textarea",
            required=True,
            scope="act-dismiss",
            hint="Say why.",
        ),
    ),
)
PUBLISH = w.Act(
    name="publish",
    title="Publish",
    url="/advisories/ECL-4f7h-q2mx-c9vw/publish/",
    mode="form",
    tone="primary",
    explanation="The documents are pushed to the public repository. They can only be withdrawn then.",
    confirm="ECL-4f7h-q2mx-c9vw",
    step_up=True,
)
ACTS = (
    w.Act(
        name="edit", title="Edit", url="/advisories/ECL-4f7h-q2mx-c9vw/edit/", tone="primary", shortcut="e"
    ),
    w.Act(
        name="submit",
        title="Submit for review",
        url="/advisories/ECL-4f7h-q2mx-c9vw/submit-review",
        mode="post",
    ),
    DISMISS,
)


ASKED = w.Moment.at(NOW)


@dataclass(frozen=True)
class Artifact:
    label: str
    url: str
    download_url: str


@dataclass(frozen=True)
class Card:
    status: str | None
    withdrawal: bool = False
    version: int = 5
    attempts: int = 2
    error: str = ""
    commit: str = ""
    commit_url: str | None = None
    requested: w.Moment = ASKED
    requested_by: str = "Ana Ribeiro"
    finished: w.Moment | None = None
    artifacts: tuple[Artifact, ...] = ()
    acts: tuple[w.Act, ...] = ()
    blocked: str = ""
    refresh_url: str | None = None


ARTIFACTS = tuple(
    Artifact(kind, f"/publication/7/{kind}", f"/publication/7/{kind}?raw") for kind in ("OSV", "CSAF")
)
CARDS = {
    "never": Card(None, acts=(PUBLISH,)),
    "running": Card("running", refresh_url="/publication/7/card"),
    "queued": Card("queued", attempts=0, refresh_url="/publication/7/card"),
    "failed": Card(
        "failed", error="remote: <refused> " * 30, blocked="The newest version is not the approved one."
    ),
    "succeeded": Card(
        "succeeded",
        commit="9f2c81d0",
        commit_url="https://git.example.org/c/9f2c81d0",
        finished=w.Moment.at(NOW),
        artifacts=ARTIFACTS,
    ),
    "withdrawing": Card("running", withdrawal=True, refresh_url="/publication/7/card"),
    "withdrawn": Card("succeeded", withdrawal=True, finished=w.Moment.at(NOW)),
    "unlinked": Card("succeeded", commit="9f2c81d0"),
}

PANEL_HTML = Markup(
    '<p>The review was asked for by <strong>Kim Lee</strong>.</p><p class="muted small">Version 5</p>'
)


def detail(**changes: Any) -> a.AdvisoryDetailPage:
    full: dict[str, Any] = {
        "heading": HEADING,
        "content": CONTENT,
        "version": 6,
        "created": moment(days=21),
        "modified": moment(hours=3),
        "creator": "Kim Lee",
        "history_url": "/advisories/ECL-4f7h-q2mx-c9vw/history/",
        "acts": ACTS,
        "dialogs": tuple(act for act in ACTS if act.mode == "form"),
        "readiness": (
            a.Problem(
                "A severity, or a stated reason for none", "/advisories/ECL-4f7h-q2mx-c9vw/edit/#f-severity"
            ),
            a.Problem("An approved review of the newest version"),
        ),
        "panels": (
            w.Panel(name="review", title="Review", html=PANEL_HTML),
            w.Panel(name="comments", title="Comments", html=PANEL_HTML, area="main"),
            w.Panel(name="empty", title="Never seen", html=Markup("")),
        ),
        "banners": (
            w.Banner(
                kind="warning",
                text="The project was changed. Check who has access.",
                act=w.Act(name="seen", title="I have checked", url="/x", mode="post"),
            ),
        ),
    }
    return a.AdvisoryDetailPage(**{**full, **changes})


def row(number: int, state: Any, severity: Any, summary: str, **changes: Any) -> a.AdvisoryRow:
    full: dict[str, Any] = {
        "advisory_id": f"ECL-4f7h-q2mx-c9v{number}",
        "url": f"/advisories/ECL-4f7h-q2mx-c9v{number}/",
        "summary": summary,
        "project_name": "Example HTTP Server",
        "state": state,
        "severity": severity,
        "modified": moment(hours=number * 9),
    }
    return a.AdvisoryRow(**{**full, **changes})


ROWS = (
    row(
        2,
        "triage",
        None,
        "Crash when a directory listing holds a file with an empty name",
        marks=("new", "flagged"),
    ),
    row(3, "draft", "critical", PAYLOAD["summary"], score="9.1", review="submitted", marks=("changed",)),
    row(4, "draft", "high", "Path traversal in the archive importer", score="7.5", review="approved"),
    row(
        5,
        "published",
        "medium",
        "Timing difference when comparing session identifiers",
        score="5.9",
        identifiers=("CVE-2026-41234", "GHSA-9v2f-6vcg-3hgv"),
        marks=("republish",),
    ),
    row(6, "published", "low", "Verbose error page names internal hosts", score="3.1", marks=("linked",)),
    row(7, "draft", "none", "Documentation recommends an insecure default", review="changes_requested"),
    row(
        8,
        "dismissed",
        "high",
        "Already fixed: XML parser resolves external entities " + "again and " * 12,
        score="8.8",
    ),
)


def tabs(active: Any = None) -> tuple[a.StateTab, ...]:
    counts = {None: "1,000+", "triage": "7", "draft": "42", "published": "1,000+", "dismissed": "0"}
    return tuple(
        a.StateTab(state=state, url=f"/advisories/?state={state or ''}", count=count, active=state == active)
        for state, count in counts.items()
    )


def listing(**changes: Any) -> a.AdvisoryListPage:
    full: dict[str, Any] = {
        "url": "/advisories/",
        "tabs": tabs(),
        "rows": ROWS,
        "total": "1,000+",
        "filters": (
            w.FormField(
                name="project",
                label="Project",
                kind="select",
                options=w.options([("", "All projects"), ("s", "Server")]),
            ),
            w.FormField(
                name="severity",
                label="Severity",
                kind="select",
                options=(w.Option("", "Any severity"), *a.SEVERITY_CHOICES),
            ),
        ),
        "toggles": (w.FormField(name="mine", label="Mine", kind="checkbox", value="true"),),
        "kept": (("state", "draft"),),
        "create_url": "/advisories/new/",
        "clear_url": "/advisories/",
        "pager": w.Pager(newer_url="/advisories/?before=x", older_url="/advisories/?after=y"),
    }
    return a.AdvisoryListPage(**{**full, **changes})


def form(payload: dict[str, Any], **changes: Any) -> AdvisoryFormPage:
    edited: dict[str, Any] = {
        "action": "/advisories/ECL-4f7h-q2mx-c9vw/edit/",
        "cancel_url": "/advisories/ECL-4f7h-q2mx-c9vw/",
        "draft_key": "advisory:ECL-4f7h-q2mx-c9vw",
        "base_version": 6,
        "rating_url": "/advisories/ECL-4f7h-q2mx-c9vw/edit/",
    }
    heading = changes.pop("heading", HEADING)
    return AdvisoryFormPage(
        form=advisory_form(payload, **{**edited, **changes}),
        heading=heading,
        ecosystems=("Maven", "npm", "PyPI"),
        weaknesses=(w.Option("CWE-444", "Inconsistent Interpretation of HTTP Requests"),),
    )


ERRORS = {
    "summary": ["Say in one line what is wrong."],
    "affected": ["Name each package once."],
    "affected.0": ["Say which versions are affected."],
    "affected.0.package.name": ["A Maven package is named group:artifact."],
    "affected.0.ranges.0.events.1.fixed": ["10.0.24 comes before 11.0.0, where the range begins."],
    "affected.0.ranges.1.events": ["A range has fixed or last affected, not both."],
    "severity.0.score": ["This vector lacks the metric A."],
    "aliases.0": ["Not the form of a GHSA id."],
    "somewhere.else": ["The form was sent twice."],
}
PROJECT = w.FormField(
    name="project",
    label="Project",
    kind="select",
    required=True,
    options=w.options([("s", "Server"), ("p", "Proxy")]),
)

OLD = {
    **PAYLOAD,
    "summary": "Request smuggling in the parser",
    "aliases": [],
    "references": [{"type": "WEB", "url": "https://example.org/old"}, PAYLOAD["references"][0]],
    "details": "The parser accepts a bare CR.\n\nIt should not.\n",
}
CHANGES = tuple(a.FieldChange.of(diff) for diff in diff_payloads(OLD, PAYLOAD))


def version(number: int, **changes: Any) -> a.VersionRow:
    full: dict[str, Any] = {
        "number": number,
        "url": f"/advisories/ECL-4f7h-q2mx-c9vw/versions/{number}/",
        "created": moment(days=7 - number),
        "editor": "Kim Lee",
        "changed": ("Details", "Affected packages"),
    }
    return a.VersionRow(**{**full, **changes})


VERSIONS = (
    version(6, marks=("newest",), target=True),
    version(5, marks=("approved",), base=True),
    version(4, editor=None, changed=("Assigned CVE id",)),
    version(3, marks=("published",)),
    version(1, changed=()),
)
CONFLICT = a.ConflictPage(
    heading=HEADING,
    base_version=7,
    current=version(7, editor="Sam Okoro"),
    fields=tuple(
        a.ConflictField(
            name=change.diff.field,
            label=change.label,
            diff=change.diff,
            both=index == 0,
            take="mine" if index else "theirs",
        )
        for index, change in enumerate(CHANGES)
    ),
    mine='{"summary": "\\"quoted\\" <b>"}',
    merge_url="/advisories/ECL-4f7h-q2mx-c9vw/edit/",
    discard_url="/advisories/ECL-4f7h-q2mx-c9vw/",
)
DIFF = a.DiffPage(
    heading=HEADING,
    before=VERSIONS[1],
    after=VERSIONS[0],
    layout="side",
    side_url="?against=5",
    inline_url="?against=5&layout=inline",
    history_url="/advisories/ECL-4f7h-q2mx-c9vw/history/",
    changes=CHANGES,
)
PUBLISH_PAGE = a.PublishPage(
    heading=HEADING,
    version=6,
    warnings=("OSV cannot hold the contact of a sponsor; it is left out there.",),
    documents=(
        a.DocumentCheck("OSV", preview_url="/publication/preview/osv"),
        a.DocumentCheck(
            "CSAF 2.0", warnings=("6.2.1: a product is not used.",), preview_url="/publication/preview/csaf"
        ),
        a.DocumentCheck("CVE record", errors=("publishing.cve_assigner_org_id is not set.",)),
    ),
    act=PUBLISH,
)
REFUSED = replace(
    DISMISS,
    fields=(replace(DISMISS.fields[0], errors=("Say why, in at least one word.",)),),
    confirm="ECL-4f7h-q2mx-c9vw",
    confirm_errors=("This is not the id of the advisory.",),
)


def account(**changes: Any) -> w.AccountPage:
    full: dict[str, Any] = {
        "email": "ana.ribeiro@example.org",
        "display_name": "Ana Ribeiro",
        "is_admin": False,
        "preferences_url": "/accounts/me/",
        "groups": ("server-security@example.org", "proxy-security@example.org"),
        "theme": w.FormField(
            name="theme",
            label="Theme",
            kind="select",
            options=w.options([("auto", "As the system"), ("light", "Light"), ("dark", "Dark")], "auto"),
        ),
        "language": w.FormField(
            name="language",
            label="Language",
            kind="select",
            options=w.options([("en", "English"), ("fr", "Français")], "en"),
        ),
    }
    return w.AccountPage(**{**full, **changes})
