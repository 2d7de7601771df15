-- Dates by the order of their column; one that does not matter has none.
INSERT INTO meaning
SELECT number, text, typed, CAST(day AS VARCHAR), CASE WHEN day IS NULL THEN 'is no date' END
FROM (
    SELECT number, text, typed,
        coalesce(fixed, CASE style WHEN 'mdy' THEN mdy WHEN 'ymd' THEN ymd ELSE dmy END) AS day
    FROM seen JOIN dated USING (text) LEFT JOIN style USING (number)
    WHERE reading = 'date'
);
