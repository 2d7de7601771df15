-- What load is measured against: the day of the plan, the departments' working days around it, days away.
CREATE TABLE plan.day (     -- one row
    day DATE,               -- for which the plan stands
    last_day DATE           -- of calendar_day
);

-- Every day of some years per department; '' is the calendar of whoever belongs to none.
CREATE TABLE plan.calendar_day (
    department_id VARCHAR, day DATE,
    usual BOOLEAN,          -- one of the week's working days, holiday or not
    worked BOOLEAN,
    before INTEGER          -- how many worked days of this table lie before it
);
CREATE TABLE plan.absence (person_id VARCHAR, starts_on DATE, ends_on DATE);  -- both ends included
