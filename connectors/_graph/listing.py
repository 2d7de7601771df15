"""Bringing the tree of a drive up to date by its delta."""

from __future__ import annotations

from collections.abc import Iterable

from connectors._graph.client import GraphClient
from connectors._graph.errors import Resync
from connectors._graph.tree import Tree
from connectors.contract import Retry, Unreadable

FIELDS = "id,name,eTag,cTag,file,folder,root,package,deleted,parentReference,lastModifiedBy"


def changed(
    client: GraphClient, drive: str, link: str, tree: Tree, pattern: str, wanted: Iterable[str]
) -> tuple[Tree, str]:
    """The tree as it is now, and the link by which to ask next time. `link` empty: all is listed.

    410 says that the link is too old: all is listed anew, from where the answer points to, and what is not told
    then is not there. A page that names itself as the next is refused.
    """
    seen: set[str] = set()
    for again in (True, False):
        try:
            if not link:
                first = f"/drives/{drive}/items/root/delta()"
                page = client.get(first, {"$select": FIELDS, "$top": "1000"})
            else:
                page = client.page(link)
            while True:
                tree.apply(page.get("value", []), wanted)
                if "@odata.deltaLink" in page:
                    return tree, str(page["@odata.deltaLink"])
                following = str(page.get("@odata.nextLink", ""))
                if not following or following in seen:
                    raise Unreadable(
                        f"delta of drive {drive}", "the list of changes has no end", "Run again later"
                    )
                seen.add(following)
                page = client.page(following)
        except Resync as resync:
            if not again:
                raise Retry(resync.place, resync.problem, "Run again later") from resync
            tree, link = Tree(pattern), resync.start if client.owns(resync.start) else ""
    raise AssertionError("either returned or raised")
