"""Keys that the options of several file sources share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field


def _alternatives(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Names = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_alternatives), Field(min_length=1)
]
"""One name or a list of them: the headers under which a column may stand, the preferred first; or sheets."""


def configured(columns: BaseModel) -> dict[str, tuple[str, ...]]:
    """Hub name → the headers to look for, of the columns that are configured."""
    return {
        name: headers
        for name in type(columns).model_fields
        if (headers := getattr(columns, name)) is not None
    }
