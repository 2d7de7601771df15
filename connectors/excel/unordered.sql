-- Any row of a spooled page that stands before one of a lower number.
SELECT _row
FROM (SELECT _row, lag(_row) OVER (ORDER BY file_row_number) AS before FROM read_parquet($file, file_row_number = true))
WHERE _row <= before
LIMIT 1
