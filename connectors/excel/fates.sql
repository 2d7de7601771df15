-- What becomes of each row of a tracker's sheet, by itself. In braces: the query of its cells, and the table of those.
-- $keyless: no column holds ids, so that the title tells a row; $shared: one column is both. $id_before and $id_after: how people find
-- the cell by which a row is known, around the row's number. $header: the header's row. $sheet: its number in the desk.
WITH units AS (
    SELECT "row"
    FROM (SELECT "row", list_value(*COLUMNS('raw\d+')) AS cells FROM {cell} WHERE "row" = $header + 1)
    WHERE len(list_filter(cells, lambda one: holds_text(one) AND NOT unit_word(one))) = 0
        -- Single letters alone may as well be ids and priorities.
        AND len(list_filter(cells, lambda one: holds_text(one) AND NOT regexp_full_match(trimmed(one), '\pL'))) > 0
), looked_at AS (
    SELECT _row, _place, _filled, _mapped, _label, _again, _problem, "@id", "@title", "@parent", "@url",
        CASE WHEN $keyless THEN "@title" ELSE "@id" END AS known_by,
        -- A case, as DuckDB looks at each side of an AND in every row: most rows have an id that is no total.
        CASE WHEN "@id" IS NULL OR total_label("@id") THEN ("@title" IS NULL OR "@title" = _label) AND (total_label(_label)
            OR total_of_something(_label) AND coalesce("@owner", "@status", "@start", "@due") IS NULL)
            ELSE false END AS is_total,
        _mapped <= CAST("@id" IS NOT NULL AS INTEGER) + CAST("@title" IS NOT NULL AND NOT $shared AS INTEGER) AS is_bare,
        _row IN (FROM units) AS is_units
    FROM ({laid}) AS laid
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
), judged AS (
    SELECT *,
        CASE WHEN known_by IS NULL AND NOT coalesce(contains(_problem, concat($id_before, _row, $id_after)), false)
            THEN concat($id_before, _row, $id_after, ': blank, but the row has content; give the row ',
                        CASE WHEN $keyless THEN 'a title' ELSE 'an id' END, ', or clear it') END AS nameless
    FROM dropped
)
SELECT
    CAST($sheet AS INTEGER) AS sheet,
    CASE WHEN rule IS NULL AND NOT $keyless THEN "@id" END AS _key,
    CASE WHEN rule IS NOT NULL THEN 'drop' WHEN _problem IS NOT NULL OR known_by IS NULL THEN 'quarantine'
        ELSE 'land' END AS _fate,
    coalesce(rule, nullif(concat_ws('; ', _problem, nameless), '')) AS _reason,
    _row, _place, _label, is_total, is_bare, "@title", "@parent", "@url", NULL::VARCHAR AS "@told_by"
FROM judged
