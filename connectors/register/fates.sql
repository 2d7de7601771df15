-- What becomes of each row of one of the register's sheets. In braces: the key's columns joined, and whether
-- those that must be are filled. $nameless: what is said of a row where they are not; $headings: a row
-- may be a heading.
CREATE OR REPLACE TEMP TABLE judged AS
WITH named AS (
    SELECT *, CASE WHEN {known} THEN {key} END AS _key
    FROM laid
), sorted_out AS (
    SELECT *,
        CASE
            WHEN _again THEN 'the header again'
            WHEN _key IS NULL AND total_label(_label) THEN 'a total'
            WHEN _mapped = 0 THEN 'nothing stands in a known column'
            WHEN $headings AND _key IS NULL AND _filled = 1 THEN 'a heading: one cell in the whole row'
        END AS dropped_as
    FROM named
), twin AS (
    SELECT lower(_key) AS folded_key, list(struct_pack("row" := _row, place := _place)) AS places
    FROM sorted_out WHERE _key IS NOT NULL AND dropped_as IS NULL
    GROUP BY ALL HAVING count(*) > 1
), reasoned AS (
    SELECT *,
        CASE WHEN dropped_as IS NULL THEN nullif(concat_ws('; ', _problem,
            CASE WHEN _key IS NULL AND _problem IS NULL THEN concat_ws('; ', $nameless, $fix) END,
            CASE WHEN places IS NOT NULL THEN concat('"', _key, '" stands also in ', array_to_string(list_transform(
                list_filter(places, lambda one: one."row" <> _row), lambda one: one.place), ' and '),
                '; keep one of them')
            END), '') END AS wanting
    FROM sorted_out LEFT JOIN twin ON folded_key = lower(_key)
)
SELECT CASE WHEN dropped_as IS NULL THEN _key END AS _key, _place, _row,
    CASE WHEN dropped_as IS NOT NULL THEN 'drop' WHEN wanting IS NOT NULL THEN 'quarantine' ELSE 'land' END AS _fate,
    coalesce(dropped_as, wanting) AS _reason,
    * EXCLUDE (_key, _place, _row, _filled, _mapped, _label, _again, _fault, _problem, dropped_as, wanting,
               folded_key, places)
FROM reasoned
ORDER BY _row;
