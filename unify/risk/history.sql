-- How each promise came out, in calendar days: what was stated on a day, for when, and when it was done. Of open things
-- a date that was moved, or passed, came out at the last one stated (or today) at the earliest. A thing in several tools
-- counts where it belongs to; one that was dropped says nothing.
WITH stated AS (
    SELECT promise.item_id, promise.nth, promise.promised_on, promise.due_date, item.department_id, item.status,
           item.finish_date,
           count(*) OVER of_item AS promises,
           last(promise.due_date) OVER of_item AS last_due, last(promise.promised_on) OVER of_item AS last_promised_on
    FROM promise
    JOIN work_item AS item USING (item_id)
    JOIN plan_node AS node ON node.node_id = item.node_id AND node.department_id = item.department_id
    WHERE item.status <> 'dropped'
    WINDOW of_item AS (PARTITION BY promise.item_id ORDER BY promise.nth
                       ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
), ended AS (
    SELECT stated.*, status = 'done' AS is_done,
           CASE WHEN status = 'done' THEN finish_date
                WHEN nth < promises OR due_date < plan_day.day
                    THEN greatest(last_due, CASE WHEN last_due < plan_day.day THEN plan_day.day END) END AS came_on,
           CASE WHEN status = 'done' THEN finish_date WHEN last_due < plan_day.day THEN plan_day.day
                ELSE last_promised_on END AS known_on
    FROM stated
    CROSS JOIN plan_day
)
SELECT department_id, item_id, promised_on, known_on, is_done,
       -- A week at least: of a promise for tomorrow, a day late is not twice as long.
       1 + (came_on - due_date) / greatest(due_date - promised_on, 7) AS stretch,
       1 / count(*) OVER (PARTITION BY item_id) AS weight
FROM ended
WHERE came_on IS NOT NULL AND due_date > promised_on AND came_on >= promised_on
ORDER BY department_id, stretch, item_id, promised_on
