"""A register written as YAML, as tables of text: `{Initiatives: [{Initiative: CDP, …}], Money: […]}`.

The document is looked at before values are made of it, so cells keep the text that stands there, each entry
its line, and nothing that stands twice is lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from connectors._readings.blocks import Row
from connectors.contract import Unreadable

SHAPE = "Write `Initiatives:` and under it one entry for each, `- Initiative: NAME` and its other fields"

_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
_NUMBER_TAGS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_NULL_TAG = "tag:yaml.org,2002:null"


@dataclass(frozen=True)
class Written:
    """One list of entries: the fields that occur in it, in the order of their first use, and its rows."""

    columns: Sequence[str]
    rows: Sequence[Row]


def lists(data: bytes, place: str) -> Mapping[str, yaml.Node]:
    """The document's lists by name. Raises Unreadable, naming the line, where it has another shape."""
    try:
        root = yaml.compose(data, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problem = " ".join(str(error).split())
        raise Unreadable(place, f"this is no YAML ({problem})", SHAPE) from error
    if root is None:
        return {}
    return dict(_entries(root, place))


def table(node: yaml.Node, place: str) -> Written:
    """A list of entries as a table. Raises Unreadable, naming the line, where it is none."""
    if _is_null(node):
        return Written([], [])
    if not isinstance(node, yaml.SequenceNode):
        raise _misshapen(node, place, "there is no list of entries")
    entries = [(_line(entry), _entries(entry, place)) for entry in node.value]
    columns = list(dict.fromkeys(name for _, fields in entries for name, _ in fields))
    rows = []
    for line, fields in entries:
        cells = {name: _text(value, f"{place}, {name}") for name, value in fields}
        numbers = [columns.index(name) + 1 for name, value in fields if _is_number(value)]
        rows.append(Row(line, [cells.get(name) for name in columns], numbers=numbers))
    return Written(columns, rows)


def _entries(node: yaml.Node, place: str) -> list[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise _misshapen(node, place, "there are no fields (`name: value`)")
    fields = [(str(key.value), value) for key, value in node.value]
    names = [name for name, _ in fields]
    if doubled := [name for name in names if names.count(name) > 1]:
        raise _misshapen(node, place, f'"{doubled[0]}" stands twice, so it is not clear which counts')
    return fields


def _text(node: yaml.Node, place: str) -> str | None:
    if isinstance(node, yaml.SequenceNode):
        return "; ".join(text for item in node.value if (text := _text(item, place))) or None
    if not isinstance(node, yaml.ScalarNode):
        raise _misshapen(node, place, "there are fields where a text or a list of texts belongs")
    return None if _is_null(node) else str(node.value)


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == _NULL_TAG)


def _is_number(node: yaml.Node) -> bool:
    """Whether it is a number by YAML's own rules, so with a decimal point for certain."""
    return node.tag in _NUMBER_TAGS and bool(_NUMBER.fullmatch(node.value))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _misshapen(node: yaml.Node, place: str, problem: str) -> Unreadable:
    return Unreadable(f"{place}, line {_line(node)}", problem, SHAPE)
