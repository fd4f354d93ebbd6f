"""Maintenance mode; what a ban is; shadows stay out of groups; what the project `unsorted` keeps.

INV-MAINT-1, INV-AUTH-8, INV-OIDC-5, INV-PROJECT-2.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from advisoryhub_core.db.ddl import grant

revision = "core_0010"
down_revision = "core_0009"
branch_labels = None
depends_on = None

_KEEP_NAME = """
CREATE OR REPLACE FUNCTION hub_keep_unsorted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.slug = 'unsorted' AND NEW.slug <> OLD.slug THEN
        RAISE EXCEPTION 'INV-PROJECT-2: the project unsorted keeps its name'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
DROP TRIGGER projects_unsorted ON projects;
CREATE TRIGGER projects_unsorted BEFORE UPDATE OF slug ON projects
    FOR EACH ROW EXECUTE FUNCTION hub_keep_unsorted();
"""

# The database does not know which group the administrators are. Migrating does, and acts as the system.
_KEEP_ALL = """
CREATE OR REPLACE FUNCTION hub_keep_unsorted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.slug <> 'unsorted' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'INV-PROJECT-2: the project unsorted cannot be deleted'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.slug <> OLD.slug THEN
        RAISE EXCEPTION 'INV-PROJECT-2: the project unsorted keeps its name'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.security_team_id <> OLD.security_team_id
        AND NOT (SELECT p.sees_all AND p.user_id IS NULL FROM hub_principal() p) THEN
        RAISE EXCEPTION 'INV-PROJECT-2: the project unsorted belongs to the administrators'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
DROP TRIGGER projects_unsorted ON projects;
CREATE TRIGGER projects_unsorted BEFORE UPDATE OF slug, security_team_id OR DELETE ON projects
    FOR EACH ROW EXECUTE FUNCTION hub_keep_unsorted();
"""

_NO_SHADOWS = """
CREATE FUNCTION hub_no_shadow_in_groups() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM users u WHERE u.id = NEW.user_id AND u.is_provisioned) THEN
        RAISE EXCEPTION 'INV-OIDC-5: a shadow is in no group' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION hub_no_shadow_in_groups() FROM PUBLIC;
CREATE TRIGGER user_groups_no_shadow BEFORE INSERT OR UPDATE ON user_groups
    FOR EACH ROW EXECUTE FUNCTION hub_no_shadow_in_groups();
"""

_BANS = {
    "ck_users_ban_by_another": "banned_by_id <> id",
    "ck_users_ban_is_whole": "banned_at IS NOT NULL OR (banned_by_id IS NULL AND ban_reason = '')",
}


def upgrade() -> None:
    op.create_table(
        "maintenance_mode",
        sa.Column("only_row", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("message", sa.String(), server_default="", nullable=False),
        sa.Column("enabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("enabled_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("only_row", name=op.f("ck_maintenance_mode_only_row")),
        sa.CheckConstraint(
            "enabled_at IS NOT NULL OR (enabled_by_id IS NULL AND message = '')",
            name=op.f("ck_maintenance_mode_off_says_nothing"),
        ),
        sa.ForeignKeyConstraint(
            ["enabled_by_id"],
            ["users.id"],
            name=op.f("fk_maintenance_mode_enabled_by_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("only_row", name=op.f("pk_maintenance_mode")),
    )
    op.execute("INSERT INTO maintenance_mode DEFAULT VALUES")
    # Neither INSERT nor DELETE: the one row stays the one row.
    grant("maintenance_mode", "SELECT, UPDATE (message, enabled_at, enabled_by_id)")
    for name, condition in _BANS.items():
        op.execute(f"ALTER TABLE users ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID")
        op.execute(f"ALTER TABLE users VALIDATE CONSTRAINT {name}")
    op.execute(_NO_SHADOWS)
    op.execute(_KEEP_ALL)


def downgrade() -> None:
    op.execute(_KEEP_NAME)
    op.execute("DROP TRIGGER user_groups_no_shadow ON user_groups")
    op.execute("DROP FUNCTION hub_no_shadow_in_groups()")
    for name in _BANS:
        op.execute(f"ALTER TABLE users DROP CONSTRAINT {name}")
    op.drop_table("maintenance_mode")
