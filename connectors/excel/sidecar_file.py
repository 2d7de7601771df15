"""Where the workbook beside a tracker is kept: in the tracker's folder, or beside it on its drive."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from connectors._readings import files
from connectors._readings.files import Folder, Listed, Loan, LocalLoan, Shelf
from connectors.contract import Place
from connectors.excel import write_file
from connectors.excel.sidecar import scope_of


class SidecarFile(Protocol):
    """Where the workbook beside a tracker is kept, whether it is there yet or not."""

    @property
    def scope(self) -> str: ...

    def listed(self) -> Listed | None:
        """The file, for reading; None where it is not there."""
        ...

    def lend(self, blank: Callable[[], bytes]) -> AbstractContextManager[Loan]:
        """The file, for writing; where it is not there, it is made from `blank`."""
        ...


def beside(shelf: Shelf, place: Place, tracker: str) -> SidecarFile:
    """The workbook beside a tracker, on the tracker's own shelf."""
    if isinstance(shelf, Folder):
        return FolderSidecar(place.folder, tracker)
    from connectors._graph.beside import (
        DriveSidecar,  # most sources lie in a folder, and need no HTTP library
    )
    from connectors._graph.drive import Drive

    assert isinstance(shelf, Drive)
    return DriveSidecar(shelf, tracker, scope_of(tracker))


class FolderSidecar:
    """In the folder of the tracker."""

    def __init__(self, folder: Path, tracker: str) -> None:
        self.scope = scope_of(tracker)
        self._folder, self._path, self._tracker = folder, folder / self.scope, folder / tracker

    def listed(self) -> Listed | None:
        return (
            next(iter(files.listed(self._folder, glob.escape(self.scope))), None)
            if self._path.is_file()
            else None
        )

    @contextmanager
    def lend(self, blank: Callable[[], bytes]) -> Iterator[Loan]:
        if not self._path.exists():
            write_file.create(self._path, blank(), like=self._tracker)
        yield LocalLoan(self._path)
