"""An issue that people move to another project: one item before and after, found by either key."""

from __future__ import annotations

from datetime import date

from sandbox.jira import JiraSandbox, JiraSite
from tests.jira.conftest import Clock
from tests.jira.unified import Unified


def test_a_moved_issue_stays_the_item_that_it_was_with_its_history_and_its_old_key(tmp_path):
    clock = Clock()
    site = JiraSite(clock.now)
    site.add_user("Dana Smith", "dana@meridian.example")
    site.add_user("Interlock", "hub@meridian.example")
    site.grant("hub@meridian.example", "secret")
    for project in ("PLAT", "SEC"):
        site.add_project(project)
    first = site.create_issue("PLAT", "Open access", by="Dana Smith", fields={"duedate": "2026-03-20"})
    after = site.create_issue("PLAT", "Use access", by="Dana Smith")
    site.link("Blocks", first.key, after.key)
    with JiraSandbox(site) as jira:
        links = {"Blocks": {"type": "FS", "predecessor": "outward"}}
        unified = Unified(tmp_path, {"url": jira.url, "jql": "project in (PLAT, SEC)", "links": links})
        unified.sync(date(2026, 1, 5))
        before = unified.rows("SELECT item_id, native_key FROM work_item ORDER BY 1")
        clock.pass_(days=3)
        site.set_fields(first.key, {"duedate": "2026-04-17"}, by="Dana Smith")
        moved = site.move_issue(first.key, "SEC", by="Dana Smith")
        unified.sync(date(2026, 1, 8))
    assert moved.key == "SEC-1"
    assert before == [("jira-it:PLAT-1", "PLAT-1"), ("jira-it:PLAT-2", "PLAT-2")]
    assert unified.rows("SELECT item_id, native_key FROM work_item ORDER BY 1") == [
        ("jira-it:PLAT-1", "SEC-1"),
        ("jira-it:PLAT-2", "PLAT-2"),
    ]
    assert unified.rows("SELECT predecessor_id, successor_id FROM dependency") == [
        ("jira-it:PLAT-1", "jira-it:PLAT-2")
    ]
    assert unified.rows(
        "SELECT due_date, nth FROM promise WHERE item_id = 'jira-it:PLAT-1' ORDER BY nth"
    ) == [
        (date(2026, 3, 20), 1),
        (date(2026, 4, 17), 2),
    ]
    known = "SELECT name FROM model.item_name WHERE item_id = 'jira-it:PLAT-1' AND form = 'key' ORDER BY name"
    assert {"plat-1", "sec-1"} <= {name for (name,) in unified.rows(known)}
