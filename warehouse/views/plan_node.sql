-- What the plan works on: one row per thing (items that are one thing share it), dated by the claims that count.
SELECT node_id, department_id, parent_id, status, start_date, due_date, actual_start, finish_date, estimate_days,
       remaining_days, progress, deadline, baseline_finish
FROM model.node
