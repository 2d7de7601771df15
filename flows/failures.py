"""What ends a command with a message rather than a traceback: nothing was changed."""

from __future__ import annotations

from flows.configuration import ConfigurationError
from flows.context import LOCKED, WRONG_CALL
from flows.naming import Unknown
from flows.reading import NothingPublished, UnknownBreak
from reports.finance import UnknownPeriod
from rules.engine.children import EngineError
from rules.engine.discover import RuleError
from unify.simulation import NotPossible
from warehouse.database import WarehouseError
from warehouse.lock import Held

WRONG = (
    ConfigurationError,
    RuleError,
    WarehouseError,
    NothingPublished,
    UnknownBreak,
    Unknown,
    NotPossible,
    UnknownPeriod,
    EngineError,
)


def exit_status(error: Exception) -> int | None:
    """The exit status for an error that its message explains; None for a fault of Interlock's own."""
    if isinstance(error, Held):
        return LOCKED
    return WRONG_CALL if isinstance(error, WRONG) else None
