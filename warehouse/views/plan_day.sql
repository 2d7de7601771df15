-- The day for which the plan stands, and the last day of `calendar_day`: one row.
SELECT day, last_day FROM plan.day
