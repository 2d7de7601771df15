-- Through which statuses an item went, in order. Of a Jira issue as its changelog tells, from the day it was made;
-- elsewhere as it was seen with each pull. `source_status` is the tool's word as it is now, `status` what it means:
-- how a closed item ended (done or dropped) is told by `work_item`. `until` is NULL for the one in which it stands.
SELECT item_id, nth, status, source_status, since, until FROM model.status_history
