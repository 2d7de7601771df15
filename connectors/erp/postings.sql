-- What becomes of each line. In braces: the amount as the file has it, and the columns of the file, as text with
-- their names, that make up the identity of a line without document and line number. The parameters are how
-- people find a cell, before and after the line's number.
CREATE OR REPLACE TEMP TABLE posting AS
WITH judged AS (
    SELECT laid.*,
        CASE
            WHEN _again THEN 'the header again'
            WHEN tally.kind IS NOT NULL AND NOT ties THEN 'a total; not checked, as an amount above it cannot be read'
            WHEN tally.kind IS NOT NULL AND whole THEN 'the total of the lines above it'
            WHEN tally.kind IS NOT NULL THEN 'a subtotal of lines above it'
            WHEN _fault IS NULL AND _filled = 1 AND trimmed({amount}) IS NULL THEN 'a heading: one cell in the whole line'
        END AS dropped_as,
        concat($before, _row, $after_amount) AS amount_cell, concat($before, _row, $after_date) AS date_cell
    FROM laid LEFT JOIN tally USING (_row)
), found_wanting AS MATERIALIZED (
    SELECT * EXCLUDE (amount_cell, date_cell),
        CASE WHEN _fault IS NULL AND "@amount" IS NULL AND NOT contains(coalesce(_problem, ''), amount_cell)
            THEN concat(amount_cell, ': blank, so there is nothing to post; ', $fix) END AS amountless,
        CASE WHEN $has_date AND _fault IS NULL AND "@posting_date" IS NULL
                AND ("@fiscal_year" IS NULL OR "@period" IS NULL) AND NOT contains(coalesce(_problem, ''), date_cell)
            THEN concat(date_cell, ': blank, so it belongs to no period; ', $fix) END AS dateless,
        CASE WHEN TRY_CAST("@period" AS INTEGER) NOT BETWEEN 1 AND 16
                THEN concat($before, _row, ': there is no fiscal period ', "@period", ': they run from 1 to 16; ', $fix)
            WHEN TRY_CAST("@fiscal_year" AS INTEGER) NOT BETWEEN 1900 AND 2199
                THEN concat($before, _row, ': there is no fiscal year ', "@fiscal_year", ': it has four digits; ', $fix)
        END AS periodless,
        CASE WHEN dropped_as IS NULL AND _fault IS NULL THEN
            CASE WHEN "@document" IS NOT NULL AND "@line" IS NOT NULL
                THEN concat_ws('|', coalesce("@company_code", ''), coalesce("@ledger", ''),
                               coalesce("@fiscal_year", ''), "@document", "@line")
                ELSE left(sha256(concat_ws(chr(31), {identity})), 32) END END AS content,
        "@document" IS NOT NULL AND "@line" IS NOT NULL AS declared
    FROM judged
), repeated AS (
    SELECT _row, row_number() OVER (PARTITION BY content ORDER BY _row) AS nth,
        list(_row) OVER (PARTITION BY content) AS all_rows
    FROM found_wanting
    WHERE content IN (SELECT content FROM found_wanting WHERE content IS NOT NULL GROUP BY content HAVING count(*) > 1)
), named AS (
    SELECT found_wanting.*,
        CASE WHEN declared OR content IS NULL THEN content ELSE content || '#' || coalesce(nth, 1) END AS _key,
        CASE WHEN declared AND all_rows IS NOT NULL
            THEN concat('document ', "@document", ' line ', "@line", ' stands also in line ',
                array_to_string(list_sort(list_filter(all_rows, lambda one: one <> _row)), ' and '), '; ', $fix)
        END AS doubled
    FROM found_wanting LEFT JOIN repeated USING (_row)
)
SELECT _key, _place, _row,
    CASE
        WHEN dropped_as IS NOT NULL THEN 'drop'
        WHEN coalesce(_problem, amountless, dateless, periodless, doubled) IS NOT NULL THEN 'quarantine'
        ELSE 'land'
    END AS _fate,
    CASE WHEN dropped_as IS NOT NULL THEN dropped_as
        ELSE nullif(concat_ws('; ', _problem, amountless, dateless, periodless, doubled), '') END AS _reason,
    exact("@amount") AS _amount,
    * EXCLUDE (_key, _place, _row, _filled, _mapped, _label, _again, _fault, _problem, dropped_as, amountless,
               dateless, periodless, content, declared, doubled)
FROM named
ORDER BY _row;
