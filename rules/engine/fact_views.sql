-- The documented views that tell facts: those that read the model, the plan and the state of the sources. What
-- Interlock concluded, sent or kept of its own runs is none.
SELECT view_name
FROM duckdb_views()
WHERE database_name = current_database() AND schema_name = 'main' AND NOT internal
  AND NOT regexp_matches(regexp_replace(sql, 'ops\."?source\b', ''), '\b(breaks|journal|ops|outbox|raw)\.')
ORDER BY view_name
