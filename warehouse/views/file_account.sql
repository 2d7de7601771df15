-- The account of each file and pull that brought news: rows and amounts read = landed + unchanged + quarantined
-- + dropped. `stated_total` is the total that the file itself states, where it states one.
SELECT source_id, stream, scope AS file, landed_at, rows_read, landed, unchanged, quarantined, dropped, gone,
       amount_read, amount_landed, amount_unchanged, amount_quarantined, amount_dropped,
       CAST(facts ->> '$.stated_total' AS DECIMAL(18, 4)) AS stated_total, facts ->> '$.sha256' AS sha256
FROM ops.batch
