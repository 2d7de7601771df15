-- Which items are one thing, who said so, and since when.
SELECT item_id, node_id, made_by, confirmed_by, since FROM model.identity
