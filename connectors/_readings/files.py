"""Which files a source has, wherever they lie, and which of them changed since they were read.

Files lie on a shelf: a folder of this machine (`Folder`), or a drive of SharePoint or OneDrive
(`connectors._graph.drive`). What reads or writes them knows the shelf only.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from pydantic import BaseModel

from connectors._graph.options import Auth, DrivePath
from connectors.contract import Cursor, Finding, Place, Unauthorised, Unreadable

READINGS = 1
"""Raised when the same file would be read differently, so that all files are read anew."""

LOCK_PREFIX = "~$"  # the file that Excel keeps beside a workbook that somebody has open


@dataclass(frozen=True)
class Content:
    """A file's bytes as they were read, all at once, and their hash."""

    data: bytes
    sha256: str


class Listed(Protocol):
    """A file as its shelf lists it, unopened."""

    @property
    def scope(self) -> str:
        """What the record knows it by: the path, from the source's folder, under which it was first seen."""
        ...

    @property
    def name(self) -> str:
        """The path that people see now."""
        ...

    @property
    def saved_by(self) -> str | None:
        """Who last saved it, for display, where the shelf tells."""
        ...

    def content(self) -> Content:
        """Its bytes. Raises Unauthorised, Unreadable or Retry where it cannot be read."""
        ...

    def stamp(self) -> Mapping[str, Any]:
        """What a cursor remembers of it, to know it unchanged later."""
        ...

    def same_as(self, entry: Mapping[str, Any]) -> bool:
        """Whether it is as it was when `entry` was remembered: its stamp, and the `sha256` of its content."""
        ...


class Loan(Protocol):
    """A workbook lent for writing."""

    @property
    def path(self) -> Path:
        """Where it can be read and patched: the file itself, or a copy made for the purpose."""
        ...

    def shown(self, text: str) -> str:
        """A message about the file at `path`, naming it as people know it."""
        ...

    def give_back(self, patch: Callable[[], object], edits: Mapping[str, Sequence[Edit]]) -> None:
        """Have the shelf hold the workbook with its edits, if it is unchanged since it was lent.

        `patch` writes the edits (sheet name → cells) into the file at `path`. Raises Deferred where the
        workbook changed or is in use, Refused and Unauthorised where it must not be written.
        """
        ...


class Edit(Protocol):
    """A cell to be given a value; None empties it. Rows and columns count from 1."""

    @property
    def row(self) -> int: ...

    @property
    def column(self) -> int: ...

    @property
    def value(self) -> str | float | None: ...


class Shelf(Protocol):
    """Where a source's files lie, open for one operation; use it as a context manager."""

    place: str
    """How messages name it: what the configuration says in `path`."""
    many: bool
    """Whether `path` names several files (a glob)."""

    def __enter__(self) -> Shelf: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    def listed(self, known: Mapping[str, Mapping[str, Any]]) -> list[Listed]:
        """The files that `path` names, in the order of their scopes, none of them opened.

        `known` is what the cursor remembers, scope → entry: a shelf whose files have an identity of their
        own gives a file that was renamed the scope under which it is known.
        """
        ...

    def lend(self, scope: str) -> AbstractContextManager[Loan]:
        """The workbook of a scope, for writing. Raises Unreadable where it is not there any more."""
        ...

    def findings(self) -> Iterator[Finding]:
        """What `check` has to say of the shelf itself, its files apart."""
        ...


def shelf(place: Place, path: str | DrivePath, auth: Auth | None = None) -> Shelf:
    """The shelf that a source's `path` names; touches nothing outside."""
    if isinstance(path, str):
        return Folder(place.folder, path)
    assert auth is not None, "the options of a source see to it that a drive has its `auth`"
    from connectors._graph.drive import Drive  # most sources lie in a folder, and need no HTTP library

    return Drive(place, path, auth)


@dataclass(frozen=True)
class LocalFile:
    """A file in a folder of this machine."""

    path: Path
    scope: str
    size: int
    mtime_ns: int

    saved_by: str | None = None  # file systems tell whose the file is, not who saved it

    @property
    def name(self) -> str:
        return self.scope

    def content(self) -> Content:
        try:
            data = self.path.read_bytes()
        except PermissionError as error:
            raise Unauthorised(
                self.scope,
                f"the file cannot be opened ({error.strerror})",
                "Give this account the right to read it",
            ) from error
        except OSError as error:
            raise Unreadable(
                self.scope, f"the file cannot be read ({error.strerror})", "See that it is there and whole"
            ) from error
        return Content(data, hashlib.sha256(data).hexdigest())

    def stamp(self) -> Mapping[str, Any]:
        return {"size": self.size, "mtime_ns": self.mtime_ns}

    def same_as(self, entry: Mapping[str, Any]) -> bool:
        """By size and time; if it was only touched, its hash tells."""
        if (entry.get("size"), entry.get("mtime_ns")) == (self.size, self.mtime_ns):
            return True
        return entry.get("size") == self.size and bool(entry["sha256"] == self.content().sha256)


@dataclass(frozen=True)
class LocalLoan:
    """The file itself: patching it exchanges it."""

    path: Path

    def shown(self, text: str) -> str:
        return text

    def give_back(self, patch: Callable[[], object], edits: Mapping[str, Sequence[Edit]]) -> None:
        patch()


class Folder:
    """The files that `pattern` (a file or a glob) names in a folder of this machine."""

    def __init__(self, folder: Path, pattern: str) -> None:
        self.place = str(folder / pattern)
        self.many = is_glob(pattern)
        self._folder, self._pattern = folder, pattern

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to close."""

    def listed(self, known: Mapping[str, Mapping[str, Any]]) -> list[Listed]:
        return listed(self._folder, self._pattern)

    @contextmanager
    def lend(self, scope: str) -> Iterator[Loan]:
        yield LocalLoan(self._folder / scope)

    def findings(self) -> Iterator[Finding]:
        return iter(())


def is_glob(pattern: str) -> bool:
    return any(character in pattern for character in "*?[")


def listed(folder: Path, pattern: str) -> list[Listed]:
    """The files that `pattern` names (a file or a glob, from `folder` on), in the order of their names.

    Lock files of workbooks are none. Raises Unauthorised where a folder may not be listed.
    """
    direct = folder / pattern
    try:
        paths = [direct] if direct.is_file() else list(_matches(folder, pattern)) if is_glob(pattern) else []
        found = [_listed(folder, path) for path in paths if not path.name.startswith(LOCK_PREFIX)]
    except PermissionError as error:
        raise Unauthorised(
            str(direct),
            f"the folder cannot be listed ({error.strerror})",
            "Give this account the right to read it",
        ) from error
    return sorted((file for file in found if file is not None), key=lambda file: file.scope)


def _matches(folder: Path, pattern: str) -> Iterator[Path]:
    if not Path(pattern).is_absolute():
        return folder.glob(pattern)
    start = Path(Path(pattern).anchor)
    return start.glob(str(Path(pattern).relative_to(start)))


def _listed(folder: Path, path: Path) -> LocalFile | None:
    """None where the file is gone again, or is none."""
    inside = path.relative_to(folder) if path.is_relative_to(folder) else path
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return (
        LocalFile(path, inside.as_posix(), found.st_size, found.st_mtime_ns)
        if stat.S_ISREG(found.st_mode)
        else None
    )


def content(file: Listed) -> Content:
    """The file's bytes. Raises Unauthorised, Unreadable or Retry where it cannot be read."""
    return file.content()


def fingerprint(options: BaseModel) -> str:
    """Changes when the options do, or the way of reading."""
    return hashlib.sha256(f"{READINGS} {options.model_dump_json()}".encode()).hexdigest()


@dataclass
class Known:
    """What a cursor knows of the files that were read: scope → their stamp, sha256 and more.

    `files` is empty where the options changed since, for then every file must be read anew; `before` is what
    was known whatever the options were.
    """

    fingerprint: str
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    before: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: Cursor, fingerprint: str) -> Known:
        before = cursor.get("files", {})
        same = cursor.get("options") == fingerprint
        return cls(fingerprint, dict(before) if same else {}, before)

    def unchanged(self, file: Listed) -> bool:
        """Whether the file is as it was when it was read."""
        entry = self.files.get(file.scope)
        return entry is not None and file.same_as(entry)

    def learn(self, file: Listed, sha256: str, **more: Any) -> None:
        self.files[file.scope] = {**file.stamp(), "sha256": sha256, **more}

    def cursor(self, **more: Any) -> Cursor:
        return {
            "options": self.fingerprint,
            "files": {scope: dict(entry) for scope, entry in self.files.items()},
            **more,
        }
