-- The rows of a table with their mapped columns read. In braces: expressions made of quoted identifiers and
-- parameters, one per column (see table.py).
SELECT
    "row" AS _row, concat($place{suffix}, ', ', $word{suffix}, ' ', "row") AS _place,
    filled_cells AS _filled, {mapped} AS _mapped, label AS _label,
    coalesce({again}, false) AS _again, fault AS _fault,
    coalesce(fault, nullif(concat_ws('; ', {problems}), '') || '; ' || $fix{suffix}) AS _problem,
    {named},
    {own}
FROM cell{suffix}
{joins}
