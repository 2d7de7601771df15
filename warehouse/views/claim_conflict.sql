-- Pairs of items that are one thing (or statements of one handover) and claim different values of a field.
SELECT node_id, field, item_a, value_a, item_b, value_b, authority FROM model.claim_conflict
