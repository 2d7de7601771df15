-- Statements that one item waits for another, from every tool; then one dependency per pair of nodes and type.
CREATE OR REPLACE TEMP TABLE statement AS
SELECT resolved.target_id AS predecessor_id, resolved.holder_id AS successor_id, resolved.type,
       resolved.lag_days, item.need_by, resolved.own_source AS stated_by
FROM resolved JOIN item ON item.item_id = resolved.holder_id
WHERE resolved.field = 'depends_on' AND target_id IS NOT NULL
UNION ALL
-- A link of a tool: the successor's need-by counts, whichever end it was read from.
SELECT CASE WHEN comes_first THEN item.item_id ELSE other.item_id END,
       CASE WHEN comes_first THEN other.item_id ELSE item.item_id END, staged.type, staged.lag_days,
       CASE WHEN comes_first THEN other.need_by ELSE item.need_by END, staged.source_id
FROM staged_link AS staged
JOIN item ON item.source_id = staged.source_id AND item.record_key = staged.record_key
JOIN model.item_name ON item_name.form = 'key' AND item_name.name = lower(staged.source_id || ':' || staged.other_key)
JOIN item AS other ON other.item_id = item_name.item_id
UNION ALL
SELECT register_handover.provider_item, register_handover.consumer_item, 'FS', 0, register_handover.need_by, 'register'
FROM register_handover
WHERE provider_item IS NOT NULL AND consumer_item IS NOT NULL AND state IS DISTINCT FROM 'dropped';

-- A link to an issue that this source does not hold.
INSERT INTO model.reference_problem
SELECT DISTINCT item.item_id, staged.field, staged.other_key,
       coalesce('it stood in ' || gone.source_id || ' and is gone: ' || gone.reason,
                'the linked item is not among those that Interlock reads from this source')
FROM staged_link AS staged
JOIN item ON item.source_id = staged.source_id AND item.record_key = staged.record_key
LEFT JOIN staged_gone AS gone ON gone.source_id = staged.source_id AND gone.key = staged.other_key
WHERE NOT EXISTS (FROM model.item_name WHERE form = 'key' AND name = lower(staged.source_id || ':' || staged.other_key));

CREATE OR REPLACE TEMP TABLE grouped AS
SELECT
    before.node_id AS predecessor_node, after.node_id AS successor_node, statement.type,
    min(predecessor_id || chr(31) || successor_id) AS smallest_pair,
    max(lag_days) AS lag_days, min(need_by) AS need_by,
    string_agg(DISTINCT stated_by, ', ' ORDER BY stated_by) AS stated_by,
    list(DISTINCT {'stated_by': stated_by, 'need_by': need_by, 'lag_days': lag_days}) AS statements
FROM statement
JOIN model.identity AS before ON before.item_id = statement.predecessor_id
JOIN model.identity AS after ON after.item_id = statement.successor_id
GROUP BY ALL;

DELETE FROM model.dependency;
INSERT INTO model.dependency BY NAME
SELECT
    split_part(smallest_pair, chr(31), 1) || '>' || split_part(smallest_pair, chr(31), 2)
        || CASE WHEN type = 'FS' THEN '' ELSE ' ' || type END AS dependency_id,
    split_part(smallest_pair, chr(31), 1) AS predecessor_id,
    split_part(smallest_pair, chr(31), 2) AS successor_id,
    type, CAST(lag_days AS INTEGER) AS lag_days, need_by, stated_by, false AS is_handover
FROM grouped;
