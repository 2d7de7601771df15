-- Error values in mapped cells, whatever is read there. In braces: a SELECT from `cell` for each column.
INSERT INTO meaning
SELECT DISTINCT number, text, typed, NULL, ': holds the error ' || text
FROM ({each})
WHERE error_cell(text);
