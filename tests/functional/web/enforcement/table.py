"""`permissions.md` as data to be held against it: each view, and who may use it where.

Nothing here asks the product. A role that sees an advisory and may not use an address there gets 403, or 404
where already the address would tell something (`HIDDEN`); who does not see the advisory gets 404.
"""

from __future__ import annotations

from dataclasses import dataclass

States = frozenset[str]


def states(*names: str) -> States:
    return frozenset(names)


PLAIN_REPORT = states("triage")
FLAGGED = states("triage, flagged")
ON_UNSORTED = states("triage, on unsorted")
REPORTS = PLAIN_REPORT | FLAGGED | ON_UNSORTED
SUBMITTED_DRAFT = states("draft, submitted")
APPROVED = states("draft, approved")
OUTDATED_APPROVAL = states("draft, approved before an edit")
SENT_BACK = states("draft, changes requested")
NUMBERED = states("draft, with a number")
LOCKED = states("draft, comments locked")
WANTED_ELSEWHERE = states("draft, reassignment requested")
DRAFTS = (
    states("draft")
    | SUBMITTED_DRAFT
    | SENT_BACK
    | APPROVED
    | OUTDATED_APPROVAL
    | NUMBERED
    | LOCKED
    | WANTED_ELSEWHERE
)
DUE = states("published, republish due")
SUBMITTED_AGAIN = states("published, republish due, submitted")
OUT = states("published", "published, withdrawal requested") | DUE | SUBMITTED_AGAIN
WITHDRAWING = states("published, withdrawing")
DISMISSED = states("dismissed, from triage", "dismissed, from draft")
WITHDRAWN = states("dismissed, from published")
RESTORING = states("dismissed, restoring")
LINKED_REPORT = states("linked triage")
LINKED_DRAFT = states("linked draft")
LINKED_OUT = states("linked published")
LINKED_DISMISSED = states("linked dismissed, from draft")
LINKED = LINKED_REPORT | LINKED_DRAFT | LINKED_OUT | LINKED_DISMISSED
NATIVE = REPORTS | DRAFTS | OUT | WITHDRAWING | DISMISSED | WITHDRAWN | RESTORING
EVERYWHERE = NATIVE | LINKED
STATES = sorted(EVERYWHERE)

SUBMITTED = SUBMITTED_DRAFT | SUBMITTED_AGAIN
IN_TRIAGE = REPORTS | LINKED_REPORT
OPEN = DRAFTS | OUT | LINKED_DRAFT | LINKED_OUT
NOWHERE: States = frozenset()

# `suggested` reads by a grant and is on the team of the project that a reassignment request suggests.
ROLES = ("viewer", "suggested", "collaborator", "team", "mature team", "admin")
READERS = ("viewer", "suggested")
TEAMS = ("team", "mature team")
OWNERS = (*TEAMS, "admin")
CONTRIBUTORS = ("collaborator", *OWNERS)

Who = dict[str, States]


def by(roles: tuple[str, ...], where: States) -> Who:
    return dict.fromkeys(roles, where)


EVERYBODY = by(ROLES, EVERYWHERE)
OWNER = by(OWNERS, EVERYWHERE)
ADMIN = by(("admin",), EVERYWHERE)
CONTRIBUTING = {**by(("collaborator",), EVERYWHERE - IN_TRIAGE), **OWNER}
# "comments locked: only owners post"
TALKING = {**by(("viewer", "suggested", "collaborator"), EVERYWHERE - LOCKED), **OWNER}
# "triage: collaborators and viewers keep view and comment only"; "flagged: edit and decide are for admins
# only"; "review submitted: edit is for admins only"; "linked: content is read-only"
DECIDING_TRIAGE = {**by(TEAMS, PLAIN_REPORT), "admin": REPORTS}
EDITING = {
    "collaborator": (DRAFTS | OUT) - SUBMITTED,
    **by(TEAMS, PLAIN_REPORT | ((DRAFTS | OUT) - SUBMITTED)),
    "admin": REPORTS | DRAFTS | OUT,
}
NUMBERS = by(("admin",), OPEN)
# "publish (native): team if mature, or the newest version is the approved one"; "linked: admin"; "nobody
# publishes while a review is submitted"; a withdrawal and its end come out by whoever may withdraw.
PUBLISHING = {
    "team": APPROVED,
    "mature team": ((DRAFTS | OUT) - SUBMITTED) | WITHDRAWING | RESTORING,
    "admin": ((DRAFTS | OUT) - SUBMITTED) | WITHDRAWING | RESTORING | LINKED_DRAFT | LINKED_OUT,
}


@dataclass(frozen=True)
class View:
    """One address: the context and name that it is registered with, and its path below the advisory."""

    context: str
    name: str
    path: str
    who: Who
    methods: tuple[str, ...] = ("GET", "POST")
    fields: tuple[tuple[str, str], ...] = ()
    hidden: bool = False
    """Whether the address is 404, and not 403, for people whom it would tell something."""
    step_up: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        return self.context, self.name, dict(self.fields).get("act", "")


def deed(name: str, who: Who, *, step_up: bool = False) -> View:
    return View("AdvisoryResource", name, f"{name}/", who, step_up=step_up)


READ, POST = ("GET",), ("POST",)
COMMENT = "CommentResource"

VIEWS = (
    # view
    View("AdvisoryResource", "", "", EVERYBODY, READ),
    View("AdvisoryResource", "history", "history/", EVERYBODY, READ),
    View("VersionCollection", "", "versions/?version=1&against=1", EVERYBODY, READ),
    View("VersionResource", "", "versions/1/", EVERYBODY, READ),
    View("VersionResource", "diff", "versions/1/diff/?against=1", EVERYBODY, READ),
    View("AdvisoryResource", "timeline", "timeline/", EVERYBODY, READ),
    View("CommentCollection", "", "comments/", EVERYBODY, READ),
    View(COMMENT, "", "comments/{theirs}/", EVERYBODY, READ),
    View(COMMENT, "history", "comments/{theirs}/history/", EVERYBODY, READ),
    View("AdvisoryNotifications", "", "notifications/", EVERYBODY),
    # post comment
    View("CommentCollection", "", "comments/", TALKING, POST),
    View("CommentCollection", "", "comments/", TALKING, POST, fields=(("act", "preview"),)),
    View("CommentCollection", "preview", "comments/preview/", TALKING, POST),
    View("AdvisoryResource", "mentions", "mentions/", TALKING, READ),
    View(COMMENT, "edit", "comments/{own}/edit/", TALKING),
    View(COMMENT, "edit", "comments/{theirs}/edit/", {}),
    View(COMMENT, "redact", "comments/{own}/redact/", EVERYBODY),
    View(COMMENT, "redact", "comments/{theirs}/redact/", ADMIN),
    # see and post internal comments
    View(COMMENT, "", "comments/{internal}/", CONTRIBUTING, READ, hidden=True),
    View(COMMENT, "history", "comments/{internal}/history/", CONTRIBUTING, READ, hidden=True),
    # edit content
    View("AdvisoryResource", "edit", "edit/", EDITING, fields=(("act", "save"),)),
    # lock comments; manage access
    deed("lock-comments", OWNER),
    deed("unlock-comments", OWNER),
    deed("dismiss-access-review", OWNER),
    View("AccessReviewNode", "dismiss", "access-review/dismiss/", OWNER),
    View("AccessResource", "", "access/", OWNER, READ),
    View("AccessResource", "", "access/", OWNER, POST, fields=(("act", "save"),)),
    View("AccessResource", "", "access/", OWNER, POST, fields=(("act", "person"),)),
    View("AccessResource", "", "access/", OWNER, POST, fields=(("act", "group"),)),
    View("GrantResource", "revoke", "access/grants/{grant}/revoke/", OWNER, POST, hidden=True),
    View("InvitationResource", "revoke", "access/invitations/{invitation}/revoke/", OWNER, POST, hidden=True),
    View("InvitationResource", "resend", "access/invitations/{invitation}/resend/", OWNER, POST, hidden=True),
    # change project (native); the target's team is the service's to check
    deed("change-project", {role: where - REPORTS for role, where in EDITING.items() if role in OWNERS}),
    # request reassignment (native), withdraw such a request, accept the suggestion
    deed("request-reassignment", by(TEAMS, DRAFTS)),
    deed("withdraw-reassignment", by(OWNERS, DRAFTS)),
    deed("accept-reassignment", {"suggested": WANTED_ELSEWHERE, "admin": DRAFTS}),
    # dismiss: the team unless a CVE is assigned; triage follows the team column; published is off
    deed(
        "dismiss",
        {
            **by(TEAMS, PLAIN_REPORT | (DRAFTS - NUMBERED) | LINKED_DRAFT),
            "admin": REPORTS | DRAFTS | LINKED_DRAFT,
        },
    ),
    # reopen; "a withdrawn one needs publish authority and step-up to reopen"
    deed(
        "reopen",
        {
            "team": DISMISSED | LINKED_DISMISSED,
            **by(("mature team", "admin"), DISMISSED | LINKED_DISMISSED | WITHDRAWN),
        },
        step_up=True,
    ),
    # triage
    deed("promote", DECIDING_TRIAGE),
    deed("reassign", DECIDING_TRIAGE),
    deed("flag", by(TEAMS, PLAIN_REPORT)),
    deed("clear-routing-flag", by(OWNERS, FLAGGED)),
    # CVE numbers
    deed("request-cve", by(OWNERS, OPEN)),
    deed("reserve-cve", NUMBERS),
    deed("reject-cve", NUMBERS),
    deed("unassign-cve", by(("admin",), NUMBERED)),
    deed("unban-cve", ADMIN),
    deed("orphan-rejected", ADMIN),
    deed("resolve-reassignment", ADMIN),
    # review: "draft, or published awaiting re-publication"; native only
    deed("submit-review", by(TEAMS, (DRAFTS - SUBMITTED) | DUE)),
    deed("withdraw-review", by(TEAMS, SUBMITTED)),
    deed("reopen-review", by(OWNERS, SENT_BACK)),
    deed("decide-review", by(("admin",), SUBMITTED)),
    View("ReviewNode", "decide", "review/decide/", by(("admin",), SUBMITTED)),
    deed("revoke-approval", by(("admin",), APPROVED | OUTDATED_APPROVAL)),
    # publish
    deed("publish", PUBLISHING, step_up=True),
    View(
        "TaskResource",
        "retry",
        "/publication/tasks/{task}/retry/",
        PUBLISHING,
        POST,
        hidden=True,
        step_up=True,
    ),
    View("AdvisoryResource", "publication-card", "publication-card/", CONTRIBUTING, READ),
    View("ArtifactResource", "", "/publication/tasks/{task}/artifact/osv/", CONTRIBUTING, READ, hidden=True),
    # withdraw a published advisory
    deed("withdraw", by(("mature team", "admin"), OUT | LINKED_OUT), step_up=True),
    deed("request-withdrawal", by(("team",), OUT | LINKED_OUT)),
    deed("approve-withdrawal", by(("admin",), OUT | LINKED_OUT), step_up=True),
    deed("cancel-withdrawal-request", by(OWNERS, OUT | LINKED_OUT)),
)

# Views outside any one advisory: who reaches them. "anybody" needs no sign-in.
SITE = {
    ("Root", "", "GET"): "anybody",
    ("Root", "healthz", "GET"): "anybody",
    ("Root", "readyz", "GET"): "anybody",
    ("OIDCNode", "authenticate", "GET"): "anybody",
    ("OIDCNode", "callback", "GET"): "anybody",
    ("OIDCNode", "logout", "POST"): "anybody",
    ("OIDCNode", "step-up", "GET"): "anybody",
    ("AccountCollection", "signed-out", "GET"): "anybody",
    ("AccountCollection", "me", "GET"): "signed in",
    ("AccountCollection", "me", "POST"): "signed in",
    ("AccountCollection", "invitation", "GET"): "signed in",
    ("AccountCollection", "invitation", "POST"): "signed in",
    ("AdvisoryCollection", "", "GET"): "signed in",
    ("AdvisoryCollection", "rating", "POST"): "signed in",
    ("AdvisoryCollection", "new", "GET"): "teams",
    ("AdvisoryCollection", "new", "POST"): "teams",
    ("NotificationsNode", "inbox", "GET"): "signed in",
    ("NotificationsNode", "read", "POST"): "signed in",
    ("NotificationsNode", "read-all", "POST"): "signed in",
    ("NotificationsNode", "preferences", "GET"): "signed in",
    ("NotificationsNode", "preferences", "POST"): "signed in",
}


def sees(role: str, state: str) -> bool:
    """`unsorted` belongs to the administrators: no other team has a role on its reports."""
    return role in ROLES and not (role in TEAMS and state in ON_UNSORTED)


def wanted(view: View, role: str, state: str) -> str:
    """Return what somebody of this role gets at a view: "yes", "no" or "absent"."""
    if not sees(role, state):
        return "absent"
    if state in view.who.get(role, NOWHERE):
        return "yes"
    return "absent" if view.hidden and not _sees_parent(view, role, state) else "no"


def _sees_parent(view: View, role: str, state: str) -> bool:
    """A task is there for whoever sees exports, and grants for whoever manages access."""
    return view.context == "TaskResource" and state in CONTRIBUTING.get(role, NOWHERE)
