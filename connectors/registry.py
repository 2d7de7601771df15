"""Finds connector modules by name; imports only those that the configuration names."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType
from typing import Any

import connectors
from connectors.contract import Connector, Place

NOT_TOOLS = frozenset({"contract", "registry"})


@cache
def kinds() -> tuple[str, ...]:
    """The kinds of source there are: the public modules of this folder that keep the contract."""
    names = [module.name for module in pkgutil.iter_modules(connectors.__path__)]
    return tuple(sorted(name for name in names if name not in NOT_TOOLS and not name.startswith("_")))


def module(kind: str) -> ModuleType:
    """The connector module of a kind. Raises KeyError for a kind that there is not."""
    if kind not in kinds():
        raise KeyError(kind)
    return importlib.import_module(f"connectors.{kind}")


def options_model(kind: str) -> Any:
    """The pydantic model of the kind's own keys in `interlock.yaml`."""
    return module(kind).Options


def connect(kind: str, place: Place, options: Any) -> Connector:
    """A connector for one configured source; touches nothing outside."""
    connector: Connector = module(kind).connect(place, options)
    return connector
