"""The workbook that Interlock keeps beside a tracker on a drive: found, made, lent for writing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from connectors._graph import upload
from connectors._graph.drive import Drive, DriveFile
from connectors._graph.lending import NewLoan
from connectors._graph.tree import BESIDE, Item
from connectors._readings.files import Loan
from connectors.contract import Deferred, Unreadable


class DriveSidecar:
    """The workbook beside a tracker (`connectors.excel.sidecar.SidecarFile`), in the folder where that lies.

    It is known by its item id once it was made or found: renamed or moved it stays the tracker's. A tracker that
    was renamed keeps it too.
    """

    def __init__(self, drive: Drive, tracker: str, scope: str) -> None:
        """`tracker` and `scope`: what the record knows the two by."""
        self._drive, self._tracker, self.scope = drive, tracker, scope

    def listed(self) -> DriveFile | None:
        item = self._item()
        if item is None:
            return None
        return DriveFile(self._drive, item, self.scope, self._drive.tree().path(item) or self.scope)

    @contextmanager
    def lend(self, blank: Callable[[], bytes]) -> Iterator[Loan]:
        """For writing; one that is not there goes to the drive with its first rows in it."""
        item = self._item()
        if item is None:
            with tempfile.TemporaryDirectory() as folder:
                copy = Path(folder) / "sidecar.xlsx"
                copy.write_bytes(blank())
                yield NewLoan(copy, self.scope, self._make)
        else:
            with self._drive.lend_item(item.id, self.scope) as loan:
                yield loan

    def _item(self) -> Item | None:
        tree, kept = self._drive.tree(), self._drive.kept
        tracker = tree.get(self._drive.known(self._tracker) or "")
        if tracker is None:
            return None
        known = tree.get(kept.beside.get(tracker.id, ""))
        if known is not None:
            return known
        found = tree.child(tracker.parent, _name(tracker))
        if found is not None:
            kept.beside[tracker.id] = found.id
            self._drive.keep()
        return found

    def _make(self, content: bytes) -> None:
        identity = self._drive.identity(self._tracker)
        tracker = self._drive.tree().get(identity)
        if tracker is None:
            raise Unreadable(self.scope, "its tracker is not on the drive any more", "Put it back")
        folder = self._drive.address(tracker.parent)
        try:
            told = upload.create(self._drive.client, folder, _name(tracker), content)
        except Deferred:
            self._drive.listed({})  # somebody has made one since: the next look finds it
            raise
        self._drive.made(identity, Item.told(told) if told is not None else None)


def _name(tracker: Item) -> str:
    return str(PurePosixPath(tracker.name).with_suffix(BESIDE))
