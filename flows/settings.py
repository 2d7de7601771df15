"""The configuration, `interlock.yaml`: read, checked against every part's own model, composed.

Secrets stand in it as `${NAME}` and come from the environment, or from a file of that name in a folder
`secrets` beside it. They are never printed, stored or part of a manifest.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from rapidfuzz import process

from connectors import registry
from rules.engine.discover import REPOSITORY, Rule, RuleError, Selection, discover, select
from rules.policy import AlertPolicy, DecisionPolicy
from unify.settings import Company, Department, FiscalYear, Person, SourceFacts, UnifyPolicy

REGISTER = "register"


class ConfigurationError(Exception):
    """The configuration is wrong: which file, which key, what is wrong, what to do. Nothing was changed."""


class Policy(UnifyPolicy):
    """What the company requires, and who decides."""

    decisions: DecisionPolicy = Field(DecisionPolicy(), description="who may decide what")


class CommonSource(BaseModel):
    """The keys that every source has, whatever its kind."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: str = Field(description="which connector reads it")
    department: str | None = Field(None, description="whose tool it is: the department of its items")
    mode: Literal["observe", "notify"] | None = Field(
        None, description="overrides alerts.mode for this source"
    )
    max_loss: float = Field(
        0.5, gt=0, le=1, description="the largest share of known records that one pull may find gone"
    )


class File(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    company: str = Field(description="the company's name, as messages show it")
    timezone: str = Field("UTC", description="IANA name; days begin and end here")
    currency: str = Field("EUR", pattern=r"^[A-Z]{3}$", description="reporting currency, ISO 4217")
    fiscal_year: FiscalYear = Field(FiscalYear(), description="start month and label")
    register_: str | None = Field(
        None, alias="register", description="the initiative register: .xlsx or .yaml"
    )
    warehouse: str = Field("data/interlock.duckdb", description="where the record is kept")
    rules_folder: str | None = Field(
        None,
        description="the ops admin's own rules, one .sql file each; `rules` beside this file where left out",
    )
    departments: Mapping[str, Department] = Field({}, description="by id")
    people: Mapping[str, Person] = Field({}, description="by e-mail address")
    sources: Mapping[str, CommonSource] = Field({}, description="the tools, by id")
    policy: Policy = Field(Policy(), description="gates, spend mapping, templates, authority, decisions")
    rules: Mapping[str, Mapping[str, Any]] = Field(
        {}, description="per rule: enabled, mode (observe or notify) and the rule's own parameters"
    )
    alerts: AlertPolicy = Field(AlertPolicy(), description="when people are told")

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{name!r} is no IANA time zone, such as Europe/London") from error
        return name

    @field_validator("warehouse")
    @classmethod
    def _a_file(cls, name: str) -> str:
        if name.startswith("ducklake:"):
            raise ValueError("DuckLake is not built yet; name a file such as data/interlock.duckdb")
        return name


@dataclass(frozen=True)
class Source:
    """One configured source, its own options checked by its connector's model."""

    source_id: str
    kind: str
    department: str | None
    mode: str | None
    max_loss: float
    options: Any


@dataclass(frozen=True)
class Settings:
    """The configuration, ready to use. `raw` is as written, secrets unexpanded: it goes into manifests."""

    path: Path
    raw: Mapping[str, Any]
    file: File
    sources: tuple[Source, ...]
    selection: Selection

    @property
    def folder(self) -> Path:
        """Where relative paths start: the configuration's own folder."""
        return self.path.parent

    @property
    def warehouse(self) -> Path:
        return self.folder / self.file.warehouse

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that run."""
        return self.selection.rules

    @property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(self.file.timezone)

    def source(self, source_id: str) -> Source:
        """The source of an id. Raises ConfigurationError, naming the nearest, where there is none."""
        for source in self.sources:
            if source.source_id == source_id:
                return source
        known = [source.source_id for source in self.sources]
        raise ConfigurationError(
            f"{self.path}: there is no source {source_id!r}. {_nearest(source_id, known)}"
        )

    def mode(self, rule: str, source_id: str) -> str:
        """`observe` or `notify` for what a rule tells in a source: as the two say, else as `alerts` does."""
        of_source = next((source.mode for source in self.sources if source.source_id == source_id), None)
        stated = {mode for mode in (self.file.rules.get(rule, {}).get("mode"), of_source) if mode}
        return "observe" if "observe" in (stated or {self.file.alerts.mode}) else "notify"

    def speaks(self, rule: str) -> bool:
        """Whether a rule may tell anybody anything, anywhere."""
        places = ["", *(source.source_id for source in self.sources)]
        return any(self.mode(rule, source_id) == "notify" for source_id in places)

    def company(self) -> Company:
        """What `unify` needs to know."""
        file = self.file
        return Company(
            timezone=file.timezone,
            currency=file.currency,
            fiscal_year=file.fiscal_year,
            departments=file.departments,
            people=file.people,
            policy=UnifyPolicy.model_validate(file.policy.model_dump(by_alias=True, exclude={"decisions"})),
            sources=tuple(
                SourceFacts(s.source_id, s.kind, s.department, _without_secrets(s.options))
                for s in self.sources
            ),
        )


def load(path: Path, environment: Mapping[str, str]) -> Settings:
    """Read and check the configuration. Raises ConfigurationError; touches nothing else."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path}: there is no such file. Name the configuration with -c FILE, or start with examples/."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read as text: {error}.") from error
    try:
        raw = yaml.load(text, Loader=_OnceLoader)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path}: is not valid YAML: {error}") from error
    if not isinstance(raw, dict):
        raise ConfigurationError(f"{path}: holds no settings. It begins with `company:`; see examples/.")
    expanded = _expand(raw, path, environment, ())
    file = _checked(File, expanded, path, ())
    sources = _sources(file, path)
    _check_departments(file, sources, path)
    # The sources' own keys hold secrets, expanded; from here on they are in their connectors' options only.
    kept = file.model_copy(update={"sources": {}})
    return Settings(path, _without_literals(raw, sources), kept, sources, _select_rules(file, path))


class _OnceLoader(yaml.SafeLoader):
    """Refuses a key that stands twice: YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str | int) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            if isinstance(key, str | int):
                seen.add(key)
        return super().construct_mapping(node, deep)


def _expand(value: Any, path: Path, environment: Mapping[str, str], where: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {str(k): _expand(v, path, environment, (*where, str(k))) for k, v in value.items()}
    if isinstance(value, list):
        return [_expand(v, path, environment, (*where, str(n))) for n, v in enumerate(value)]
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


def _checked(model: Any, value: Any, path: Path, where: tuple[str, ...], beside: tuple[str, ...] = ()) -> Any:
    """`beside`: keys that are valid at the same place, and were taken out before."""
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
        return f"{name}: unknown key. {_nearest(str(problem['loc'][-1]), known)}"
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


def _nearest(word: str, known: list[str]) -> str:
    best = process.extractOne(word, known, score_cutoff=60)
    hint = f"Did you mean {best[0]!r}? " if best else ""
    return f"{hint}Valid: {', '.join(known) or 'none'}."


def _sources(file: File, path: Path) -> tuple[Source, ...]:
    sources = []
    for source_id, common in file.sources.items():
        where = ("sources", source_id)
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", source_id) or source_id == REGISTER:
            raise ConfigurationError(
                f"{path}: sources.{source_id}: a source's id has letters, digits, '-', '_' and '.' only,"
                f" and is not {REGISTER!r}."
            )
        kinds = [kind for kind in registry.kinds() if kind != REGISTER]
        if common.kind not in kinds:
            raise ConfigurationError(
                f"{path}: sources.{source_id}.kind: there is no kind {common.kind!r}. {_nearest(common.kind, kinds)}"
            )
        own = dict((common.model_extra or {}).items())
        options = _checked(
            registry.options_model(common.kind), own, path, where, tuple(CommonSource.model_fields)
        )
        sources.append(
            Source(source_id, common.kind, common.department, common.mode, common.max_loss, options)
        )
    if file.register_ is not None:
        options = _checked(registry.options_model(REGISTER), {"path": file.register_}, path, ("register",))
        sources.append(Source(REGISTER, REGISTER, None, None, 1.0, options))
    return tuple(sources)


def _select_rules(file: File, path: Path) -> Selection:
    own = path.parent / (file.rules_folder or "rules")
    for rule_id, chosen in file.rules.items():
        if chosen.get("mode", "notify") not in ("observe", "notify"):
            raise ConfigurationError(
                f"{path}: rules.{rule_id}.mode: {chosen['mode']!r} is neither observe nor notify."
            )
    parameters = {
        rule_id: {name: value for name, value in chosen.items() if name != "mode"}
        for rule_id, chosen in file.rules.items()
    }
    try:
        # The repository's own folder is found anyway, also when the configuration stands beside it.
        extra = [own] if own.is_dir() or file.rules_folder else []
        return select(discover(*(folder for folder in extra if folder.resolve() != REPOSITORY)), parameters)
    except RuleError as error:
        raise ConfigurationError(f"{path}: {error}") from None


def _check_departments(file: File, sources: tuple[Source, ...], path: Path) -> None:
    """Every department that is named exists, and no name means two."""
    owner: dict[str, str] = {}
    for key, department in file.departments.items():
        for name in {key.lower(), (department.name or key).lower()}:
            if owner.setdefault(name, key) != key:
                raise ConfigurationError(
                    f"{path}: departments.{key}: {name!r} is also what departments.{owner[name]} is called."
                    " Give each an id and a name of its own."
                )
    for where, name in _departments_named(file, sources):
        if name.lower() not in owner:
            raise ConfigurationError(
                f"{path}: {where}: there is no department {name!r}. {_nearest(name, sorted(file.departments))}"
            )
    ids = [source.source_id for source in sources]
    for field, who in file.policy.authority.items():
        if who not in ("provider", "consumer", *ids) and who.lower() not in owner:
            known = ["provider", "consumer", *ids, *sorted(file.departments)]
            raise ConfigurationError(
                f"{path}: policy.authority.{field}: nobody is {who!r}. {_nearest(who, known)}"
            )
    for number, gate in enumerate(file.policy.gates):
        source = gate.match.source if gate.match else None
        if source is not None and source not in ids:
            raise ConfigurationError(
                f"{path}: policy.gates.{number}.match.source: there is no source {source!r}. {_nearest(source, ids)}"
            )


def _departments_named(file: File, sources: tuple[Source, ...]) -> Iterator[tuple[str, str]]:
    """Each place that names a department, and the name."""
    for source in sources:
        if source.department is not None:
            yield f"sources.{source.source_id}.department", source.department
    for address, person in file.people.items():
        if person.department is not None:
            yield f"people.{address}.department", person.department
    for number, gate in enumerate(file.policy.gates):
        for name in (*gate.when.handover_to, *gate.when.handover_from):
            yield f"policy.gates.{number}.when", name
        if gate.match is not None and gate.match.department is not None:
            yield f"policy.gates.{number}.match.department", gate.match.department
    for kind, template in file.policy.templates.items():
        for number, handover in enumerate(template.handovers):
            yield f"policy.templates.{kind}.handovers.{number}.from", handover.from_
            yield f"policy.templates.{kind}.handovers.{number}.to", handover.to


def _without_literals(raw: Mapping[str, Any], sources: tuple[Source, ...]) -> Mapping[str, Any]:
    """The file as written, but for secrets that stand in it themselves: it goes into manifests."""
    cleaned = copy.deepcopy(dict(raw))
    for source in sources:
        written = cleaned.get("sources", {}).get(source.source_id)
        if isinstance(written, dict):
            _blank(written, source.options)
    return cleaned


def _blank(written: dict[str, Any], options: BaseModel) -> None:
    for name, value in options:
        if isinstance(value, SecretStr) and "${" not in str(written.get(name, "")):
            written[name] = "(a secret that stands in the file itself)"
        elif isinstance(value, BaseModel) and isinstance(written.get(name), dict):
            _blank(written[name], value)


def _without_secrets(options: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = options.model_dump(mode="json", by_alias=True)
    dumped.pop("auth", None)
    return dumped
