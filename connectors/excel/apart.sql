-- Drops what stands apart below a table: notes, and keys to its colours. A table ends where a total or two blank rows
-- stand below it; what follows may be notes, or more of the table. In braces: the table of `fates.sql`. $keyless as there.
UPDATE {sheet} SET _fate = 'drop', _key = NULL, _reason = 'stands below the table, apart from it'
WHERE _fate <> 'drop' AND _row IN (
    WITH following AS (
        SELECT _row, is_total, is_bare, _fate = 'drop' AS dropped, CASE WHEN $keyless THEN "@title" ELSE _key END AS known_by,
            _row - lag(_row, 1, _row - 1) OVER (ORDER BY _row) - 1 AS gap,
            coalesce(lag(is_total) OVER (ORDER BY _row), false) AS after_total
        FROM {sheet}
    ), parted AS (
        SELECT *,
            sum(CAST(gap >= 2 OR gap >= 1 AND after_total AS INTEGER)) OVER (ORDER BY _row) AS block,
            bool_or(gap >= 1 AND after_total) OVER (ORDER BY _row) AS below_total
        FROM following
    ), body AS (
        SELECT count(*) FILTER (NOT is_bare) * 2 >= count(*) AND count(*) > 0 AS is_filled,
            list(DISTINCT key_shape(known_by)) AS shapes
        FROM parted WHERE block = 0 AND NOT dropped AND (SELECT max(block) FROM parted) > 0
    ), apart AS (
        -- Nothing but what may be an id and a title, in a table of more.
        SELECT block
        FROM parted, body
        WHERE block > 0 AND NOT dropped AND body.is_filled
        GROUP BY block
        HAVING bool_and(is_bare) AND (bool_and(below_total) OR $keyless
            OR NOT bool_or(known_by IS NOT NULL AND list_contains(shapes, key_shape(known_by))))
    )
    SELECT _row FROM parted WHERE block IN (FROM apart)
)
