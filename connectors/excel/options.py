"""The keys of an Excel source in `interlock.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectors._graph.options import Auth, WhereFilesLie, see_to_sign_in
from connectors._readings.options import Names


class TrackerColumns(BaseModel):
    """Under which header each of the hub's columns stands in the tracker."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Names | None = Field(
        None,
        description="the row's own stable key; else rows are told apart by parent and title, and remembered",
    )
    title: Names | None = Field(None, description="what the item is called; needed")
    owner: Names | None = Field(None, description="who does it: a name, an alias or an e-mail address")
    department: Names | None = Field(None, description="whose item it is, where not the source's department")
    start: Names | None = Field(None, description="planned start")
    due: Names | None = Field(None, description="planned finish")
    actual_start: Names | None = Field(None, description="when it was really started")
    finish: Names | None = Field(None, description="when it was really finished")
    deadline: Names | None = Field(None, description="a date that it must not pass")
    status: Names | None = Field(None, description="the team's own word for how it stands")
    progress: Names | None = Field(
        None, description="how much is done: 0 to 1, 0 to 100, or with a per cent sign"
    )
    estimate: Names | None = Field(None, description="working days in all: 3, 3d, 2w, 16h")
    remaining: Names | None = Field(None, description="working days that are left")
    depends_on: Names | None = Field(None, description="what it waits for: keys, URLs or titles in quotes")
    need_by: Names | None = Field(None, description="when it needs what it waits for")
    initiative: Names | None = Field(None, description="the initiative's name in the register, or an alias")
    priority: Names | None = Field(None, description="how urgent it is, in the team's own words")
    parent: Names | None = Field(None, description="the id of the item that it belongs to")
    type: Names | None = Field(
        None, description="what kind of item it is: task, milestone, deliverable, gate"
    )
    labels: Names | None = Field(None, description="a list, separated by `;`")
    same_as: Names | None = Field(None, description="the same thing in another tool: its key or URL")
    what: Names | None = Field(None, description="what is handed over, in words")
    commitment: Names | None = Field(None, description="who gives how much of what, when")
    url: Names | None = Field(None, description="a link to the item")

    @model_validator(mode="after")
    def _identified(self) -> TrackerColumns:
        if self.title is None:
            raise ValueError(
                "`title` is missing: name the column that says what each item is, such as `title: Activity`"
            )
        return self


class HubColumns(BaseModel):
    """The headers of the columns that Interlock owns in the tracker; made at its right where missing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    flag: str = Field("Hub flag", min_length=1, description="what will happen, when, and to whom")
    since: str = Field("Hub since", min_length=1, description="the day on which Interlock first saw it")
    ask: str = Field("Hub ask", min_length=1, description="what is asked of the reader, and by when")
    answer: str = Field("Hub answer", min_length=1, description="where people answer")
    item: str = Field("Hub item", min_length=1, description="the item's key, so that a sort is noticed")
    code: str = Field("Hub code", min_length=1, description="the break's code, to be named in answers")


class Sidecar(BaseModel):
    """When flags stand in a workbook beside the tracker (`marketing.interlock.xlsx`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    always: bool = Field(False, description="never write into the tracker itself")
    after_days: int = Field(
        3, ge=0, description="days for which a tracker may stay locked before its flags stand beside it too"
    )


class Tables(BaseModel):
    """Tables that Excel knows by name (Insert, Table; its name stands under Table Design)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: Names = Field(description="a table's name or a list of them, wherever they stand in the workbook")


class Options(BaseModel):
    """Trackers: one workbook or several alike."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: WhereFilesLie = Field(
        description="one workbook, or a glob such as trackers/marketing*.xlsx; or, on SharePoint or OneDrive:"
    )
    auth: Auth | None = Field(
        None, description="how to sign in there; needed on SharePoint and OneDrive only"
    )
    sheet: Names | Tables | None = Field(
        None,
        description="a sheet's name or a list of them, or {table: …}; else the first sheet that holds the columns",
    )
    columns: TrackerColumns = Field(description="hub name: header, or a list of headers")
    write: HubColumns = Field(HubColumns(), description="headers of the columns that Interlock owns")
    sidecar: Sidecar = Field(
        Sidecar(), description="the workbook beside a tracker, for teams that want no columns in theirs"
    )
    status_map: Mapping[str, Literal["not started", "in progress", "done", "dropped"]] = Field(
        {}, description="the team's own words for a status: what each means"
    )
    date_order: Literal["dmy", "mdy", "ymd"] | None = Field(
        None, description="of dates in figures; else found from each column"
    )
    decimal: Literal[".", ","] | None = Field(None, description="decimal mark of figures in text; else found")

    @model_validator(mode="after")
    def _columns_apart(self) -> Options:
        """What Interlock writes must be no column of the team's, and no two of one name."""
        own = [str(header) for header in self.write.model_dump().values()]
        read = {name.casefold() for names in self.columns.model_dump().values() for name in names or ()}
        for number, header in enumerate(own):
            if header.casefold() in read:
                raise ValueError(
                    f"`write` names {header!r}, which is a column of the team's: name columns of Interlock's own"
                )
            if header.casefold() in {other.casefold() for other in own[:number]}:
                raise ValueError(f"`write` names {header!r} twice: give each column a header of its own")
        return self

    @model_validator(mode="after")
    def _signed_in_where_needed(self) -> Options:
        see_to_sign_in(self.path, self.auth)
        return self
