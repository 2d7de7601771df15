-- The columns whose figures without a per cent sign are per cents: as many are above one as are true fractions.
INSERT INTO style
SELECT number, 'percent'
FROM (
    SELECT number, cells, TRY_CAST(replace(text, ',', '.') AS DECIMAL(18, 8)) AS figure
    FROM seen
    WHERE reading = 'share'
)
GROUP BY number
HAVING coalesce(sum(cells) FILTER (figure > 1), 0)
    >= greatest(coalesce(sum(cells) FILTER (figure > 0 AND figure < 1), 0), 1);
