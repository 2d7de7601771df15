-- The open things that an item's dates are made of: itself, or of a parent all open ones below it.
WITH RECURSIVE below (node_id) AS (
    SELECT node_id FROM model.identity WHERE item_id = $item_id
    UNION
    SELECT node.node_id FROM model.node JOIN below ON node.parent_id = below.node_id
)
SELECT
    node.node_id, node.department_id, node.status, node.start_date, node.estimate_days,
    planned.projected_start, planned.projected_finish,
    planned.projected_start = planned.projected_finish AND node.estimate_days IS NULL
        AND node.start_date IS NULL AS is_point,
    EXISTS (FROM model.identity JOIN model.work_item USING (item_id)
            WHERE identity.node_id = node.node_id AND work_item.kind = 'milestone') AS is_milestone
FROM below
JOIN model.node USING (node_id)
JOIN plan.schedule AS planned ON planned.item_id = node.node_id
WHERE node.status NOT IN ('done', 'dropped')
    AND node.node_id NOT IN (SELECT parent_id FROM model.node JOIN below USING (node_id) WHERE parent_id IS NOT NULL
                             AND node.status NOT IN ('done', 'dropped'))
ORDER BY node.node_id
