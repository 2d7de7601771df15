-- Rows that could not be read and still cannot, with their place and what to do.
SELECT source_id, stream, scope AS file, place, reason, key, amount, since FROM ops.quarantine
