-- Which thing waits for which, between the rows of `plan_node`; lag in working days of the successor's calendar.
SELECT dependency_id, predecessor_id, successor_id, type, lag_days, need_by FROM model.link
