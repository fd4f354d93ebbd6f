"""The demonstration: an advisory from its first word to its withdrawal and back, in two browsers.

After every step the jobs run, and exactly the right people have got mail.
"""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from tests.browser.checks import examine
from tests.browser.serving import Site
from tests.browser.story import CANARY, COLE, CONTRIBUTORS, EVERYBODY, TEAM, Story, confirm, deed, send
from tests.browser.writing import field, save, write
from tests.support.branch import document
from tests.support.mailbox import Mailbox

pytestmark = pytest.mark.browser

NUMBER = "CVE-2026-4100001"


def compose(story: Story, tess: Page) -> None:
    """Write the advisory in the form."""
    tess.goto(f"{story.site.url}/advisories/new/")
    write(tess, story.slug)
    field(tess, "summary").fill(f"Header injection {CANARY}")
    field(tess, "details").fill(f"A response header that is **folded** splits it. {CANARY}")
    save(tess)
    tess.wait_for_url(f"{story.site.url}/advisories/ECL-*/")
    story.advisory_id = tess.url.rstrip("/").rpartition("/")[2]
    story.told({"new draft": TEAM - {"tess"}})


def share(story: Story, tess: Page) -> Page:
    """Let Vera read, invite Cole to help, and have him come through the link in his mail."""
    tess.goto(f"{story.url}access/")
    tess.get_by_label("E-mail address").fill("vera@example.org")
    tess.get_by_role("button", name="Add person").click()
    expect(tess.get_by_role("row", name="Vera Viewer")).to_be_visible()
    tess.get_by_label("E-mail address").fill(COLE)
    tess.locator("#person-form").get_by_label("May").select_option("collaborator")
    tess.get_by_role("button", name="Add person").click()
    expect(tess.get_by_role("row", name=COLE)).to_be_visible()
    story.site.hub.grant(story.advisory_id, story.people["bob"], "collaborator")
    examine(tess, "story access")
    story.site.hub.run_jobs()
    link = story.invitation()
    cole = story.arrive("subject-cole", COLE, "Cole Collaborator")
    examine(cole, "story collaborator")
    story.told({"invitation": {"cole"}})
    # The link is his alone, and tells anybody else nothing.
    olga = story.site.signed_in(story.people["olga"])
    olga.goto(link)
    expect(olga.get_by_role("heading", level=1)).to_have_text("This link does not lead on")
    story.site.complaints.expect_status(404)
    olga.goto(story.url)
    assert CANARY not in olga.content()
    story.site.complaints.expect_status(404)
    olga.context.close()
    return cole


def discuss(story: Story, vera: Page, cole: Page) -> None:
    """A comment for everybody, and one that the viewer does not hear of."""
    vera.goto(story.url)
    vera.locator("#talk-body").fill(f"Is this reachable before sign-in? {CANARY}")
    vera.get_by_role("button", name="Comment", exact=True).click()
    expect(vera.locator(".comment").first).to_contain_text("reachable")
    examine(vera, "story viewer")
    story.told({"comment": EVERYBODY - {"vera"}})
    cole.goto(story.url)
    cole.locator("#talk-body").fill(f"Only among us: it is. {CANARY}")
    cole.get_by_label("Internal").check()
    cole.get_by_role("button", name="Comment", exact=True).click()
    expect(cole.locator(".comment-internal")).to_be_visible()
    story.told({"comment": CONTRIBUTORS - {"cole", "sasha"}})


def submit(story: Story, tess: Page) -> None:
    tess.goto(story.url)
    deed(tess, "Submit for review …")
    send(tess)
    expect(tess.locator("#panel-review")).to_contain_text("In review")
    story.told({"review wanted": {"ada"}})


def decide(story: Story, ada: Page, decision: str, told: str) -> None:
    ada.goto(story.url)
    form = deed(ada, "Decide the review …")
    form.get_by_label("Decision").select_option(decision)
    form.get_by_label("Notes").fill(f"Name the versions. {CANARY}")
    send(ada)
    expect(ada.locator("#panel-review")).not_to_contain_text("In review")
    story.told({told: TEAM})


def edit(story: Story, tess: Page, summary: str) -> None:
    tess.goto(f"{story.url}edit/")
    field(tess, "summary").fill(f"{summary} {CANARY}")
    save(tess)
    tess.wait_for_url(story.url)
    expect(tess.get_by_role("heading", level=1)).to_contain_text(summary)
    story.told({})


def publish(story: Story, tess: Page, title: str, expected: dict[str, set[str]]) -> None:
    tess.goto(story.url)
    tess.locator("#publication-card").get_by_role("link", name=title).click()
    confirm(tess, story.advisory_id)
    tess.wait_for_url(story.url)
    story.told(expected)
    tess.goto(story.url)
    expect(tess.locator("#publication-card .task-line")).to_contain_text("Published")


def number(story: Story, tess: Page, ada: Page) -> None:
    """A number is asked for and reserved; the approval moves along."""
    tess.goto(story.url)
    deed(tess, "Request a CVE number …")
    send(tess)
    expect(tess.locator("#panel-cve")).to_contain_text("Requested")
    story.told({})
    ada.goto(story.url)
    examine(ada, "story administrator number requested")
    form = deed(ada, "Reserve a CVE number …")
    form.get_by_label("CVE number").fill(NUMBER)
    examine(ada, "story dialog reserve")
    send(ada)
    expect(ada.locator("#panel-cve")).to_contain_text(NUMBER)
    story.told({"CVE request granted": TEAM})


def withdraw(story: Story, tess: Page, ada: Page) -> None:
    """The team asks, the administrator confirms who she is and withdraws."""
    tess.goto(story.url)
    form = deed(tess, "Ask to withdraw it …")
    form.get_by_label("Reason").fill(f"It is documented behaviour. {CANARY}")
    examine(tess, "story dialog ask to withdraw")
    send(tess)
    expect(tess.locator(".note-warning").first).to_contain_text("Tess Team asks to withdraw")
    examine(tess, "story owner withdrawal asked")
    story.told({})
    ada.goto(story.url)
    examine(ada, "story administrator withdrawal asked")
    # Her sign-in is old: the button leads to a page that asks for a new one before anything is typed.
    ada.get_by_role("main").get_by_role("link", name="Withdraw as asked …").click()
    expect(ada.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    examine(ada, "story step up")
    ada.get_by_role("main").get_by_role("link", name="Sign in again").click()
    story.site.choose(ada, story.people["ada"])
    ada.wait_for_url(f"{story.url}approve-withdrawal/")
    examine(ada, "story withdraw page")
    confirm(ada, story.advisory_id)
    ada.wait_for_url(story.url)
    expect(ada.get_by_role("main")).to_contain_text("A withdrawal is under way")
    examine(ada, "story administrator withdrawing")
    story.told({"withdrawn": EVERYBODY})
    ada.goto(story.url)
    expect(ada.get_by_role("main")).to_contain_text("This advisory was withdrawn")
    examine(ada, "story administrator withdrawn")


def restore(story: Story, ada: Page) -> None:
    deed(ada, "Bring back …")
    examine(ada, "story dialog bring back")
    confirm(ada, story.advisory_id)
    ada.wait_for_url(story.url)
    expect(ada.get_by_role("main")).to_contain_text("is being brought back")
    story.told({"reopened": EVERYBODY, "export succeeded": CONTRIBUTORS})
    ada.goto(story.url)
    expect(ada.get_by_role("main").locator(".badge.state-published").first).to_be_visible()


def states(site: Site) -> tuple[bool, str]:
    """Return whether the OSV document says withdrawn, and the state of the CVE record."""
    return "withdrawn" in document(site.hub, "osv"), document(site.hub, "cves")["cveMetadata"]["state"]


def administrator(story: Story) -> Page:
    """Sign Ada in so long ago that what reaches the public needs her to sign in again."""
    provider = story.site.hub.provider
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    provider.change_id_tokens(auth_time=int(yesterday.timestamp()))
    page = story.site.signed_in(story.people["ada"], javascript=story.javascript)
    provider.change_id_tokens()
    return page


@pytest.mark.invariant("INV-SECRET-3")
@pytest.mark.invariant("INV-PRIVACY-2")
@pytest.mark.invariant("INV-WITHDRAW")
def test_an_advisory_from_its_first_word_to_its_withdrawal_and_back(site: Site, mailbox: Mailbox) -> None:
    story = Story.begin(site, mailbox)
    tess, vera = (site.signed_in(story.people[name]) for name in ("tess", "vera"))
    ada = administrator(story)
    compose(story, tess)
    cole = share(story, tess)
    discuss(story, vera, cole)
    tess.goto(story.url)
    examine(tess, "story owner draft")
    submit(story, tess)
    examine(tess, "story owner in review")
    decide(story, ada, "changes_requested", "review: changes requested")
    examine(ada, "story administrator changes requested")
    edit(story, tess, "Header injection through folded lines")
    submit(story, tess)
    decide(story, ada, "approved", "review: approved")
    number(story, tess, ada)
    examine(ada, "story administrator approved")
    publish(story, tess, "Publish …", {"published": EVERYBODY})
    assert states(site) == (False, "PUBLISHED")
    examine(tess, "story owner published")
    edit(story, tess, "Header injection, told better")
    examine(tess, "story owner to be published again")
    expect(tess.locator("#publication-card").get_by_role("link", name="Publish")).to_have_count(0)
    submit(story, tess)
    decide(story, ada, "approved", "review: approved")
    publish(story, tess, "Publish again …", {"export succeeded": CONTRIBUTORS})
    assert "told better" in document(site.hub, "osv")["summary"]
    withdraw(story, tess, ada)
    assert states(site) == (True, "REJECTED")
    restore(story, ada)
    assert states(site) == (False, "PUBLISHED")
    assert NUMBER in document(site.hub, "osv")["aliases"]
    told_at_the_end(story, {"tess": tess, "vera": vera, "cole": cole, "ada": ada})


def told_at_the_end(story: Story, pages: dict[str, Page]) -> None:
    """What each of them finds in the inbox and on the timeline."""
    milestones = (
        "submitted version 1 for review",
        "requested changes",
        "approved version",
        "requested a CVE id",
        "reserved a CVE id",
        "published version",
        "withdrew the advisory",
        "reopened the advisory",
    )
    work = ("saved version 2", "as a collaborator", "asked for the advisory to be withdrawn", "Only among us")
    for name, page in pages.items():
        story.inbox_is_clean(page)
        words = story.timeline(page)
        assert [line for line in milestones if line not in words] == []
        shown = [line for line in work if line in words]
        assert shown == ([] if name == "vera" else list(work)), name
        assert (COLE in words) == (name in {"tess", "ada", "cole"}), name
    examine(pages["tess"], "story timeline")
    story.inbox_is_clean(pages["tess"])
    examine(pages["tess"], "story inbox")


def test_without_scripts_an_advisory_is_reviewed_and_published(site: Site, mailbox: Mailbox) -> None:
    story = Story.begin(site, mailbox, javascript=False)
    story.advisory_id = site.hub.draft(story.slug, by=story.people["tess"], summary=f"Injection {CANARY}")
    story.told({"new draft": TEAM - {"tess"}})
    tess = site.signed_in(story.people["tess"], javascript=False)
    ada = administrator(story)
    submit(story, tess)
    decide(story, ada, "changes_requested", "review: changes requested")
    edit(story, tess, "Header injection through folded lines")
    submit(story, tess)
    decide(story, ada, "approved", "review: approved")
    publish(story, tess, "Publish …", {"published": TEAM})
    assert "withdrawn" not in document(site.hub, "osv")
    assert {"vera", "olga", "ada"}.isdisjoint(TEAM)
