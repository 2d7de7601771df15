"""Which files a source has, and which of them changed since they were read."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from connectors.contract import Cursor, Unauthorised, Unreadable

READINGS = 1
"""Raised when the same file would be read differently, so that all files are read anew."""

LOCK_PREFIX = "~$"  # the file that Excel keeps beside a workbook that somebody has open


@dataclass(frozen=True)
class Listed:
    """A file as the folder lists it, unopened. `scope` is its path from the source's folder, with `/`."""

    path: Path
    scope: str
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Content:
    """A file's bytes as they were read, all at once, and their hash."""

    data: bytes
    sha256: str


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


def _listed(folder: Path, path: Path) -> Listed | None:
    """None where the file is gone again, or is none."""
    inside = path.relative_to(folder) if path.is_relative_to(folder) else path
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return (
        Listed(path, inside.as_posix(), found.st_size, found.st_mtime_ns)
        if stat.S_ISREG(found.st_mode)
        else None
    )


def content(file: Listed) -> Content:
    """The file's bytes. Raises Unauthorised or Unreadable where it cannot be read."""
    try:
        data = file.path.read_bytes()
    except PermissionError as error:
        raise Unauthorised(
            file.scope,
            f"the file cannot be opened ({error.strerror})",
            "Give this account the right to read it",
        ) from error
    except OSError as error:
        raise Unreadable(
            file.scope, f"the file cannot be read ({error.strerror})", "See that it is there and whole"
        ) from error
    return Content(data, hashlib.sha256(data).hexdigest())


def fingerprint(options: BaseModel) -> str:
    """Changes when the options do, or the way of reading."""
    return hashlib.sha256(f"{READINGS} {options.model_dump_json()}".encode()).hexdigest()


@dataclass
class Known:
    """What a cursor knows of the files that were read: scope → size, mtime_ns, sha256 and more.

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
        """Whether the file is listed as it was when it was read. If it was only touched, its hash tells."""
        entry = self.files.get(file.scope)
        if entry is None:
            return False
        if (entry["size"], entry["mtime_ns"]) == (file.size, file.mtime_ns):
            return True
        return entry["size"] == file.size and bool(entry["sha256"] == content(file).sha256)

    def learn(self, file: Listed, sha256: str, **more: Any) -> None:
        self.files[file.scope] = {"size": file.size, "mtime_ns": file.mtime_ns, "sha256": sha256, **more}

    def cursor(self, **more: Any) -> Cursor:
        return {
            "options": self.fingerprint,
            "files": {scope: dict(entry) for scope, entry in self.files.items()},
            **more,
        }
