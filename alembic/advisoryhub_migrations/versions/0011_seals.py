"""Sealed entries, the two functions that may change the ledger, and months of the access log.

INV-AUDIT-1, INV-AUDIT-5, INV-AUDIT-7. `advisoryhub_core/audit/canonical.py` computes the same hashes.
Existing entries are hashed in one statement, while new ones wait: some 9 seconds for 200,000.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from advisoryhub_core.db.ddl import app_role, append_only, grant

revision = "core_0011"
down_revision = "core_0010"
branch_labels = None
depends_on = None

# Nobody but the owner reads hub_private, so these are reached through the functions further down alone.
_HASHES = """
-- One value as `length:value`, none as `-`: side by side they can be read in one way only.
CREATE FUNCTION hub_framed(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT coalesce(octet_length(value) || ':' || value, '-') $$;

CREATE FUNCTION hub_private.audit_commitment(
    salt bytea, ip inet, user_agent text, before jsonb, after jsonb, metadata jsonb
) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(salt || convert_to('advisoryhub.audit.values.1' || hub_framed(text(ip))
        || hub_framed(user_agent) || hub_framed(before::text) || hub_framed(after::text)
        || hub_framed(metadata::text), 'UTF8'))
$$;

CREATE FUNCTION hub_private.audit_entry_hash(
    id bigint, at timestamptz, actor_id bigint, action text, advisory_id bigint, comment_id bigint,
    request_id text, commitment bytea
) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(convert_to('advisoryhub.audit.entry.1' || hub_framed(id::text)
        || hub_framed((extract(epoch FROM at AT TIME ZONE 'UTC') * 1000000)::bigint::text)
        || hub_framed(actor_id::text) || hub_framed(action) || hub_framed(advisory_id::text)
        || hub_framed(comment_id::text) || hub_framed(request_id)
        || hub_framed(encode(commitment, 'hex')), 'UTF8'))
$$;

CREATE FUNCTION hub_private.audit_seal_hash(
    number bigint, previous_hash bytea, sealed_at timestamptz, entry_ids bigint[], entry_hashes bytea
) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(convert_to('advisoryhub.audit.seal.1' || hub_framed(number::text)
        || hub_framed(encode(previous_hash, 'hex'))
        || hub_framed((extract(epoch FROM sealed_at AT TIME ZONE 'UTC') * 1000000)::bigint::text)
        || hub_framed(array_to_string(entry_ids, ','))
        || hub_framed(encode(sha256(entry_hashes), 'hex')), 'UTF8'))
$$;

-- INV-AUDIT-7: what the inserting role says about hashes is overwritten.
CREATE FUNCTION hub_hash_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.salt := uuid_send(gen_random_uuid());
    NEW.commitment := hub_private.audit_commitment(
        NEW.salt, NEW.ip, NEW.user_agent, NEW.previous, NEW.new, NEW.metadata);
    NEW.entry_hash := hub_private.audit_entry_hash(
        NEW.id, NEW.at, NEW.actor_id, NEW.action, NEW.advisory_id, NEW.comment_id, NEW.request_id,
        NEW.commitment);
    RETURN NEW;
END
$$;
"""

_FILL = """
UPDATE audit_log l SET salt = h.fresh, commitment = h.hashed, entry_hash = hub_private.audit_entry_hash(
    l.id, l.at, l.actor_id, l.action, l.advisory_id, l.comment_id, l.request_id, h.hashed)
FROM (
    SELECT s.id, s.fresh, hub_private.audit_commitment(
        s.fresh, s.ip, s.user_agent, s.previous, s.new, s.metadata) AS hashed
    FROM (SELECT a.*, uuid_send(gen_random_uuid()) AS fresh FROM audit_log a OFFSET 0) s OFFSET 0
) h WHERE h.id = l.id;
"""

# A setting alone would let the owner write `SET … ; DELETE …`. The pass is a MAC over act and transaction
# under the key that verifies principals. The two functions set it around their own statements, an error takes
# it back, and nobody is told it.
_GUARD = """
CREATE FUNCTION hub_private.ledger_pass(act text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(pads.outer_pad || sha256(pads.inner_pad ||
        convert_to('ledger|' || act || '|' || pg_current_xact_id(), 'UTF8'))), 'hex')
    FROM hub_private.principal_key pads
$$;

CREATE FUNCTION hub_private.require_system() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT coalesce((SELECT sees_all AND user_id IS NULL FROM hub_principal()), false) THEN
        RAISE EXCEPTION 'only the system scope may do this' USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;

-- INV-AUDIT-1: pruning deletes, forgetting changes personal values and their salt, and nothing else does.
CREATE FUNCTION hub_guard_ledger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    pass text := current_setting('advisoryhub.ledger_pass', true);
    personal CONSTANT text[] := '{ip, user_agent, previous, new, metadata, salt}';
BEGIN
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME <> 'audit_checkpoints' AND pass = hub_private.ledger_pass('prune')
    THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'audit_log' AND pass = hub_private.ledger_pass('forget')
        AND to_jsonb(NEW) - personal = to_jsonb(OLD) - personal
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '%: % on % is refused', TG_ARGV[0], TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
"""

_SEAL = """
CREATE FUNCTION hub_seal_audit(
    most integer, OUT seal_number bigint, OUT sealed integer, OUT head bytea
) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET lock_timeout = '500ms' AS $$
DECLARE
    horizon bigint;
    last_entry bigint := 0;
    ids bigint[];
    hashes bytea;
    now_sealed CONSTANT timestamptz := clock_timestamp();
BEGIN
    -- An older snapshot would miss what others committed meanwhile, below the horizon.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'sealing needs the isolation level read committed' USING ERRCODE = '25001';
    END IF;
    BEGIN
        LOCK TABLE audit_seals IN SHARE ROW EXCLUSIVE MODE;
    EXCEPTION WHEN lock_not_available THEN
        RETURN;
    END;
    -- Ids are given out before their transactions commit, so a lower id may still become visible after a
    -- higher one. Whoever has taken an id holds ROW EXCLUSIVE on the table until the transaction ends; once
    -- SHARE is granted there is nobody like that, and every later id is higher than the highest there is.
    -- Rolling the block back lets the lock go at once, and the variable keeps its value. Writers wait for as
    -- long as we do, so it is given up soon; the next run tries again.
    BEGIN
        LOCK TABLE audit_log IN SHARE MODE;
        SELECT max(l.id) INTO horizon FROM audit_log l;
        RAISE EXCEPTION USING ERRCODE = 'AHROL';
    EXCEPTION
        WHEN SQLSTATE 'AHROL' THEN NULL;
        WHEN lock_not_available THEN RETURN;
    END;
    SELECT s.number, s.hash, s.last_entry_id INTO seal_number, head, last_entry FROM (
        SELECT number, hash, last_entry_id FROM audit_seals
        UNION ALL SELECT c.seal_number, c.seal_hash, c.last_entry_id FROM audit_checkpoints c
    ) s ORDER BY s.number DESC LIMIT 1;
    sealed := 0;
    SELECT count(*), array_agg(e.id ORDER BY e.id), string_agg(e.entry_hash, '' ORDER BY e.id)
        INTO sealed, ids, hashes
        FROM (SELECT l.id, l.entry_hash FROM audit_log l
              WHERE l.id > coalesce(last_entry, 0) AND l.id <= horizon
              ORDER BY l.id LIMIT least(greatest(most, 1), 10000)) e;
    IF sealed = 0 THEN
        RETURN;
    END IF;
    seal_number := coalesce(seal_number, 0) + 1;
    INSERT INTO audit_seals (number, first_entry_id, last_entry_id, entry_count, entry_ids, entry_hashes,
            previous_hash, hash, sealed_at)
        SELECT seal_number, ids[1], ids[sealed], sealed, ids, hashes, p.hash,
            hub_private.audit_seal_hash(seal_number, p.hash, now_sealed, ids, hashes), now_sealed
        FROM (SELECT coalesce(head, decode(repeat('00', 32), 'hex')) AS hash) p
        RETURNING hash INTO head;
END
$$;
"""

# Deletes whole sealed batches from the chain's beginning. `cutoff` must be at least 90 days ago, so that
# nobody, whatever they got hold of, takes back what happened lately. Where there is nothing to prune, nothing
# is written.
_PRUNE = """
CREATE FUNCTION hub_prune_audit(
    cutoff timestamptz, horizon_days integer, reason text, dry_run boolean,
    OUT pruned bigint, OUT last_pruned_id bigint, OUT entry_id bigint
) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    first_kept bigint;
    last_seal audit_seals;
    deleted bigint;
BEGIN
    PERFORM hub_private.require_system();
    IF cutoff IS NULL OR cutoff > now() - interval '90 days' THEN
        RAISE EXCEPTION 'entries of the last 90 days cannot be pruned'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    LOCK TABLE audit_seals IN SHARE ROW EXCLUSIVE MODE;
    SELECT l.id INTO first_kept FROM audit_log l WHERE l.at >= cutoff ORDER BY l.id LIMIT 1;
    SELECT * INTO last_seal FROM audit_seals s
        WHERE first_kept IS NULL OR s.last_entry_id < first_kept ORDER BY s.number DESC LIMIT 1;
    SELECT coalesce(sum(s.entry_count), 0), last_seal.last_entry_id INTO pruned, last_pruned_id
        FROM audit_seals s WHERE s.number <= last_seal.number;
    IF pruned = 0 OR dry_run THEN
        RETURN;
    END IF;
    PERFORM set_config('advisoryhub.ledger_pass', hub_private.ledger_pass('prune'), true);
    DELETE FROM audit_log l WHERE l.id <= last_seal.last_entry_id;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    IF deleted <> pruned THEN
        RAISE EXCEPTION 'the seals count % entries up to %, the ledger %: run `advisoryhub audit verify`',
            pruned, last_pruned_id, deleted USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    DELETE FROM audit_seals s WHERE s.number <= last_seal.number;
    -- A replacement vouches for the digest in its `user.forgotten` entry, so it goes when that one goes.
    DELETE FROM audit_replacements r WHERE r.forgotten_entry_id <= last_seal.last_entry_id;
    PERFORM set_config('advisoryhub.ledger_pass', '', true);
    INSERT INTO audit_log (action, metadata) VALUES ('audit.pruned', jsonb_build_object(
        'horizon_days', horizon_days, 'cutoff', to_jsonb(cutoff), 'count', pruned, 'reason', reason,
        'last_entry_id', last_pruned_id, 'seal', last_seal.number,
        'seal_hash', encode(last_seal.hash, 'hex'))) RETURNING id INTO entry_id;
    INSERT INTO audit_checkpoints (seal_number, seal_hash, last_entry_id, entry_count, pruned_entry_id)
        VALUES (last_seal.number, last_seal.hash, last_pruned_id, pruned, entry_id);
END
$$;
"""

# `changes` is an array of {"id": …} with the new "previous", "new", "metadata", "ip" and "user_agent"; what
# is absent stays. Returns the id of the `user.forgotten` entry, whose metadata is `details` and the digest.
# Raises 22023 for an entry that is missing, named twice, or itself tells of a prune or a forgetting.
_FORGET = """
CREATE FUNCTION hub_forget_audit(changes jsonb, actor bigint, details jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    change jsonb;
    entry audit_log;
    ids bigint[] := '{}';
    commitments bytea[] := '{}';
    digest bytea;
    forgotten_id bigint;
BEGIN
    PERFORM hub_private.require_system();
    PERFORM set_config('advisoryhub.ledger_pass', hub_private.ledger_pass('forget'), true);
    FOR change IN SELECT c FROM jsonb_array_elements(changes) c ORDER BY (c->>'id')::bigint LOOP
        SELECT * INTO entry FROM audit_log l WHERE l.id = (change->>'id')::bigint FOR UPDATE;
        IF NOT FOUND OR entry.action IN ('audit.pruned', 'user.forgotten')
            OR entry.id = ids[cardinality(ids)]
        THEN
            RAISE EXCEPTION 'the values of ledger entry % cannot be rewritten', change->>'id'
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
        entry.salt := uuid_send(gen_random_uuid());
        IF change ? 'previous' THEN entry.previous := change->'previous'; END IF;
        IF change ? 'new' THEN entry.new := change->'new'; END IF;
        IF change ? 'metadata' THEN entry.metadata := change->'metadata'; END IF;
        IF change ? 'ip' THEN entry.ip := (change->>'ip')::inet; END IF;
        IF change ? 'user_agent' THEN entry.user_agent := change->>'user_agent'; END IF;
        -- The old salt goes with the old values: with it, a guess at them could be checked.
        UPDATE audit_log l SET salt = entry.salt, previous = entry.previous, new = entry.new,
            metadata = entry.metadata, ip = entry.ip, user_agent = entry.user_agent WHERE l.id = entry.id;
        ids := array_append(ids, entry.id);
        commitments := array_append(commitments, hub_private.audit_commitment(
            entry.salt, entry.ip, entry.user_agent, entry.previous, entry.new, entry.metadata));
    END LOOP;
    PERFORM set_config('advisoryhub.ledger_pass', '', true);
    SELECT sha256(convert_to('advisoryhub.audit.replacements.1' || coalesce(string_agg(
            hub_framed(r.id::text) || hub_framed(encode(r.commitment, 'hex')), '' ORDER BY r.id), ''),
            'UTF8'))
        INTO digest FROM unnest(ids, commitments) AS r (id, commitment);
    INSERT INTO audit_log (actor_id, action, metadata) VALUES (actor, 'user.forgotten',
        details || jsonb_build_object('entries', cardinality(ids), 'digest', encode(digest, 'hex')))
        RETURNING id INTO forgotten_id;
    INSERT INTO audit_replacements (forgotten_entry_id, entry_id, commitment)
        SELECT forgotten_id, r.id, r.commitment FROM unnest(ids, commitments) AS r (id, commitment);
    RETURN forgotten_id;
END
$$;
"""

# Steps: `created`, `drained` out of the default partition, `deleted` from it because expired, `dropped`.
# A partition is private to its parent: no grants, and row-level security without any policy.
_ACCESS_LOG = """
CREATE FUNCTION hub_private.maintain_access_log(retention_days integer, dry_run boolean)
RETURNS TABLE (step text, partition text, entries bigint)
LANGUAGE plpgsql SET timezone = 'UTC' SET lock_timeout = '2s' AS $$
DECLARE
    this_month CONSTANT date := date_trunc('month', now());
    last_month CONSTANT date := this_month + interval '3 months';
    -- Months before this one have ended longer ago than entries are kept.
    first_month CONSTANT date := date_trunc('month', now() - make_interval(days => retention_days));
    month date;
BEGIN
    IF retention_days < 1 THEN
        RAISE EXCEPTION 'the access log is kept for a day at least'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NOT dry_run THEN
        -- Nobody may write to the default partition between draining and attaching.
        LOCK TABLE access_log_default IN ACCESS EXCLUSIVE MODE;
    END IF;
    SELECT count(*) INTO entries FROM access_log_default d WHERE d.at < first_month;
    IF entries > 0 THEN
        IF NOT dry_run THEN
            DELETE FROM access_log_default d WHERE d.at < first_month;
        END IF;
        step := 'deleted'; partition := 'access_log_default';
        RETURN NEXT;
    END IF;
    FOR month IN
        SELECT generate_series(this_month, last_month, interval '1 month')::date
        UNION SELECT date_trunc('month', d.at)::date FROM access_log_default d
            WHERE d.at < last_month + interval '1 month'
                AND (first_month IS NULL OR d.at >= first_month)
        ORDER BY 1
    LOOP
        partition := 'access_log_' || to_char(month, 'YYYY_MM');
        CONTINUE WHEN to_regclass('public.' || partition) IS NOT NULL;
        SELECT count(*) INTO entries FROM access_log_default d
            WHERE d.at >= month AND d.at < month + interval '1 month';
        IF NOT dry_run THEN
            EXECUTE format('CREATE TABLE public.%I (LIKE access_log INCLUDING DEFAULTS)', partition);
            EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', partition);
            EXECUTE format('WITH moved AS (DELETE FROM access_log_default WHERE at >= %L AND at < %L'
                ' RETURNING *) INSERT INTO public.%I SELECT * FROM moved',
                month::timestamptz, month + interval '1 month', partition);
            EXECUTE format('ALTER TABLE access_log ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                partition, month::timestamptz, (month + interval '1 month')::timestamptz);
        END IF;
        step := CASE WHEN entries > 0 THEN 'drained' ELSE 'created' END;
        RETURN NEXT;
    END LOOP;
    FOR partition IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'access_log'::regclass AND c.relname ~ '^access_log_[0-9]{4}_[0-9]{2}$'
            AND to_date(right(c.relname, 7), 'YYYY_MM') < first_month
        ORDER BY 1
    LOOP
        EXECUTE format('SELECT count(*) FROM public.%I', partition) INTO entries;
        IF NOT dry_run THEN
            EXECUTE format('DROP TABLE public.%I', partition);
        END IF;
        step := 'dropped';
        RETURN NEXT;
    END LOOP;
END
$$;

CREATE FUNCTION hub_maintain_access_log(retention_days integer, dry_run boolean)
RETURNS TABLE (step text, partition text, entries bigint) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM hub_private.require_system();
    RETURN QUERY SELECT * FROM hub_private.maintain_access_log(retention_days, dry_run);
END
$$;
"""

_PRIVATE = (
    "hub_private.audit_commitment(bytea, inet, text, jsonb, jsonb, jsonb)",
    "hub_private.audit_entry_hash(bigint, timestamptz, bigint, text, bigint, bigint, text, bytea)",
    "hub_private.audit_seal_hash(bigint, bytea, timestamptz, bigint[], bytea)",
    "hub_private.ledger_pass(text)",
    "hub_private.require_system()",
    "hub_private.maintain_access_log(integer, boolean)",
    "hub_framed(text)",
    "hub_hash_entry()",
    "hub_guard_ledger()",
)
_CALLED_BY_THE_APPLICATION = (
    "hub_seal_audit(integer)",
    "hub_prune_audit(timestamptz, integer, text, boolean)",
    "hub_forget_audit(jsonb, bigint, jsonb)",
    "hub_maintain_access_log(integer, boolean)",
)
# Not id, time and hashes: those are the database's to say.
_WRITTEN = "actor_id, action, advisory_id, comment_id, previous, new, metadata, ip, user_agent, request_id"
_TABLES = ("audit_seals", "audit_replacements", "audit_checkpoints")


def upgrade() -> None:
    _create_tables()
    for statements in (_HASHES, _GUARD, _SEAL, _PRUNE, _FORGET, _ACCESS_LOG):
        op.execute(statements)
    for column in ("salt", "commitment", "entry_hash"):
        op.add_column("audit_log", sa.Column(column, sa.LargeBinary(), nullable=True))
    for trigger in ("audit_log_append_only", "audit_log_no_truncate"):
        op.execute(f"DROP TRIGGER {trigger} ON audit_log")
    op.execute(_FILL)
    for column in ("salt", "commitment", "entry_hash"):
        op.alter_column("audit_log", column, nullable=False)
    append_only("audit_log", "INV-AUDIT-1", refusal="hub_guard_ledger")
    # Not ALWAYS: a replica takes the hashes that come with the rows.
    op.execute(
        "CREATE TRIGGER audit_log_hashed BEFORE INSERT ON audit_log"
        " FOR EACH ROW EXECUTE FUNCTION hub_hash_entry()"
    )
    for table in _TABLES:
        append_only(table, "INV-AUDIT-7", refusal="hub_guard_ledger")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        seen = "(SELECT sees_all FROM hub_principal())"
        op.execute(f"CREATE POLICY {table}_readable ON {table} FOR SELECT USING ({seen})")
        grant(table, "SELECT")
    grant("audit_log", f"SELECT, INSERT ({_WRITTEN})")
    for function in (*_PRIVATE, *_CALLED_BY_THE_APPLICATION):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    for function in _CALLED_BY_THE_APPLICATION:
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {app_role()}")
    op.execute("ALTER TABLE access_log_default ENABLE ROW LEVEL SECURITY")
    op.execute("SELECT hub_private.maintain_access_log(NULL, false)")


def downgrade() -> None:
    for function in _CALLED_BY_THE_APPLICATION:
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP TRIGGER audit_log_hashed ON audit_log")
    for table in reversed(_TABLES):
        op.drop_table(table)
    op.execute("DROP TRIGGER audit_log_append_only ON audit_log")
    op.execute("DROP TRIGGER audit_log_no_truncate ON audit_log")
    append_only("audit_log", "INV-AUDIT-1")
    for column in ("salt", "commitment", "entry_hash"):
        op.drop_column("audit_log", column)
    grant("audit_log", "SELECT, INSERT")
    for function in _PRIVATE:
        op.execute(f"DROP FUNCTION {function}")
    op.execute("ALTER TABLE access_log_default DISABLE ROW LEVEL SECURITY")


def _create_tables() -> None:
    op.create_table(
        "audit_seals",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_entry_id", sa.BigInteger(), nullable=False),
        sa.Column("last_entry_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_count", sa.BigInteger(), nullable=False),
        sa.Column("entry_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("entry_hashes", sa.LargeBinary(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit_seals"),
        sa.CheckConstraint(
            "entry_count > 0 AND entry_count = cardinality(entry_ids)"
            " AND first_entry_id = entry_ids[1] AND last_entry_id = entry_ids[entry_count]"
            " AND octet_length(entry_hashes) = 32 * entry_count",
            name="ck_audit_seals_extent",
        ),
    )
    op.create_table(
        "audit_replacements",
        sa.Column("forgotten_entry_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("forgotten_entry_id", "entry_id", name="pk_audit_replacements"),
    )
    op.create_index(
        "ix_audit_replacements_entry_id_forgotten_entry_id",
        "audit_replacements",
        ["entry_id", "forgotten_entry_id"],
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("seal_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seal_hash", sa.LargeBinary(), nullable=False),
        sa.Column("last_entry_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_count", sa.BigInteger(), nullable=False),
        sa.Column("pruned_entry_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seal_number", name="pk_audit_checkpoints"),
    )
