-- One step of a chain: an item, what it comes to, the item that drives it, and how it waits for that.
SELECT item.item_id, item.department_id, item.status, planned.projected_finish, planned.baseline_finish,
       planned.slip_days, planned.driver_id,
       coalesce(
           (SELECT min(link.type) FROM plan_link AS link
            WHERE link.predecessor_id = planned.driver_id AND link.successor_id = planned.node_id),
           CASE WHEN driver.parent_id = planned.node_id THEN 'PARENT' WHEN driver.node_id IS NOT NULL THEN 'GATE' END
       ) AS waits
FROM work_item AS item
JOIN schedule AS planned USING (item_id)
LEFT JOIN plan_node AS driver ON driver.node_id = planned.driver_id
WHERE item.item_id = $item_id
