"""A configuration file as it is written: its YAML, its secrets, and what is wrong with it in words.

Secrets stand in it as `${NAME}` and come from the environment, or from a file of that name in a folder
`secrets` beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from rapidfuzz import process


class ConfigurationError(Exception):
    """The configuration is wrong: which file, which key, what is wrong, what to do. Nothing was changed."""


def read(path: Path) -> dict[str, Any]:
    """The file as written. Raises ConfigurationError where it is none, or no YAML."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path}: there is no such file. Name the configuration with -c FILE, or start with examples/."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read as text: {error}.") from error
    try:
        raw = _parse(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path}: is not valid YAML: {error}") from error
    if not isinstance(raw, dict):
        raise ConfigurationError(f"{path}: holds no settings. It begins with `company:`; see examples/.")
    return raw


class _Once:
    """Refuses a key that stands twice: YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)  # type: ignore[attr-defined]
            if isinstance(key, str | int) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            if isinstance(key, str | int):
                seen.add(key)
        found: dict[Any, Any] = super().construct_mapping(node, deep)  # type: ignore[misc]
        return found


class _ShowingLoader(_Once, yaml.SafeLoader):
    """Shows the line in which something is wrong."""


class _CompiledLoader(_Once, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The same in a fifth of the time (20 ms for the demo's configuration, which every command reads first)."""


def _parse(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_CompiledLoader)
    except yaml.YAMLError:
        return yaml.load(text, Loader=_ShowingLoader)


def expand(value: Any, path: Path, environment: Mapping[str, str], where: tuple[str, ...] = ()) -> Any:
    """The value with its secrets in place of their names. Raises ConfigurationError for one that is not set."""
    if isinstance(value, dict):
        return {str(k): expand(v, path, environment, (*where, str(k))) for k, v in value.items()}
    if isinstance(value, list):
        return [expand(v, path, environment, (*where, str(n))) for n, v in enumerate(value)]
    if not isinstance(value, str):
        return value

    def secret(match: re.Match[str]) -> str:
        name = match[1]
        file = path.parent / "secrets" / name
        if environment.get(name):
            return environment[name]
        if file.is_file():
            return file.read_text(encoding="utf-8").strip()
        raise ConfigurationError(
            f"{path}: {'.'.join(where)}: the secret ${{{name}}} is not set. Set the environment variable {name},"
            f" or put it into the file {file}."
        )

    return re.sub(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", secret, value)


def checked(model: Any, value: Any, path: Path, where: tuple[str, ...], beside: tuple[str, ...] = ()) -> Any:
    """The value as its model. Raises ConfigurationError, a sentence per problem; `where` is its place in the file, and
    `beside` the keys that are valid there too, and were taken out before."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        lines = [
            _sentence(problem, model, where, beside)
            for problem in error.errors(include_url=False, include_input=False)
        ]
        raise ConfigurationError("\n".join(f"{path}: {line}" for line in lines)) from None


def _sentence(problem: Any, model: Any, where: tuple[str, ...], beside: tuple[str, ...]) -> str:
    place = [*where, *(str(part) for part in problem["loc"])]
    name = ".".join(place)
    if problem["type"] == "extra_forbidden":
        known = sorted({*_keys(model, problem["loc"][:-1]), *(beside if len(problem["loc"]) == 1 else ())})
        return f"{name}: unknown key. {nearest(str(problem['loc'][-1]), known)}"
    if problem["type"] == "missing":
        return f"{name}: is missing. Add it."
    return f"{name}: {problem['msg'].removeprefix('Value error, ')}."


def _keys(model: Any, inside: tuple[Any, ...]) -> list[str]:
    """The valid keys at a place inside a model, followed through mappings, lists and unions."""
    found = _models_at(model, inside)
    return sorted({field.alias or name for m in found for name, field in m.model_fields.items()})


def _models_at(annotation: Any, inside: tuple[Any, ...]) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not inside:
            return [annotation]
        for name, field in annotation.model_fields.items():
            if inside[0] in (name, field.alias):
                return _models_at(field.annotation, inside[1:])
        return []
    arguments = [a for a in getattr(annotation, "__args__", ()) if a is not type(None)]
    found = [m for argument in arguments for m in _models_at(argument, inside)]
    if not found and inside:
        found = [m for argument in arguments for m in _models_at(argument, inside[1:])]
    return found


def nearest(word: str, known: list[str]) -> str:
    """What may have been meant, and what there is."""
    best = process.extractOne(word, known, score_cutoff=60)
    hint = f"Did you mean {best[0]!r}? " if best else ""
    return f"{hint}Valid: {', '.join(known) or 'none'}."
