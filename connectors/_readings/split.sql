-- One block of rows into table `cell`: a text per column, taken apart. VALUES, so that DuckDB does not take the texts
-- apart while it plans, cell by cell (2.3 s for 1.1 on 2 million cells).
INSERT INTO cell
SELECT * FROM (
    SELECT
        number::BIGINT AS "row", {fault} AS fault, {filled} AS filled_cells,
        {label} AS label, {marked} AS marked, {beyond} AS beyond{raw}{typed}
    FROM (SELECT {split} FROM (VALUES ({values})) AS given ({names}))
)
WHERE filled_cells > 0;
