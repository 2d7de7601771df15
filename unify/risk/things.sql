-- What the draws are made of: each thing with its initiative, what the plan says of it, and the item that stands for it.
SELECT node.*, planned.uncertain, planned.projected_finish, item.item_id, item.initiative_id, item.kind,
       EXISTS (FROM handover JOIN work_item AS given ON given.item_id = handover.provider_item
               WHERE given.node_id = node.node_id AND NOT handover.delivered
                   AND handover.state IS DISTINCT FROM 'dropped') AS is_handed_over
FROM plan_node AS node
JOIN schedule AS planned ON planned.item_id = node.node_id
JOIN (
    SELECT node_id, min(item_id) AS item_id, min(initiative_id) AS initiative_id,
           CASE WHEN bool_or(kind = 'milestone') THEN 'milestone' ELSE min(kind) END AS kind
    FROM work_item
    GROUP BY node_id
) AS item ON item.node_id = node.node_id
ORDER BY node.node_id
