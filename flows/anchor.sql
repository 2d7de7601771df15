-- The item in which an initiative is anchored in a department: the item that the register's name stands for,
-- else a parent, else one that the register names, else a milestone; of several the earliest due.
WITH inside AS (
    SELECT item.*, EXISTS (FROM model.work_item AS child WHERE child.parent_id = item.item_id) AS is_parent,
           above.item_id IS NULL AS is_top
    FROM model.work_item AS item
    LEFT JOIN model.work_item AS above ON above.item_id = item.parent_id AND above.initiative_id = item.initiative_id
    WHERE item.initiative_id = $initiative_id AND item.status <> 'dropped'
), named AS (
    SELECT provider_item AS item_id, from_department AS department_id FROM model.handover
    WHERE initiative_id = $initiative_id AND contains(stated_by, 'register')
    UNION
    SELECT consumer_item, to_department FROM model.handover
    WHERE initiative_id = $initiative_id AND contains(stated_by, 'register')
), candidate AS (
    SELECT item_id, source_id, due_date, department_id,
           CASE WHEN is_top AND is_parent THEN 1 WHEN is_parent THEN 2 WHEN kind = 'milestone' THEN 4 END AS choice
    FROM inside
    UNION ALL
    SELECT item.item_id, item.source_id, item.due_date, named.department_id, 3
    FROM named JOIN model.work_item AS item USING (item_id)
    UNION ALL
    SELECT inside.item_id, inside.source_id, inside.due_date, inside.department_id, 0
    FROM inside JOIN model.initiative AS initiative USING (initiative_id)
    WHERE lower(inside.title) = lower(initiative.name)
        OR list_contains(list_transform(initiative.aliases, lambda alias: lower(alias)), lower(inside.title))
        OR list_contains(list_transform(initiative.aliases, lambda alias: lower(alias)), lower(inside.native_key))
)
SELECT item_id
FROM candidate
WHERE choice IS NOT NULL AND ($department_id = '' OR department_id = $department_id)
    AND list_contains($writable, source_id)
ORDER BY choice, due_date NULLS LAST, item_id
LIMIT 1
