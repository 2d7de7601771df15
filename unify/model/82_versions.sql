-- The releases for which items are meant. None of it plans: that a release is out on a day is said of the release.
DELETE FROM model.version;
INSERT INTO model.version BY NAME
SELECT DISTINCT ON (version_id)
    source_id || ':version/' || key AS version_id, source_id, staged.name, release_date, released
FROM staged_version AS staged
JOIN item USING (source_id, record_key)
ORDER BY version_id, seen DESC, record_key;

DELETE FROM model.version_item;
INSERT INTO model.version_item BY NAME
SELECT DISTINCT source_id || ':version/' || key AS version_id, item_id
FROM staged_version
JOIN item USING (source_id, record_key);
