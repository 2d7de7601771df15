-- What an item refers to and nobody can find.
SELECT item_id, field, text, reason FROM model.reference_problem
