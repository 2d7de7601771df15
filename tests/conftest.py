"""What tests of several folders share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run, so that a run says something about the code alone. The search for new ones
# is `HYPOTHESIS_PROFILE=search pytest tests/schedule/test_properties.py`.
settings.register_profile("repeatable", max_examples=80, deadline=None, derandomize=True)
settings.register_profile("search", max_examples=20_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

MATERIAL = Path(os.environ.get("INTERLOCK_MATERIAL", Path(__file__).parents[2] / "shared" / "material"))
"""Others' data to test against, never part of the repository (see its SOURCES.md)."""


@pytest.fixture(scope="session")
def material() -> Path:
    if not MATERIAL.is_dir():
        pytest.skip(
            f"the material from outside is not at {MATERIAL} (INTERLOCK_MATERIAL names another folder)"
        )
    return MATERIAL


def pytest_make_parametrize_id(val: object) -> None:
    """Refuse an archive as a test's name: it holds the time, and pytest-xdist's workers, which must collect the
    same names, then run nothing at all."""
    if isinstance(val, bytes) and val.startswith(b"PK\3\4\x14"):
        raise pytest.UsageError("name the archives among these parameters with ids=")
