"""A site as a JSON file, and back: what `python -m sandbox.jira --state` keeps between runs."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.jira.model import (
    Absent,
    Comment,
    Component,
    Field,
    History,
    Issue,
    IssueType,
    Link,
    LinkType,
    Named,
    Project,
    Status,
    User,
    Version,
)
from sandbox.jira.site import JiraSite

TABLES: dict[str, type] = {
    "users": User, "projects": Project, "statuses": Status, "issue_types": IssueType, "priorities": Named,
    "resolutions": Named, "security_levels": Named, "link_types": LinkType, "versions": Version,
    "components": Component, "fields": Field, "absent": Absent,
}  # fmt: skip


def save(site: JiraSite, path: Path) -> None:
    """Write the whole site, whole or not at all."""
    kept: dict[str, Any] = {name: [asdict(row) for row in getattr(site, name).values()] for name in TABLES}
    kept["issues"] = [asdict(issue) for issue in site.issues.values()]
    links = {id(link): link for ends in site.links.values() for link in ends}
    kept["links"] = [asdict(link) for link in links.values()]
    kept |= {"tokens": site.tokens, "hidden": sorted(site.hidden), "muted": sorted(site.muted)}
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.write_text(json.dumps(kept, indent=1, default=datetime.isoformat), encoding="utf-8")
    fresh.replace(path)


def restore(site: JiraSite, path: Path) -> None:
    """Fill a new site from a file that `save` wrote."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    for name, kind in TABLES.items():
        rows = [kind(**row) for row in kept[name]]
        setattr(site, name, {getattr(row, "account_id", "") or row.id: row for row in rows})
        for row in rows:
            site.reserve(getattr(row, "id", ""))
    for raw in kept["issues"]:
        comments = [_revived(Comment, each) for each in raw.pop("comments")]
        histories = [_revived(History, each) for each in raw.pop("histories")]
        site.file_issue(_revived(Issue, raw | {"comments": comments, "histories": histories}))
    for raw in kept["links"]:
        site.file_link(Link(**raw))
    site.tokens, site.hidden, site.muted = kept["tokens"], set(kept["hidden"]), set(kept["muted"])


def _revived(kind: type, raw: dict[str, Any]) -> Any:
    """A record whose moments are moments again."""
    assert is_dataclass(kind)
    moments = {each.name for each in fields(kind) if "datetime" in str(each.type)}
    return kind(
        **{name: datetime.fromisoformat(v) if name in moments and v else v for name, v in raw.items()}
    )
