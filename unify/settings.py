"""The company and its policies, as far as they steer how records become the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from unify.schedule.calendar import CalendarSettings


class Frozen(BaseModel):
    """Settings cannot change while they are used, and a key that nobody knows is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Department(Frozen):
    """One department (function) of the company."""

    name: str | None = Field(None, description="as people write it; the id where left out")
    lead: str | None = Field(None, description="the e-mail address of its lead")
    calendar: CalendarSettings | None = Field(
        None, description="working days; Monday to Friday where left out"
    )


class Absence(Frozen):
    """Days on which a person is away, both ends included."""

    from_: date = Field(alias="from", description="the first day away")
    to: date = Field(description="the last day away")

    @model_validator(mode="after")
    def _runs_forwards(self) -> Absence:
        if self.to < self.from_:
            raise ValueError(f"the absence ends on {self.to}, before it begins on {self.from_}")
        return self


class Person(Frozen):
    """What a tool does not tell of a person; the key is the e-mail address."""

    name: str | None = Field(None, description="for display; the first alias with a space where left out")
    aliases: tuple[str, ...] = Field((), description="other names, addresses and account ids in the tools")
    hours_per_week: float | None = Field(None, gt=0, description="contracted hours")
    department: str | None = Field(None, description="id or name of the department")
    left: bool = Field(False, description="has left: owns nothing any more")
    absences: tuple[Absence, ...] = Field((), description="days away, which take from what they can give")


class FiscalYear(Frozen):
    """When the company's fiscal year starts and how it is labelled."""

    starts: int = Field(1, ge=1, le=12, description="the month in which it starts")
    label: Literal["start", "end"] = Field(
        "end", description="named after the calendar year in which it starts, or ends"
    )


def _words(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class GateWhen(Frozen):
    """Which handovers need the gate; what is left out does not limit."""

    handover_to: tuple[str, ...] = Field((), description="consumer departments")
    handover_from: tuple[str, ...] = Field((), description="provider departments")
    labels: tuple[str, ...] = Field((), description="labels of the provider's item, or the initiative's type")


class GateMatch(Frozen):
    """Which items are such a gate; all that is given must hold."""

    source: str | None = Field(None, description="the source's id")
    project: str | None = Field(None, description="the tool's project key")
    type: str | None = Field(None, description="the tool's own item type")
    label: str | None = Field(None, description="a label of the item")
    title: str | None = Field(None, description="a pattern of its title, with * and ?")
    department: str | None = Field(None, description="the department that does it")


class GatePolicy(Frozen):
    """A gate that policy requires before handovers."""

    gate: str = Field(description="the kind of gate: security-audit")
    when: GateWhen = Field(GateWhen(), description="which handovers need it")
    match: GateMatch | None = Field(
        None, description="which items are one; left out: those whose type or label is its name"
    )
    typical_days: int | None = Field(None, ge=0, description="working days that such gates take")


class SpendMatch(Frozen):
    """Which postings; each a pattern with * and ?, and all that are given must hold."""

    source: str | None = Field(None, description="the source's id")
    project: str | None = Field(None, description="WBS element or project code")
    purchase_order: str | None = Field(None, description="purchase order")
    cost_center: str | None = Field(None, description="cost centre")
    account: str | None = Field(None, description="general ledger account")
    company_code: str | None = Field(None, description="company code")
    supplier: str | None = Field(None, description="supplier")
    text: str | None = Field(None, description="posting text")

    @model_validator(mode="after")
    def _matches_something(self) -> SpendMatch:
        if not self.model_dump(exclude_none=True):
            raise ValueError(
                "names nothing to match: give at least one of project, purchase_order, cost_center …"
            )
        return self


class SpendPolicy(Frozen):
    """Postings that belong to an initiative; the first rule that matches counts."""

    match: SpendMatch = Field(description="which postings")
    to: str = Field(description="the initiative, by name or alias")
    milestone: str | None = Field(None, description="the milestone's full id")


class TemplateHandover(Frozen):
    """A handover that every initiative of a type needs."""

    from_: str = Field(alias="from", description="provider department")
    to: str = Field(description="consumer department")
    what: str | None = Field(None, description="what is handed over")


class Template(Frozen):
    """What an initiative of a type always needs."""

    gates: tuple[str, ...] = Field((), description="kinds of gate")
    handovers: tuple[TemplateHandover, ...] = Field((), description="handovers between departments")


class UnifyPolicy(Frozen):
    """The part of `policy` that shapes the model."""

    gates: tuple[GatePolicy, ...] = Field((), description="gates that handovers need")
    map_spend: tuple[SpendPolicy, ...] = Field((), description="postings to initiatives, in order")
    templates: Mapping[str, Template] = Field({}, description="by type of initiative")
    authority: Mapping[str, str] = Field(
        {},
        description="per field, whose claim plans the date: provider, consumer, a source or a department",
    )


@dataclass(frozen=True)
class SourceFacts:
    """What the model must know of a configured source: never its secrets."""

    source_id: str
    kind: str
    department: str | None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Company:
    """Everything of the configuration that decides how records become the model."""

    timezone: str
    currency: str
    fiscal_year: FiscalYear
    departments: Mapping[str, Department]
    people: Mapping[str, Person]
    policy: UnifyPolicy
    sources: tuple[SourceFacts, ...]
