-- The different texts of the columns that have a style, with how many cells hold each and the first row of them.
-- Typed numbers are told apart: their decimal point is certain. In braces: a SELECT from `cell` for each column.
CREATE OR REPLACE TEMP TABLE seen AS
SELECT number, reading, text, typed, count(*) AS cells, min("row") AS "row"
FROM ({each})
WHERE lower(text) NOT IN (SELECT word FROM placeholder) AND NOT error_cell(text)
GROUP BY number, reading, text, typed;
