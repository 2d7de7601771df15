-- Through which statuses each item went, one after the other.
DELETE FROM model.status_history;
INSERT INTO model.status_history BY NAME
WITH told AS (
    SELECT item.item_id, staged.moment, staged.position, coalesce(staged.status, status_of.status) AS status,
           trim(staged.source_status) AS source_status
    FROM staged_status AS staged
    JOIN item USING (source_id, record_key)
    LEFT JOIN status_of ON status_of.source_id = staged.source_id AND status_of.word = folded(staged.source_status)
    WHERE staged.moment IS NOT NULL
), stood AS (
    SELECT *
    FROM told
    QUALIFY (status, source_status) IS DISTINCT FROM lag((status, source_status))
                OVER (PARTITION BY item_id ORDER BY moment, position)
)
SELECT item_id, row_number() OVER in_order AS nth, status, source_status, moment AS since, lead(moment) OVER in_order AS until
FROM stood
WINDOW in_order AS (PARTITION BY item_id ORDER BY moment, position);
