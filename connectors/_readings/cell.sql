-- The rows of a table that hold anything (see blocks.py). In braces: the columns' texts as they are, and whether cells are
-- typed numbers.
CREATE OR REPLACE TEMP TABLE cell (
    "row" BIGINT, fault VARCHAR, filled_cells INTEGER, label VARCHAR, marked BOOLEAN, beyond VARCHAR{raw}{typed}
);
