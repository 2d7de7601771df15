-- What clashes in those weeks, first what could yield: ranked lower than something else there (1 is the highest; what
-- nobody ranks counts as the middle), and with float.
WITH crowded AS (
    SELECT after.person_id, after.week
    FROM workload AS after
    LEFT JOIN before.workload AS before ON before.person_id = after.person_id AND before.week = after.week
    WHERE after.person_id IS NOT NULL AND after.load_hours > coalesce(before.load_hours, 0) + 0.05
        AND after.load_hours > coalesce(after.capacity_hours, 40) + 0.05
), inside AS (
    SELECT crowded.person_id, part.item_id, sum(part.hours) AS hours
    FROM crowded JOIN work_item_week AS part USING (person_id, week)
    GROUP BY ALL
)
SELECT inside.person_id, inside.item_id, item.title, item.source_id, round(inside.hours, 1) AS hours,
       coalesce(item.priority, initiative.rank) AS rank, planned.float_days, planned.projected_finish,
       coalesce(planned.float_days > 0, false) AND coalesce(item.priority, initiative.rank, 3)
           > min(coalesce(item.priority, initiative.rank, 3)) OVER (PARTITION BY inside.person_id) AS could_yield
FROM inside
JOIN work_item AS item USING (item_id)
LEFT JOIN initiative USING (initiative_id)
LEFT JOIN schedule AS planned USING (item_id)
ORDER BY inside.person_id, could_yield DESC, coalesce(item.priority, initiative.rank, 3) DESC,
         planned.float_days DESC NULLS LAST, inside.item_id
