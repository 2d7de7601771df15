-- Open effort that has no date, and so stands in no week.
SELECT count(*) AS items,
       coalesce(8 * sum(coalesce(remaining_days, estimate_days * (1 - coalesce(progress, 0)))), 0) AS hours
FROM plan_node AS node
JOIN schedule AS planned ON planned.item_id = node.node_id
WHERE planned.projected_finish IS NULL AND node.status NOT IN ('done', 'dropped')
    AND coalesce(remaining_days, estimate_days) > 0
    AND node.node_id NOT IN (SELECT parent_id FROM plan_node WHERE parent_id IS NOT NULL)
    AND ($department IS NULL OR node.department_id = $department)
    AND ($person IS NULL OR EXISTS (FROM work_item WHERE work_item.node_id = node.node_id AND owner_id = $person))
