"""The table of who is told of what: the right people by mail and in their inbox, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text

from advisoryhub_core import events
from advisoryhub_core.access.models import Invitation
from advisoryhub_core.access.services import delete_invitation
from advisoryhub_core.advisories.services import lock
from advisoryhub_core.db.principal import Principal, signed
from advisoryhub_core.projects.models import Project
from tests.functional.notifications.conftest import CANARY, READERS, Cast, invite
from tests.support.hub import PRINCIPAL_KEY
from tests.support.workflows import in_a_thread

TEAM = {"team", "shadow"}
GRANTEES = {"viewer", "collaborator", "group member", "reporter"}
EVERYBODY = TEAM | GRANTEES
CONTRIBUTORS = {"team", "collaborator", "shadow"}
ADMINS = {"admin"}

# Each as the acts send them: what is sent, and who hears of it (core.md, "Notifications").
TABLE: dict[str, tuple[Any, set[str]]] = {
    "created": (events.AdvisoryCreated, TEAM),
    "report_submitted": (events.ReportSubmitted, TEAM),
    "report_promoted": (events.ReportPromoted, EVERYBODY),
    "report_dismissed": (events.ReportDismissed, EVERYBODY),
    "report_reassigned": (lambda act, pk: events.ProjectChanged(act, pk, 1, 2, triage=True), TEAM),
    "routing_flagged": (events.RoutingFlagged, ADMINS),
    "routing_cleared": (events.RoutingFlagCleared, ADMINS),
    "reopened": (lambda act, pk: events.AdvisoryReopened(act, pk, "draft"), EVERYBODY),
    "project_changed": (lambda act, pk: events.ProjectChanged(act, pk, 1, 2, triage=False), TEAM),
    "review_submitted": (lambda act, pk: events.ReviewSubmitted(act, pk, 1), ADMINS),
    "review_approved": (lambda act, pk: events.ReviewDecided(act, pk, "approved", 1), TEAM),
    "review_changes_requested": (
        lambda act, pk: events.ReviewDecided(act, pk, "changes_requested", 1),
        TEAM,
    ),
    "cve_reserved": (lambda act, pk: events.CVEReserved(act, pk, "CVE-2026-1234"), TEAM),
    "cve_rejected": (events.CVERejected, TEAM),
    "published": (lambda act, pk: events.Published(act, pk, 1, first=True), EVERYBODY),
    "withdrawn": (lambda act, pk: events.Withdrawn(act, pk, 1), EVERYBODY),
    "export_succeeded": (lambda act, pk: events.ExportSucceeded(act, pk, 1), CONTRIBUTORS),
    "export_failed": (lambda act, pk: events.ExportFailed(act, pk, 1), CONTRIBUTORS),
}


@pytest.mark.invariant("INV-PRIVACY-2")
@pytest.mark.invariant("INV-SECRET-3")
@pytest.mark.parametrize("code", sorted(TABLE))
def test_the_right_people_are_told_and_nobody_else(cast: Cast, code: str) -> None:
    make, expected = TABLE[code]
    cast.tell(lambda act: make(act, cast.pk))
    assert cast.got_mail() == expected
    for name in cast.people:
        assert cast.inbox(name) == ([code] if name in expected else []), name
    assert_no_content(cast)


def test_what_is_told_by_other_means_is_not_told_again(cast: Cast) -> None:
    cast.tell(lambda act: events.CVEReserved(act, cast.pk, "CVE-2026-1234", restored=True))
    cast.tell(lambda act: events.ReviewDecided(act, cast.pk, "withdrawn", 1))
    cast.tell(lambda act: events.Published(act, cast.pk, 2, first=False))
    assert cast.got_mail() == set()


def test_a_publication_is_told_once_though_it_is_an_export_too(cast: Cast) -> None:
    cast.sql(
        "INSERT INTO notification_preferences (user_id, published) VALUES (:id, false)",
        id=cast.people["collaborator"],
    )
    with cast.hub.acting_for(cast.people["actor"]) as act:
        # The order in which they are sent does not matter.
        act.notify(events.ExportSucceeded(act, cast.pk, 1))
        act.notify(events.Published(act, cast.pk, 1, first=True))
    cast.hub.run_jobs()
    assert cast.got_mail() == EVERYBODY
    assert cast.inbox("team") == ["published"]
    # Who does not want to hear of publications is told of the export, as they chose.
    assert cast.inbox("collaborator") == ["export_succeeded"]


@pytest.mark.invariant("INV-INTAKE-3")
def test_a_real_report_is_told_once_to_the_team(cast: Cast) -> None:
    """`AdvisoryCreated` of a report says nothing beside `ReportSubmitted`."""
    cast.hub.report(cast.slug)
    cast.hub.run_jobs()
    assert cast.got_mail() <= TEAM | {"actor"}
    assert len(cast.inbox("team")) <= 1


@pytest.mark.invariant("INV-PRIVACY-2")
def test_a_moved_advisory_is_told_to_the_new_team_alone(cast: Cast) -> None:
    with cast.hub.acting_for(cast.people["actor"]) as act:
        before = cast.hub.row(act, cast.advisory_id).project_id
        after = act.db.scalars(select(Project.id).where(Project.slug == cast.other_slug)).one()
        act.notify(events.ProjectChanged(act, cast.pk, before, after, triage=False))
    cast.sql("UPDATE advisories SET project_id = :after WHERE id = :pk", after=after, pk=cast.pk)
    cast.hub.run_jobs()
    assert cast.got_mail() == {"other team", "other shadow"}


@pytest.mark.invariant("INV-ROSTER-1")
@pytest.mark.invariant("INV-COMMENT-2")
def test_an_internal_comment_is_told_to_those_who_may_read_it_now(cast: Cast) -> None:
    cast.comment(internal=True)
    assert cast.got_mail() == {"team", "collaborator"}
    assert cast.inbox("shadow") == []
    assert_no_content(cast)


@pytest.mark.invariant("INV-ROSTER-1")
@pytest.mark.invariant("INV-OIDC-5")
def test_shadows_get_their_projects_default_mail_without_any_right(cast: Cast) -> None:
    cast.comment()
    assert cast.got_mail() == EVERYBODY
    with cast.hub.registry.db_engine.connect() as connection:
        value = signed(Principal(cast.people["shadow"], admin=False), PRINCIPAL_KEY)
        connection.execute(text("SELECT set_config('advisoryhub.principal', :value, true)"), {"value": value})
        assert connection.scalar(text("SELECT count(*) FROM advisories")) == 0
        assert connection.scalar(text("SELECT count(*) FROM notifications")) == 0


@pytest.mark.invariant("INV-COMMENT-2")
def test_a_redacted_comment_is_told_to_nobody(cast: Cast) -> None:
    comment_id = cast.comment(work=False)
    cast.sql("UPDATE comments SET body = '', redacted_at = now() WHERE id = :id", id=comment_id)
    cast.hub.run_jobs()
    assert cast.got_mail() == set()


def test_a_mention_and_its_comment_are_one_mail(cast: Cast) -> None:
    cast.comment(users=("viewer", "admin", "stranger", "banned", "shadow"), groups=(READERS,))
    # A mention lifts nobody's rights, and reaches an administrator, who may see everything.
    assert cast.got_mail() == EVERYBODY | {"admin"}
    subjects = {name: mail_to(cast, name)["Subject"] for name in ("viewer", "admin", "group member", "team")}
    mentioned = f"[AdvisoryHub] {cast.advisory_id}: you were mentioned"
    assert subjects == {
        "viewer": mentioned,
        "admin": mentioned,
        "group member": mentioned,
        "team": f"[AdvisoryHub] {cast.advisory_id}: comment",
    }


def test_a_mention_in_an_internal_comment_tells_no_viewer(cast: Cast) -> None:
    cast.comment(internal=True, users=("viewer", "collaborator"), groups=(READERS,))
    assert cast.got_mail() == {"team", "collaborator"}


@pytest.mark.invariant("INV-PRIVACY-2")
def test_people_who_lost_access_before_the_mail_was_made_hear_nothing(cast: Cast) -> None:
    cast.comment(work=False)
    cast.sql("DELETE FROM grants WHERE user_id = :id", id=cast.people["viewer"])
    cast.hub.run_jobs()
    assert cast.got_mail() == EVERYBODY - {"viewer"}


@pytest.mark.invariant("INV-PRIVACY-2")
def test_a_grant_that_is_revoked_between_row_and_mail_drops_the_mail(cast: Cast) -> None:
    cast.comment(internal=True, work=False)
    cast.hub.registry.celery.tasks["notifications.handle"].apply(args=(cast.pk,), throw=True)
    assert cast.statuses() == {"team": "queued", "collaborator": "queued"}
    cast.sql("UPDATE grants SET permission = 'viewer' WHERE user_id = :id", id=cast.people["collaborator"])
    cast.hub.run_jobs()
    assert cast.got_mail() == {"team"}
    assert cast.statuses() == {"team": "sent", "collaborator": "dropped"}


def test_an_invitation_goes_to_its_address_with_a_link_that_works(cast: Cast) -> None:
    invitation_id = invite(cast, "Newcomer@example.net")
    cast.tell(lambda act: events.InvitationIssued(act, cast.pk, invitation_id))
    [mail] = cast.mailbox.to("Newcomer@example.net")
    assert len(cast.mailbox.received) == 1
    assert_no_content(cast)
    link = next(word for word in body(mail, "plain").split() if "/accounts/invitation/?token=" in word)
    newcomer = cast.hub.person(email="newcomer@example.net")
    browser = cast.hub.browser_as(newcomer)
    answer = browser.get(link.removeprefix("http://localhost"), status=303).follow()
    assert cast.advisory_id in answer.text


def test_an_invitation_that_was_revoked_or_sent_again_leads_to_one_mail_at_most(cast: Cast) -> None:
    revoked, again = invite(cast, "revoked@example.net"), invite(cast, "again@example.net")
    with cast.hub.acting_for(cast.people["actor"]) as act:
        for invitation_id in (revoked, again, again):
            act.notify(events.InvitationIssued(act, cast.pk, invitation_id))
    cast.hub.registry.celery.tasks["notifications.handle"].apply(args=(cast.pk,), throw=True)
    cast.sql("DELETE FROM invitations WHERE id = :id", id=revoked)
    cast.hub.run_jobs()
    assert [item.recipients for item in cast.mailbox.received] == [("again@example.net",)]


@pytest.mark.parametrize("task", ["notifications.handle", "notifications.deliver"])
def test_an_invitation_that_is_revoked_while_its_mail_is_prepared_stops_neither(
    cast: Cast, task: str
) -> None:
    revoked = invite(cast, "revoked@example.net")

    def issue() -> None:
        with cast.hub.acting_for(cast.people["actor"]) as act:
            act.notify(events.InvitationIssued(act, cast.pk, revoked))

    issue()
    cast.hub.registry.celery.tasks["notifications.handle"].apply(args=(cast.pk,), throw=True)
    if task == "notifications.handle":
        issue()
    with cast.hub.acting_for(cast.people["actor"]) as act:
        lock(act, cast.pk)
        held = select(Invitation).where(Invitation.id == revoked).with_for_update()
        invitation = act.db.scalars(held).one()
        work = cast.hub.registry.celery.tasks[task].apply
        thread, outcome = in_a_thread(lambda: work(args=(cast.pk,), throw=True))
        thread.join(timeout=1)
        assert thread.is_alive(), f"did not wait: {outcome}"
        delete_invitation(act, invitation)
    thread.join(timeout=20)
    assert outcome == [None]
    assert cast.mailbox.received == []


def assert_no_content(cast: Cast) -> None:
    """Search every byte that left the hub, and what the rows hold, for what anybody wrote."""
    for item in cast.mailbox.received:
        assert CANARY.encode() not in item.content
        for part in item.parsed().walk():
            if not part.is_multipart():
                assert CANARY not in part.get_content()
    with cast.hub.system() as act:
        rows = act.db.execute(
            text("SELECT e::text, n::text FROM notification_events e LEFT JOIN notifications n ON true")
        )
        assert CANARY not in str(rows.all())


def mail_to(cast: Cast, name: str) -> Any:
    [mail] = cast.mailbox.to(cast.address(cast.people[name]))
    return mail


def body(mail: Any, kind: str) -> str:
    return str(mail.get_body((kind,)).get_content())
