-- The load of each function by ISO week, across all sources, against capacity. A row with a person is that person's
-- week, wherever the work stands; one without is a department's: all its people's, and what nobody owns. Capacity:
-- hours per week, less holidays, closures and days away, and of this week what is left of it; NULL where nobody's hours
-- are stated. Personal data.
WITH busy AS (
    SELECT
        item.department_id, item.person_id, item.week, item.week_starts, sum(hours) AS load_hours,
        coalesce(sum(hours) FILTER (basis = 'dates'), 0) AS unestimated_hours, 0 AS unowned_hours, count(*) AS items,
        list(DISTINCT source_id ORDER BY source_id) AS sources
    FROM work_item_week AS item
    JOIN work_item USING (item_id)
    GROUP BY ALL
), told AS (
    FROM busy WHERE person_id IS NOT NULL
    UNION ALL
    SELECT department_id, NULL, week, week_starts, sum(load_hours), sum(unestimated_hours),
           coalesce(sum(load_hours) FILTER (person_id IS NULL), 0), CAST(sum(items) AS BIGINT),
           list_sort(list_distinct(flatten(list(sources))))
    FROM busy
    WHERE department_id IS NOT NULL
    GROUP BY ALL
),
-- What each person can give per week.
given AS (
    SELECT
        person.person_id, person.department_id, CAST(date_trunc('week', free.day) AS DATE) AS week_starts,
        any_value(hours_per_week) / nullif(count(*) FILTER (usual), 0)
            * count(*) FILTER (worked AND free.day >= plan_day.day AND NOT EXISTS (
                FROM absence WHERE absence.person_id = person.person_id AND free.day BETWEEN starts_on AND ends_on
            )) AS hours
    FROM person
    JOIN calendar_day AS free ON free.department_id = coalesce(person.department_id, '')
    JOIN plan_day ON free.day >= date_trunc('week', plan_day.day)
    WHERE hours_per_week IS NOT NULL AND active IS NOT false
    GROUP BY ALL
)
SELECT told.department_id, told.person_id, told.week, told.week_starts, round(told.load_hours, 2) AS load_hours,
       round(told.unestimated_hours, 2) AS unestimated_hours, round(told.unowned_hours, 2) AS unowned_hours,
       round(capacity.hours, 2) AS capacity_hours, told.items, told.sources
FROM told
LEFT JOIN (
    SELECT department_id, person_id, week_starts, hours FROM given
    UNION ALL
    SELECT department_id, NULL, week_starts, sum(hours) FROM given GROUP BY ALL
) AS capacity
    ON capacity.week_starts = told.week_starts AND capacity.person_id IS NOT DISTINCT FROM told.person_id
    AND capacity.department_id IS NOT DISTINCT FROM told.department_id
