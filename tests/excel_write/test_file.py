"""The exchange of the file: nothing is taken from anybody, nothing half is ever there."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Deferred, Refused, Unreadable
from connectors.excel import write_file
from connectors.excel.package import CellEdit, Change
from connectors.excel.write_file import opened, patch

EDITS = {"Plan": Change([CellEdit(1, 1, "hi")])}


@pytest.mark.parametrize("lock", ["~$plan.xlsx", ".~lock.plan.xlsx#"])
def test_a_workbook_that_somebody_has_open_is_deferred(lock, make) -> None:
    book = make()
    before = book.sha256
    book.path.with_name(lock).touch()
    with pytest.raises(Deferred, match="somebody has it open"):
        book.write(1, 1, "hi")
    assert book.sha256 == before
    book.path.with_name(lock).unlink()
    assert book.write(1, 1, "hi")


def test_a_workbook_that_changed_since_it_was_read_is_deferred(make) -> None:
    book = make()
    read = book.sha256
    book.write(1, 1, "theirs")
    theirs = book.sha256
    with pytest.raises(Deferred, match="changed since it was read"):
        patch(book.path, EDITS, read)
    assert book.sha256 == theirs


def while_flushing(monkeypatch: pytest.MonkeyPatch, event: Any) -> None:
    """Let something happen when the new file is on disk and not yet in place."""
    flush = os.fsync

    def flushing(handle: int) -> None:
        flush(handle)
        if stat.S_ISREG(os.fstat(handle).st_mode):
            event()

    monkeypatch.setattr(os, "fsync", flushing)


def test_a_workbook_that_is_saved_while_it_is_being_written_is_deferred(make, monkeypatch) -> None:
    book = make()
    while_flushing(monkeypatch, lambda: book.path.write_bytes(b"saved by somebody"))
    with pytest.raises(Deferred, match="while it was being written"):
        book.write(1, 1, "hi")
    assert book.path.read_bytes() == b"saved by somebody"
    assert not book.strays()


def test_a_workbook_that_is_opened_while_it_is_being_written_is_deferred(make, monkeypatch) -> None:
    book = make()
    before = book.sha256
    while_flushing(monkeypatch, book.path.with_name("~$plan.xlsx").touch)
    with pytest.raises(Deferred, match="somebody has it open"):
        book.write(1, 1, "hi")
    assert (book.sha256, book.strays()) == (before, [])


def test_what_the_disk_garbles_is_not_put_in_place(make, monkeypatch) -> None:
    book = make(parts={"xl/vbaProject.bin": "macro" * 100})
    before = book.sha256

    def garble() -> None:
        [new] = book.path.parent.glob(".~interlock-*")
        data = bytearray(new.read_bytes())
        data[data.index(b"xl/vbaProject.bin") + 20] ^= 0xFF
        new.write_bytes(data)

    while_flushing(monkeypatch, garble)
    with pytest.raises(Refused, match=r"xl/vbaProject\.bin differs, which was not to be touched"):
        book.write(1, 1, "hi")
    assert (book.sha256, book.strays()) == (before, [])


def test_a_full_disk_defers_and_leaves_nothing_behind(make, monkeypatch) -> None:
    book = make()
    before = book.sha256

    def full() -> None:
        raise OSError(28, "No space left on device")

    while_flushing(monkeypatch, full)
    with pytest.raises(Deferred, match="No space left on device"):
        book.write(1, 1, "hi")
    assert (book.sha256, book.strays()) == (before, [])


def test_the_mode_is_kept_and_the_time_is_new(make) -> None:
    book = make()
    book.path.chmod(0o664)
    os.utime(book.path, ns=(10**18, 10**18))
    book.write(1, 1, "hi")
    status = book.path.stat()
    assert stat.S_IMODE(status.st_mode) == 0o664
    assert status.st_mtime_ns > 10**18


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file to another owner")
def test_the_owner_and_the_group_are_kept(make) -> None:
    book = make()
    os.chown(book.path, 12345, 54321)
    book.write(1, 1, "hi")
    status = book.path.stat()
    assert (status.st_uid, status.st_gid) == (12345, 54321)


def test_extended_attributes_are_kept(make) -> None:
    book = make()
    try:
        os.setxattr(book.path, "user.label", b"internal")
    except OSError as error:
        pytest.skip(f"the file system of {book.path.parent} keeps no extended attributes: {error}")
    book.write(1, 1, "hi")
    assert os.getxattr(book.path, "user.label") == b"internal"


def test_a_file_that_would_be_taken_from_its_owner_is_refused(make, monkeypatch) -> None:
    """A process that is not root cannot give the new file to the old one's owner."""
    book = make()
    book.path.chmod(0o644)
    before = book.sha256
    status = book.path.stat()
    real = Path.stat

    def of_somebody_else(path: Path, **more: Any) -> os.stat_result:
        found = real(path, **more)
        return os.stat_result((*found[:4], status.st_uid + 1, *found[5:])) if path == book.path else found

    def no_gift(handle: int, owner: int, group: int) -> None:
        if owner != -1:
            raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "stat", of_somebody_else)
    monkeypatch.setattr(os, "fchown", no_gift)
    with pytest.raises(Refused, match="belongs to somebody else"):
        book.write(1, 1, "hi")
    assert (book.sha256, book.strays()) == (before, [])
    book.path.chmod(0o664)
    assert book.write(1, 1, "hi")


def test_a_file_that_is_marked_read_only_is_refused(make) -> None:
    book = make()
    book.path.chmod(0o444)
    with pytest.raises(Refused, match="read-only"):
        book.write(1, 1, "hi")


def test_a_file_that_is_too_large_or_gone_is_not_opened(make, monkeypatch) -> None:
    book = make()
    read = book.sha256
    monkeypatch.setattr(write_file, "LARGEST_FILE", 100)
    with pytest.raises(Refused, match="more than the 100 allowed"):
        opened(book.path, read)
    book.path.unlink()
    with pytest.raises(Unreadable, match="no such file"):
        opened(book.path, read)


def test_a_link_keeps_pointing_to_the_workbook(make, tmp_path) -> None:
    book = make()
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "tracker.xlsx"
    link.symlink_to(book.path)
    patch(link, EDITS, book.sha256)
    assert link.is_symlink()
    assert "<t>hi</t>" in book.part()


def test_what_a_killed_process_left_is_removed_by_the_next_and_nothing_else(make, tmp_path) -> None:
    book = make()
    prefix = write_file._prefix(book.path)
    theirs = [tmp_path / ".~interlock-0123456789ab-x.tmp", tmp_path / "~$other.xlsx"]
    for path in [tmp_path / f"{prefix}killed.tmp", *theirs]:
        path.touch()
    book.write(1, 1, "hi")
    assert sorted(tmp_path.iterdir()) == sorted([book.path, *theirs])


def test_a_file_system_without_locks_will_do(make, monkeypatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(write_file.fcntl, "flock", no_locks)
    assert make().write(1, 1, "hi")


def test_a_temporary_file_that_is_in_use_is_not_removed(make, tmp_path) -> None:
    book = make()
    theirs = tmp_path / f"{write_file._prefix(book.path)}theirs.tmp"
    with theirs.open("wb") as writing:
        fcntl.flock(writing, fcntl.LOCK_EX)
        book.write(1, 1, "hi")
        assert theirs.exists()
    book.write(1, 1, "ho")
    assert not theirs.exists()


# --- killed at every moment ---------------------------------------------------------------------------------

CHILD = """
import hashlib, os, signal, sys
from pathlib import Path
from connectors.excel import write_file, package_zip
from connectors.excel.package import CellEdit, Change
from connectors.excel.write_file import patch

path, sha256 = Path(sys.argv[1]), sys.argv[2]
old = path.read_bytes()

class Moments:
    armed, passed, last = False, 0, 0

    def pass_one(self):
        self.passed += self.armed
        if self.armed and self.passed == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

moments = Moments()

def killing(module, name):
    real = getattr(module, name)
    def effect(*args, **more):
        moments.pass_one()
        result = real(*args, **more)
        moments.pass_one()
        return result
    setattr(module, name, effect)

for name in ("open", "fchown", "chmod", "utime", "fsync", "replace", "unlink"):
    killing(os, name)

class Pieces(list):
    def __iter__(self):
        for piece in super().__iter__():
            moments.pass_one()
            yield piece

replaced = package_zip.Container.replaced
package_zip.Container.replaced = lambda self, parts: Pieces(replaced(self, parts))

def line_by_line(frame, event, argument):
    if frame.f_code.co_filename == write_file.__file__:
        moments.pass_one()
        return line_by_line

while True:
    moments.last += 1
    path.write_bytes(old)
    child = os.fork()
    if not child:
        moments.armed = True
        sys.settrace(line_by_line)
        patch(path, {"Plan": Change([CellEdit(1, 1, "hi")])}, sha256)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    left = [name for name in os.listdir(path.parent) if name != path.name]
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    print(os.waitstatus_to_exitcode(status), found, *left)
    if left:
        path.write_bytes(old)
        patch(path, {"Plan": Change([CellEdit(1, 1, "hi")])}, sha256)
        assert os.listdir(path.parent) == [path.name]
    if not os.WIFSIGNALED(status):
        break
"""


def test_killed_at_any_moment_the_file_is_the_old_or_the_new_one_and_the_next_write_tidies_up(make) -> None:
    """At every line of the exchange, before and after every effect, between any two pieces written."""
    book = make(parts={"xl/vbaProject.bin": "macro" * 100})
    old = book.sha256
    command = [sys.executable, "-c", CHILD, str(book.path), old]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    *killed, done = [line.split() for line in output.splitlines()]
    assert done == ["0", book.sha256]
    assert {code for code, *_ in killed} == {str(-signal.SIGKILL)}
    states = [found for _, found, *_ in killed]
    exchanged = states.index(book.sha256)
    assert set(states[:exchanged]) == {old}
    assert set(states[exchanged:]) == {book.sha256}
    assert min(exchanged, len(states) - exchanged) >= 5
    strays = [left for _, _, *left in killed]
    assert max(map(len, strays)) == 1
    assert not any(strays[exchanged:])
    assert any(left[0].startswith(".~interlock-") for left in strays if left)
