-- What becomes of each row of a tracker's sheet (table `laid`, beside the cells of table `cell`). $keyless: no column
-- holds ids, so that the title tells a row; $shared: one column is both. $id_before and $id_after: how people find
-- the cell by which a row is known, around the row's number. $header: the header's row. $sheet: its number in the desk.
WITH looked_at AS (
    SELECT laid.*,
        CASE WHEN $keyless THEN "@title" ELSE "@id" END AS known_by,
        concat($id_before, _row, $id_after) AS id_cell,
        ("@id" IS NULL OR total_label("@id")) AND ("@title" IS NULL OR "@title" = _label) AND (total_label(_label)
            OR total_of_something(_label) AND coalesce("@owner", "@status", "@start", "@due") IS NULL) AS is_total,
        _mapped <= CAST("@id" IS NOT NULL AS INTEGER) + CAST("@title" IS NOT NULL AND NOT $shared AS INTEGER) AS is_bare,
        _row IN (SELECT "row" FROM cell WHERE CASE WHEN "row" = $header + 1
            THEN len(list_filter(cells, lambda one: holds_text(one) AND NOT unit_word(one))) = 0
                -- Single letters alone may as well be ids and priorities.
                AND len(list_filter(cells, lambda one: holds_text(one) AND NOT regexp_full_match(trimmed(one), '\pL'))) > 0 END)
            AS is_units
    FROM laid
), dropped AS (
    SELECT *,
        CASE
            WHEN _again THEN 'the header again'
            WHEN is_total THEN 'a total'
            WHEN is_units THEN 'the units of the columns'
            WHEN _mapped = 0 THEN 'nothing stands in a mapped column'
            WHEN _filled = 1 AND "@id" IS NULL THEN 'a heading: one cell in the whole row'
            WHEN _filled = 1 AND "@title" IS NULL THEN 'a heading, or an id without an item'
        END AS rule
    FROM looked_at
), parted AS MATERIALIZED (
    -- A table ends where a total or two blank rows stand below it; what follows may be notes, or more of the table.
    SELECT *,
        sum(CAST(gap >= 2 OR gap >= 1 AND after_total AS INTEGER)) OVER (ORDER BY _row) AS block,
        bool_or(gap >= 1 AND after_total) OVER (ORDER BY _row) AS below_total
    FROM (SELECT *, _row - lag(_row, 1, _row - 1) OVER (ORDER BY _row) - 1 AS gap,
                 coalesce(lag(is_total) OVER (ORDER BY _row), false) AS after_total FROM dropped)
), body AS (
    SELECT count(*) FILTER (NOT is_bare) * 2 >= count(*) AND count(*) > 0 AS is_filled,
        list(DISTINCT key_shape(known_by)) AS shapes
    FROM parted WHERE block = 0 AND rule IS NULL AND (SELECT max(block) FROM parted) > 0
), apart AS (
    -- Notes and keys to the colours below the table: nothing but what may be an id and a title, in a table of more.
    SELECT block
    FROM parted, body
    WHERE block > 0 AND rule IS NULL AND body.is_filled
    GROUP BY block
    HAVING bool_and(is_bare)
        AND (bool_and(below_total) OR $keyless OR NOT bool_or(known_by IS NOT NULL AND list_contains(shapes, key_shape(known_by))))
), judged AS (
    SELECT *,
        coalesce(rule, CASE WHEN block IN (SELECT block FROM apart) THEN 'stands below the table, apart from it' END)
            AS dropped_as,
        CASE WHEN known_by IS NULL AND NOT coalesce(contains(_problem, id_cell), false)
            THEN concat(id_cell, ': blank, but the row has content; give the row ',
                        CASE WHEN $keyless THEN 'a title' ELSE 'an id' END, ', or clear it') END AS nameless
    FROM parted
)
SELECT
    CAST($sheet AS INTEGER) AS sheet,
    CASE WHEN dropped_as IS NULL AND NOT $keyless THEN "@id" END AS _key,
    CASE WHEN dropped_as IS NOT NULL THEN 'drop' WHEN _problem IS NOT NULL OR known_by IS NULL THEN 'quarantine'
        ELSE 'land' END AS _fate,
    coalesce(dropped_as, nullif(concat_ws('; ', _problem, nameless), '')) AS _reason,
    * EXCLUDE (_filled, _mapped, _label, _again, _fault, _problem, known_by, id_cell, is_total, is_bare, is_units, rule,
               gap, after_total, block, below_total, dropped_as, nameless)
FROM judged
