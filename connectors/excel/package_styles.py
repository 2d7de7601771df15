"""Which styles colour a cell: the bar of a plan drawn in cells means something, though it holds nothing."""

from __future__ import annotations

import xml.etree.ElementTree as ET

WHITE = frozenset({"FFFFFFFF", "00FFFFFF", "FFFFFF"})
WHITE_INDEX = frozenset({"1", "9", "64"})
"""Of the old palette (ECMA-376 part 1, 18.8.27): two whites, and the window's own background."""
WHITE_THEME = "0"
"""Light 1 (18.8.3), white in nearly every theme."""


def coloured(styles: ET.Element) -> frozenset[int]:
    """The styles, by the number that cells give, whose fill shows (18.8.10, 18.8.21, 18.8.45)."""
    fills = [_shows(fill) for fill in styles.iterfind("{*}fills/{*}fill")]
    formats = [xf.get("fillId", "0") for xf in styles.iterfind("{*}cellXfs/{*}xf")]
    shown = {str(number) for number, shows in enumerate(fills) if shows}
    return frozenset(number for number, fill in enumerate(formats) if fill in shown)


def _shows(fill: ET.Element) -> bool:
    pattern = fill.find("{*}patternFill")
    if pattern is None:
        return fill.find("{*}gradientFill") is not None
    if pattern.get("patternType", "none") != "solid":
        return pattern.get("patternType", "none") not in ("none", "gray125")
    colour = pattern.find("{*}fgColor")
    return colour is not None and not (
        colour.get("rgb", "").upper() in WHITE
        or colour.get("indexed") in WHITE_INDEX
        or (colour.get("theme") == WHITE_THEME and not colour.get("tint"))
    )
