-- Projected dates (inclusive days) of each item; float and slip in working days of its department.
SELECT item_id, node_id, projected_start, projected_finish, late_finish, float_days, binding_id, driver_id,
       root_id, baseline_finish, slip_days, uncertain
FROM plan.schedule
