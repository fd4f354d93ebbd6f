"""The rules the database keeps about lifecycle, discussion, access and notifications.

INV-LIFECYCLE-4, INV-CVE-1, INV-CVE-2, INV-REVIEW-1, INV-REVIEW-4, INV-COMMENT-1, INV-COMMENT-2,
INV-COMMENT-4, INV-IMPL-3, INV-CONF-2, INV-GHSA-4.
"""

from __future__ import annotations

from alembic import op

from advisoryhub_core.db.ddl import append_only, check_values, grant, visible_with_advisory

revision = "core_0009"
down_revision = "core_0008"
branch_labels = None
depends_on = None

_VALUES = (
    ("review_tasks", "status", ("open", "approved", "changes_requested", "withdrawn")),
    ("cve_request_tasks", "status", ("queued", "reserved", "rejected", "cancelled")),
    ("orphan_cves", "status", ("orphaned", "marked_rejected", "reassigned")),
    ("orphan_reassignment_tasks", "status", ("queued", "reassigned", "replaced")),
    ("invitations", "permission", ("viewer", "collaborator")),
    ("notification_preferences", "comments", ("all", "mentioned")),
    ("notification_preferences", "digest", ("off", "hourly", "daily")),
    (
        "advisory_notification_preferences",
        "preset",
        ("defaults", "everything", "important", "mentions", "custom"),
    ),
    ("notifications", "mail_status", ("none", "queued", "digest", "sent", "refused", "dropped")),
)

_CHECKS = (
    ("advisories", "approval", "(review_status = 'approved') = (approved_version IS NOT NULL)"),
    ("advisories", "review_native", "kind = 'native' OR review_status = 'none'"),
    ("advisories", "first_publication", "state <> 'published' OR published_at IS NOT NULL"),
    ("advisories", "comments_lock", "comments_locked_at IS NOT NULL OR comments_locked_by_id IS NULL"),
    (
        "advisories",
        "reassignment_request",
        "(reassignment_requested_at IS NOT NULL) >= (reassignment_suggested_id IS NOT NULL)",
    ),
    (
        "advisories",
        "withdrawal_request",
        "withdrawal_requested_at IS NOT NULL OR withdrawal_requested_by_id IS NULL",
    ),
    ("review_tasks", "decided", "(status = 'open') = (decided_at IS NULL)"),
    ("cve_request_tasks", "finished", "(status = 'queued') = (finished_at IS NULL)"),
    ("cve_request_tasks", "reserved", "(status = 'reserved') = (cve_id IS NOT NULL)"),
    ("cve_request_tasks", "cve_id", r"cve_id ~ '^CVE-\d{4}-\d{4,19}$'"),
    ("orphan_cves", "cve_id", r"cve_id ~ '^CVE-\d{4}-\d{4,19}$'"),
    ("orphan_reassignment_tasks", "resolved", "(status = 'queued') = (resolved_at IS NULL)"),
    (
        "orphan_reassignment_tasks",
        "replacement",
        "(status = 'replaced') = (replacement_cve_id IS NOT NULL)",
    ),
    ("comments", "redacted", "redacted_at IS NULL OR body = ''"),
    ("invitations", "redeemed", "(redeemed_at IS NULL) = (redeemed_by_id IS NULL)"),
)

_TRIGGERS = """
-- INV-LIFECYCLE-4: a dismissed advisory goes back to where it came from; no other way leads backwards.
CREATE FUNCTION hub_keep_lifecycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A fifth state is for the CHECK constraint to refuse (INV-LIFECYCLE-1).
    IF NEW.state <> OLD.state AND NEW.state IN ('triage', 'draft', 'published', 'dismissed') AND NOT (
        (OLD.state = 'triage' AND NEW.state IN ('draft', 'dismissed'))
        OR (OLD.state = 'draft' AND NEW.state IN ('published', 'dismissed'))
        OR (OLD.state = 'published' AND NEW.state = 'dismissed')
        OR (OLD.state = 'dismissed' AND NEW.state = OLD.dismissed_from_state)
    ) THEN
        RAISE EXCEPTION 'INV-LIFECYCLE-4: % does not go from % to %', OLD.advisory_id, OLD.state, NEW.state
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.state = 'dismissed' AND NEW.dismissed_from_state IS DISTINCT FROM
        (CASE OLD.state WHEN 'dismissed' THEN OLD.dismissed_from_state ELSE OLD.state END) THEN
        RAISE EXCEPTION 'INV-LIFECYCLE-4: % was dismissed from another state', OLD.advisory_id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.kind = 'ghsa_linked' AND NEW.kind <> OLD.kind THEN
        RAISE EXCEPTION 'INV-GHSA-4: % stays linked', OLD.advisory_id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.assigned_cve_id IS NOT NULL AND NEW.assigned_cve_id IS NOT NULL
        AND NEW.assigned_cve_id <> OLD.assigned_cve_id THEN
        RAISE EXCEPTION 'INV-CVE-2: the number of % is taken off before it gets another', OLD.advisory_id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER advisories_lifecycle BEFORE UPDATE ON advisories
    FOR EACH ROW EXECUTE FUNCTION hub_keep_lifecycle();
ALTER TABLE advisories ENABLE ALWAYS TRIGGER advisories_lifecycle;

-- INV-COMMENT-1 and INV-COMMENT-4: what a comment is stays fixed, and a redaction is for good.
CREATE FUNCTION hub_keep_comment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.internal <> OLD.internal OR NEW.advisory_id <> OLD.advisory_id
        OR NEW.author_id IS DISTINCT FROM OLD.author_id OR NEW.created_at <> OLD.created_at
        OR NEW.note_of <> OLD.note_of THEN
        RAISE EXCEPTION 'INV-COMMENT-1: what comment % is cannot change', OLD.id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.redacted_at IS NOT NULL AND (NEW.redacted_at IS DISTINCT FROM OLD.redacted_at
        OR NEW.redacted_by_id IS DISTINCT FROM OLD.redacted_by_id OR NEW.body <> '') THEN
        RAISE EXCEPTION 'INV-COMMENT-4: comment % was redacted for good', OLD.id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER comments_fixed BEFORE UPDATE ON comments
    FOR EACH ROW EXECUTE FUNCTION hub_keep_comment();
ALTER TABLE comments ENABLE ALWAYS TRIGGER comments_fixed;
"""

_SCOPE = """
ALTER TYPE hub_scope ADD ATTRIBUTE collaborator_ids bigint[];
"""

# As in 0004, with the advisories on which the principal collaborates: internal comments need them.
_PRINCIPAL = """
CREATE OR REPLACE FUNCTION hub_principal() RETURNS hub_scope
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    nobody CONSTANT hub_scope := ROW(false, NULL, '{}', '{}', '{}');
    scope hub_scope := nobody;
    raw text := current_setting('advisoryhub.principal', true);
    parts text[];
    pads hub_private.principal_key;
    mac bytea;
BEGIN
    IF raw IS NULL OR raw !~ '^(system|[1-9][0-9]{0,17})[|][01][|][0-9]{1,12}[|][0-9a-f]{64}$' THEN
        RETURN nobody;
    END IF;
    parts := string_to_array(raw, '|');
    SELECT * INTO pads FROM hub_private.principal_key;
    IF NOT FOUND OR parts[3]::bigint <= extract(epoch FROM clock_timestamp()) THEN
        RETURN nobody;
    END IF;
    mac := sha256(pads.outer_pad || sha256(pads.inner_pad ||
        convert_to(parts[1] || '|' || parts[2] || '|' || parts[3], 'UTF8')));
    IF mac <> decode(parts[4], 'hex') THEN
        RETURN nobody;
    END IF;
    IF parts[1] = 'system' THEN
        scope.sees_all := parts[2] = '1';
        RETURN scope;
    END IF;
    PERFORM 1 FROM users u
        WHERE u.id = parts[1]::bigint AND u.is_active AND NOT u.is_provisioned AND u.banned_at IS NULL;
    IF NOT FOUND THEN
        RETURN nobody;
    END IF;
    scope.user_id := parts[1]::bigint;
    IF parts[2] = '1' THEN
        scope.sees_all := true;
        RETURN scope;
    END IF;
    scope.project_ids := ARRAY(
        SELECT p.id FROM projects p JOIN user_groups g ON g.group_id = p.security_team_id
        WHERE g.user_id = scope.user_id
    );
    SELECT coalesce(array_agg(DISTINCT held.advisory_id), '{}'),
           coalesce(array_agg(DISTINCT held.advisory_id) FILTER (WHERE held.permission = 'collaborator'),
               '{}')
        INTO scope.advisory_ids, scope.collaborator_ids
    FROM (
        SELECT g.advisory_id, g.permission FROM grants g WHERE g.user_id = scope.user_id
        UNION ALL
        SELECT g.advisory_id, g.permission FROM grants g JOIN user_groups m ON m.group_id = g.group_id
        WHERE m.user_id = scope.user_id
    ) held;
    RETURN scope;
END
$$;
"""

# What 0004 made, for going back.
_PRINCIPAL_BEFORE = _PRINCIPAL.replace(
    "ROW(false, NULL, '{}', '{}', '{}')", "ROW(false, NULL, '{}', '{}')"
).replace(
    """SELECT coalesce(array_agg(DISTINCT held.advisory_id), '{}'),
           coalesce(array_agg(DISTINCT held.advisory_id) FILTER (WHERE held.permission = 'collaborator'),
               '{}')
        INTO scope.advisory_ids, scope.collaborator_ids
""",
    """SELECT coalesce(array_agg(DISTINCT held.advisory_id), '{}') INTO scope.advisory_ids
""",
)

# Who may read internal comments is decided in `permissions.py` (Cap.SEE_INTERNAL); this says the same again.
_COMMENT_POLICIES = """
ALTER TABLE comments ENABLE ROW LEVEL SECURITY;
CREATE POLICY comments_visible ON comments USING (
    (SELECT sees_all FROM hub_principal())
    OR EXISTS (
        SELECT FROM advisories a WHERE a.id = comments.advisory_id AND (
            NOT comments.internal
            OR a.project_id = ANY ((SELECT project_ids FROM hub_principal())::bigint[])
            OR (a.state <> 'triage' AND a.id = ANY ((SELECT collaborator_ids FROM hub_principal())::bigint[]))
        )
    )
);
ALTER TABLE comment_versions ENABLE ROW LEVEL SECURITY;
CREATE POLICY comment_versions_visible ON comment_versions USING (
    (SELECT sees_all FROM hub_principal())
    OR EXISTS (SELECT FROM comments c WHERE c.id = comment_versions.comment_id)
);
"""

_OWN_POLICY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY {table}_own ON {table} USING (
    (SELECT sees_all FROM hub_principal()) OR user_id = (SELECT user_id FROM hub_principal())
);
"""

_OWN_VISIBLE_POLICY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY {table}_own ON {table} USING (
    (SELECT sees_all FROM hub_principal())
    OR (
        user_id = (SELECT user_id FROM hub_principal())
        AND EXISTS (SELECT FROM advisories a WHERE a.id = {table}.advisory_id)
    )
);
"""

# Written by people who may lose sight of the advisory by the very act that is told of.
_EVENT_POLICIES = """
ALTER TABLE notification_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY notification_events_readable ON notification_events FOR SELECT USING (
    (SELECT sees_all FROM hub_principal())
    OR EXISTS (SELECT FROM advisories a WHERE a.id = notification_events.advisory_id)
);
CREATE POLICY notification_events_handled ON notification_events FOR UPDATE USING (
    (SELECT sees_all FROM hub_principal())
);
CREATE POLICY notification_events_written ON notification_events FOR INSERT WITH CHECK (true);
"""

_WITH_ADVISORY = (
    "review_tasks",
    "cve_request_tasks",
    "orphan_cves",
    "orphan_reassignment_tasks",
    "invitations",
)
_OWN = ("notification_preferences",)
_OWN_VISIBLE = ("advisory_visits", "notifications", "advisory_notification_preferences")

_PRIVILEGES = {
    "review_tasks": "SELECT, INSERT, UPDATE",
    "cve_request_tasks": "SELECT, INSERT, UPDATE",
    "orphan_cves": "SELECT, INSERT, UPDATE",
    "orphan_reassignment_tasks": "SELECT, INSERT, UPDATE",
    "invitations": "SELECT, INSERT, UPDATE, DELETE",
    "comments": "SELECT, INSERT, UPDATE",
    "comment_versions": "SELECT, INSERT",
    "advisory_visits": "SELECT, INSERT, UPDATE",
    "roster_entries": "SELECT, INSERT, UPDATE, DELETE",
    "notification_preferences": "SELECT, INSERT, UPDATE, DELETE",
    "advisory_notification_preferences": "SELECT, INSERT, UPDATE, DELETE",
    "notification_events": "SELECT, INSERT, UPDATE",
    "notifications": "SELECT, INSERT, UPDATE, DELETE",
}


def upgrade() -> None:
    for table, column, values in _VALUES:
        check_values(table, column, values)
    for table, name, condition in _CHECKS:
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({condition})")
    op.execute(_TRIGGERS)
    op.execute(_SCOPE)
    op.execute(_PRINCIPAL)
    append_only("comment_versions", "INV-IMPL-3")
    append_only("comments", "INV-COMMENT-4", operations="DELETE")
    for table in _WITH_ADVISORY:
        visible_with_advisory(table)
    op.execute(_COMMENT_POLICIES)
    op.execute(_EVENT_POLICIES)
    for table in _OWN:
        op.execute(_OWN_POLICY.format(table=table))
    for table in _OWN_VISIBLE:
        op.execute(_OWN_VISIBLE_POLICY.format(table=table))
    for table, privileges in _PRIVILEGES.items():
        grant(table, privileges)
    for function in ("hub_keep_lifecycle()", "hub_keep_comment()"):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")


def downgrade() -> None:
    for policy, table in (
        ("comment_versions_visible", "comment_versions"),
        ("comments_visible", "comments"),
        ("notification_events_readable", "notification_events"),
        ("notification_events_handled", "notification_events"),
        ("notification_events_written", "notification_events"),
        *((f"{table}_visible", table) for table in _WITH_ADVISORY),
        *((f"{table}_own", table) for table in (*_OWN, *_OWN_VISIBLE)),
    ):
        op.execute(f"DROP POLICY {policy} ON {table}")
    for table in ("comments", "comment_versions"):
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
    op.execute("DROP TRIGGER comments_fixed ON comments")
    op.execute("DROP TRIGGER advisories_lifecycle ON advisories")
    op.execute("DROP FUNCTION hub_keep_comment()")
    op.execute("DROP FUNCTION hub_keep_lifecycle()")
    op.execute(_PRINCIPAL_BEFORE)
    op.execute("ALTER TYPE hub_scope DROP ATTRIBUTE collaborator_ids")
    for table, name, _condition in _CHECKS:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
    for table, column, _values in _VALUES:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{column}")
