"""What a workbook says of itself: who saved it last (ECMA-376 part 2, 8.3.4, `docProps/core.xml`).

Anybody can write anything there, so it is shown beside an answer and never taken for proof.
"""

from __future__ import annotations

from connectors.contract import SourceError
from connectors.excel.package_workbook import related
from connectors.excel.package_xml import tree
from connectors.excel.package_zip import Container

LARGEST = 1024 * 1024
LONGEST_NAME = 200


def last_saved_by(raw: bytes, place: str) -> str | None:
    """The name under `lastModifiedBy`; None where the workbook tells none, or not in a way that can be read."""
    try:
        container = Container(raw, place)
        for kind, part in related(container, ""):
            if kind == "core-properties":
                found = tree(container.read(part, LARGEST), place, part).find("{*}lastModifiedBy")
                name = " ".join((found.text or "").split()) if found is not None else ""
                return name[:LONGEST_NAME] or None
    except SourceError:  # it was read as a workbook before: only its own word about itself cannot be
        return None
    return None
