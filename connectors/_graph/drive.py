"""A drive of SharePoint or OneDrive as a shelf: what stands on it, lent out for writing, replaced if unchanged.

A file is known by its drive item id: renamed or moved it keeps the scope under which it was first read, and a
copy has an id of its own. What changed is asked by delta: where nothing did, that is one request, however many
files there are. Kept between runs (`keeping`): the tree of the drive and its delta link, scopes, and which
content was there before and after our own writes, so that these are not read back as news.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connectors._graph import session, transport, upload
from connectors._graph.client import GraphClient
from connectors._graph.errors import AGAIN, Forbidden, NotDone, NotThere
from connectors._graph.finding import find_drive
from connectors._graph.keeping import Keeping
from connectors._graph.listing import changed
from connectors._graph.options import Auth, DrivePath
from connectors._graph.tokens import Tokens
from connectors._graph.tree import Item, Tree
from connectors._readings.files import Content, Edit, Listed, Loan, is_glob
from connectors.contract import Deferred, Finding, Place, SourceError, Unreadable

KEPT = "drive.json"
LARGEST_FILE = 1024**3
"""Bytes: what is read at once, into memory."""


@dataclass
class Kept:
    """What is kept of a drive between runs. `about` is what it was made from: of another it is no use.

    `scopes`: item id → scope. `written`: item id → the content's tags before and after our own writes, and who
    had saved it before. `sessions`: whether the tenant lets us write by Excel's service, None where not known.
    """

    about: str
    drive: str = ""
    link: str = ""
    tree: dict[str, Any] = field(default_factory=dict)
    scopes: dict[str, str] = field(default_factory=dict)
    written: dict[str, dict[str, str | None]] = field(default_factory=dict)
    sessions: bool | None = None

    @classmethod
    def read(cls, keeping: Keeping, about: str) -> Kept:
        try:
            told = json.loads(keeping.read(KEPT) or "{}")
            return cls(**told) if told.get("about") == about else cls(about)
        except (ValueError, TypeError, AttributeError):
            return cls(about)  # of an older version, or cut: everything is listed anew

    def write(self, keeping: Keeping) -> None:
        keeping.write(KEPT, json.dumps(self.__dict__, ensure_ascii=False))


class Drive:
    """A shelf (`connectors._readings.files.Shelf`); use it as a context manager."""

    def __init__(self, place: Place, path: DrivePath, auth: Auth) -> None:
        self.place = str(path)
        self.many = is_glob(path.path)
        self._path, self._auth, self._clock = path, auth, place.clock
        self._keeping = Keeping(place.keep)
        self._kept = Kept.read(self._keeping, f"{path.graph} {path} {auth.tenant}")

    def __enter__(self) -> Drive:
        encrypted = {urlsplit(self._path.graph).scheme, urlsplit(self._auth.authority).scheme} != {"http"}
        self._http = transport.open_http("https:" if encrypted else "http:")
        self._tokens = Tokens(self._auth, self._path.graph, self._keeping, self._http, self._clock)
        self._client = GraphClient(self._path.graph, self._tokens, self._http, self._clock)
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    # --- listing and reading ------------------------------------------------------------------------------

    def listed(self, known: Mapping[str, Mapping[str, Any]]) -> list[Listed]:
        of_item = {str(entry["item"]): scope for scope, entry in known.items() if "item" in entry}
        tree = self._up_to_date(of_item)
        paths = tree.files()
        named = {identity: path for identity, path in paths.items() if tree.matches(path)}
        if not named and not self.many:  # the one file was renamed or moved: it is still the one
            named = {identity: paths[identity] for identity in of_item if identity in paths}
        scopes = self._kept.scopes = _scopes(named, self._kept.scopes | of_item, paths)
        self._kept.write(self._keeping)
        found = [
            DriveFile(self, self._item(tree, identity), scopes[identity], named[identity])
            for identity in named
        ]
        return sorted(found, key=lambda file: file.scope)

    def _up_to_date(self, of_item: Mapping[str, str]) -> Tree:
        """The drive as it is now."""
        kept = self._kept
        for again in (True, False):
            asked_before = bool(kept.drive)
            if not kept.drive:
                kept.drive = find_drive(self._client, self._path)
            tree = Tree.kept(self._path.path, kept.tree) if kept.link else Tree(self._path.path)
            try:
                wanted = {*of_item, *kept.scopes}
                tree, kept.link = changed(self._client, kept.drive, kept.link, tree, self._path.path, wanted)
                break
            except NotThere:
                if not (again and asked_before):
                    raise
                kept.drive = kept.link = ""  # the library was made anew under the same name
        kept.tree = tree.keep()
        return tree

    @staticmethod
    def _item(tree: Tree, identity: str) -> Item:
        item = tree.get(identity)
        assert item is not None
        return item

    def fetch(self, identity: str, name: str) -> tuple[Item, bytes]:
        """A file as it is now, with its bytes. They may be newer than the tags, never older."""
        told = self._client.get(self.address(identity))
        if int(told.get("size") or 0) > LARGEST_FILE:
            raise Unreadable(
                name, f"it has {told['size']:,} bytes", "A file this large is no tracker and no export"
            )
        item = Item.told(told)
        if not item.download:
            raise Unreadable(
                name,
                "Graph gives no address to download it from",
                "See whether the library lets files be downloaded",
            )
        return item, self._client.download(item.download)

    def address(self, identity: str) -> str:
        return f"/drives/{self._kept.drive}/items/{identity}"

    def wrote(self, identity: str, before: str | None, now: str) -> bool:
        """Whether content went from one tag to another by our own writes alone."""
        ours = self._kept.written.get(identity)
        return ours is not None and (ours["before"], ours["after"]) == (before, now)

    def saved_by(self, item: Item) -> str | None:
        """The person who last saved a file; if we did, the one before us."""
        if item.saved_by_app != self._auth.client_id:
            return item.saved_by
        ours = self._kept.written.get(item.id)
        return ours["by"] if ours is not None and ours["after"] == item.content_tag else None

    # --- writing -------------------------------------------------------------------------------------------

    @contextmanager
    def lend(self, scope: str) -> Iterator[Loan]:
        identity = self._identity(scope)
        item, content = self.fetch(identity, scope)
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / (item.name or "workbook.xlsx")
            copy.write_bytes(content)
            loan = _DriveLoan(self, item, copy, content, scope)
            try:
                yield loan
            except SourceError as error:
                error.place = loan.shown(error.place)
                error.args = tuple(loan.shown(str(text)) for text in error.args)
                raise

    def _identity(self, scope: str) -> str:
        for again in (False, True):
            if again:
                self.listed({})
            for identity, known in self._kept.scopes.items():
                if known == scope and self._kept.drive:
                    return identity
        raise Unreadable(scope, "it is not on the drive any more", "Put it back, or change `path`")

    def replace(self, item: Item, content: bytes, edits: Mapping[str, Sequence[Edit]], scope: str) -> None:
        """Write by Excel's service where that is wanted and allowed, else replace the file."""
        if not self._by_session(item, edits, scope):
            told = upload.replace(self._client, self.address(item.id), item.tag, content, scope)
            if told is None:
                self._settle_unanswered(item, scope)
        self._remember(item)

    def _by_session(self, item: Item, edits: Mapping[str, Sequence[Edit]], scope: str) -> bool:
        wanted = self._path.save
        if wanted == "file" or (wanted == "auto" and self._kept.sessions is False):
            return False
        try:
            session.write(self._client, self.address(item.id), item.content_tag, edits, scope)
        except (Forbidden, NotDone) as error:
            if wanted == "session":
                raise
            if isinstance(error, Forbidden):
                self._kept.sessions = False
            return False
        self._kept.sessions = True
        return True

    def _settle_unanswered(self, item: Item, scope: str) -> None:
        now = Item.told(self._client.get(self.address(item.id)))
        if now.tag == item.tag:
            raise Deferred(scope, "the upload ended without effect", AGAIN)
        if now.saved_by_app != self._auth.client_id:
            raise Deferred(scope, "it was changed while it was being uploaded", AGAIN)

    def _remember(self, before: Item) -> None:
        """Note what the content is after our write, which SharePoint may have rewritten; only if still ours."""
        now = Item.told(self._client.get(self.address(before.id)))
        if now.saved_by_app != self._auth.client_id:
            return
        by, first = self.saved_by(before), before.content_tag
        earlier = self._kept.written.get(before.id)
        if earlier is not None and earlier["after"] == before.content_tag:
            first = str(earlier["before"])
        self._kept.written[before.id] = {"before": first, "after": now.content_tag, "by": by}
        self._kept.write(self._keeping)

    # --- check ---------------------------------------------------------------------------------------------

    def findings(self) -> Iterator[Finding]:
        yield from self._tokens.sign_in()
        found = self.listed({})
        yield Finding("ok", f"{self.place}: {len(found)} {'file' if len(found) == 1 else 'files'}")
        workbooks = [file for file in found if file.name.lower().endswith((".xlsx", ".xlsm"))]
        if workbooks and self._path.save != "file":
            yield self._probed(str(workbooks[0].stamp()["item"]))

    def _probed(self, identity: str) -> Finding:
        try:
            session.probe(self._client, self.address(identity))
        except (Forbidden, NotDone) as error:
            self._kept.sessions = False
            self._kept.write(self._keeping)
            if self._path.save == "session":
                return Finding(
                    "fail", f"Excel's service is not open to us; set `save: file` or `auto` ({error})"
                )
            then = "flags are written by replacing the file, so not while somebody has it open"
            return Finding("warn", f"Excel's service is not open to us; {then} ({error})")
        self._kept.sessions = True
        self._kept.write(self._keeping)
        return Finding("ok", "flags are written by Excel's service, also while people have the workbook open")


class DriveFile:
    """A file on the drive (`connectors._readings.files.Listed`)."""

    def __init__(self, drive: Drive, item: Item, scope: str, name: str) -> None:
        self._drive, self._item = drive, item
        self.scope, self.name = scope, name

    @property
    def saved_by(self) -> str | None:
        return self._drive.saved_by(self._item)

    def content(self) -> Content:
        self._item, data = self._drive.fetch(self._item.id, self.name)
        return Content(data, hashlib.sha256(data).hexdigest())

    def stamp(self) -> Mapping[str, Any]:
        return {"item": self._item.id, "content_tag": self._item.content_tag}

    def same_as(self, entry: Mapping[str, Any]) -> bool:
        if entry.get("item") != self._item.id:
            return False
        before, now = entry.get("content_tag"), self._item.content_tag
        return before == now or self._drive.wrote(self._item.id, before, now)


@dataclass(frozen=True)
class _DriveLoan:
    """A copy to be patched; what the patch made of it goes back to the drive."""

    drive: Drive
    item: Item
    path: Path
    content: bytes
    scope: str

    def shown(self, text: str) -> str:
        return text.replace(str(self.path), self.scope)

    def give_back(self, patch: Callable[[], object], edits: Mapping[str, Sequence[Edit]]) -> None:
        patch()  # into the copy: what must not be written is refused here, whichever way it would go back
        new = self.path.read_bytes()
        if new != self.content:
            self.drive.replace(self.item, new, edits, self.scope)


def _scopes(named: Mapping[str, str], known: Mapping[str, str], there: Mapping[str, str]) -> dict[str, str]:
    """Item id → scope: the one under which it is known, else its path, made unlike any that is taken."""
    scopes = {identity: known[identity] for identity in named if identity in known}
    taken = {scope for identity, scope in known.items() if identity in there}
    for identity, path in sorted(named.items(), key=lambda one: one[1]):
        if identity not in scopes:
            scope, number = path, 1
            while scope in taken:
                number += 1
                scope = f"{path} ({number})"
            scopes[identity] = scope
            taken.add(scope)
    return scopes
