"""The rules the database keeps by itself: signed principal, row-level security, append-only tables.

INV-CONF-2, INV-CONF-3, INV-AUDIT-1, INV-IMPL-1, INV-IMPL-5, INV-ID-1, INV-VERSION-1, INV-PROJECT-2.
"""

from __future__ import annotations

from alembic import op

from advisoryhub_core.db.ddl import app_role, append_only, grant, visible_with_advisory

revision = "core_0004"
down_revision = "core_0003"
branch_labels = None
depends_on = None

# Nobody in particular may call or read what belongs to the schema; the application role is named.
_LOCK_DOWN = """
CREATE SCHEMA hub_private;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
CREATE TABLE hub_private.principal_key (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    inner_pad bytea NOT NULL CHECK (octet_length(inner_pad) = 64),
    outer_pad bytea NOT NULL CHECK (octet_length(outer_pad) = 64)
);
CREATE FUNCTION hub_private.install_principal_key(new_inner bytea, new_outer bytea) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO hub_private.principal_key (inner_pad, outer_pad) VALUES (new_inner, new_outer)
    ON CONFLICT (only_row) DO UPDATE SET inner_pad = new_inner, outer_pad = new_outer
$$;
"""

_PRINCIPAL = """
CREATE TYPE hub_scope AS (
    sees_all boolean, user_id bigint, project_ids bigint[], advisory_ids bigint[]
);

-- INV-CONF-3: believe `advisoryhub.principal` only if its MAC verifies and its expiry has not passed.
CREATE FUNCTION hub_principal() RETURNS hub_scope
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    nobody CONSTANT hub_scope := ROW(false, NULL, '{}', '{}');
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
    scope.advisory_ids := ARRAY(
        SELECT g.advisory_id FROM grants g WHERE g.user_id = scope.user_id
        UNION
        SELECT g.advisory_id FROM grants g JOIN user_groups m ON m.group_id = g.group_id
        WHERE m.user_id = scope.user_id
    );
    RETURN scope;
END
$$;
"""

_TRIGGERS = """
CREATE FUNCTION hub_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % on % is refused', TG_ARGV[0], TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

-- INV-ID-1 and the fixed first publication: written once, never changed.
CREATE FUNCTION hub_keep_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.advisory_id <> OLD.advisory_id OR NEW.created_at <> OLD.created_at THEN
        RAISE EXCEPTION 'INV-ID-1: the identity of % cannot change', OLD.advisory_id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.published_at IS NOT NULL AND NEW.published_at IS DISTINCT FROM OLD.published_at THEN
        RAISE EXCEPTION 'the first publication of % is fixed', OLD.advisory_id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER advisories_identity BEFORE UPDATE ON advisories
    FOR EACH ROW EXECUTE FUNCTION hub_keep_identity();
ALTER TABLE advisories ENABLE ALWAYS TRIGGER advisories_identity;

-- INV-VERSION-1: numbers run 1, 2, 3 without a gap.
CREATE FUNCTION hub_next_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    expected bigint;
BEGIN
    SELECT coalesce(max(v.number), 0) + 1 INTO expected
        FROM advisory_versions v WHERE v.advisory_id = NEW.advisory_id;
    IF NEW.number <> expected THEN
        RAISE EXCEPTION 'INV-VERSION-1: version % of advisory % is not the next one (%)',
            NEW.number, NEW.advisory_id, expected USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER advisory_versions_number BEFORE INSERT ON advisory_versions
    FOR EACH ROW EXECUTE FUNCTION hub_next_version();

-- INV-PROJECT-2: `unsorted` keeps its name.
CREATE FUNCTION hub_keep_unsorted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.slug = 'unsorted' AND NEW.slug <> OLD.slug THEN
        RAISE EXCEPTION 'INV-PROJECT-2: the project unsorted keeps its name'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER projects_unsorted BEFORE UPDATE OF slug ON projects
    FOR EACH ROW EXECUTE FUNCTION hub_keep_unsorted();

-- Search finds an advisory by every id it is known by, so the list follows the row.
CREATE FUNCTION hub_index_identifiers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wanted text[] := ARRAY(
        SELECT DISTINCT upper(value) FROM (
            SELECT NEW.advisory_id AS value
            UNION ALL SELECT NEW.assigned_cve_id WHERE NEW.assigned_cve_id IS NOT NULL
            UNION ALL SELECT NEW.ghsa_id WHERE NEW.ghsa_id <> ''
            UNION ALL SELECT jsonb_array_elements_text(NEW.aliases)
        ) listed
    );
BEGIN
    DELETE FROM advisory_identifiers i WHERE i.advisory_id = NEW.id AND i.value <> ALL (wanted);
    INSERT INTO advisory_identifiers (advisory_id, value)
        SELECT NEW.id, value FROM unnest(wanted) AS value ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER advisories_identifiers
    AFTER INSERT OR UPDATE OF aliases, assigned_cve_id, ghsa_id ON advisories
    FOR EACH ROW EXECUTE FUNCTION hub_index_identifiers();
"""

_ADVISORY_POLICY = """
ALTER TABLE advisories ENABLE ROW LEVEL SECURITY;
CREATE POLICY advisories_visible ON advisories USING (
    (SELECT sees_all FROM hub_principal())
    OR project_id = ANY ((SELECT project_ids FROM hub_principal())::bigint[])
    OR id = ANY ((SELECT advisory_ids FROM hub_principal())::bigint[])
);
"""

# A log is written for people who may not read it (a failed sign-in has nobody), so inserting is free.
_LOG_POLICY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY {table}_readable ON {table} FOR SELECT USING (
    (SELECT sees_all FROM hub_principal())
    OR EXISTS (SELECT 1 FROM advisories a WHERE a.id = {table}.advisory_id)
);
CREATE POLICY {table}_written ON {table} FOR INSERT WITH CHECK (true);
"""

_PRIVILEGES = {
    "users": "SELECT, INSERT, UPDATE",
    "groups": "SELECT, INSERT",
    "user_groups": "SELECT, INSERT, DELETE",
    "projects": "SELECT, INSERT, UPDATE",
    "advisories": "SELECT, INSERT, UPDATE",
    "advisory_versions": "SELECT, INSERT",
    "advisory_identifiers": "SELECT",
    "grants": "SELECT, INSERT, UPDATE, DELETE",
    "audit_log": "SELECT, INSERT",
    "access_log": "SELECT, INSERT",
}

_FUNCTIONS = (
    "hub_private.install_principal_key(bytea, bytea)",
    "hub_principal()",
    "hub_index_identifiers()",
    "hub_keep_identity()",
    "hub_keep_unsorted()",
    "hub_next_version()",
    "hub_refuse()",
)


def upgrade() -> None:
    for statements in (_LOCK_DOWN, _PRINCIPAL, _TRIGGERS, _ADVISORY_POLICY):
        op.execute(statements)
    for table in ("advisory_versions", "advisory_identifiers", "grants"):
        visible_with_advisory(table)
    for table in ("audit_log", "access_log"):
        op.execute(_LOG_POLICY.format(table=table))
    append_only("audit_log", "INV-AUDIT-1")
    append_only("advisory_versions", "INV-IMPL-5")
    append_only("advisories", "INV-IMPL-1", operations="DELETE")
    for table, privileges in _PRIVILEGES.items():
        grant(table, privileges)
    for function in _FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION hub_principal() TO {app_role()}")
    op.execute(f"GRANT SELECT ON alembic_version TO {app_role()}")


def downgrade() -> None:
    for table in ("advisories", "advisory_versions", "audit_log"):
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
    for table in ("audit_log", "access_log"):
        op.execute(f"DROP POLICY {table}_readable ON {table}")
        op.execute(f"DROP POLICY {table}_written ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for table in ("advisories", "advisory_versions", "advisory_identifiers", "grants"):
        op.execute(f"DROP POLICY {table}_visible ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for table in (*_PRIVILEGES, "alembic_version"):
        op.execute(f"REVOKE ALL ON {table} FROM {app_role()}")
    for trigger, table in (
        ("advisories_identity", "advisories"),
        ("advisories_identifiers", "advisories"),
        ("advisory_versions_number", "advisory_versions"),
        ("projects_unsorted", "projects"),
    ):
        op.execute(f"DROP TRIGGER {trigger} ON {table}")
    for function in _FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP TYPE hub_scope")
    op.execute("DROP TABLE hub_private.principal_key")
    op.execute("DROP SCHEMA hub_private")
