"""A tenant: who signs in, its sites and their libraries, and who may do what."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.graph.drive import Drive, Identity


@dataclass
class App:
    """An app registration. `sites`: with Sites.Selected, site path → `read` or `write`; None: all of them."""

    client_id: str
    secret: str = ""
    certificate: bytes = b""
    public: bool = False
    sites: dict[str, str] | None = None

    def may(self, site: str, right: str) -> bool:
        if self.sites is None:
            return True
        given = self.sites.get(site, "")
        return given == "write" or given == right


@dataclass
class Site:
    path: str
    id: str
    drives: list[Drive] = field(default_factory=list)


@dataclass
class Device:
    """A sign-in by code: `person` is who used the code, None as long as nobody has."""

    app: App
    code: str
    asked: int = 0
    person: Identity | None = None
    declined: bool = False


@dataclass
class Upload:
    """An upload session."""

    drive: Drive
    item: str
    tag: str
    by: Identity
    received: bytes = b""


class Tenant:
    """`sessions`: whether Excel's service is open to apps. `host` is SharePoint's."""

    def __init__(
        self, now: Callable[[], datetime], name: str = "contoso.example", host: str = "contoso.sharepoint.com"
    ) -> None:
        self.now, self.name, self.host = now, name, host
        self.base_url = ""
        self.lock = threading.RLock()
        self.apps: dict[str, App] = {}
        self.sites: dict[str, Site] = {}
        self.sessions = True
        self.tokens: dict[str, tuple[App, Identity]] = {}
        self.refresh: dict[str, tuple[App, Identity]] = {}
        self.devices: dict[str, Device] = {}
        self.uploads: dict[str, Upload] = {}
        self.workbooks: dict[str, str] = {}
        """Open sessions of Excel's service: session id → drive item id."""
        self.counted = 0

    # --- what an administrator and people do ----------------------------------------------------------------

    def register(self, client_id: str, secret: str = "", **of: Any) -> App:
        self.apps[client_id] = App(client_id, secret, **of)
        return self.apps[client_id]

    def add_site(self, path: str = "/sites/Marketing", drive: str = "Documents", **of: Any) -> Drive:
        """A site with one library, or one more library of a site."""
        site = self.sites.get(path)
        if site is None:
            number = uuid.uuid5(uuid.NAMESPACE_URL, path)
            site = self.sites[path] = Site(path, f"{self.host},{number},{uuid.uuid5(number, 'web')}")
        made = Drive(f"b!{uuid.uuid5(uuid.NAMESPACE_URL, path + drive).hex}", drive, site.id, self.now, **of)
        site.drives.append(made)
        return made

    @staticmethod
    def person(name: str) -> Identity:
        first = name.split(" ")[0].lower()
        return {"user": {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)), "displayName": name,
                         "email": f"{first}@contoso.example"}}  # fmt: skip

    def expire(self) -> None:
        """Every access token handed out so far has ended."""
        self.tokens.clear()

    def enter(self, by: Identity) -> None:
        """A person enters the code that waits, and agrees."""
        for device in self.devices.values():
            device.person = by

    # --- looking --------------------------------------------------------------------------------------------

    def number(self) -> int:
        self.counted += 1
        return self.counted

    def site_of(self, identity: str) -> Site | None:
        return next((site for site in self.sites.values() if site.id == identity), None)

    def drive(self, identity: str) -> tuple[Site, Drive] | None:
        for site in self.sites.values():
            for drive in site.drives:
                if drive.id == identity:
                    return site, drive
        return None
