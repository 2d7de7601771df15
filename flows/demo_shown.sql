-- For each break: when it was first seen, and the first later day on which a tool alone showed something on the
-- items concerned, by that tool's own fields: a due date that passed undone, or was moved to a later day.
WITH concerned AS (
    SELECT broken.break_id, broken.first_seen, item.item_id,
           CASE WHEN item.kind = 'deal' THEN item.source_id || ': “' || item.title || '”' ELSE item.item_id END AS called
    FROM break_history AS broken
    -- A break of an initiative as a whole concerns all of its work.
    JOIN work_item AS item
        ON list_contains(broken.evidence, item.item_id) OR broken.subject_id = item.initiative_id
    WHERE broken.episode = 1
), stated AS (
    SELECT promise.item_id, promise.due_date, item.finish_date,
           lead(promise.due_date) OVER in_order AS next_due, lead(promise.promised_on) OVER in_order AS moved_on
    FROM promise
    JOIN work_item AS item USING (item_id)
    WHERE promise.source <> 'answer'
    WINDOW in_order AS (PARTITION BY promise.item_id ORDER BY promise.nth)
), shown AS (
    SELECT item_id, moved_on AS on_day, 'moved to ' || next_due AS what FROM stated WHERE next_due > due_date
    UNION ALL
    SELECT item_id, due_date + 1, 'due ' || due_date || ' passed'
    FROM stated
    WHERE (moved_on IS NULL OR moved_on > due_date) AND (finish_date IS NULL OR finish_date > due_date)
        AND due_date < $last_day
)
SELECT
    broken.break_id, broken.code, broken.rule, broken.message, broken.state, broken.first_seen, broken.closed_on,
    broken.days_late, broken.amount_at_risk,
    min(shown.on_day) AS shown_on,
    min_by(concerned.called || ' ' || shown.what, (shown.on_day, shown.item_id)) AS shown_by
FROM break_history AS broken
LEFT JOIN concerned USING (break_id)
LEFT JOIN shown ON shown.item_id = concerned.item_id AND shown.on_day > broken.first_seen
WHERE broken.episode = 1
GROUP BY ALL
ORDER BY broken.first_seen, broken.rule, broken.code
