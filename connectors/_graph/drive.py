"""A drive of SharePoint or OneDrive as a shelf: what stands on it, lent out for writing, replaced if unchanged.

A file is known by its drive item id: renamed or moved it keeps the scope under which it was first read, and a
copy has an id of its own. What changed is asked by delta: where nothing did, that is one request, however many
files there are. Kept between runs (`keeping`): the tree of the drive and its delta link, scopes, and which
content was there before and after our own writes, so that these are not read back as news.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connectors._graph import session, transport
from connectors._graph.client import GraphClient
from connectors._graph.errors import Forbidden, NotDone, NotThere, name_it
from connectors._graph.finding import find_drive
from connectors._graph.keeping import Keeping, Kept
from connectors._graph.lending import DriveLoan, Lender
from connectors._graph.listing import changed
from connectors._graph.options import Auth, DrivePath
from connectors._graph.tokens import Tokens
from connectors._graph.tree import Item, Tree
from connectors._readings.files import Content, Listed, Loan, is_glob
from connectors.contract import Finding, Place, SourceError, Unreadable

LARGEST_FILE = 1024**3
"""Bytes: what is read at once, into memory."""


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
        self.lender = Lender(self._client, self._kept, self._path.save, self._auth.client_id, self._keep)
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def _keep(self) -> None:
        self._kept.write(self._keeping)

    # --- listing and reading ------------------------------------------------------------------------------

    def listed(self, known: Mapping[str, Mapping[str, Any]]) -> list[Listed]:
        of_item = {str(entry["item"]): scope for scope, entry in known.items() if "item" in entry}
        tree = self._up_to_date(of_item)
        paths = tree.files()
        named = {identity: path for identity, path in paths.items() if tree.matches(path)}
        if not named and not self.many:  # the one file was renamed or moved: it is still the one
            known_ids = of_item or self._kept.scopes
            named = {identity: paths[identity] for identity in known_ids if identity in paths}
        scopes = self._kept.scopes = _scopes(named, self._kept.scopes | of_item, paths)
        self._keep()
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
        try:
            return self._fetch(identity, name)
        except SourceError as error:
            name_it(error, name, self.address(identity))
            raise

    def _fetch(self, identity: str, name: str) -> tuple[Item, bytes]:
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

    # --- writing -------------------------------------------------------------------------------------------

    @contextmanager
    def lend(self, scope: str) -> Iterator[Loan]:
        identity = self._identity(scope)
        item, content = self.fetch(identity, scope)
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / (item.name or "workbook.xlsx")
            copy.write_bytes(content)
            loan = DriveLoan(self.lender, item, copy, content, scope)
            try:
                yield loan
            except SourceError as error:
                name_it(error, scope, str(copy), self.address(identity))
                raise

    def _identity(self, scope: str) -> str:
        for again in (False, True):
            if again:
                self.listed({})
            for identity, known in self._kept.scopes.items():
                if known == scope and self._kept.drive:
                    return identity
        raise Unreadable(scope, "it is not on the drive any more", "Put it back, or change `path`")

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
            self._keep()
            if self._path.save == "session":
                return Finding(
                    "fail", f"Excel's service is not open to us; set `save: file` or `auto` ({error})"
                )
            then = "flags are written by replacing the file, so not while somebody has it open"
            return Finding("warn", f"Excel's service is not open to us; {then} ({error})")
        self._kept.sessions = True
        self._keep()
        return Finding("ok", "flags are written by Excel's service, also while people have the workbook open")


class DriveFile:
    """A file on the drive (`connectors._readings.files.Listed`)."""

    def __init__(self, drive: Drive, item: Item, scope: str, name: str) -> None:
        self._drive, self._item = drive, item
        self.scope, self.name = scope, name

    @property
    def saved_by(self) -> str | None:
        return self._drive.lender.saved_by(self._item)

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
