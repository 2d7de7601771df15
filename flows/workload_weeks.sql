-- The weeks asked for. Of a department its own row and its people's; of a person theirs; else every department's.
SELECT load.department_id, load.person_id, load.week, load.week_starts, load.load_hours, load.capacity_hours,
       CASE WHEN load.load_hours > load.capacity_hours THEN round(load.load_hours - load.capacity_hours, 2) END AS over_hours,
       load.unestimated_hours, load.unowned_hours, load.items, load.sources
FROM workload AS load
CROSS JOIN plan_day
WHERE load.week_starts >= date_trunc('week', plan_day.day)
    AND load.week_starts < date_trunc('week', plan_day.day) + to_days(7 * CAST($weeks AS INTEGER))
    AND CASE WHEN $person IS NOT NULL THEN load.person_id = $person
             WHEN $department IS NOT NULL THEN load.department_id = $department
             ELSE load.person_id IS NULL END
ORDER BY load.department_id, load.person_id NULLS FIRST, load.week
