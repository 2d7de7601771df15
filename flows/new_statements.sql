-- The last version of each answer whose words no run has read yet. `said_in_source` is the source's table.
WITH version AS (
    SELECT *, _gone IS NULL AND "@line" IS NOT NULL AS is_said,
           max(_version) OVER (PARTITION BY _key) AS last_version
    FROM said_in_source
), last AS (
    SELECT * FROM version WHERE _version = last_version AND is_said
), words_since AS (
    -- The version since which the same words stand: the one after the last that said anything else.
    SELECT last._key, coalesce(max(before._version), 0) + 1 AS since
    FROM last
    LEFT JOIN version AS before ON before._key = last._key AND before._version < last._version
        AND (NOT before.is_said OR before."@line" IS DISTINCT FROM last."@line")
    GROUP BY last._key
)
SELECT last._key AS statement_id, last._version AS version, last.*, item.item_id, item.native_key
FROM last
JOIN words_since USING (_key)
JOIN model.work_item AS item ON item.source_id = $source AND item.record_key = last."@item_key"
WHERE NOT EXISTS (
    FROM breaks.answer AS known
    WHERE known.source_id = $source AND known.statement_id = last._key
        AND known.version BETWEEN words_since.since AND last._version
)
ORDER BY last."@said_at", last._seq, last._key
