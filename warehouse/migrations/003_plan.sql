-- The plan: projected dates, and what each handover comes to. Rebuilt by `plan`.
CREATE SCHEMA plan;

CREATE TABLE plan.schedule (
    item_id VARCHAR, node_id VARCHAR, projected_start DATE, projected_finish DATE, late_finish DATE,
    float_days INTEGER, binding_id VARCHAR, driver_id VARCHAR, root_id VARCHAR, baseline_finish DATE,
    slip_days INTEGER, uncertain BOOLEAN
);

CREATE TABLE plan.cycle (cycle_id VARCHAR, position INTEGER, item_id VARCHAR);

-- What each handover comes to: the date that the provider's side reaches, the date by which the consumer
-- needs it (inclusive), and the days between in working days of the consumer.
CREATE TABLE plan.handover_verdict (
    handover_id VARCHAR, reaches_on DATE, needed_on DATE,
    needed_because VARCHAR, -- stated, consumer start, consumer due
    days_late INTEGER,      -- negative: to spare; NULL: no verdict
    delivered BOOLEAN       -- the provider's item is done
);
