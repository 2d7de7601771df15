"""The keys of an ERP source in `interlock.yaml`."""

from __future__ import annotations

import codecs
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors._graph.options import Auth, WhereFilesLie, see_to_sign_in
from connectors._readings.options import Names


class LedgerColumns(BaseModel):
    """Under which header each of the hub's columns stands in the exports. What is named must be there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: Names = Field(description="the posting's amount in the document's or the company's currency")
    posting_date: Names | None = Field(None, description="the day on which it was posted")
    document: Names | None = Field(None, description="document number")
    line: Names | None = Field(None, description="line item within the document")
    fiscal_year: Names | None = Field(None, description="fiscal year as stated by the ledger")
    period: Names | None = Field(None, description="fiscal period as stated by the ledger, 1 to 16")
    currency: Names | None = Field(None, description="ISO 4217")
    company_code: Names | None = Field(None, description="the company in the group")
    ledger: Names | None = Field(None, description="which ledger, where there are several")
    account: Names | None = Field(None, description="general ledger account")
    cost_center: Names | None = Field(None, description="cost centre")
    project: Names | None = Field(None, description="project or WBS element")
    purchase_order: Names | None = Field(None, description="purchase order number")
    supplier: Names | None = Field(None, description="who was paid")
    text: Names | None = Field(None, description="posting text")
    milestone: Names | None = Field(None, description="the milestone, where the ledger knows it")


class Options(BaseModel):
    """Exports of a general ledger: files in a folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: WhereFilesLie = Field(
        description="one file, or a glob such as exports/*.csv; or, on SharePoint or OneDrive:"
    )
    auth: Auth | None = Field(
        None, description="how to sign in there; needed on SharePoint and OneDrive only"
    )
    layout: Literal["auto", "csv"] = Field(
        "auto", description="how the files are laid out; `auto` takes them as csv"
    )
    columns: LedgerColumns = Field(description="hub name: header, or a list of headers")
    decimal: Literal[".", ","] | None = Field(
        None, description="decimal mark; else found from the whole column"
    )
    thousands: Literal[".", ",", "'", " "] | None = Field(
        None, description="mark between thousands; else any"
    )
    encoding: str | None = Field(None, description="such as utf-8, utf-16 or cp1252; else found")
    date_order: Literal["dmy", "mdy", "ymd"] | None = Field(
        None, description="else found from the whole column"
    )
    delimiter: Literal[",", ";", "\t", "|"] | None = Field(
        None, description="between the cells of a line; else found"
    )

    @field_validator("layout", mode="before")
    @classmethod
    def _built(cls, layout: Any) -> Any:
        if layout in ("sap-list", "datev", "xlsx"):
            raise ValueError(f"the layout {layout} is not built yet; export the ledger as csv")
        return layout

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str | None) -> str | None:
        if name is not None:
            try:
                codecs.lookup(name)
            except LookupError as error:
                raise ValueError(
                    f"{name!r} is no encoding that is known here, such as utf-8 or cp1252"
                ) from error
        return name

    @model_validator(mode="after")
    def _signed_in_where_needed(self) -> Options:
        see_to_sign_in(self.path, self.auth)
        return self

    @model_validator(mode="after")
    def _different_marks(self) -> Options:
        if self.decimal is not None and self.decimal == self.thousands:
            raise ValueError(f"`decimal` and `thousands` are both {self.decimal!r}; they must differ")
        return self
