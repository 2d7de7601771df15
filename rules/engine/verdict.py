"""Which sources a finding rests on.

A break opens only when all sources of its evidence are fresh, and closes only when all sources of its stored
evidence are. A rule about something missing needs every source that could hold the thing besides.
"""

from __future__ import annotations

from collections.abc import Mapping

from rules.engine.discover import Rule
from rules.engine.run import Finding

# Kinds of source that hold money or nothing that a department plans. Any other kind could hold an item, a
# gate or a handover, a kind that nobody has written yet included.
NO_ITEMS = frozenset({"erp"})


def sources_of(finding: Finding, rule: Rule, sources: Mapping[str, str]) -> frozenset[str]:
    """The sources that must be fresh for this finding to count.

    `sources` maps each configured source to its kind (the register is the source `register`). An evidence id
    is `<source>:<key>`, or a source's id for a fact about the source as a whole; one of no configured source
    is returned by what stands before its colon, and can then never be fresh.
    """
    found = {_source_of(id_, sources) for id_ in finding.evidence}
    return frozenset(found) | could_hold(rule, sources)


def could_hold(rule: Rule, sources: Mapping[str, str]) -> frozenset[str]:
    """For a rule about something missing, every source that could hold it; else none."""
    if not rule.header.absence:
        return frozenset()
    return frozenset(source for source, kind in sources.items() if kind not in NO_ITEMS)


def _source_of(evidence_id: str, sources: Mapping[str, str]) -> str:
    # Source ids may contain one another's beginnings: the longest that fits is meant.
    fits = [source for source in sources if evidence_id == source or evidence_id.startswith(source + ":")]
    return max(fits, key=len) if fits else evidence_id.split(":", 1)[0]
