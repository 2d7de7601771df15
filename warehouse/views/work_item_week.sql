-- Whose week each open thing takes, up to two years ahead: its remaining effort in hours (8 to a day), spread evenly
-- over the working days from today (or its projected start) to its projected finish. `basis` says where the effort
-- comes from: `remaining` (the tool's own figure), `estimate`, or `dates` where nobody estimates and the work is taken
-- to fill its days. Parents count through their children, items that are one thing once. Personal data.
WITH owned AS (
    -- Of a thing in several tools, the item of the department whose thing it is, if somebody is named there.
    SELECT identity.node_id, unnest(min_by({'item_id': item.item_id, 'person_id': item.owner_id}, (
               item.owner_id IS NULL, item.department_id IS DISTINCT FROM node.department_id, item.item_id)))
    FROM identity
    JOIN work_item AS item USING (item_id)
    JOIN plan_node AS node ON node.node_id = identity.node_id
    GROUP BY identity.node_id
), spanned AS (
    SELECT
        owned.*, coalesce(node.department_id, '') AS calendar_id,
        coalesce(person.department_id, node.department_id) AS department_id,
        least(greatest(planned.projected_start, today.day), today.last_day) AS begins,
        least(greatest(planned.projected_finish, today.day), today.last_day) AS ends,
        -- Beyond the calendar's last day five days of seven are taken to be worked.
        greatest(planned.projected_finish - today.last_day, 0) * 5 // 7 AS days_beyond,
        remaining_days,
        estimate_days * CASE WHEN node.status = 'not started' OR progress IS NOT NULL THEN 1 - coalesce(progress, 0)
                             -- Under way, and nobody says how far: that part of it whose days lie ahead.
                             ELSE least(1, (planned.projected_finish + 1 - today.day)
                                        / (planned.projected_finish + 1 - planned.projected_start)) END AS estimated_days,
        due_date >= coalesce(actual_start, start_date) AS has_dates
    FROM plan_node AS node
    JOIN schedule AS planned ON planned.item_id = node.node_id
    JOIN owned ON owned.node_id = node.node_id
    LEFT JOIN person ON person.person_id = owned.person_id
    CROSS JOIN plan_day AS today
    WHERE node.status NOT IN ('done', 'dropped') AND planned.projected_start <= today.last_day
        AND node.node_id NOT IN (SELECT parent_id FROM plan_node WHERE parent_id IS NOT NULL)
        AND (remaining_days > 0 OR estimate_days > 0 OR due_date >= coalesce(actual_start, start_date))
), weighed AS (
    SELECT
        spanned.*, until.before + CAST(until.worked AS INTEGER) - since.before + days_beyond AS days,
        8 * coalesce(remaining_days, estimated_days, days) AS effort,
        unnest(generate_series(date_trunc('week', begins), ends, INTERVAL 7 DAY))::DATE AS week_starts
    FROM spanned
    JOIN calendar_day AS since ON since.department_id = calendar_id AND since.day = begins
    JOIN calendar_day AS until ON until.department_id = calendar_id AND until.day = ends
), by_week AS (
    SELECT
        weighed.*,
        -- Work whose days are all free (a Saturday's) falls into the week in which it ends.
        CASE WHEN days > 0 THEN (until.before + CAST(until.worked AS INTEGER) - since.before) / days
             ELSE CAST(ends < week_starts + 7 AS INTEGER) END AS share
    FROM weighed
    JOIN calendar_day AS since ON since.department_id = calendar_id AND since.day = greatest(begins, week_starts)
    JOIN calendar_day AS until ON until.department_id = calendar_id AND until.day = least(ends, week_starts + 6)
)
SELECT item_id, node_id, person_id, department_id, strftime(week_starts, '%G-W%V') AS week, week_starts,
       round(effort * share, 2) AS hours,
       CASE WHEN remaining_days IS NOT NULL THEN 'remaining' WHEN estimated_days IS NOT NULL THEN 'estimate'
            ELSE 'dates' END AS basis
FROM by_week
WHERE effort * share >= 0.005
