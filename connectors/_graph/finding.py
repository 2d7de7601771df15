"""Finding a drive: the site by its address, the document library by its name."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

from connectors._graph.client import GraphClient
from connectors._graph.errors import NotThere
from connectors._graph.options import DrivePath


def find_drive(client: GraphClient, path: DrivePath) -> str:
    """The id of the drive. Raises NotThere where site or library is not there, naming what is."""
    parts = urlsplit(path.site)
    server_relative = parts.path.strip("/")
    asked = f"{parts.hostname}:/{quote(server_relative)}" if server_relative else str(parts.hostname)
    site = str(client.get(f"/sites/{asked}")["id"])
    if path.drive is None:
        return str(client.get(f"/sites/{site}/drive")["id"])
    drives = list(client.pages(f"/sites/{site}/drives", {"$select": "id,name,webUrl"}))
    wanted = path.drive.casefold()
    for drive in drives:
        # The default library is called Documents in the API and in each language otherwise on the screen, and
        # `Shared Documents` in its address: either names it.
        last = unquote(str(drive.get("webUrl", "")).rstrip("/").rpartition("/")[2])
        if wanted in (str(drive.get("name", "")).casefold(), last.casefold()):
            return str(drive["id"])
    there = ", ".join(sorted(str(drive.get("name")) for drive in drives)) or "none that the app may see"
    raise NotThere(
        path.site, f"there is no library {path.drive!r}; there is {there}", "Set `drive` to one of them"
    )
