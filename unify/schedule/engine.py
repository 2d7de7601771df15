"""What runs the passes: plain Python over lists of records, or the same functions compiled over numpy arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


class Engine(Protocol):
    """Where records live, and what runs over them."""

    def run(self, function: Function) -> Function:
        """This function of one of the passes' modules, as this engine runs it."""

    def numbers(self, length: int, value: int = 0) -> Any:
        """So many indices or counts."""

    def records(self, record: type, length: int) -> Any:
        """So many records, each as new."""

    def table(self, column: Sequence[int]) -> Any:
        """A column of a calendar's tables."""


class Plain:
    """Nothing to import or compile: for plans of up to a few thousand items."""

    def run(self, function: Function) -> Function:
        return function

    def numbers(self, length: int, value: int = 0) -> list[int]:
        return [value] * length

    def records(self, record: type, length: int) -> list[Any]:
        return [record() for _ in range(length)]

    def table(self, column: Sequence[int]) -> Sequence[int]:
        return column
