"""What tests of several folders share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

MATERIAL = Path(os.environ.get("INTERLOCK_MATERIAL", Path(__file__).parents[2] / "shared" / "material"))
"""Others' data to test against, never part of the repository (see its SOURCES.md)."""


@pytest.fixture(scope="session")
def material() -> Path:
    if not MATERIAL.is_dir():
        pytest.skip(
            f"the material from outside is not at {MATERIAL} (INTERLOCK_MATERIAL names another folder)"
        )
    return MATERIAL
