-- Statements of one handover that differ: the earliest need-by and the larger lag plan until someone decides.
INSERT INTO model.claim_conflict BY NAME
WITH claim AS (
    SELECT handover.handover_id, said.stated_by, CAST(said.need_by AS VARCHAR) AS need_by,
           CAST(said.lag_days AS VARCHAR) AS lag_days
    FROM (SELECT predecessor_node, successor_node, type, unnest(statements) AS said FROM grouped) AS stated
    JOIN handover_sides AS sides ON sides.provider_node = predecessor_node AND sides.consumer_node = successor_node
        AND sides.type = stated.type
    JOIN model.handover ON handover.dependency_id = sides.dependency_id
)
SELECT a.handover_id AS node_id, 'need_by' AS field, a.stated_by AS item_a, a.need_by AS value_a,
       b.stated_by AS item_b, b.need_by AS value_b, NULL AS authority
FROM claim AS a JOIN claim AS b USING (handover_id) WHERE a.need_by < b.need_by
UNION
SELECT a.handover_id, 'lag_days', a.stated_by, a.lag_days, b.stated_by, b.lag_days, NULL
FROM claim AS a JOIN claim AS b USING (handover_id)
WHERE CAST(a.lag_days AS INTEGER) < CAST(b.lag_days AS INTEGER);
