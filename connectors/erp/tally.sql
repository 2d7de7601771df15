-- Each line that looks like a total, held against the lines above it. A total of any level is what has come
-- together since some earlier total, or since the beginning. `closing`: no posting comes after it; `unread`:
-- how many lines above it have an amount that cannot be read.
CREATE OR REPLACE TEMP TABLE tally AS
WITH line AS (
    SELECT laid._row, exact("@amount") AS _amount, suspect.kind, suspect.kind IS NULL AND NOT _again AS posting,
        _fault IS NOT NULL OR "@amount" IS NULL AND _problem IS NOT NULL AS amount_unread
    FROM laid LEFT JOIN suspect USING (_row)
), running AS (
    SELECT _row, _amount, kind,
        coalesce(sum(_amount) FILTER (WHERE posting) OVER above, 0) AS so_far,
        count(*) FILTER (WHERE posting) OVER above AS lines,
        count(*) FILTER (WHERE amount_unread) OVER above AS unread,
        coalesce(max(_row) FILTER (WHERE posting) OVER (), 0) AS last_line
    FROM line
    WINDOW above AS (ORDER BY _row ROWS UNBOUNDED PRECEDING)
), boundary AS (
    SELECT so_far, min(_row) AS _row
    FROM (SELECT so_far, _row FROM running WHERE kind IS NOT NULL UNION ALL SELECT 0, 0)
    GROUP BY so_far
)
SELECT running._row, running._amount, running.kind, running.so_far, running.lines, running.unread,
    running._row > running.last_line AS closing, running._amount = running.so_far AS whole,
    boundary._row IS NOT NULL AS ties
FROM running
LEFT JOIN boundary ON boundary.so_far = running.so_far - running._amount AND boundary._row < running._row
WHERE running.kind IS NOT NULL;
