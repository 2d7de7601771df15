"""A workbook as a file on disk: who has it open, and how it is exchanged so that no kill leaves half of it.

The new content goes to a file of its own in the same folder, is flushed to disk and looked at, and then takes
the old one's name in one step (POSIX rename). Before that step the old file is whole, after it the new one.
A process that dies before it leaves a file named `.~interlock-…tmp`, which the next write removes.

Mode, owner, access lists and other extended attributes are kept. The modification time is not: it is how
sync clients, backups and people see that there is something new.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

from connectors.contract import Deferred, Refused, Unreadable
from connectors.excel.package import Change, Package, Patched

LARGEST_FILE = 256 * 1024 * 1024
"""Bytes. A larger file is no tracker."""

Accept = Callable[[bytes], None]
"""Gets the new file as read back from disk, and raises what it will not have."""

_AGAIN = "Nothing was written; the next run reads it again and tries anew"


def read(path: Path, expected_sha256: str) -> bytes:
    """The file as it was when `expected_sha256` was taken of it.

    Raises Unreadable where it is missing, Refused where it is marked read-only, too large or encrypted, or
    not ours to read, Deferred where somebody has it open, it has changed, or its disk does not answer.
    """
    try:
        status = path.stat()
        if status.st_size > LARGEST_FILE:
            problem = f"it has {status.st_size:,} bytes, more than the {LARGEST_FILE:,} allowed"
            raise Refused(str(path), problem, "Nothing was written. Save the workbook smaller")
        if not status.st_mode & 0o222:
            raise Refused(str(path), "it is marked read-only", "Nothing was written. Make it writable")
        _defer_if_open(path)
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise Unreadable(
            str(path), "there is no such file any more", "Set `path` to where it went"
        ) from error
    except OSError as error:
        raise _failed(path, error) from error
    if raw.startswith(bytes.fromhex("D0CF11E0A1B11AE1")):
        # An encrypted workbook is a compound file around the package (MS-OFFCRYPTO 2.3.4.5); so is an .xls.
        problem = "it is encrypted, or an old .xls workbook"
        raise Refused(str(path), problem, "Save it as .xlsx without a password to have it flagged")
    if hashlib.sha256(raw).hexdigest() != expected_sha256:
        raise Deferred(str(path), "it has changed since it was read", _AGAIN)
    return raw


def opened(path: Path, expected_sha256: str) -> Package:
    """The workbook as it was when `expected_sha256` was taken of it. Raises as `read` and `Package`."""
    return Package(read(path, expected_sha256), str(path))


def put(path: Path, expected_sha256: str, patched: Patched) -> None:
    """Put the patched workbook in the old one's place, if that is still as it was; raises as `exchange`."""
    exchange(path, patched.pieces, expected_sha256, patched.accept)


def patch(path: Path, changes: Mapping[str, Change], expected_sha256: str) -> Mapping[str, str]:
    """`opened`, `Package.patched` and `put` in one call, for changes that need no look at the sheet first.

    Gives the changed parts, each with its reason; none where all was there already.
    """
    patched = opened(path, expected_sha256).patched(changes)
    if patched is None:
        return {}
    put(path, expected_sha256, patched)
    return patched.changed


def create(path: Path, content: bytes, like: Path) -> None:
    """Make a file that is not there yet, whole or not at all, for those who may see the file `like`.

    Raises Deferred where it is there by now or the disk fails, Refused where the folder does not let us.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=_prefix(path), suffix=".tmp", dir=path.parent)
        new = Path(name)
        try:
            with os.fdopen(handle, "wb") as out:
                with contextlib.suppress(OSError):
                    status = like.stat()
                    os.fchmod(out.fileno(), stat.S_IMODE(status.st_mode) | stat.S_IWUSR)
                    os.fchown(out.fileno(), -1, status.st_gid)
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            os.link(new, path)  # unlike a rename, it never takes the place of a file that came meanwhile
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise _failed(path, error) from error
    _flush_folder(path.parent)


def exchange(path: Path, pieces: Iterable[bytes | memoryview], expected_sha256: str, accept: Accept) -> None:
    """Put new content in the file's place, if that still has this hash, once `accept` has seen it as written.

    Raises Deferred where the file has meanwhile been opened or changed or the disk fails, Refused where its
    folder or its rights do not let us.
    """
    try:
        path = path.resolve(strict=True)  # a link keeps pointing to the workbook
        for stray in path.parent.glob(f"{_prefix(path)}*.tmp"):
            _remove_unless_in_use(stray)
        handle, name = tempfile.mkstemp(prefix=_prefix(path), suffix=".tmp", dir=path.parent)
        new = Path(name)
        try:
            with os.fdopen(handle, "wb") as out:
                with contextlib.suppress(OSError):  # some network file systems have no locks
                    fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _write(path, new, out, pieces)
                accept(new.read_bytes())
                _defer_if_open(path)
                if hashlib.sha256(path.read_bytes()).hexdigest() != expected_sha256:
                    raise Deferred(str(path), "it was changed while it was being written", _AGAIN)
                os.replace(new, path)
        finally:
            new.unlink(missing_ok=True)  # after the exchange nothing has that name
    except OSError as error:
        raise _failed(path, error) from error
    _flush_folder(path.parent)


def _write(path: Path, new: Path, out: BinaryIO, pieces: Iterable[bytes | memoryview]) -> None:
    _keep_rights(path, new, out.fileno())
    out.writelines(pieces)
    out.flush()
    os.fsync(out.fileno())


def _failed(path: Path, error: OSError) -> Refused | Deferred:
    reason = error.strerror or str(error)
    if isinstance(error, PermissionError):
        advice = "Nothing was written. Give Interlock the right to write the file and its folder"
        return Refused(str(path), f"the system does not let us ({reason})", advice)
    return Deferred(str(path), f"the system could not do it now ({reason})", _AGAIN)


def _defer_if_open(path: Path) -> None:
    """Excel keeps `~$name` beside a workbook while it is open, LibreOffice `.~lock.name#`."""
    for folder in {path.parent, path.resolve().parent}:
        for lock in (folder / f"~${path.name}", folder / f".~lock.{path.name}#"):
            if lock.exists():
                problem = f"somebody has it open ({lock.name} stands beside it)"
                raise Deferred(str(path), problem, "Nothing was written; the next run tries again")


def _keep_rights(path: Path, new: Path, handle: int) -> None:
    """Owner, mode, access lists and extended attributes of the old file for the new one."""
    status = path.stat()
    for owner in (status.st_uid, -1):
        with contextlib.suppress(OSError):
            os.fchown(handle, owner, status.st_gid)
            break
    shutil.copystat(path, new)
    ours = os.fstat(handle)
    same_rights = (status.st_mode >> 3 & 0o6) == (status.st_mode >> 6 & 0o6)
    if ours.st_gid != status.st_gid or (ours.st_uid != status.st_uid and not same_rights):
        # Only an owner's process may give a file away: the new file would be ours, and theirs no more.
        problem = "it belongs to somebody else, who would lose their rights in it"
        advice = "Nothing was written. Run Interlock as its owner, or let its group write it"
        raise Refused(str(path), problem, advice)


def _remove_unless_in_use(stray: Path) -> None:
    """Whoever writes a temporary file holds its lock; a killed process holds none."""
    with contextlib.suppress(OSError), stray.open("rb") as left:
        fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
        stray.unlink()


def _flush_folder(folder: Path) -> None:
    """Make the new name survive a power cut. Some network file systems cannot; the file is whole anyway."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _prefix(path: Path) -> str:
    # No tracker's glob finds this name, sync clients pass it over, and it is short whatever the workbook's.
    return f".~interlock-{hashlib.sha256(path.name.encode()).hexdigest()[:12]}-"
