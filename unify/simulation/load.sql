-- Weeks in which somebody's or a department's load becomes another.
SELECT coalesce(after.department_id, before.department_id) AS department_id,
       coalesce(after.person_id, before.person_id) AS person_id, coalesce(after.week, before.week) AS week,
       coalesce(after.week_starts, before.week_starts) AS week_starts,
       coalesce(before.load_hours, 0) AS hours_before, coalesce(after.load_hours, 0) AS hours_after,
       coalesce(after.capacity_hours, before.capacity_hours) AS capacity_hours,
       coalesce(after.unestimated_hours, before.unestimated_hours) AS unestimated_hours
FROM workload AS after
FULL JOIN before.workload AS before
    ON before.week = after.week AND before.person_id IS NOT DISTINCT FROM after.person_id
    AND before.department_id IS NOT DISTINCT FROM after.department_id
WHERE abs(coalesce(before.load_hours, 0) - coalesce(after.load_hours, 0)) >= 0.05
ORDER BY department_id, person_id NULLS FIRST, week
