-- Each date that a provider has stated for an item, in order; the first is its baseline.
SELECT item_id, promised_on, due_date, nth, source FROM model.promise
