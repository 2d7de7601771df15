-- Planned benefit of the quarters into which a late handover or a missed milestone reaches, each quarter once: as it
-- stood before, and as it is now. The same quarters as the rule slip-hits-peer names.
WITH reach AS (
    SELECT 'before' AS stage, handover.*, before.days_late AS late, before.reaches_on AS reached, before.needed_on AS needed
    FROM before.handover AS before JOIN handover USING (handover_id)
    UNION ALL
    SELECT 'after', handover.*, days_late, reaches_on, needed_on FROM handover
), late AS (
    SELECT reach.stage, coalesce(consumer.initiative_id, provider.initiative_id, reach.initiative_id) AS initiative_id,
           reach.needed AS since, reach.reached AS until
    FROM reach
    LEFT JOIN work_item AS provider ON provider.item_id = reach.provider_item
    LEFT JOIN work_item AS consumer ON consumer.item_id = reach.consumer_item
    WHERE late > 0 AND NOT delivered AND state IS DISTINCT FROM 'dropped'
        AND coalesce(consumer_status, '') NOT IN ('done', 'dropped')
    UNION ALL
    SELECT planned.stage, item.initiative_id, item.due_date, planned.projected_finish
    FROM (SELECT 'before' AS stage, item_id, projected_finish FROM before.schedule
          UNION ALL SELECT 'after', item_id, projected_finish FROM schedule) AS planned
    JOIN work_item AS item USING (item_id)
    WHERE item.kind = 'milestone' AND item.status NOT IN ('done', 'dropped')
        AND planned.projected_finish > item.due_date
)
SELECT benefit.initiative_id, benefit.quarter, any_value(benefit.planned) AS planned,
       bool_or(stage = 'before') AS before, bool_or(stage = 'after') AS after
FROM late
JOIN benefit ON benefit.initiative_id = late.initiative_id AND benefit.starts_on <= late.until
    AND benefit.ends_on >= late.since
WHERE benefit.planned IS NOT NULL
GROUP BY ALL
ORDER BY benefit.initiative_id, benefit.quarter
