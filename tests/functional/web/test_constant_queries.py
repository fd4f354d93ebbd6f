"""Every page that lists something takes the same queries for 10 rows and for 1,000 of everything."""

from __future__ import annotations

import pytest
import webtest
from sqlalchemy import text

from tests.functional.comments.kit import statements
from tests.functional.db.kit import superuser
from tests.functional.web.test_enforcement import registered_views
from tests.support.hub import Hub

FEW, MANY = 10, 1000
OWNERS = ("team", "admin")
EVERYBODY = (*OWNERS, "viewer")

LIST = ("AdvisoryCollection", "")

# Path, the view that answers, and who may open it. `{id}` is an advisory that has all of everything.
PAGES = (
    *(
        (f"/advisories/?{query}", LIST, EVERYBODY)
        for query in (
            "",
            "state=triage",
            "state=draft",
            "state=published",
            "state=dismissed",
            "project={project}",
            "severity=high",
            "severity=none",
            "review=none",
            "review=submitted",
            "has_cve=1",
            "linked=1",
            "mine=1",
            "changed=1",
            "changed=1&state=draft&severity=high",
            "q=injection",
            "q=injektion",
            "q=CVE-2026-",
            "q=injection&changed=1&state=draft",
        )
    ),
    ("/advisories/{id}/", ("AdvisoryResource", ""), EVERYBODY),
    ("/advisories/{id}/history/", ("AdvisoryResource", "history"), EVERYBODY),
    ("/advisories/{id}/versions/5/", ("VersionResource", ""), EVERYBODY),
    ("/advisories/{id}/versions/5/diff/?against=2", ("VersionResource", "diff"), EVERYBODY),
    ("/advisories/{id}/comments/", ("CommentCollection", ""), EVERYBODY),
    ("/advisories/{id}/comments/{comment}/history/", ("CommentResource", "history"), EVERYBODY),
    ("/advisories/{id}/timeline/", ("AdvisoryResource", "timeline"), EVERYBODY),
    ("/advisories/{id}/timeline/?order=oldest", ("AdvisoryResource", "timeline"), EVERYBODY),
    ("/advisories/{id}/mentions/?q=some", ("AdvisoryResource", "mentions"), EVERYBODY),
    ("/advisories/{id}/notifications/", ("AdvisoryNotifications", ""), EVERYBODY),
    ("/advisories/{id}/access/", ("AccessResource", ""), OWNERS),
    ("/advisories/{id}/edit/", ("AdvisoryResource", "edit"), OWNERS),
    ("/advisories/{id}/change-project/", ("AdvisoryResource", "change-project"), OWNERS),
    ("/advisories/{id}/publication-card/", ("AdvisoryResource", "publication-card"), OWNERS),
    ("/advisories/new/", ("AdvisoryCollection", "new"), OWNERS),
    ("/notifications/inbox/", ("NotificationsNode", "inbox"), EVERYBODY),
    ("/notifications/inbox/?unread=1", ("NotificationsNode", "inbox"), EVERYBODY),
    ("/notifications/preferences/", ("NotificationsNode", "preferences"), EVERYBODY),
    ("/accounts/me/", ("AccountCollection", "me"), EVERYBODY),
)

# Pages about one thing, and addresses that only send the browser on.
LISTS_NOTHING = {
    ("AccountCollection", "invitation"),
    ("AccountCollection", "signed-out"),
    ("AdvisoryResource", "publish"),
    ("ArtifactResource", ""),
    ("CommentResource", ""),
    ("CommentResource", "edit"),
    ("CommentResource", "redact"),
    ("OIDCNode", "authenticate"),
    ("OIDCNode", "callback"),
    ("OIDCNode", "step-up"),
    ("AccessReviewNode", "dismiss"),
    ("ReviewNode", "decide"),
    ("Root", ""),
    ("Root", "healthz"),
    ("Root", "readyz"),
    ("VersionCollection", ""),
}
# A deed's page asks for a confirmation; the one that offers projects is walked.
DEEDS = "advisoryhub_core.advisories.views.deeds"


def test_every_page_is_walked_or_lists_nothing(registry: object) -> None:
    walked = {place for _path, place, _who in PAGES}
    found = {
        place
        for view, place, _permissions in registered_views(registry)
        if "GET" in view["request_methods"] and view["callable"].__module__ != DEEDS
    }
    assert found <= walked | LISTS_NOTHING
    assert found - walked >= LISTS_NOTHING


@pytest.mark.parametrize("role", EVERYBODY)
def test_the_queries_of_every_page_are_the_same_for_10_and_for_1000_rows(hub: Hub, role: str) -> None:
    project = hub.project()
    person = {"team": hub.member, "admin": lambda _slug: hub.admin(), "viewer": lambda _slug: hub.person()}[
        role
    ](project)
    advisory_id = hub.draft(project)
    if role == "viewer":
        hub.grant(advisory_id, person)
    browser = hub.browser_as(person)
    places = {"id": advisory_id, "project": project}
    _fill(hub, hub.pk(advisory_id), person, FEW)
    with hub.system() as act:
        first = act.db.scalar(text("SELECT min(id) FROM comments WHERE NOT internal"))
        places["comment"] = str(first)
    paths = [path.format(**places).removesuffix("?") for path, _place, who in PAGES if role in who]
    few = _counts(hub, browser, paths)
    _fill(hub, hub.pk(advisory_id), person, MANY - FEW)
    many = _counts(hub, browser, paths)
    fewer = {path: few[path] - many[path] for path in paths if few[path] != many[path]}
    # Where a timeline fits on its page, one question more: whether what was before it has been pruned.
    assert {path for path, difference in fewer.items() if difference == 1} == set(fewer)
    assert set(fewer) <= {f"/advisories/{advisory_id}/", f"/advisories/{advisory_id}/timeline/"}
    assert max(few.values()) <= 30


def _counts(hub: Hub, browser: webtest.TestApp, paths: list[str]) -> dict[str, int]:
    found = {}
    for path in paths:
        # The very first opening leaves a receipt.
        browser.get(path, status=200)
        with statements(hub) as seen:
            browser.get(path, status=200)
        found[path] = len(seen)
    return found


def _fill(hub: Hub, pk: int, person: int, count: int) -> None:
    """Add `count` rows of everything, to the hub and to one advisory, that the person may see.

    Opened before everything changed, and told of all of it.
    """
    with hub.system() as act:
        for statement in _ROWS:
            act.db.execute(text(statement), {"pk": pk, "person": person, "count": count})
    with superuser(hub) as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()


_N = "generate_series((SELECT count(*) FROM projects), (SELECT count(*) FROM projects) + :count - 1) n"
_ON_IT = "SELECT :pk, {} FROM generate_series(1, :count) n"

_ROWS = (
    f"""INSERT INTO advisories (advisory_id, project_id, state, kind, review_status, summary,
            severity_level, assigned_cve_id, published_at, dismissed_from_state, created_by_id,
            current_version)
        SELECT 'ECL-MANY-' || n, a.project_id,
            (ARRAY['draft', 'triage', 'published', 'dismissed'])[1 + n % 4],
            CASE WHEN n % 3 = 0 THEN 'ghsa_linked' ELSE 'native' END,
            CASE WHEN n % 3 = 1 THEN 'submitted' ELSE 'none' END, 'Injection ' || n,
            CASE WHEN n % 2 = 0 THEN 'high' ELSE 'none' END, 'CVE-2026-' || 900000 + n,
            CASE WHEN n % 4 = 2 THEN now() END, CASE WHEN n % 4 = 3 THEN 'draft' END, :person, 1
        FROM advisories a, {_N} WHERE a.id = :pk""",
    (
        "INSERT INTO advisory_versions (advisory_id, number, payload) SELECT a.id, 1, v.payload"
        " FROM advisories a JOIN advisory_versions v ON v.advisory_id = :pk AND v.number = 1"
        " WHERE NOT EXISTS (SELECT FROM advisory_versions w WHERE w.advisory_id = a.id)"
    ),
    # Owners see them all as it is.
    (
        "INSERT INTO grants (advisory_id, user_id, permission) SELECT id, :person, 'viewer' FROM advisories"
        " WHERE EXISTS (SELECT FROM grants WHERE user_id = :person) ON CONFLICT DO NOTHING"
    ),
    (
        "INSERT INTO advisory_visits (user_id, advisory_id, last_version, last_at)"
        " SELECT :person, id, 1, now() - interval '1 day' FROM advisories ON CONFLICT DO NOTHING"
    ),
    # As many projects as advisories, so that one number serves both; they are the administrators'.
    f"""INSERT INTO projects (slug, name, security_team_id)
        SELECT 'many' || n, 'Many ' || n, p.security_team_id
        FROM {_N}, projects p WHERE p.slug = 'unsorted'""",
    (
        "INSERT INTO advisory_versions (advisory_id, number, payload)"
        " SELECT :pk, (SELECT max(number) FROM advisory_versions WHERE advisory_id = :pk) + n, payload"
        " FROM advisory_versions, generate_series(1, :count) n"
        " WHERE advisory_id = :pk AND number = 1 ORDER BY n"
    ),
    (
        "UPDATE advisories SET current_version = (SELECT max(number) FROM advisory_versions"
        " WHERE advisory_id = :pk) WHERE id = :pk"
    ),
    (
        "WITH people AS (INSERT INTO users (email, subject, display_name)"
        " SELECT gen_random_uuid() || '@example.org', gen_random_uuid()::text, 'Somebody'"
        " FROM generate_series(1, :count) RETURNING id)"
        " INSERT INTO grants (advisory_id, user_id, permission) SELECT :pk, id, 'viewer' FROM people"
    ),
    "INSERT INTO invitations (advisory_id, email, permission, expires_at) "
    + _ON_IT.format("gen_random_uuid() || '@example.net', 'viewer', now() + interval '1 day'"),
    (
        "INSERT INTO comments (advisory_id, author_id, body, internal)"
        " SELECT :pk, user_id, 'Words', user_id % 7 = 0 FROM grants WHERE advisory_id = :pk"
        " ORDER BY user_id DESC LIMIT :count"
    ),
    (
        "INSERT INTO comment_versions (comment_id, advisory_id, number, body)"
        " SELECT c.id, :pk, n + (SELECT count(*) FROM comment_versions), 'Words'"
        " FROM (SELECT min(id) AS id FROM comments WHERE NOT internal) c, generate_series(1, :count) n"
    ),
    "INSERT INTO review_tasks (advisory_id, version, status, decided_version, submitted_by_id, decided_at) "
    + _ON_IT.format("1, CASE WHEN n % 2 = 0 THEN 'withdrawn' ELSE 'approved' END, 1, :person, now()"),
    "INSERT INTO cve_request_tasks (advisory_id, status, finished_at, requested_by_id) "
    + _ON_IT.format("'rejected', now(), :person"),
    (
        "INSERT INTO orphan_cves (advisory_id, cve_id)"
        " SELECT :pk, 'CVE-2026-' || 10000 + n + (SELECT count(*) FROM orphan_cves)"
        " FROM generate_series(1, :count) n"
    ),
    "INSERT INTO publication_tasks (advisory_id, version, status, revision, revision_summary,"
    " first_published_at, modified_at, enqueued_by_id, finished_at) "
    + _ON_IT.format("1, 'failed', 1, '', now(), now(), :person, now()"),
    (
        "INSERT INTO publication_artifacts (advisory_id, task_id, kind, path, content)"
        " SELECT :pk, id, 'osv', 'osv/x.json', '{}' FROM publication_tasks ON CONFLICT DO NOTHING"
    ),
    "INSERT INTO audit_log (advisory_id, action, actor_id, new) "
    + _ON_IT.format(
        "CASE WHEN n % 2 = 0 THEN 'advisory.first_seen' ELSE 'access.granted' END, :person,"
        ' \'{"user_id": 1, "permission": "viewer"}\''
    ),
    (
        "WITH told AS (INSERT INTO notification_events (event, advisory_id, data)"
        " SELECT CASE WHEN n % 2 = 0 THEN 'comment' ELSE 'published' END, :pk,"
        " jsonb_build_object('comment_id', (SELECT min(id) FROM comments WHERE NOT internal))"
        " FROM generate_series(1, :count) n RETURNING id)"
        " INSERT INTO notifications (event_id, user_id, advisory_id, reason)"
        " SELECT id, :person, :pk, 'team' FROM told"
    ),
)
