-- Weeks in which a person's load grows and then exceeds what they can give; 40 hours where nobody has stated theirs.
SELECT after.person_id, after.week, after.week_starts, coalesce(before.load_hours, 0) AS hours_before,
       after.load_hours AS hours_after, coalesce(after.capacity_hours, 40) AS capacity_hours,
       after.capacity_hours IS NOT NULL AS capacity_stated
FROM workload AS after
LEFT JOIN before.workload AS before ON before.person_id = after.person_id AND before.week = after.week
WHERE after.person_id IS NOT NULL AND after.load_hours > coalesce(before.load_hours, 0) + 0.05
    AND after.load_hours > coalesce(after.capacity_hours, 40) + 0.05
ORDER BY after.person_id, after.week
