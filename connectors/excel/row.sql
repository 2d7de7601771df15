-- The rows of one sheet as they are spooled. In braces: the sheet's table (of `fates.sql`), and the query of its cells.
SELECT sheet.* EXCLUDE (_label, is_total, is_bare), laid.* EXCLUDE (
    _row, _place, _filled, _mapped, _label, _again, _fault, _problem, "@title", "@parent", "@url")
FROM ({laid}) AS laid
JOIN {sheet} AS sheet USING (_row)
