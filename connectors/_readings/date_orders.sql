-- How many cells of each column speak for which order of day, month and year, with an example and its row;
-- `either`: those that read in two ways.
SELECT number, vote, sum(cells) AS cells, arg_min(text, "row") AS text, min("row") AS "row"
FROM (
    SELECT *, CASE
        WHEN dmy <> mdy THEN 'either'
        WHEN dmy IS NOT NULL AND mdy IS NULL THEN 'dmy'
        WHEN mdy IS NOT NULL AND dmy IS NULL THEN 'mdy'
        WHEN ymd IS NOT NULL AND dmy IS NULL THEN 'ymd' END AS vote
    FROM seen JOIN dated USING (text)
    WHERE reading = 'date' AND fixed IS NULL
)
WHERE vote IS NOT NULL
GROUP BY number, vote
ORDER BY number, vote;
