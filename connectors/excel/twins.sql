-- Rows that share a key, over all sheets and files that were read (table `standing`): each names the others.
-- $keyless: keys come from title and parent.
CREATE OR REPLACE TEMP TABLE twin AS
SELECT one.sheet, one._row, one._key,
    concat(
        CASE WHEN $keyless THEN 'its title and what it stands under are also those of '
             ELSE concat('the id "', one._key, '" stands also in ') END,
        string_agg(other._place, ' and ' ORDER BY other.sheet, other._row),
        CASE WHEN $keyless THEN '; give each row a title of its own, or the tracker a column of ids'
             ELSE '; give each row an id of its own' END) AS reason
FROM standing AS one
JOIN standing AS other ON other._key = one._key AND (other.sheet, other._row) <> (one.sheet, one._row)
GROUP BY one.sheet, one._row, one._key;
