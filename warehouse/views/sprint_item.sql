-- The sprints in which an item is, and those closed ones in which it was.
SELECT sprint_id, item_id FROM model.sprint_item
