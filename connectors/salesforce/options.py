"""What an ops admin writes about a Salesforce source in `interlock.yaml`."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
ApiName = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
FieldPath = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, pattern=r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*){0,5}$"
    ),
]
Status = Literal["not started", "in progress", "done", "dropped"]
HubField = Literal[
    "title", "due", "status", "owner", "depends_on", "need_by", "initiative", "priority", "start", "progress",
    "labels", "parent", "type", "estimate", "remaining", "deadline", "actual_start", "finish", "same_as",
    "department", "what", "commitment",
]  # fmt: skip
OWN_STREAMS = frozenset({"user", "answer"})
"""Names of streams that this source has beside its objects, in lower case."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Auth(_Frozen):
    """A connected app: client credentials (with `client_secret`), or JWT (with `username` and `private_key`)."""

    client_id: Name = Field(description="Consumer key of the connected app.")
    client_secret: SecretStr | None = Field(
        None, description='Its consumer secret, as "${SF_SECRET}": the app then acts as its run-as user.'
    )
    username: Name | None = Field(None, description="For JWT: the user as whom Interlock acts.")
    private_key: SecretStr | None = Field(
        None, description='For JWT: the private key (PEM) of the app\'s certificate, as "${SF_KEY}".'
    )
    audience: str = Field(
        "https://login.salesforce.com",
        description="For JWT: https://test.salesforce.com where the org is a sandbox.",
    )

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Auth:
        jwt = self.username is not None and self.private_key is not None
        partly = (self.username is None) != (self.private_key is None)
        if partly or jwt == (self.client_secret is not None):
            raise ValueError("needs either client_secret, or username and private_key")
        return self


class Options(_Frozen):
    """A Salesforce org."""

    domain: str = Field(
        description="The org's My Domain: `meridian.my` for https://meridian.my.salesforce.com, or that address."
    )
    auth: Auth = Field(description="The connected app by which Interlock signs in.")
    objects: dict[ApiName, dict[HubField, FieldPath]] = Field(
        min_length=1,
        description="Which objects are read, by API name, and which of their fields hold what Interlock reads:"
        " a field's API name, or a path through relationships such as Owner.Email.",
    )
    where: dict[ApiName, Name] = Field(
        default_factory=dict,
        description="Per object, which records are read, as a SOQL condition: `Amount > 10000`. All, if not said.",
    )
    status_map: dict[Name, Status] = Field(
        default_factory=dict,
        description="What a word in the status field means, where the built-in list does not know it. Whether an"
        " opportunity is closed, won or lost Salesforce tells itself.",
    )
    marker_field: ApiName = Field(
        "Interlock_Key__c",
        description="The Task's external id field, by which Interlock knows its own Tasks: text of 40, unique.",
    )
    quota_floor: float = Field(
        0.2, ge=0, lt=1, description="The share of the org's daily API calls that is left for the company."
    )
    api_version: str = Field("62.0", pattern=r"^\d{2,3}\.0$", description="Version of the REST API.")
    page_size: int = Field(
        2000, ge=200, le=2000, description="Records asked for per page; Salesforce may give fewer."
    )
    bulk_above: int = Field(
        20_000,
        ge=0,
        description="Where more records than this are to be read at once, Bulk API 2.0 reads them.",
    )
    timeout: float = Field(60, gt=0, description="Seconds to wait for an answer.")

    @field_validator("domain")
    @classmethod
    def _is_an_org(cls, domain: str) -> str:
        """The org's address, whole: what follows needs no second form of it."""
        given = domain.strip().rstrip("/")
        address = (
            given if "://" in given else f"https://{given.removesuffix('.salesforce.com')}.salesforce.com"
        )
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            raise ValueError("must be a My Domain such as meridian.my, or https://meridian.my.salesforce.com")
        if parts.username or parts.password:
            raise ValueError("must not hold a user name or password: they belong under `auth`")
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise ValueError("must begin with https: the token would travel readable to all")
        return address

    @model_validator(mode="after")
    def _objects_are_apart(self) -> Options:
        lower = [name.lower() for name in self.objects]
        taken = next((name for name in self.objects if name.lower() in OWN_STREAMS), None)
        if taken is not None:
            raise ValueError(f"objects: {taken} cannot be an object of work")
        if len(set(lower)) < len(lower):
            raise ValueError("objects: one object stands twice, in different case")
        stranger = next((name for name in self.where if name not in self.objects), None)
        if stranger is not None:
            raise ValueError(f"where: {stranger} is none of the objects: {', '.join(self.objects)}")
        return self


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
