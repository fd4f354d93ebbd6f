"""Search over what the principal sees, by index.

Full-text and trigram operators are not leakproof, so under row-level security the planner may not use
their indexes. A function of the owner's may, and puts the same visible set into its own condition.
"""

from __future__ import annotations

from alembic import op

from advisoryhub_core.db.ddl import app_role

revision = "core_0005"
down_revision = "core_0004"
branch_labels = None
depends_on = None

# Somebody who sees everything is served from the text indexes; anybody else from their own advisories, which
# the primary key and the project index reach: the text indexes would first find what others may see.
_SEARCH = """
CREATE FUNCTION hub_search(q text, most integer) RETURNS TABLE (found_id bigint, rank double precision)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    scope hub_scope := hub_principal();
    words tsquery := websearch_to_tsquery('english', q);
    wanted text := upper(btrim(q));
    phrase text := lower(btrim(q));
BEGIN
    IF scope.sees_all THEN
        RETURN QUERY
        WITH by_id AS MATERIALIZED (
            SELECT i.advisory_id AS id, hub_id_score(i.value, wanted) AS score
            FROM advisory_identifiers i
            -- Bounds instead of LIKE: a cached generic plan keeps using the index.
            WHERE length(wanted) >= 3 AND i.value ~>=~ wanted AND i.value ~<~ (wanted || chr(1114111))
            LIMIT most
        ), by_words AS MATERIALIZED (
            SELECT a.id, ts_rank(a.search, words)::double precision AS score
            FROM advisories a WHERE a.search @@ words LIMIT most
        ), by_likeness AS MATERIALIZED (
            SELECT a.id, word_similarity(phrase, lower(a.summary))::double precision / 10 AS score
            FROM advisories a
            -- Spelling help is for what the exact ways did not find.
            WHERE length(phrase) >= 4 AND lower(a.summary) %> phrase
                AND (SELECT count(*) FROM by_words) < 20 AND NOT EXISTS (SELECT 1 FROM by_id)
            LIMIT most
        )
        SELECT f.id, max(f.score) FROM (
            SELECT * FROM by_id UNION ALL SELECT * FROM by_words UNION ALL SELECT * FROM by_likeness
        ) f GROUP BY f.id ORDER BY 2 DESC, 1 DESC LIMIT most;
        RETURN;
    END IF;
    RETURN QUERY
    WITH visible AS MATERIALIZED (
        SELECT a.id, a.search, a.summary FROM advisories a WHERE a.project_id = ANY (scope.project_ids)
        UNION
        SELECT a.id, a.search, a.summary FROM advisories a WHERE a.id = ANY (scope.advisory_ids)
    )
    SELECT f.id, max(f.score) FROM (
        SELECT i.advisory_id AS id, hub_id_score(i.value, wanted) AS score
        FROM visible v JOIN advisory_identifiers i ON i.advisory_id = v.id
        WHERE length(wanted) >= 3 AND i.value ~>=~ wanted AND i.value ~<~ (wanted || chr(1114111))
        UNION ALL
        SELECT v.id, ts_rank(v.search, words)::double precision FROM visible v WHERE v.search @@ words
        UNION ALL
        SELECT v.id, word_similarity(phrase, lower(v.summary))::double precision / 10
        FROM visible v WHERE length(phrase) >= 4 AND lower(v.summary) %> phrase
    ) f GROUP BY f.id ORDER BY 2 DESC, 1 DESC LIMIT most;
END
$$;
REVOKE ALL ON FUNCTION hub_search(text, integer) FROM PUBLIC;
"""

_ID_SCORE = """
CREATE FUNCTION hub_id_score(value text, wanted text) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT CASE WHEN value = wanted THEN 20 ELSE 10 END $$;
REVOKE ALL ON FUNCTION hub_id_score(text, text) FROM PUBLIC;
"""


def upgrade() -> None:
    op.execute(_ID_SCORE)
    op.execute(_SEARCH)
    op.execute(f"GRANT EXECUTE ON FUNCTION hub_search(text, integer) TO {app_role()}")


def downgrade() -> None:
    op.execute("DROP FUNCTION hub_search(text, integer)")
    op.execute("DROP FUNCTION hub_id_score(text, text)")
