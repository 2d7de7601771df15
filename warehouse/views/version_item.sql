-- For which releases an item is meant.
SELECT version_id, item_id FROM model.version_item
