"""An advisory in every state that `permissions.md` tells apart, and a browser for everybody it names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyramid_tm
import webtest
from pyramid.request import apply_request_extensions
from sqlalchemy import select, text

from advisoryhub_core.access.models import Grant, GrantPermission, Invitation
from advisoryhub_core.accounts.people import ban_user
from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.lifecycle import dismiss_advisory, reopen_advisory
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.reassignment import request_admin_reassignment
from advisoryhub_core.advisories.services import edit_advisory, lock
from advisoryhub_core.advisories.states import Kind, State
from advisoryhub_core.advisories.triage import dismiss_triage, flag_for_admin_routing
from advisoryhub_core.advisories.withdrawal import mark_withdrawn, request_withdrawal, withdraw_advisory
from advisoryhub_core.comments.models import Comment, CommentVersion
from advisoryhub_core.comments.services import lock_comments
from advisoryhub_core.projects.models import Project
from advisoryhub_core.web.request import HubRequest
from advisoryhub_core.web.resources import Root
from advisoryhub_core.workflows.cves import assign_cve
from advisoryhub_core.workflows.reviews import approve_review, request_changes, submit_for_review
from advisoryhub_publishing.models import PublicationArtifact, PublicationTask, TaskStatus
from tests.functional.web.enforcement.table import STATES, View
from tests.support.hub import Hub, csrf, good_payload
from tests.support.lifecycle import do

REASON = "It belongs elsewhere."
GRANTED = {"viewer": "viewer", "suggested": "viewer", "collaborator": "collaborator"}


class Browser:
    """A browser whose requests leave the database as it was: each transaction is given up at the end.

    What the application decides, writes and refuses happens in full; only the commit is left out.
    """

    def __init__(self, app: webtest.TestApp, token: str) -> None:
        self.app = app
        self.token = token

    def send(self, method: str, path: str, fields: dict[str, str], accept: str = "*/*") -> Any:
        manager = pyramid_tm.explicit_manager(None)
        manager.begin()
        environ = {"tm.active": True, "tm.manager": manager}
        headers = {"Accept": accept}
        try:
            if method == "GET":
                return self.app.get(path, headers=headers, extra_environ=environ, expect_errors=True)
            body = {**fields, "csrf_token": self.token}
            return self.app.post(path, body, headers=headers, extra_environ=environ, expect_errors=True)
        finally:
            manager.abort()

    @contextmanager
    def root(self) -> Iterator[Root]:
        """Begin a request of this browser's person as the application would, and give it up at the end."""
        request = HubRequest.blank("/", headers={"Cookie": self._cookies()})
        request.registry = self.app.app.registry
        apply_request_extensions(request)
        request.tm = pyramid_tm.explicit_manager(request)
        request.tm.begin()
        try:
            yield Root(request)
            request.db.close()
        finally:
            request.tm.abort()

    def _cookies(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.app.cookies.items())


@dataclass
class Place:
    """One advisory with what hangs on it, by number; `own` are the comments of each role."""

    advisory_id: str
    version: int
    theirs: int
    internal: int
    own: dict[str, int]
    grant: int
    invitation: int
    task: int


class World:
    """A project with an advisory in every state of the table, and its people.

    The advisories of a mature project come about as those of one that is not, so that they differ in
    nothing but the maturity.
    """

    def __init__(self, hub: Hub, *, mature: bool) -> None:
        self.hub = hub
        self.slug = hub.project()
        self.elsewhere = hub.project()
        self.author = hub.member(self.slug)
        self.admin = hub.admin()
        self.people = {
            "viewer": hub.person(),
            "suggested": hub.member(self.elsewhere),
            "collaborator": hub.person(),
            "team": hub.member(self.slug),
            "admin": hub.admin(),
            "nothing": hub.person(),
            "other team": hub.member(hub.project()),
        }
        self.places = {state: self._furnished(self._made(state)) for state in STATES}
        if mature:
            with hub.system() as act:
                self._project(act, self.slug).is_mature_publisher = True

    def browser(self, role: str) -> Browser:
        if role == "anonymous":
            return Browser(self.hub.anonymous(), "")
        if role == "banned":
            return self._banned()
        app = self.hub.browser_as(self.people[role.removeprefix("mature ")])
        return Browser(app, csrf(app.get("/accounts/me/")))

    def _banned(self) -> Browser:
        """A collaborator who is banned while signed in."""
        person = self.hub.person()
        for place in self.places.values():
            self.hub.grant(place.advisory_id, person, "collaborator")
        app = self.hub.browser_as(person)
        token = csrf(app.get("/accounts/me/"))
        with self.hub.acting_for(self.admin) as act:
            ban_user(act, person, "Tests.")
        return Browser(app, token)

    def _project(self, act: Act, slug: str) -> Project:
        return act.db.scalars(select(Project).where(Project.slug == slug)).one()

    def _do(self, by: int, service: Callable[..., Any], advisory_id: str, **values: Any) -> None:
        do(self.hub, by, service, advisory_id, **values)

    def _set(self, advisory_id: str, **columns: Any) -> None:
        with self.hub.system() as act:
            row = self.hub.row(act, advisory_id)
            for name, value in columns.items():
                setattr(row, name, value)

    def _made(self, state: str) -> str:
        kind, _, rest = state.partition(" ") if state.startswith("linked") else ("", "", state)
        base, _, more = rest.partition(", ")
        advisory_id = {
            "triage": self._report,
            "draft": lambda _more: self.hub.draft(self.slug, by=self.author),
            "published": lambda _more: self.hub.in_state(self.slug, State.PUBLISHED),
            "dismissed": self._dismissed,
        }[base](more)
        further = self._further().get(more)
        if further is not None and base in {"draft", "published"}:
            further(advisory_id)
        if kind:
            number = sum(ord(letter) for letter in f"{self.slug}{state}") % 10_000
            ghsa_id = f"GHSA-2c3f-4g5h-{number:04}".replace("0", "x").replace("1", "w")
            self._set(advisory_id, kind=Kind.GHSA_LINKED, ghsa_id=ghsa_id)
        return advisory_id

    def _report(self, more: str) -> str:
        if more == "on unsorted":
            return self.hub.report("unsorted")
        advisory_id = self.hub.report(self.slug)
        if more == "flagged":
            self._do(self.author, flag_for_admin_routing, advisory_id, note=REASON)
        return advisory_id

    def _dismissed(self, origin: str) -> str:
        if origin == "from triage":
            advisory_id = self.hub.report(self.slug)
            self._do(self.author, dismiss_triage, advisory_id, reason=REASON)
            return advisory_id
        if origin == "from draft":
            advisory_id = self.hub.draft(self.slug, by=self.author)
            self._do(self.author, dismiss_advisory, advisory_id, reason=REASON)
            return advisory_id
        advisory_id = self.hub.in_state(self.slug, State.PUBLISHED)
        self._withdraw(advisory_id)
        with self.hub.system() as act:
            advisory = lock(act, self.hub.row(act, advisory_id).id).advisory
            version = advisory.current_version
            mark_withdrawn(act, advisory, version=version, reason=REASON, actor_id=self.admin)
        if origin == "restoring":
            self._do(self.admin, reopen_advisory, advisory_id)
            self._land(advisory_id)
        return advisory_id

    def _further(self) -> dict[str, Callable[[str], None]]:
        return {
            "submitted": lambda at: self._do(self.author, submit_for_review, at),
            "changes requested": self._sent_back,
            "approved": self._approved,
            "approved before an edit": self._approved_and_edited,
            "with a number": self._numbered,
            "comments locked": lambda at: self._do(self.admin, lock_comments, at, reason=REASON),
            "reassignment requested": self._wanted_elsewhere,
            "republish due": self._edited,
            "republish due, submitted": self._edited_and_submitted,
            "withdrawal requested": lambda at: self._do(self.author, request_withdrawal, at, note=REASON),
            "withdrawing": self._withdraw,
        }

    def _numbered(self, advisory_id: str) -> None:
        number = 9_000_000 + int(self.hub.pk(advisory_id))
        self._do(self.admin, assign_cve, advisory_id, cve_id=f"CVE-2026-{number}")

    def _wanted_elsewhere(self, advisory_id: str) -> None:
        values = {"note": REASON, "suggested": self.elsewhere}
        self._do(self.author, request_admin_reassignment, advisory_id, **values)

    def _sent_back(self, advisory_id: str) -> None:
        self._do(self.author, submit_for_review, advisory_id)
        self._do(self.admin, request_changes, advisory_id, notes=REASON)

    def _approved(self, advisory_id: str) -> None:
        self._do(self.author, submit_for_review, advisory_id)
        self._do(self.admin, approve_review, advisory_id, version=1)

    def _approved_and_edited(self, advisory_id: str) -> None:
        self._do(self.author, submit_for_review, advisory_id)
        self._edited(advisory_id, by=self.admin)
        self._do(self.admin, approve_review, advisory_id, version=1)

    def _edited(self, advisory_id: str, by: int | None = None) -> None:
        data = good_payload(summary="Another summary")
        self._do(by or self.author, edit_advisory, advisory_id, data=data, base_version=1)

    def _edited_and_submitted(self, advisory_id: str) -> None:
        self._edited(advisory_id)
        self._do(self.author, submit_for_review, advisory_id)

    def _withdraw(self, advisory_id: str) -> None:
        self._do(self.admin, withdraw_advisory, advisory_id, reason=REASON)
        self._land(advisory_id)

    def _land(self, advisory_id: str) -> None:
        """End the publication that was asked for, so that it stands in nobody's way."""
        statement = text(
            "UPDATE publication_tasks SET status = 'failed', error = 'Refused.' WHERE status = 'queued'"
            " AND advisory_id = (SELECT id FROM advisories WHERE advisory_id = :id)"
        )
        with self.hub.system() as act:
            act.db.execute(statement, {"id": advisory_id})

    def _furnished(self, advisory_id: str) -> Place:
        """Give an advisory comments, a grant for each who needs one, an invitation and a failed export."""
        with self.hub.system() as act:
            row = self.hub.row(act, advisory_id)
            for role, permission in GRANTED.items():
                self._grant(act, row, permission, user_id=self.people[role])
            invitation = Invitation(
                advisory_id=row.id,
                email="awaited@example.org",
                permission=GrantPermission.VIEWER,
                expires_at=act.now() + dt.timedelta(days=7),
            )
            act.db.add(invitation)
            own = {role: self._comment(act, row, person) for role, person in self.people.items()}
            task = self._task(act, row)
            act.db.flush()
            return Place(
                advisory_id=advisory_id,
                version=row.current_version,
                theirs=self._comment(act, row, self.author),
                internal=self._comment(act, row, self.author, internal=True),
                own={**own, "mature team": own["team"]},
                grant=act.db.scalars(select(Grant.id).where(Grant.advisory_id == row.id)).first() or 0,
                invitation=invitation.id,
                task=task,
            )

    def _grant(self, act: Act, row: Advisory, permission: str, *, user_id: int) -> None:
        act.db.add(Grant(advisory_id=row.id, user_id=user_id, permission=GrantPermission(permission)))

    def _comment(self, act: Act, row: Advisory, author: int, *, internal: bool = False) -> int:
        comment = Comment(advisory_id=row.id, author_id=author, body="A remark.", internal=internal)
        act.db.add(comment)
        act.db.flush()
        act.db.add(CommentVersion(comment_id=comment.id, advisory_id=row.id, number=1, body="A remark."))
        return comment.id

    def _task(self, act: Act, row: Advisory) -> int:
        now = act.now()
        task = PublicationTask(
            advisory_id=row.id,
            version=row.current_version,
            status=TaskStatus.FAILED,
            error="Refused.",
            revision=1,
            revision_summary="Initial version.",
            first_published_at=now,
            modified_at=now,
            enqueued_by_id=self.admin,
        )
        act.db.add(task)
        act.db.flush()
        act.db.add(
            PublicationArtifact(
                advisory_id=row.id, task_id=task.id, kind="osv", path="osv/a.json", content={"id": "a"}
            )
        )
        return task.id


def path_of(view: View, place: Place, role: str) -> str:
    """Return where a view is on one advisory; `own` is the comment of the role, if it has one."""
    path = view.path.format(
        theirs=place.theirs,
        own=place.own.get(role, place.theirs),
        internal=place.internal,
        grant=place.grant,
        invitation=place.invitation,
        task=place.task,
    )
    return path if path.startswith("/") else f"/advisories/{place.advisory_id}/{path}"


def typed(view: View, place: Place) -> dict[str, str]:
    """Return a form that gives every act what it asks for, so that its service is reached and judges too."""
    return {
        "confirm": place.advisory_id,
        "base_version": str(
            place.version if view.name == "edit" and view.context != "CommentResource" else 1
        ),
        "summary": "A summary of the walk",
        "details": "Details of the walk.",
        "body": "A remark of the walk.",
        "place": "page",
        "reason": REASON,
        "note": REASON,
        "notes": REASON,
        "decision": "changes_requested",
        "cve_id": "CVE-2026-8888888",
        "email": "somebody.else@example.org",
        "permission": "viewer",
        "group": "unknown@example.org",
        **dict(view.fields),
    }
