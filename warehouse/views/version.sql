-- The releases for which items are meant (Jira's fix versions), as the item read last shows them. A release's date is
-- no promise of its items: it plans nothing.
SELECT version_id, source_id, name, release_date, released FROM model.version
