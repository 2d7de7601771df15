"""What an ops admin writes about a Jira source in `interlock.yaml`."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator

EVERYTHING = "project is not EMPTY"
"""All that the account may see: Jira takes no search without a restriction, and every issue has a project."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
HubField = Literal[
    "start",
    "due",
    "owner",
    "estimate",
    "progress",
    "depends_on",
    "need_by",
    "initiative",
    "priority",
    "deadline",
    "same_as",
    "actual_start",
    "finish",
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Auth(_Frozen):
    """The account that Interlock uses. Jira shows its comments under this name."""

    email: Name = Field(description="E-mail address of the account.")
    token: SecretStr = Field(description='Its API token, as "${JIRA_TOKEN}": never in the file itself.')


class LinkRule(_Frozen):
    """What a link type of this Jira means for the plan."""

    type: Literal["FS", "SS", "FF", "SF"] = Field(
        default="FS",
        description="Which ends are tied: finish-start, start-start, finish-finish or start-finish.",
    )
    predecessor: Literal["outward", "inward"] = Field(
        default="outward",
        description="Which issue comes first: the one that shows the outward phrase (A blocks B), or the"
        " inward one.",
    )


class Departments(_Frozen):
    """Which department an issue belongs to, where that is not the source's own."""

    project: dict[Name, Name] = Field(default_factory=dict, description="Project key to department.")
    component: dict[Name, Name] = Field(
        default_factory=dict, description="Component name to department; stronger than the project."
    )


class Options(_Frozen):
    """A Jira Cloud site."""

    url: str = Field(description="The site's address, such as https://company.atlassian.net.")
    auth: Auth = Field(description="The account that Interlock uses.")
    jql: str = Field(
        default=EVERYTHING,
        description="Which issues are read; everything that the account may see, if not said.",
    )
    fields: dict[HubField, Name] = Field(
        default_factory=dict,
        description="Which of Jira's fields hold what Interlock reads: by id (customfield_10015) or by name.",
    )
    links: dict[Name, LinkRule] = Field(
        default_factory=lambda: {"Blocks": LinkRule()},
        description="Which link types are dependencies, and which issue comes first. Others are not.",
    )
    dropped_resolutions: tuple[Name, ...] = Field(
        default=("Won't Do", "Won't Fix", "Duplicate", "Cancelled", "Declined", "Rejected", "Obsolete"),
        description="Resolutions that mean that a closed issue was dropped rather than done.",
    )
    departments: Departments = Field(
        default_factory=Departments, description="Projects and components that belong to other departments."
    )
    page_size: int = Field(
        default=100, ge=1, le=5000, description="Issues asked for per page; Jira may give fewer."
    )
    timeout: float = Field(default=60, gt=0, description="Seconds to wait for an answer.")

    def fields_by_hub(self) -> dict[str, str]:
        """`fields` with plain keys: hub name to a field's id or name."""
        return {str(hub): field for hub, field in self.fields.items()}

    @field_validator("url")
    @classmethod
    def _is_a_site(cls, url: str) -> str:
        parts = urlsplit(url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be a web address such as https://company.atlassian.net")
        if parts.username or parts.password:
            raise ValueError("must not hold a user name or password: they belong under `auth`")
        if parts.query or parts.fragment:
            raise ValueError("must be the address of the site alone, without a query")
        return url.strip().rstrip("/")

    @field_validator("jql")
    @classmethod
    def _is_not_blank(cls, jql: str) -> str:
        if not jql.strip():
            raise ValueError("must restrict the search; leave the key out to read everything")
        return jql.strip()
