-- Columns in which every year of two digits reads as one whether it comes first or last, and from how many
-- years the dates then are: 26-03-04 is 4 March 2026 and 26 March 2004. With an example and its row.
SELECT number, max(year(ymd)) - min(year(ymd)) AS first, max(year(dmy)) - min(year(dmy)) AS dmy,
    max(year(mdy)) - min(year(mdy)) AS mdy, arg_min(text, "row") AS text, min("row") AS "row"
FROM seen JOIN dated USING (text)
WHERE reading = 'date' AND short_year
GROUP BY number
HAVING bool_and(ymd IS NOT NULL)
ORDER BY number;
