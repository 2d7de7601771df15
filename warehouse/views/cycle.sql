-- The members of each circle of dependencies, in order, beginning with the smallest id.
SELECT cycle_id, position, item_id FROM plan.cycle
