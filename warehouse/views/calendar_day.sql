-- Every day of this year and the next two per department ('' is the calendar of whoever belongs to none): whether it is
-- one of the week's working days (`usual`), whether it is worked, and how many worked days of the table lie before it.
SELECT department_id, day, usual, worked, before FROM plan.calendar_day
