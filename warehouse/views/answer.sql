-- What people said beside an item, and what it came to.
SELECT answer_id, source_id, item_id, statement_id, version, break_id, episode, kind, said_by, said_at, read_on,
       outcome, because
FROM breaks.answer
