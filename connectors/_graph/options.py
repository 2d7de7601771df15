"""The keys of a source whose files lie on a drive: `path` as a mapping, and `auth`."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    SecretStr,
    StringConstraints,
    Tag,
    field_validator,
    model_validator,
)

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class DrivePath(BaseModel):
    """Files on SharePoint or OneDrive."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    site: Name = Field(
        description="the site's address, such as https://meridian.sharepoint.com/sites/Marketing; for"
        " OneDrive https://meridian-my.sharepoint.com/personal/mo_meridian_com"
    )
    drive: Name | None = Field(
        None, description="the document library's name; the site's default library where left out"
    )
    path: Name = Field(
        description="one file, or a glob such as Plans/marketing*.xlsx, from the library's top"
    )
    save: Literal["auto", "session", "file"] = Field(
        "auto",
        description="how flags are written: `session` by Excel's own service, also while people have the"
        " workbook open; `file` by replacing the file if it is unchanged; `auto` by session where the tenant"
        " allows it",
    )
    graph: Name = Field(
        "https://graph.microsoft.com", description="Microsoft Graph; another address for national clouds"
    )

    @field_validator("site")
    @classmethod
    def _is_a_site(cls, site: str) -> str:
        parts = urlsplit(site)
        if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(
                "must be a site's address such as https://meridian.sharepoint.com/sites/Marketing: open the site"
                " and copy the address up to its name"
            )
        first = [step.lower() for step in parts.path.strip("/").split("/")]
        if first[0] not in ("", "sites", "teams", "personal") or len(first) > 2:
            raise ValueError(
                f"{parts.path} is no site's path: it ends with the site's name, as in /sites/Marketing; the"
                " library belongs under `drive`, the folders under `path`"
            )
        return f"https://{parts.hostname}{unquote(parts.path).rstrip('/')}"

    @field_validator("graph")
    @classmethod
    def _graph_is_safe(cls, address: str) -> str:
        return encrypted(address)

    @field_validator("path")
    @classmethod
    def _inside(cls, path: str) -> str:
        steps = path.strip("/").split("/")
        if any(step in ("", ".", "..") for step in steps) or "\\" in path:
            raise ValueError(
                "must be folders and a file name separated by `/`, such as Plans/marketing*.xlsx"
            )
        return "/".join(steps)

    def __str__(self) -> str:
        return f"{self.site}, {self.drive or 'default library'}, {self.path}"


WhereFilesLie = Annotated[
    Annotated[Annotated[str, Field(min_length=1)], Tag("file")] | Annotated[DrivePath, Tag("sharepoint")],
    Discriminator(lambda value: "file" if isinstance(value, str) else "sharepoint"),
]
"""A source's `path`: in a folder of this machine, or on a drive. The tags are for messages."""


class Auth(BaseModel):
    """How Interlock signs in at Microsoft Entra: by an app's secret, its certificate, or a person's sign-in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: Name = Field(description="the directory (tenant) id, or one of its domains")
    client_id: Name = Field(description="the application (client) id of the app registration")
    client_secret: SecretStr | None = Field(None, description='the app\'s secret, as "${GRAPH_SECRET}"')
    certificate: SecretStr | None = Field(
        None,
        description='the app\'s private key and certificate, both as PEM in one text, as "${GRAPH_CERTIFICATE}"',
    )
    device: bool = Field(
        False,
        description="a person signs in once with a code, shown by `interlock check`; Interlock acts as them",
    )
    authority: Name = Field(
        "https://login.microsoftonline.com",
        description="Microsoft Entra; another address for national clouds",
    )

    @field_validator("authority")
    @classmethod
    def _authority_is_safe(cls, address: str) -> str:
        return encrypted(address)

    @model_validator(mode="after")
    def _is_one_of_three(self) -> Auth:
        given = [self.client_secret is not None, self.certificate is not None, self.device]
        if sum(given) != 1:
            raise ValueError("needs exactly one of client_secret, certificate and device: true")
        return self


def see_to_sign_in(path: str | DrivePath, auth: Auth | None) -> None:
    """Raises ValueError where a drive has no `auth`, or a folder one."""
    if isinstance(path, DrivePath) and auth is None:
        raise ValueError(
            "`auth` is missing: SharePoint and OneDrive need {tenant, client_id, client_secret}, a certificate"
            " or {device: true} (docs/sharepoint.md)"
        )
    if isinstance(path, str) and auth is not None:
        raise ValueError("`auth` is for SharePoint and OneDrive; `path` names files in a folder")


def encrypted(address: str) -> str:
    """An https address without a path, or http on loopback. Raises ValueError for others."""
    parts = urlsplit(address.rstrip("/"))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        raise ValueError("must be an address such as https://graph.microsoft.com")
    if parts.username or parts.password:
        raise ValueError("must not hold a user name or password")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ValueError("must begin with https: tokens would travel readable to all")
    return address.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
