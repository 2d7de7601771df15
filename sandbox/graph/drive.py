"""A document library: folders and files by id, their versions, and the list of what changed.

What people do to it is done through the methods that take `by`. As SharePoint does, it counts two versions of
a file: the eTag's, which anything raises, and the cTag's, which only its content raises.
"""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

Identity = dict[str, dict[str, str]]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass
class Entry:
    """A folder or file. `locked`: somebody has it open in Excel on a desktop."""

    id: str
    parent: str
    name: str
    folder: bool
    by: Identity
    at: datetime
    content: bytes = b""
    version: int = 1
    content_version: int = 1
    guid: str = ""
    locked: bool = False

    @property
    def tag(self) -> str:
        return f'"{{{self.guid}}},{self.version}"'

    @property
    def content_tag(self) -> str:
        return f'"c:{{{self.guid}}},{self.content_version}"'


@dataclass
class Drive:
    """One library. `rewrites`: as SharePoint does with Office files, what is uploaded is packed anew, and
    that counts as a version; `repeats`: the delta tells each state that an item went through."""

    id: str
    name: str
    site: str
    now: Callable[[], datetime]
    rewrites: bool = True
    repeats: bool = True
    page_size: int = 200
    entries: dict[str, Entry] = field(default_factory=dict)
    log: list[tuple[Entry, bool]] = field(default_factory=list)
    """What changed, in order: the item as it was then, and whether it was deleted."""
    oldest: int = 0
    """The first place in the log that delta tokens may still name."""

    def __post_init__(self) -> None:
        self._numbers = 0
        self.root = self._add("", "root", True, b"", self._app("SharePoint App"))

    # --- what people do ------------------------------------------------------------------------------------

    def put(self, path: str, content: bytes, by: Identity) -> Entry:
        """Save a file; folders on the way are made."""
        *folders, name = path.split("/")
        parent = self.root
        for folder in folders:
            parent = self._child(parent, folder) or self._add(parent.id, folder, True, b"", by)
        found = self._child(parent, name)
        if found is None:
            return self._add(parent.id, name, False, content, by)
        return self.save(found, content, by)

    def save(self, entry: Entry, content: bytes, by: Identity) -> Entry:
        entry.content, entry.by, entry.at = content, by, self.now()
        entry.version += 1
        entry.content_version += 1
        self._tell(entry)
        return entry

    def rewrite(self, entry: Entry) -> None:
        """What the service does with an Office file that a program sent: it packs it anew."""
        if entry.content.startswith(b"PK"):
            self.save(entry, repacked(entry.content), entry.by)

    def move(self, entry: Entry, path: str, by: Identity) -> None:
        """Rename or move, folders included: only the item itself makes news."""
        *folders, name = path.split("/")
        parent = self.root
        for folder in folders:
            parent = self._child(parent, folder) or self._add(parent.id, folder, True, b"", by)
        entry.parent, entry.name, entry.by = parent.id, name, by
        entry.version += 1
        self._tell(entry)

    def touch(self, entry: Entry) -> None:
        """Something beside the content changes: a column of the library, a permission."""
        entry.version += 1
        self._tell(entry)

    def delete(self, entry: Entry) -> None:
        for child in [one for one in self.entries.values() if one.parent == entry.id]:
            self.delete(child)
        del self.entries[entry.id]
        self.log.append((replace(entry), True))

    def forget(self) -> None:
        """Delta tokens handed out so far are too old from now on."""
        self.oldest = len(self.log) + 1
        self.log.append((replace(self.root), False))

    # --- looking -------------------------------------------------------------------------------------------

    def file(self, path: str) -> Entry:
        found: Entry | None = self.root
        for name in path.split("/"):
            found = self._child(found, name) if found else None
        assert found is not None, path
        return found

    def get(self, identity: str) -> Entry | None:
        return self.root if identity == "root" else self.entries.get(identity)

    def path(self, entry: Entry) -> str:
        names = []
        while entry.id != self.root.id:
            names.append(entry.name)
            entry = self.entries[entry.parent]
        return "/".join(reversed(names))

    def told(self, entry: Entry, deleted: bool = False, where: bool = False) -> dict[str, Any]:
        """The driveItem; `where`: with the path of its folder, which delta leaves out."""
        parent = {"driveId": self.id, "driveType": "documentLibrary", "siteId": self.site}
        if entry.parent:
            parent["id"] = entry.parent
        if deleted:
            return {"id": entry.id, "deleted": {"state": "deleted"}, "parentReference": parent}
        at = entry.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        told: dict[str, Any] = {
            "id": entry.id, "name": entry.name, "eTag": entry.tag, "lastModifiedDateTime": at,
            "createdDateTime": at, "lastModifiedBy": entry.by, "parentReference": parent,
            "size": len(entry.content),
        }  # fmt: skip
        if entry is self.root:
            told["root"] = {}
        if where and entry.parent:
            above = self.path(self.entries[entry.parent])
            parent["path"] = f"/drives/{self.id}/root:" + (f"/{above}" if above else "")
        if entry.folder:
            told["folder"] = {"childCount": sum(one.parent == entry.id for one in self.entries.values())}
        else:
            told["cTag"] = entry.content_tag
            told["file"] = {"mimeType": XLSX, "hashes": {"quickXorHash": "x"}}
        return told

    # --- inside --------------------------------------------------------------------------------------------

    def _add(self, parent: str, name: str, folder: bool, content: bytes, by: Identity) -> Entry:
        self._numbers += 1
        guid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.id}/{self._numbers}")).upper()
        made = Entry(f"01{guid.replace('-', '')}", parent, name, folder, by, self.now(), content, guid=guid)
        self.entries[made.id] = made
        self._tell(made)
        return made

    def _child(self, parent: Entry, name: str) -> Entry | None:
        children = (one for one in self.entries.values() if one.parent == parent.id)
        return next((one for one in children if one.name.lower() == name.lower()), None)

    def _tell(self, entry: Entry) -> None:
        self.log.append((replace(entry), False))

    @staticmethod
    def _app(name: str) -> Identity:
        return {"application": {"id": "00000003-0000-0ff1-ce00-000000000000", "displayName": name}}


def repacked(content: bytes) -> bytes:
    """The same parts, packed otherwise: what the service makes of an Office file has other bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            new.writestr(entry.filename, old.read(entry), zipfile.ZIP_DEFLATED, 1)
    return out.getvalue()
