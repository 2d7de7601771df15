-- Hours that somebody spent on an item, per day; only of sources that are told to read them (`worklogs`), and
-- without those that their author showed to a group alone. Personal data.
SELECT item_id, person_id, worked_on, hours FROM model.worklog
