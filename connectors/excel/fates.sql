-- What becomes of each row of a tracker's sheet (table `laid`). $id_before and $id_after: how people find the
-- cell that should hold the row's id, around the row's number. $sheet: the sheet's number in the desk.
WITH looked_at AS (
    SELECT *,
        concat($id_before, _row, $id_after) AS id_cell,
        ("@id" IS NULL OR total_label("@id")) AND ("@title" IS NULL OR "@title" = _label) AND (total_label(_label)
            OR total_of_something(_label) AND coalesce("@owner", "@status", "@start", "@due") IS NULL) AS is_total
    FROM laid
), judged AS (
    SELECT *,
        CASE
            WHEN _again THEN 'the header again'
            WHEN is_total THEN 'a total'
            WHEN _mapped = 0 THEN 'nothing stands in a mapped column'
            WHEN _filled = 1 AND "@id" IS NULL THEN 'a heading: one cell in the whole row'
            WHEN _filled = 1 AND "@title" IS NULL THEN 'a heading, or an id without an item'
        END AS dropped_as,
        CASE WHEN "@id" IS NULL AND NOT coalesce(contains(_problem, id_cell), false)
            THEN concat(id_cell, ': blank, but the row has content; give the row an id, or clear it') END AS nameless
    FROM looked_at
)
SELECT
    CAST($sheet AS INTEGER) AS sheet,
    CASE WHEN dropped_as IS NULL THEN "@id" END AS _key,
    CASE WHEN dropped_as IS NOT NULL THEN 'drop' WHEN _problem IS NOT NULL OR "@id" IS NULL THEN 'quarantine'
        ELSE 'land' END AS _fate,
    coalesce(dropped_as, nullif(concat_ws('; ', _problem, nameless), '')) AS _reason,
    * EXCLUDE (_filled, _mapped, _label, _again, _fault, _problem, id_cell, is_total, dropped_as, nameless)
FROM judged
