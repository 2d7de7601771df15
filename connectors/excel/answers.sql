-- The answer cells (table `hub_cell`) beside rows whose item is known for certain: in `standing`, in no `twin`.
-- $sheets: those of one workbook. $saved_by: who last saved it, for display, never for authority; an answer that
-- stood there before keeps the name that it was seen with first (`said`). In braces: the quoted header of the answer column.
SELECT
    item._key || '/answer' AS _key, item._place, item._row, 'land' AS _fate, NULL::VARCHAR AS _reason,
    item._key AS "@item_key", NULL::VARCHAR AS "@author_id", NULL::VARCHAR AS "@author_email",
    coalesce(said.saved_by, $saved_by)::VARCHAR AS "@author_name", 'unproven' AS "@author_kind",
    trimmed(regexp_replace(trimmed(regexp_extract(trimmed(hub_cell.answer), '^[^\r\n]*')), '(?i)^interlock\s*:', ''))
        AS "@line",
    keyed(hub_cell.item) AS "@beside_item", trimmed(hub_cell.code) AS "@beside_code", NULL::VARCHAR AS "@said_at",
    hub_cell.answer AS {answer}
FROM hub_cell
JOIN standing AS item ON item._row = hub_cell._row AND item.sheet = hub_cell.sheet
LEFT JOIN said ON said._key = item._key AND said.hash = md5(hub_cell.answer)
WHERE list_contains($sheets, hub_cell.sheet) AND item._key NOT IN (SELECT _key FROM twin)
ORDER BY hub_cell.sheet, item._row
