"""What would be if: the published plan in memory, changed and planned again by the same code.

Nothing is written: the snapshot is attached read-only, and the copy lives as long as its connection.
"""

from __future__ import annotations

from unify.simulation.what_if import NotPossible, WhatIf

__all__ = ["NotPossible", "WhatIf"]
