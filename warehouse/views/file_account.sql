-- The account of each file and pull that brought news: rows and amounts read = landed + unchanged + quarantined
-- + dropped. `stated_total` is the total that the file itself states, where it states one. `amount_superseded` and
-- `amount_gone` are parts of `amount_landed`: what a later version has restated since, and what is gone since.
SELECT batch.source_id, stream, scope AS file, landed_at, rows_read, landed, unchanged, quarantined, dropped, gone,
       amount_read, amount_landed, amount_unchanged, amount_quarantined, amount_dropped,
       CAST(facts ->> '$.stated_total' AS DECIMAL(18, 4)) AS stated_total, facts ->> '$.sha256' AS sha256,
       CASE WHEN amount_read IS NOT NULL THEN coalesce(past.amount_superseded, 0) END AS amount_superseded,
       CASE WHEN amount_read IS NOT NULL THEN coalesce(past.amount_gone, 0) END AS amount_gone
FROM ops.batch AS batch
LEFT JOIN model.posting_past AS past
    ON past.source_id = batch.source_id AND past.file = batch.scope AND past.seq = batch.seq
