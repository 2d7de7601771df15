-- Predecessor → successor; lag in working days of the successor's calendar.
SELECT dependency_id, predecessor_id, successor_id, type, lag_days, need_by, stated_by, is_handover
FROM model.dependency
