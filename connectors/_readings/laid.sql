-- The rows of `cell` with their mapped columns read. In braces: expressions made of quoted identifiers and
-- parameters, one per column (see table.py).
CREATE OR REPLACE TEMP TABLE laid AS
SELECT
    "row" AS _row, concat($place, ', ', $word, ' ', "row") AS _place,
    filled_cells AS _filled, list_count([{mapped}]) AS _mapped, label AS _label,
    lower(concat_ws(chr(31), {cells})) = $header AS _again, fault AS _fault,
    coalesce(fault, nullif(concat_ws('; ', {problems}), '') || '; ' || $fix) AS _problem,
    {named},
    {own}
FROM cell
{joins}
