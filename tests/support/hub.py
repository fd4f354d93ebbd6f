"""The hub under test: people, projects, advisories, browsers, and the jobs that were enqueued."""

from __future__ import annotations

import itertools
import re
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import webtest
from sqlalchemy import select, text

from advisoryhub_core.access.models import Grant, GrantPermission
from advisoryhub_core.accounts.identity import Identity, load_identity
from advisoryhub_core.accounts.models import Group, User
from advisoryhub_core.accounts.services import replace_groups
from advisoryhub_core.accounts.settings import ADMIN_GROUP
from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.lifecycle import dismiss_advisory, mark_published, submit_triage_report
from advisoryhub_core.advisories.models import Advisory
from advisoryhub_core.advisories.services import create_advisory, lock
from advisoryhub_core.advisories.states import State
from advisoryhub_core.app import configure
from advisoryhub_core.db.migrate import migrate
from advisoryhub_core.db.session import make_engine
from advisoryhub_core.jobs.context import TaskContext
from advisoryhub_core.projects.models import Project
from advisoryhub_core.projects.services import create_project, ensure_unsorted

ADMINS = "advisoryhub-admins@example.org"
PRINCIPAL_KEY = "a principal key for tests, long enough"

_numbers = itertools.count(1)


def make_registry(*, database_url: str, owner_url: str, redis_url: str, provider: Any, **more: str) -> Any:
    """Configure the application for tests."""
    config = configure(
        {
            "sqlalchemy.url": database_url,
            "sqlalchemy.owner_url": owner_url,
            "sqlalchemy.pool_size": "3",
            "advisoryhub.principal_key": PRINCIPAL_KEY,
            "advisoryhub.base_url": "http://localhost",
            "celery.broker_url": redis_url,
            "redis.url": redis_url,
            "session.secret": "a session secret for tests, long enough",
            "oidc.issuer": provider.issuer,
            "oidc.client_id": provider.client_id,
            "oidc.client_secret": provider.client_secret,
            "oidc.admin_group": ADMINS,
            # One test may sign many people in, all from the same address.
            "ratelimit.sign_in": "1000/minute",
            "publishing.publisher_name": "Example Foundation",
            "publishing.publisher_namespace": "https://security.example.org/",
            "publishing.base_url": "https://advisories.example.org",
            "publishing.html_url_template": "https://advisories.example.org/{advisory_id}/",
            "publishing.cve_assigner_org_id": "5a1c3bb5-1d29-4d52-9a4d-0b7f0a7b1f5e",
            **more,
        }
    )
    registry = config.registry
    registry.hub_test_app = config.make_wsgi_app()
    return registry


def close_registry(registry: Any) -> None:
    """Close every connection of an application that is not used any more."""
    registry.db_engine.dispose()
    registry.oidc_http.close()
    registry.session_store.redis.close()
    registry.celery.close()


def migrate_template(registry: Any) -> None:
    """Bring the template database to head, with what must always exist in it."""
    migrate(registry)
    with TaskContext(registry).system() as act:
        ensure_unsorted(act.db, ADMINS)
    registry.db_engine.dispose()


def good_payload(**changes: Any) -> dict[str, Any]:
    """A payload that lacks nothing for publication."""
    return {
        "summary": "Header injection through folded lines",
        "details": "A response header that is **folded** splits the response.\n\nUpdate to mend it.",
        "aliases": [],
        "references": [{"type": "FIX", "url": "https://example.org/fix/1"}],
        "affected": [
            {
                "package": {"ecosystem": "Maven", "name": "org.example:server"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1.0.0"}, {"fixed": "1.4.2"}]}],
                "versions": [],
            }
        ],
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"}],
        "cwe_ids": ["CWE-113"],
        "credits": [{"name": "Ada Finder", "type": "FINDER"}],
        **changes,
    }


@dataclass
class Hub:
    """One hub with a database to itself."""

    registry: Any
    provider: Any
    app: Any
    repository: Path
    browsers: dict[str, webtest.TestApp] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def on_copy(cls, registry: Any, postgres: Any, provider: Any, folder: Path) -> Iterator[Hub]:
        """Copy the template database, point the registry at it, and drop it afterwards."""
        name = f"t_{uuid.uuid4().hex[:12]}"
        postgres.create_database(name, template="template_hub")
        registry.db_engine = make_engine(postgres.app_url(name), pool_size=3)
        registry.owner_url = postgres.owner_url(name)
        registry.admin_url = postgres.admin_url(name)
        registry.session_store.redis.flushdb()
        repository = folder / "hub-publication.git"
        subprocess.run(
            ["git", "init", "--quiet", "--bare", "--initial-branch=main", str(repository)], check=True
        )
        registry.settings["publishing.repo_url"] = str(repository)
        try:
            yield cls(registry, provider, registry.hub_test_app, repository)
        finally:
            registry.db_engine.dispose()
            postgres.drop_database(name)

    @contextmanager
    def system(self) -> Iterator[Act]:
        with TaskContext(self.registry).system() as act:
            yield act

    @contextmanager
    def acting_for(self, user: User | int) -> Iterator[Act]:
        with TaskContext(self.registry).acting_for(user if isinstance(user, int) else user.id) as act:
            yield act

    @contextmanager
    def as_nobody(self) -> Iterator[Any]:
        """A raw connection of the application role without a principal."""
        with self.registry.db_engine.connect() as connection:
            yield connection

    def person(self, *groups: str, name: str | None = None, email: str | None = None) -> int:
        """Add a person with these groups and return their id."""
        number = next(_numbers)
        with self.system() as act:
            user = User(
                email=email or f"person{number}@example.org",
                display_name=f"Person {number}" if name is None else name,
                subject=f"subject-{number}",
            )
            act.db.add(user)
            act.db.flush()
            replace_groups(act, user, groups)
            act.db.flush()
            return user.id

    def admin(self) -> int:
        return self.person(ADMINS)

    def project(self, slug: str | None = None, *, mature: bool = False) -> str:
        """Add a project whose team is the group `<slug>-security@example.org`; return its slug."""
        slug = slug or f"tools.project{next(_numbers)}"
        with self.system() as act:
            create_project(act, slug=slug, name=slug.title(), security_team=team_of(slug), mature=mature)
        return slug

    def member(self, slug: str) -> int:
        return self.person(team_of(slug))

    def identity(self, user_id: int) -> Identity:
        with self.registry.db_engine.connect() as connection:
            found = load_identity(connection, user_id, admin_group=ADMIN_GROUP.of(self.registry))
        assert found is not None
        return found

    def draft(self, slug: str, *, by: int | None = None, **changes: Any) -> str:
        """Write a draft through the service and return its public id."""
        author = by if by is not None else self.member(slug)
        with self.acting_for(author) as act:
            project = act.db.scalars(select(Project).where(Project.slug == slug)).one()
            return create_advisory(act, project, good_payload(**changes)).advisory_id

    def report(self, slug: str = "unsorted", *, reporter: int | None = None) -> str:
        """Take in a report through the service and return its public id."""
        with self.system() as act:
            project = act.db.scalars(select(Project).where(Project.slug == slug)).one()
            return submit_triage_report(
                act, project, {"summary": "It crashes", "details": "On Tuesdays."}, reporter_id=reporter
            ).advisory_id

    def in_state(self, slug: str, state: State) -> str:
        """Return an advisory of a project in the given state, reached through the services."""
        if state is State.TRIAGE:
            return self.report(slug)
        advisory_id = self.draft(slug)
        with self.system() as act:
            row = self.row(act, advisory_id)
            if state is State.DISMISSED:
                dismiss_advisory(act, row.id, reason="Not a vulnerability.")
            if state is State.PUBLISHED:
                locked = lock(act, row.id)
                mark_published(act, locked.advisory, version=1, at=act.now(), actor_id=row.created_by_id or 0)
        return advisory_id

    def grant(self, advisory_id: str, user_id: int, permission: str = "viewer") -> None:
        with self.system() as act:
            row = self.row(act, advisory_id)
            act.db.add(Grant(advisory_id=row.id, user_id=user_id, permission=GrantPermission(permission)))

    def grant_group(self, advisory_id: str, group: str, permission: str = "viewer") -> None:
        with self.system() as act:
            row = self.row(act, advisory_id)
            group_id = act.db.scalars(select(Group.id).where(Group.name == group)).one()
            act.db.add(Grant(advisory_id=row.id, group_id=group_id, permission=GrantPermission(permission)))

    def row(self, act: Act, advisory_id: str) -> Advisory:
        return act.db.scalars(select(Advisory).where(Advisory.advisory_id == advisory_id)).one()

    def pk(self, advisory_id: str) -> int:
        with self.system() as act:
            return self.row(act, advisory_id).id

    def ledger(self, advisory_id: str | None = None) -> list[str]:
        """Return the actions on the ledger, oldest first, of one advisory or of all."""
        with self.system() as act:
            query = "SELECT l.action FROM audit_log l LEFT JOIN advisories a ON a.id = l.advisory_id"
            condition = " WHERE a.advisory_id = :id" if advisory_id else ""
            return list(act.db.scalars(text(f"{query}{condition} ORDER BY l.id"), {"id": advisory_id}))

    def set_settings(self, **values: Any) -> None:
        self.registry.settings.update(values)

    def anonymous(self) -> webtest.TestApp:
        return webtest.TestApp(self.app)

    def browser_as(self, user_id: int) -> webtest.TestApp:
        """Return a browser that has signed in as this person through the OpenID provider."""
        identity = self.identity(user_id)
        with self.system() as act:
            subject = act.db.scalars(select(User.subject).where(User.id == user_id)).one()
        self.provider.set_person(
            subject=subject,
            email=identity.email,
            name=identity.display_name,
            groups=identity.groups,
        )
        browser = self.anonymous()
        self.sign_in(browser, subject)
        return browser

    def sign_in(self, browser: webtest.TestApp, subject: str, path: str = "/oidc/authenticate/") -> Any:
        """Follow a sign-in through the provider over HTTP, and return the callback's response."""
        started = browser.get(path, status=303)
        answer = self.provider.answer_as(started.location, subject)
        assert answer.startswith("http://localhost/oidc/callback/"), answer
        return browser.get(answer.removeprefix("http://localhost"))

    def run_jobs(self, counted: str = "") -> int:
        """Run what was enqueued, as a worker would, in this process; return how many ran.

        With `counted`, how many of the slice or plugin of that name.
        """
        ran = 0
        celery = self.registry.celery
        with celery.connection_for_read() as connection:
            queue = connection.SimpleQueue("advisoryhub")
            while True:
                try:
                    message = queue.get(block=False)
                except queue.Empty:
                    return ran
                arguments, _kwargs, _options = message.payload
                message.ack()
                task = celery.tasks[message.headers["task"]]
                task.apply(args=arguments, task_id=message.headers["id"], throw=True)
                ran += message.headers["task"].startswith(counted)


def team_of(slug: str) -> str:
    return f"{slug}-security@example.org"


def follow(url: str) -> httpx.Response:
    return httpx.get(url, follow_redirects=False)


def csrf(response: webtest.TestResponse) -> str:
    """Return the CSRF token of a page's first form that has one."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', response.text)
    assert found is not None
    return found.group(1)
