"""Who may decide what (DESIGN section 6, "Who may")."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Above(Frozen):
    """The harm beyond which somebody higher decides."""

    days: int | None = Field(None, ge=0, description="days late")
    amount: Decimal | None = Field(None, ge=0, description="money at stake, in the reporting currency")
    by: Literal["sponsor"] = Field("sponsor", description="who decides then")


class Unproven(Frozen):
    """How much harm may be accepted where the tool proves no author: a tracker's answer cell."""

    days: int = Field(10, ge=0, description="days late")
    amount: Decimal | None = Field(
        None, ge=0, description="money at stake; the limit of `above` where left out"
    )


class DecisionPolicy(Frozen):
    """Who may accept, and up to which harm."""

    accept: Literal["consumer"] = Field("consumer", description="who accepts the harm of a late handover")
    reallocate: Literal["both-leads"] = Field("both-leads", description="who may move people")
    above: Above = Field(Above(), description="limits beyond which the sponsor decides")
    money: Literal["controller"] = Field("controller", description="who decides about money")
    unproven: Unproven = Field(Unproven(), description="limits for answers without a proven author")
    within: int = Field(5, ge=0, description="working days within which a decision is asked for")


class AlertPolicy(Frozen):
    """When people are told."""

    mode: Literal["observe", "notify"] = Field(
        "observe", description="observe writes nothing into any tool; notify tells people"
    )
    hold: str = Field(
        "2d", pattern=r"^\d+d$", description="how long a break must hold before it is told: 0d, 2d"
    )
    step: int = Field(5, ge=1, description="working days by which a delay must change to be told again")
    budget_per_team_per_week: int | None = Field(
        None, ge=0, description="alerts opened per department and ISO week; the rest goes to the digest"
    )

    @property
    def hold_days(self) -> int:
        """Calendar days."""
        return int(self.hold.removesuffix("d"))
