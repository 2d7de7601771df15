-- The sprints that items are or were in, as the item read last shows them. Nobody has promised an item by the end
-- of its sprint: that date plans nothing. `state` is the tool's: future, active, closed.
SELECT sprint_id, source_id, name, state, starts_on, ends_on, completed_on FROM model.sprint
