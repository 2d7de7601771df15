"""What stands on a drive, kept in step by its changes: folders, and the files that a pattern may name.

Graph tells the latest state of each item, an item may be told several times, and the last time counts. The
path of an item is not told, for a renamed folder does not make news of what is in it: so folders are kept by
their ids, and paths are made here ("driveItem: delta", remarks).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

LOCK_PREFIX = "~$"
Path = str


@dataclass(frozen=True)
class Item:
    """A folder or file as the drive tells it. `content_tag` changes with its content, `tag` with anything."""

    id: str
    parent: str
    name: str
    folder: bool
    tag: str = ""
    content_tag: str = ""
    saved_by: str | None = None
    saved_by_app: str = ""
    download: str = ""
    """Where its bytes are to be had, for about an hour; not kept."""

    @classmethod
    def told(cls, item: Mapping[str, Any]) -> Item:
        """From a driveItem of Graph."""
        by = item.get("lastModifiedBy") or {}
        person, app = by.get("user") or {}, by.get("application") or {}
        tag = str(item.get("eTag") or "")
        return cls(
            id=str(item["id"]),
            parent=str((item.get("parentReference") or {}).get("id") or ""),
            name=str(item.get("name") or ""),
            folder="file" not in item,
            tag=tag,
            content_tag=str(item.get("cTag") or tag),
            saved_by=person.get("displayName") or person.get("email"),
            saved_by_app=str(app.get("id") or ""),
            download=str(item.get("@microsoft.graph.downloadUrl") or ""),
        )


class Tree:
    """Items by id. Holds every folder, and of the files those whose name the pattern's last step matches."""

    def __init__(self, pattern: str, items: Iterable[Item] = (), root: str = "") -> None:
        self._steps = pattern.lower().split("/")
        self._items = {item.id: item for item in items}
        self.root = root

    @classmethod
    def kept(cls, pattern: str, told: Mapping[str, Any]) -> Tree:
        return cls(pattern, (Item(**item) for item in told["items"]), told["root"])

    def keep(self) -> dict[str, Any]:
        items = [asdict(item) | {"download": ""} for item in self._items.values()]
        return {"root": self.root, "items": items}

    def apply(self, told: Sequence[Mapping[str, Any]], wanted: Iterable[str]) -> None:
        """Take a page of changes in, in its order; `wanted` are ids that are kept whatever their name."""
        wanted = set(wanted)
        for one in told:
            if "deleted" in one:
                self._items.pop(str(one.get("id")), None)
                continue
            item = Item.told(one)
            if "root" in one:
                self.root = item.id
            elif item.folder or item.id in wanted or self._may_match(item):
                self._items[item.id] = item
            else:
                self._items.pop(item.id, None)  # it was renamed, or became something else

    def get(self, identity: str) -> Item | None:
        return self._items.get(identity)

    def put(self, item: Item) -> None:
        self._items[item.id] = item

    def path(self, item: Item) -> Path | None:
        """Its path from the drive's top; None where a folder above it is gone."""
        names, parent = [item.name], item.parent
        while parent != self.root:
            above = self._items.get(parent)
            if above is None or len(names) > len(self._items):
                return None
            names.append(above.name)
            parent = above.parent
        return "/".join(reversed(names))

    def files(self) -> dict[str, Path]:
        """Id → path of the files that are there."""
        paths = {item.id: self.path(item) for item in self._items.values() if not item.folder}
        return {identity: path for identity, path in paths.items() if path is not None}

    def matches(self, path: Path) -> bool:
        """Whether the pattern names a path; case does not count on SharePoint."""
        return _matches(self._steps, path.lower().split("/"))

    def _may_match(self, item: Item) -> bool:
        if item.name.startswith(LOCK_PREFIX):
            return False
        return self._steps[-1] == "**" or fnmatchcase(item.name.lower(), self._steps[-1])


def _matches(pattern: Sequence[str], steps: Sequence[str]) -> bool:
    """As `Path.glob`: `*` within a step, `**` for any number of folders. A name itself always matches."""
    if not pattern:
        return not steps
    if pattern[0] == "**":
        return any(_matches(pattern[1:], steps[number:]) for number in range(len(steps) + 1))
    if not steps:
        return False
    here = pattern[0] == steps[0] or fnmatchcase(steps[0], pattern[0])
    return here and _matches(pattern[1:], steps[1:])
