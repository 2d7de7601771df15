-- Anything with dates and an owner, from every tool: one row per item and source.
SELECT item_id, source_id, native_key, kind, type, title, labels, department_id, owner_id, initiative_id,
       parent_id, node_id, status, source_status, priority, source_priority, start_date, due_date,
       actual_start, finish_date, estimate_days, progress, deadline, touched_on, class, url, locator,
       project, scope, status_known
FROM model.work_item
