-- Items whose projected dates move, those first that move furthest.
SELECT item.item_id, item.title, item.kind, item.department_id, item.owner_id, item.initiative_id, item.due_date,
       before.projected_start AS start_before, after.projected_start AS start_after,
       before.projected_finish AS finish_before, after.projected_finish AS finish_after,
       after.float_days AS float_after, after.root_id
FROM schedule AS after
JOIN before.schedule AS before USING (item_id)
JOIN work_item AS item USING (item_id)
WHERE (before.projected_start, before.projected_finish) IS DISTINCT FROM (after.projected_start, after.projected_finish)
    AND item.status NOT IN ('done', 'dropped')
ORDER BY after.projected_finish - before.projected_finish DESC, item.item_id
