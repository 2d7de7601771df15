SELECT item_id, coalesce(native_key, item_id), coalesce(title, ''), coalesce(url, ''), coalesce(class, 'public'),
       source_id
FROM work_item
WHERE item_id IN (SELECT unnest(from_json($ids, '["VARCHAR"]')))
