"""What an ops admin writes about a Jira source in `interlock.yaml`."""

from __future__ import annotations

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

EVERYTHING = "project is not EMPTY"
"""All that the account may see: Jira takes no search without a restriction, and every issue has a project."""

GATEWAY_HOST = "api.atlassian.com"
CLOUD_HOSTS = (".atlassian.net", ".jira.com")

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

    email: Name | None = Field(default=None, description="Jira Cloud: e-mail address of the account.")
    token: SecretStr | None = Field(
        default=None,
        description='Its API token; for Data Center, alone, a personal access token. As "${JIRA_TOKEN}":'
        " never in the file itself.",
    )
    user: Name | None = Field(
        default=None, description="Data Center without personal access tokens: the account's user name."
    )
    password: SecretStr | None = Field(default=None, description='Its password, as "${JIRA_PASSWORD}".')

    def pair(self) -> tuple[str, str] | None:
        """The account and its secret; None for a token alone."""
        if self.email and self.token:
            return self.email, self.token.get_secret_value()
        if self.user and self.password:
            return self.user, self.password.get_secret_value()
        return None

    def secret(self) -> str:
        return self.token.get_secret_value() if self.token else ""

    @model_validator(mode="after")
    def _is_one_of_three(self) -> Auth:
        given = {name for name in ("email", "token", "user", "password") if getattr(self, name)}
        if given not in ({"email", "token"}, {"token"}, {"user", "password"}):
            raise ValueError(
                "must be `email` and `token` for Jira Cloud; for Data Center `token` alone (a personal access"
                " token), or `user` and `password`"
            )
        return self


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


class Marks(_Frozen):
    """What stands on an issue beside the comment, while its alert does. Each may set off automations."""

    label: str = Field(default="", pattern=r"^\S*$", description="A label to set, such as interlock.")
    remote_link: bool = Field(
        default=False, description="Whether to link the issue to the first counterpart that the alert names."
    )
    flagged: str = Field(
        default="",
        pattern=r"^(customfield_\d+)?$",
        description="The id of the site's Flagged field (customfield_…), to flag the issue as impeded.",
    )


class Options(_Frozen):
    """A Jira site, Cloud or Data Center."""

    url: str = Field(
        description="The site's address, such as https://company.atlassian.net or https://company.com/jira."
    )
    deployment: Literal["cloud", "data-center"] | None = Field(
        default=None,
        description="Which Jira it is. Left out: Data Center where `auth` holds a token alone, or a user and a"
        " password, and `url` is none of Atlassian's.",
    )
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
    marks: Marks = Field(
        default_factory=Marks, description="What stands on an issue beside the comment; nothing, if not said."
    )
    departments: Departments = Field(
        default_factory=Departments, description="Projects and components that belong to other departments."
    )
    automations: tuple[Name, ...] = Field(
        default=(),
        description="User names of accounts that are no people, such as the one that Data Center's automation"
        " rules act as: their comments are never answers. Cloud tells by itself.",
    )
    webhook_secret: SecretStr | None = Field(
        default=None,
        description='The secret of a webhook of Jira\'s that calls `interlock listen`, as "${JIRA_WEBHOOK}".',
    )
    worklogs: bool = Field(
        default=False,
        description="Whether the time that people spent on each issue is read (Cloud): hours per person and day, for"
        " the view `worklog`. It is more to ask for, and personal data.",
    )
    ca: str = Field(
        default="",
        description="A file with the certificate of your company's own authority (PEM), where the site's certificate"
        " is signed by it, such as company-ca.pem; relative to this configuration. It is believed beside the public"
        " ones.",
    )
    page_size: int = Field(
        default=100, ge=1, le=5000, description="Issues asked for per page; Jira may give fewer."
    )
    timeout: float = Field(default=60, gt=0, description="Seconds to wait for an answer.")

    @property
    def is_data_center(self) -> bool:
        """As `deployment` says, else as `auth` and `url` tell; nothing outside is asked."""
        if self.deployment:
            return self.deployment == "data-center"
        host = urlsplit(self.url).hostname or ""
        atlassians = host == GATEWAY_HOST or host.endswith(CLOUD_HOSTS)
        return not self.auth.email and not atlassians

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
