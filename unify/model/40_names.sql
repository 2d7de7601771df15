-- Every name by which a reference may call an item. Comparison folds case; a title must be exact but for it.
DELETE FROM model.item_name;
INSERT INTO model.item_name
SELECT 'key' AS form, lower(name) AS name, item_id, source_id
FROM (
    SELECT item_id, source_id, native_key AS name FROM item
    UNION SELECT item_id, source_id, unnest(former_keys) FROM item
    UNION SELECT item_id, source_id, item_id FROM item
    UNION SELECT item_id, source_id, source_id || ':' || native_key FROM item
    UNION SELECT item_id, source_id, source_id || ':' || unnest(former_keys) FROM item
)
UNION
SELECT 'title', folded(title), item_id, source_id FROM item WHERE folded(title) IS NOT NULL
UNION
SELECT 'url', lower(rtrim(url, '/')), item_id, source_id FROM item WHERE url IS NOT NULL
UNION
SELECT 'url', lower(rtrim(left(url, length(url) - length(native_key)) || unnest(former_keys), '/')), item_id, source_id
FROM item WHERE url LIKE '%/browse/%';
