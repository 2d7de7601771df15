-- Rows that share an id, over all sheets and files that were read (table `standing`): each names the others.
CREATE OR REPLACE TEMP TABLE twin AS
SELECT one.sheet, one._row, one._key,
    concat('the id "', one._key, '" stands also in ',
        string_agg(other._place, ' and ' ORDER BY other.sheet, other._row),
        '; give each row an id of its own') AS reason
FROM standing AS one
JOIN standing AS other ON other._key = one._key AND (other.sheet, other._row) <> (one.sheet, one._row)
GROUP BY one.sheet, one._row, one._key;
