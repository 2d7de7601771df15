"""Optimises, keeps and loads machine code, with LLVM as the package llvmlite brings it."""

from __future__ import annotations

import ctypes
import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import llvmlite.binding as llvm

from unify.schedule.native.unit import ENTRY

INLINE_UP_TO: Final = 60
"""LLVM's own 225 takes twice as long for twice the code, which then runs no faster."""

Entry = Callable[[Any, Any], None]


def machine_code(text: str) -> bytes:
    """An object file for this processor, of LLVM's instructions as `unit.text_of` writes them."""
    module = llvm.parse_assembly(text)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    options.inlining_threshold = INLINE_UP_TO
    # There is nothing to gain: each step of a pass depends on those before it.
    options.loop_vectorization = options.slp_vectorization = False
    builder = llvm.create_pass_builder(_target(), options)
    builder.getModulePassManager().run(module, builder)
    return bytes(_target().emit_object(module))


def load(code: bytes) -> Entry:
    """The entry of an object file; the code stays as long as the process."""
    name = f"unit{len(_LOADED)}"
    library = llvm.JITLibraryBuilder().add_object_img(code).add_current_process().export_symbol(ENTRY)
    tracker = library.link(_linker(), name)
    _LOADED.append(tracker)
    return ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(tracker[ENTRY])


_LOADED: Final[list[Any]] = []


def kept_code(file: Path) -> bytes | None:
    """What `keep` left there; None for nothing, or a file that is torn."""
    try:
        kept = file.read_bytes()
    except OSError:
        return None
    code = kept[hashlib.sha256().digest_size :]
    return code if kept == hashlib.sha256(code).digest() + code else None


def keep(code: bytes, file: Path) -> None:
    """Keep it for other processes, if the folder can be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=file.parent)
    except OSError:
        return
    with os.fdopen(handle, "wb") as written:
        written.write(hashlib.sha256(code).digest() + code)
    os.replace(beside, file)


def edition() -> str:
    """What machine code depends on besides the source: LLVM, and this processor."""
    return " ".join(map(str, (*llvm.llvm_version_info, _target().triple, *_processor())))


@lru_cache(maxsize=1)
def _processor() -> tuple[str, str]:
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


@lru_cache(maxsize=1)
def _target() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    cpu, features = _processor()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(cpu=cpu, features=features, opt=2, reloc="pic", codemodel="small")


@lru_cache(maxsize=1)
def _linker() -> Any:
    _target()
    return llvm.create_lljit_compiler()
