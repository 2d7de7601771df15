"""Writes the references in docs/ from the code: configuration, views, commands.

    python -m flows.reference docs

A test fails while they are not current.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typer.main import get_command

from connectors import registry
from flows.cli import app
from flows.settings import REGISTER, File
from warehouse.database import VIEWS, open_database

GENERATED = "Written by `python -m flows.reference docs`; do not edit.\n"


def pages() -> dict[str, str]:
    """File name → text of each generated reference."""
    return {"configuration.md": configuration(), "views.md": views(), "commands.md": commands()}


# --- configuration --------------------------------------------------------------------------------------


def configuration() -> str:
    """Every key of `interlock.yaml`, with its type, default and meaning."""
    parts = [
        "# Configuration\n",
        GENERATED,
        "One file, `interlock.yaml`. An unknown key is refused with the nearest valid name. Secrets stand in it as"
        " `${NAME}` and come from the environment, or from a file of that name in a folder `secrets` beside it."
        " Paths start at the file's own folder. `examples/interlock.yaml` is a complete one.\n",
        "## The whole\n",
        _table(_keys(File, "")),
        "`<id>` is a name that you choose. What `sources.<id>` takes beside the keys above depends on its `kind`:\n",
    ]
    for kind in (kind for kind in registry.kinds() if kind != REGISTER):
        parts += [f"## `kind: {kind}`\n", _table(_keys(registry.options_model(kind), ""))]
    parts.append("Rules and their parameters: [rules.md](rules.md).\n")
    return "\n".join(parts)


def _table(rows: Iterator[tuple[str, str, str, str]]) -> str:
    lines = ["| key | type | default | meaning |", "|---|---|---|---|"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _keys(model: type[BaseModel], inside: str) -> Iterator[tuple[str, str, str, str]]:
    for name, field in model.model_fields.items():
        key = f"{inside}{field.alias or name}"
        nested, step = _nested(field.annotation)
        if nested is None:
            yield f"`{key}`", _type(field.annotation), _default(field), field.description or ""
        else:
            yield f"`{key}`", _container(field.annotation), _default(field), field.description or ""
            yield from _keys(nested, f"{key}{step}.")


def _nested(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    """The model inside an annotation, and the step of the path that leads into it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    origin, inner = get_origin(annotation), get_args(annotation)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _nested(inner[1])[0], ".<id>"
    if origin in (list, tuple):
        return _nested(inner[0])[0], "[]"
    for part in inner:
        found, step = _nested(part)
        if found is not None:
            return found, step
    return None, ""


def _container(annotation: Any) -> str:
    origin = get_origin(annotation)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "mapping"
    return "list" if origin in (list, tuple) else "text or section" if _may_be_text(annotation) else "section"


def _may_be_text(annotation: Any) -> bool:
    return annotation is str or any(_may_be_text(part) for part in get_args(annotation))


def _type(annotation: Any) -> str:
    """A type in a reader's words."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_type(part) for part in inner if part is not type(None)))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"mapping of {_type(inner[1])}"
    if origin in (list, tuple, set, frozenset):
        return f"list of {_type(inner[0])}"
    if inner:  # Annotated
        return _type(inner[0])
    names = {
        "str": "text",
        "int": "whole number",
        "float": "number",
        "bool": "true or false",
        "SecretStr": "secret",
    }
    named = getattr(annotation, "__name__", str(annotation))
    return names.get(named, named.lower())


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value == () or value == {} or isinstance(value, BaseModel):
        return ""
    if isinstance(value, Mapping) and any(isinstance(one, BaseModel) for one in value.values()):
        return ", ".join(f"`{name}`" for name in value)
    if isinstance(value, tuple):
        return ", ".join(f"`{one}`" for one in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


# --- views ----------------------------------------------------------------------------------------------


def views() -> str:
    """Every documented view, with its columns and their types."""
    parts = [
        "# Views\n",
        GENERATED,
        "What BI tools, reports and rules may read. They stand in `snapshot.duckdb` beside the warehouse, which each"
        " run replaces when it is whole. The columns listed stay; more may follow. Dates are the company's calendar"
        " days, timestamps are UTC, amounts DECIMAL.\n",
    ]
    with open_database(None) as db:
        for path in VIEWS:
            described = db.execute(f'DESCRIBE main."{path.stem}"').fetchall()
            columns = ", ".join(f"`{name}` {_plain(kind)}" for name, kind, *_ in described)
            parts += [f"## {path.stem}\n", f"{_opening(path)}\n", f"{columns}\n"]
    return "\n".join(parts)


def _plain(kind: str) -> str:
    return kind.lower().replace("varchar", "text")


def _opening(path: Path) -> str:
    """The comment with which a view's file begins."""
    lines = path.read_text(encoding="utf-8").splitlines()
    words = []
    for line in lines:
        if not line.startswith("--"):
            break
        words.append(line.removeprefix("--").strip())
    return " ".join(words)


# --- commands -------------------------------------------------------------------------------------------


def commands() -> str:
    """The help of every command, as `interlock COMMAND --help` prints it."""
    root = get_command(app)
    parts = ["# Commands\n", GENERATED, _help(root, "interlock")]
    parts += [_help(command, path) for command, path in _under(root, "interlock")]
    return "\n".join(parts)


def _under(group: Any, path: str) -> Iterator[tuple[Any, str]]:
    for name, command in sorted(getattr(group, "commands", {}).items()):
        yield command, f"{path} {name}"
        yield from _under(command, f"{path} {name}")


def _help(command: Any, path: str) -> str:
    context = command.context_class(command, info_name=path, max_content_width=100, terminal_width=100)
    text = re.sub(r"[ \t]+$", "", command.get_help(context), flags=re.MULTILINE)
    return f"## {path}\n\n```\n{text}\n```\n"


if __name__ == "__main__":
    for name, text in pages().items():
        (Path(sys.argv[1]) / name).write_text(text, encoding="utf-8")
