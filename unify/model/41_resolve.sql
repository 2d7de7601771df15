-- Resolves `token` (a reference as written, with the item or register row that holds it) to an item.
-- An item's own source comes first: a key or title that it holds itself is not ambiguous.

-- A Salesforce id of 15 characters in the form of 18, which can be compared without regard to case: each of the
-- last three tells which of five are capitals (references.py has the same for ids in addresses).
CREATE OR REPLACE TEMP MACRO long_record_id(key) AS key || array_to_string(
    list_transform([0, 5, 10], lambda start: substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
        1 + CAST(list_sum(list_transform(range(5), lambda n:
            CASE WHEN substr(key, start + n + 1, 1) BETWEEN 'A' AND 'Z' THEN 1 << CAST(n AS INTEGER) ELSE 0 END)) AS INTEGER),
        1)), '');

CREATE OR REPLACE TEMP TABLE resolved AS
WITH candidate AS (
    SELECT token.token_id, item_name.item_id, item_name.source_id = token.own_source AS is_own
    FROM token
    JOIN model.item_name ON item_name.form = token.form
        AND item_name.name = CASE WHEN token.form = 'title' THEN folded(token.target) ELSE lower(token.target) END
        -- Nobody copies or waits for himself by title; that an item waits for its own key is a cycle, and shown.
        AND NOT (item_name.item_id = token.holder_id AND (token.field = 'same_as' OR token.form = 'title'))
    UNION
    SELECT token.token_id, item_name.item_id, item_name.source_id = token.own_source
    FROM token
    JOIN model.item_name ON item_name.form = 'key'
        AND item_name.name = lower(regexp_extract(token.target, '^(.*:)?', 0)
                                   || long_record_id(regexp_extract(token.target, '[^:]*$', 0)))
        AND NOT (item_name.item_id = token.holder_id AND token.field = 'same_as')
    WHERE token.form = 'key' AND regexp_full_match(token.target, '(.*:)?[A-Za-z0-9]{15}')
), counted AS (
    SELECT token_id,
           count(DISTINCT item_id) AS candidates, min(item_id) AS any_item,
           count(DISTINCT item_id) FILTER (is_own) AS own_candidates, min(item_id) FILTER (is_own) AS own_item,
           string_agg(DISTINCT item_id, ' and ' ORDER BY item_id) AS names
    FROM candidate
    GROUP BY token_id
)
SELECT
    token.*,
    CASE WHEN own_candidates = 1 THEN own_item WHEN candidates = 1 THEN any_item END AS target_id,
    CASE
        WHEN own_candidates = 1 OR candidates = 1 THEN NULL
        WHEN candidates > 1 THEN 'ambiguous: ' || names || '. Write the full id'
        WHEN gone.key IS NOT NULL THEN 'it stood in ' || gone.source_id || ' and is gone: ' || gone.reason
        WHEN token.form = 'key' AND EXISTS (FROM model.item_name AS t WHERE t.form = 'title' AND t.name = folded(token.target))
            THEN 'no source has this key; if it is a title, put it in quotes'
        WHEN token.form = 'key' THEN 'no source has an item with this key'
        WHEN token.form = 'url' THEN 'no source has an item at this address'
        ELSE 'no source has an item with exactly this title'
    END AS problem
FROM token
LEFT JOIN counted USING (token_id)
LEFT JOIN (SELECT DISTINCT ON (lower(key)) lower(key) AS key, source_id, reason FROM staged_gone ORDER BY lower(key), source_id)
    AS gone ON gone.key = lower(token.target);

INSERT INTO model.reference_problem
SELECT DISTINCT holder_id, field, text, problem FROM resolved WHERE problem IS NOT NULL;
