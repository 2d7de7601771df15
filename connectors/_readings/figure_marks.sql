-- How many cells of each column speak for a decimal point and for a comma, with an example and its row; `either`:
-- those that read in two ways. $point and $comma: the shapes of a figure under each.
SELECT number, vote, sum(cells) AS cells, arg_min(text, "row") AS text, min("row") AS "row"
FROM (
    SELECT *, CASE WHEN point AND comma THEN 'either' WHEN point THEN 'point' WHEN comma THEN 'comma' END AS vote
    FROM (
        SELECT *, regexp_full_match(body, $point) AS point, regexp_full_match(body, $comma) AS comma
        FROM seen JOIN figured USING (text)
        WHERE reading IN ('amount', 'number') AND NOT typed AND regexp_matches(body, '[.,]')
    )
)
WHERE vote IS NOT NULL
GROUP BY number, vote
ORDER BY number, vote;
