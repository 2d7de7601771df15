-- The answer cells (table `hub_cell`) beside rows whose item is known for certain: in `standing`, in no `twin`.
-- $sheets: those of one workbook. $saved_by: who last saved it, for display, never for authority; an answer that
-- stood there before keeps the name that it was seen with first (`said`). In braces: the quoted header of the answer
-- column. One reading per step: a macro repeats its argument, so that readings of readings grow with their product
-- (in one expression this took DuckDB 290 ms to plan).
WITH beside AS (
    SELECT item._key, item._place, item._row, hub_cell.sheet, hub_cell.answer, trimmed(hub_cell.answer) AS told,
           keyed(hub_cell.item) AS beside_item, trimmed(hub_cell.code) AS beside_code
    FROM hub_cell
    JOIN standing AS item ON item._row = hub_cell._row AND item.sheet = hub_cell.sheet
    WHERE list_contains($sheets, hub_cell.sheet) AND item._key NOT IN (SELECT _key FROM twin)
), first_line AS (
    SELECT *, trimmed(regexp_extract(told, '^[^\r\n]*')) AS written FROM beside
), addressed AS (
    SELECT *, trimmed(regexp_replace(written, '(?i)^interlock\s*:', '')) AS line FROM first_line
)
SELECT
    _key || '/answer' AS _key, _place, _row, 'land' AS _fate, NULL::VARCHAR AS _reason,
    _key AS "@item_key", NULL::VARCHAR AS "@author_id", NULL::VARCHAR AS "@author_email",
    coalesce(said.saved_by, $saved_by)::VARCHAR AS "@author_name", 'unproven' AS "@author_kind", line AS "@line",
    beside_item AS "@beside_item", beside_code AS "@beside_code", NULL::VARCHAR AS "@said_at", answer AS {answer}
FROM addressed
LEFT JOIN (SELECT _key AS said_key, hash, saved_by FROM said) AS said
    ON said_key = _key AND said.hash = md5(answer)
ORDER BY sheet, _row
