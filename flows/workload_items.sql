-- The items of the weeks in which somebody has more to do than they can give (of one person asked for: of every week),
-- first what could yield: ranked lower than something else in that week (1 is the highest; what nobody ranks counts
-- as the middle), and with float.
SELECT part.person_id, part.week, part.item_id, item.title, item.source_id, part.hours, part.basis,
       coalesce(item.priority, initiative.rank) AS rank, planned.float_days, planned.projected_finish,
       coalesce(planned.float_days > 0, false) AND coalesce(item.priority, initiative.rank, 3)
           > min(coalesce(item.priority, initiative.rank, 3)) OVER (PARTITION BY part.person_id, part.week) AS could_yield
FROM work_item_week AS part
JOIN workload AS load USING (person_id, week)
JOIN work_item AS item USING (item_id)
LEFT JOIN initiative USING (initiative_id)
LEFT JOIN schedule AS planned USING (item_id)
CROSS JOIN plan_day
WHERE part.week_starts >= date_trunc('week', plan_day.day)
    AND part.week_starts < date_trunc('week', plan_day.day) + to_days(7 * CAST($weeks AS INTEGER))
    AND ($person IS NULL OR part.person_id = $person)
    AND ($department IS NULL OR load.department_id = $department)
    AND ($person IS NOT NULL OR load.load_hours > load.capacity_hours)
ORDER BY part.person_id, part.week, could_yield DESC, coalesce(item.priority, initiative.rank, 3) DESC,
         planned.float_days DESC NULLS LAST, part.item_id
