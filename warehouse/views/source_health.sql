-- How each source stood when it was last pulled; `as_of` (UTC) is the last pull that read all of it.
SELECT source_id, state, as_of, reason FROM ops.source
