"""Finds rule files and reads them: the repository's own, and those in an ops admin's folder."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from rules.engine.header import Header, Parameter

REPOSITORY = Path(__file__).parents[1]
OPENING = re.compile(r"\A\s*/\*(.*?)\*/", re.DOTALL)
ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

# The compiled loader where PyYAML has it: headers hold their cases and are read on every run.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RuleError(Exception):
    """A rule cannot be used. `str(error)` reads: which file, what is wrong, what to do."""

    def __init__(self, place: str, problem: str, advice: str) -> None:
        super().__init__(f"{place}: {problem}. {advice}")
        self.place = place
        self.problem = problem
        self.advice = advice


@dataclass(frozen=True)
class Rule:
    """One rule file, read: `sql` is its body without the header, `digest` the SHA-256 of the whole file."""

    id: str
    path: Path
    header: Header
    sql: str
    digest: str

    def place(self) -> str:
        """The file as messages name it."""
        return f"{self.path.parent.name}/{self.path.name}"


def discover(*extra: Path) -> list[Rule]:
    """All rules, sorted by id: those of the repository and those in the folders `extra`.

    Raises RuleError for a file that is no rule, and for an id that is taken already.
    """
    rules: dict[str, Rule] = {}
    for folder in (REPOSITORY, *extra):
        if not folder.is_dir():
            raise RuleError(str(folder), "there is no such folder of rules", "Make it, or correct its name")
        for path in sorted(folder.glob("*.sql")):
            rule = read(path)
            if rule.id in rules:
                other = rules[rule.id].path
                raise RuleError(
                    rule.place(), f"the id {rule.id} is taken by {other}", "Give the file another name"
                )
            rules[rule.id] = rule
    return [rules[id_] for id_ in sorted(rules)]


def read(path: Path) -> Rule:
    """One rule file. Its id is its name, underscores written as hyphens. Raises RuleError."""
    place = f"{path.parent.name}/{path.name}"
    id_ = path.stem.replace("_", "-")
    if not ID.fullmatch(id_):
        raise RuleError(
            place, f"{path.stem!r} is no rule id", "Name the file in lower case: slip_hits_peer.sql"
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(place, f"cannot be read ({error})", "Save it as UTF-8 text") from error
    opening = OPENING.match(text)
    if opening is None:
        raise RuleError(
            place,
            "it does not begin with a header",
            "Open it with a /* … */ comment that holds title, severity, key, messages and cases in YAML",
        )
    return Rule(
        id=id_,
        path=path,
        header=_header(place, opening.group(1)),
        sql=text[opening.end() :].strip(),
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


@cache
def _header(place: str, text: str) -> Header:
    """The header that a text holds; it is frozen, and the same text is read once in a process."""
    try:
        loaded = yaml.load(text, Loader=LOADER)
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f" in line {where.line + 1}" if where else ""
        raise RuleError(
            place, f"its header is no YAML{line} ({getattr(error, 'problem', error)})", "Correct it"
        ) from error
    if not isinstance(loaded, dict):
        raise RuleError(place, "its header is no list of `name: value` lines", "Write `title: …` and so on")
    try:
        return Header.model_validate(loaded)
    except ValidationError as error:
        raise _complaint(place, error) from error


def _complaint(place: str, error: ValidationError) -> RuleError:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(first["loc"][-1]), list(Header.model_fields), n=1)
        advice = f"Did you mean {near[0]}?" if near else "Take it out"
        return RuleError(place, f"its header has an unknown key {where}", advice)
    if first["type"] == "missing":
        return RuleError(place, f"its header lacks {where}", "Add it; docs/rules.md shows what it means")
    message = first["msg"].removeprefix("Value error, ")
    return RuleError(place, f"its header is wrong at {where or 'top level'}: {message}", "Correct it")


@dataclass(frozen=True)
class Selection:
    """The rules that run, and the value of each of their parameters."""

    rules: tuple[Rule, ...]
    parameters: Mapping[str, Mapping[str, Any]]


def select(rules: Sequence[Rule], settings: Mapping[str, Mapping[str, Any]]) -> Selection:
    """What a configuration's `rules:` chooses: `{rule id: {parameter: value, enabled: bool}}`.

    Raises RuleError for an unknown rule or parameter (with the nearest valid name) or a wrong value.
    """
    known = {rule.id: rule for rule in rules}
    for id_ in settings:
        if id_ not in known:
            raise RuleError(f"rules.{id_}", "there is no such rule", _nearest(id_, known))
    chosen = tuple(rule for rule in rules if settings.get(rule.id, {}).get("enabled", True))
    parameters: dict[str, dict[str, Any]] = {}
    for rule in rules:
        values = {name: parameter.default for name, parameter in rule.header.parameters.items()}
        for name, value in settings.get(rule.id, {}).items():
            place = f"rules.{rule.id}.{name}"
            if name == "enabled":
                if not isinstance(value, bool):
                    raise RuleError(place, f"{value!r} is neither true nor false", "Write true or false")
                continue
            if name not in values:
                raise RuleError(place, "the rule has no such parameter", _nearest(name, [*values, "enabled"]))
            values[name] = _fitting(place, rule.header.parameters[name], value)
        parameters[rule.id] = values
    return Selection(chosen, parameters)


def _nearest(name: str, valid: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(valid), n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(valid))}"


def _fitting(place: str, parameter: Parameter, value: Any) -> Any:
    wanted = float if isinstance(parameter.default, float) else type(parameter.default)
    fits = isinstance(value, (int, float) if wanted is float else wanted)
    if not fits or (isinstance(value, bool) and wanted is not bool):
        example = f"for example {parameter.default}"
        raise RuleError(
            place, f"{value!r} is no {wanted.__name__}", f"Write a value such as the default, {example}"
        )
    if parameter.least is not None and value < parameter.least:
        raise RuleError(place, f"{value} is less than {parameter.least}", f"Write {parameter.least} or more")
    return value
