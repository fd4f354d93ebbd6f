"""The cast of the demonstration, the mail it gets step by step, and what people press."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select, text

from advisoryhub_core.accounts.models import User
from advisoryhub_core.projects.models import Project, RosterEntry
from tests.browser.serving import Site
from tests.support.hub import ADMINS, team_of
from tests.support.mailbox import Mailbox

CANARY = "xyzzycanary"
"""In everything that somebody writes; in no mail and in no inbox."""

NAMES = {
    "tess": "Tess Team",
    "theo": "Theo Team",
    "ada": "Ada Admin",
    "vera": "Vera Viewer",
    "olga": "Olga Otherteam",
    "bob": "Bob Banned",
}
COLE = "cole@example.org"
TEAM = {"tess", "theo", "sasha"}
EVERYBODY = {*TEAM, "vera", "cole"}
CONTRIBUTORS = {*TEAM, "cole"}


@dataclass
class Story:
    """One project with its people, named by their first names; one advisory once it is written.

    Tess and Theo are its team, Sasha is on the roster and never signed in, Ada administers, Vera gets a
    grant, Cole an invitation. Olga is on another team, Bob has a grant and is banned.
    """

    site: Site
    mailbox: Mailbox
    slug: str
    people: dict[str, int]
    addresses: dict[str, str]
    advisory_id: str = ""
    javascript: bool = True
    _threaded: set[str] = field(default_factory=set)

    @classmethod
    def begin(cls, site: Site, mailbox: Mailbox, *, javascript: bool = True) -> Story:
        hub = site.hub
        slug, other = hub.project(), hub.project()
        groups = {
            "tess": (team_of(slug),),
            "theo": (team_of(slug),),
            "ada": (ADMINS,),
            "olga": (team_of(other),),
        }
        people = {
            name: hub.person(*groups.get(name, ()), name=full, email=f"{name}@example.org")
            for name, full in NAMES.items()
        }
        with hub.system() as act:
            sasha = User(email="sasha@example.org", is_provisioned=True)
            act.db.add(sasha)
            act.db.flush()
            project = act.db.scalars(select(Project).where(Project.slug == slug)).one()
            act.db.add(
                RosterEntry(project_id=project.id, username="sasha", email=sasha.email, user_id=sasha.id)
            )
            act.db.execute(
                text("UPDATE users SET banned_at = now(), ban_reason = 'spam' WHERE id = :id"),
                {"id": people["bob"]},
            )
        addresses = {f"{name}@example.org": name for name in (*NAMES, "cole", "sasha")}
        return cls(site, mailbox, slug, people, addresses, javascript=javascript)

    @property
    def url(self) -> str:
        return f"{self.site.url}/advisories/{self.advisory_id}/"

    def told(self, expected: Mapping[str, set[str]]) -> None:
        """Let the workers work, and see that exactly these people got mail of exactly these things.

        `expected` has the subject's last words. None has content, and all are one thread.
        """
        self.site.hub.run_jobs()
        got = [
            (str(item.parsed()["Subject"]).partition(": ")[2], self.addresses[address])
            for item in self.mailbox.received
            for address in item.recipients
        ]
        wanted = sorted((what, who) for what, names in expected.items() for who in names)
        assert sorted(got) == wanted, f"{sorted(got)} is not {wanted}"
        thread = f"<advisory.{self.advisory_id}@localhost>"
        for item in self.mailbox.received:
            mail = item.parsed()
            assert (mail["References"], mail["In-Reply-To"]) == (thread, thread)
            assert mail["Message-ID"] not in {thread, *self._threaded}
            self._threaded.add(mail["Message-ID"])
            assert mail["To"].addresses[0].addr_spec == item.recipients[0]
            decoded = "".join(part.get_content() for part in mail.walk() if not part.is_multipart())
            whole = item.content.decode("ascii") + decoded + "".join(map(str, mail.values()))
            assert CANARY not in whole.lower()
            assert self.advisory_id in decoded
        self.mailbox.clear()

    def invitation(self) -> str:
        """Return the address in the invitation's mail."""
        (mail,) = [mail for mail in self.mailbox.to(COLE) if "invitation" in str(mail["Subject"])]
        body = mail.get_body(("plain",))
        assert body is not None
        found = re.search(r"http\S+/accounts/invitation/\S+", body.get_content())
        assert found is not None
        return found.group()

    def arrive(self, subject: str, address: str, name: str) -> Page:
        """Open the invitation's link as somebody whom the hub does not know, and sign in on the way."""
        self.site.hub.provider.set_person(subject=subject, email=address, name=name)
        page = self.site.open(javascript=self.javascript)
        page.goto(self.invitation())
        page.locator(f"button[name=person][value='{subject}']").click()
        page.wait_for_url(self.url)
        with self.site.hub.system() as act:
            found = act.db.scalars(select(User.id).where(User.subject == subject)).one()
        self.people["cole"] = found
        return page

    def inbox_is_clean(self, page: Page) -> None:
        page.goto(f"{self.site.url}/notifications/inbox/")
        expect(page.get_by_role("main").get_by_role("listitem").first).to_be_visible()
        assert CANARY not in page.content().lower()

    def timeline(self, page: Page) -> str:
        """Return the words of the whole timeline, oldest first."""
        page.goto(f"{self.url}timeline/?order=oldest")
        words = page.get_by_role("main").inner_text()
        while (older := page.get_by_role("link", name="Newer")).count():
            older.click()
            words += page.get_by_role("main").inner_text()
        return words


def deed(page: Page, title: str) -> Locator:
    """Press what opens a deed, also in the menu, and return its form: in a dialog, or on a page."""
    button = page.get_by_role("main").get_by_role("link", name=title, exact=True).first
    if not button.is_visible():
        page.locator("details.more > summary").click()
    button.click()
    form = page.get_by_role("main").locator("form:visible:has([data-submit])")
    expect(form).to_have_count(1)
    return form


def send(page: Page) -> None:
    page.get_by_role("main").locator("button[data-submit]:visible").click()


def confirm(page: Page, advisory_id: str) -> None:
    """Type the id and press the button that waits for it."""
    page.get_by_label(f"Type {advisory_id} to confirm").locator("visible=true").fill(advisory_id)
    send(page)
