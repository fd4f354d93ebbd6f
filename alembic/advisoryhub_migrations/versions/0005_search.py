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
    RETURN QUERY
    WITH by_id AS MATERIALIZED (
        SELECT a.id, CASE WHEN i.value = wanted THEN 20 ELSE 10 END::double precision AS score
        FROM advisory_identifiers i JOIN advisories a ON a.id = i.advisory_id
        -- Bounds instead of LIKE: a cached generic plan keeps using the index.
        WHERE length(wanted) >= 3 AND i.value ~>=~ wanted AND i.value ~<~ (wanted || chr(1114111))
            AND (scope.sees_all OR a.project_id = ANY (scope.project_ids) OR a.id = ANY (scope.advisory_ids))
        LIMIT most
    ), by_words AS MATERIALIZED (
        SELECT a.id, ts_rank(a.search, words)::double precision AS score
        FROM advisories a
        WHERE a.search @@ words
            AND (scope.sees_all OR a.project_id = ANY (scope.project_ids) OR a.id = ANY (scope.advisory_ids))
        LIMIT most
    ), by_likeness AS MATERIALIZED (
        SELECT a.id, word_similarity(phrase, lower(a.summary))::double precision / 10 AS score
        FROM advisories a
        -- Spelling help is for what the exact ways did not find.
        WHERE length(phrase) >= 4 AND (SELECT count(*) FROM by_words) < 20
            AND NOT EXISTS (SELECT 1 FROM by_id)
            AND lower(a.summary) %> phrase
            AND (scope.sees_all OR a.project_id = ANY (scope.project_ids) OR a.id = ANY (scope.advisory_ids))
        LIMIT most
    )
    SELECT all_found.id, max(all_found.score)
    FROM (
        SELECT * FROM by_id UNION ALL SELECT * FROM by_words UNION ALL SELECT * FROM by_likeness
    ) all_found
    GROUP BY all_found.id
    ORDER BY 2 DESC, 1 DESC
    LIMIT most;
END
$$;
REVOKE ALL ON FUNCTION hub_search(text, integer) FROM PUBLIC;
"""


def upgrade() -> None:
    op.execute(_SEARCH)
    op.execute(f"GRANT EXECUTE ON FUNCTION hub_search(text, integer) TO {app_role()}")


def downgrade() -> None:
    op.execute("DROP FUNCTION hub_search(text, integer)")
