"""A workbook lent for writing: a copy is patched, and goes back to the drive if nobody else was quicker."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from connectors._graph import session, upload
from connectors._graph.client import GraphClient
from connectors._graph.errors import AGAIN, Forbidden, NotDone
from connectors._graph.keeping import Kept
from connectors._graph.tree import Item
from connectors._readings.files import Edit
from connectors._readings.workbook import Workbook
from connectors.contract import Deferred, Unreadable


@dataclass(frozen=True)
class Lender:
    """How workbooks go back to a drive. `us` is our app's id, by which the drive says who saved a file."""

    client: GraphClient
    kept: Kept
    save: Literal["auto", "session", "file"]
    us: str
    keep: Callable[[], None]

    def address(self, item: Item) -> str:
        return f"/drives/{self.kept.drive}/items/{item.id}"

    def saved_by(self, item: Item) -> str | None:
        """The person who last saved a file; if we did, the one before us."""
        if item.saved_by_app != self.us:
            return item.saved_by
        ours = self.kept.written.get(item.id)
        return ours["by"] if ours is not None and ours["after"] == item.content_tag else None

    def replace(
        self,
        item: Item,
        content: bytes,
        edits: Mapping[str, Sequence[Edit]],
        scope: str,
        file_first: bool = False,
    ) -> None:
        """Write by Excel's service where that is wanted and allowed, else replace the file.

        `content` is the whole workbook as it is to be, `edits` the cells in which it differs; none where cells alone
        do not say it (a table that takes in rows): then the file is replaced. `file_first`: cells say only part of
        it (not the table, the drop-down and the filter that new columns stand in), so that `auto` tries the file
        first, and Excel's service where that is in use.
        """
        if file_first and self.save == "auto":
            with contextlib.suppress(Deferred):
                self._by_file(item, content, scope)
                return
        if self._by_session(item, edits, scope):
            self._remember(item, content)
        else:
            self._by_file(item, content, scope)

    def _by_file(self, item: Item, content: bytes, scope: str) -> None:
        told = upload.replace(self.client, self.address(item), item.tag, content, scope)
        if told is None:
            self._settle_unanswered(item, scope)
        self._remember(item)

    def _by_session(self, item: Item, edits: Mapping[str, Sequence[Edit]], scope: str) -> bool:
        if not edits or self.save == "file" or (self.save == "auto" and self.kept.sessions is False):
            return False
        try:
            session.write(self.client, self.address(item), item.content_tag, edits, scope)
        except (Forbidden, NotDone) as error:
            if self.save == "session":
                raise
            if isinstance(error, Forbidden):  # the tenant, not this workbook
                self.kept.sessions = False
            return False
        self.kept.sessions = True
        return True

    def _settle_unanswered(self, item: Item, scope: str) -> None:
        """The upload's last answer was lost, and its session is over: the file tells whether it took effect."""
        now = Item.told(self.client.get(self.address(item)))
        if now.tag == item.tag:
            raise Deferred(scope, "the upload ended without effect", AGAIN)
        if now.saved_by_app != self.us:
            raise Deferred(scope, "it was changed while it was being uploaded", AGAIN)

    def _remember(self, before: Item, expected: bytes | None = None) -> None:
        """Note what the content is after our write, which SharePoint may have packed anew; only if still ours.

        Into a session others may have typed while we wrote, and the file that was saved then counts as ours: it
        is ours alone if its cells are those of `expected`.
        """
        now = Item.told(self.client.get(self.address(before)))
        if now.saved_by_app != self.us:
            return
        if expected is not None and not same_cells(self.client.download(now.download), expected, now.name):
            return
        by, first = self.saved_by(before), before.content_tag
        earlier = self.kept.written.get(before.id)
        if earlier is not None and earlier["after"] == before.content_tag:
            first = str(earlier["before"])
        self.kept.written[before.id] = {"before": first, "after": now.content_tag, "by": by}
        self.keep()


def same_cells(one: bytes, other: bytes, place: str) -> bool:
    """Whether two workbooks show the same texts in the same cells; False where one cannot be read."""
    try:
        return _cells(Workbook(one, place)) == _cells(Workbook(other, place))
    except Unreadable:
        return False


def _cells(workbook: Workbook) -> dict[tuple[str, int, int], str]:
    return {
        (name, row, column): text
        for name in workbook.sheet_names
        for row, cells in enumerate(workbook.grid(name).rows)
        for column, text in enumerate(cells)
        if text is not None
    }


@dataclass
class DriveLoan:
    """A loan (`connectors._readings.files.Loan`): `path` is a copy, which held `content` when it was made.

    `file_first` as in `Lender.replace`; whoever patches the copy sets it.
    """

    lender: Lender
    item: Item
    path: Path
    content: bytes
    scope: str
    file_first: bool = False

    def shown(self, text: str) -> str:
        return text.replace(str(self.path), self.scope)

    def give_back(self, patch: Callable[[], object], edits: Mapping[str, Sequence[Edit]]) -> None:
        patch()  # into the copy: what must not be written is refused here, whichever way it would go back
        new = self.path.read_bytes()
        if new != self.content:
            self.lender.replace(self.item, new, edits, self.scope, self.file_first)


@dataclass(frozen=True)
class NewLoan:
    """A loan of a workbook that is not on the drive yet: `path` is a blank one, which `make` puts there once filled."""

    path: Path
    scope: str
    make: Callable[[bytes], None]

    def shown(self, text: str) -> str:
        return text.replace(str(self.path), self.scope)

    def give_back(self, patch: Callable[[], object], edits: Mapping[str, Sequence[Edit]]) -> None:
        patch()
        self.make(self.path.read_bytes())
