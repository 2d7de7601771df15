-- The answer cells of one workbook ($sheets), by item: their hash, and who had saved it when each was first seen.
SELECT item._key, md5(hub_cell.answer) AS hash, coalesce(said.saved_by, $saved_by) AS saved_by
FROM hub_cell
JOIN standing AS item ON item._row = hub_cell._row AND item.sheet = hub_cell.sheet
LEFT JOIN said ON said._key = item._key AND said.hash = md5(hub_cell.answer)
WHERE list_contains($sheets, hub_cell.sheet) AND item._key NOT IN (SELECT _key FROM twin)
ORDER BY hub_cell.sheet, item._row
