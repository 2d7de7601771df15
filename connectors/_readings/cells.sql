-- The rows that hold anything, from newline-delimited JSON. `marked`: a cell begins like an error value. In braces:
-- for each mapped position, its trimmed cell and whether that is a typed number.
CREATE OR REPLACE TEMP TABLE cell AS
SELECT number AS "row", fault, cells, len(filled) AS filled_cells, trimmed(filled[1]) AS label,
    len(list_filter(filled, lambda cell: starts_with(cell, '#'))) > 0 AS marked,
    {mapped}
FROM (
    SELECT *, list_filter(cells, lambda cell: holds_text(cell)) AS filled
    FROM read_json($file, format = 'newline_delimited', columns = {{
        number: 'BIGINT', fault: 'VARCHAR', numbers: 'INTEGER[]', cells: 'VARCHAR[]'}})
)
WHERE filled_cells > 0;
