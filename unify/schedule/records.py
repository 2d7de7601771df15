"""The records that a plan is computed in, and what their numbers mean.

Small plans are lists of these objects, large ones numpy arrays of the same fields (`fields`): all passes read
`nodes[n].finish`, whichever it is, so that there is one implementation and it runs compiled or not.

Days are ordinals (`date.toordinal`), boundaries the midnights before the day of the same number. A day that
is not there is 0 where it comes from a tool, and UNKNOWN or NEVER where it is computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import nan
from typing import Annotated, Final, NamedTuple, TypeAlias, get_type_hints

from unify.schedule.workdays import Calendars

Boundary: TypeAlias = Annotated[int, "i8"]
Day: TypeAlias = Annotated[int, "i4"]
Index: TypeAlias = Annotated[int, "i8"]
Short: TypeAlias = Annotated[int, "i4"]
Count: TypeAlias = Annotated[int, "i4"]
Small: TypeAlias = Annotated[int, "i1"]
Number: TypeAlias = Annotated[float, "f8"]
Flag: TypeAlias = Annotated[bool, "?"]

NO_DAY: Final = 0
NONE: Final = -1  # no index
NO_COUNT: Final = -(1 << 31)  # no float, no slip, no days late

# Boundaries that are not there. Both lie outside what dates can reach, so that the later of UNKNOWN and a
# date is the date, and so is the earlier of NEVER and a date.
UNKNOWN: Final = -(1 << 40)
NEVER: Final = 1 << 40

# States.
NOT_STARTED: Final = 0
STARTED: Final = 1
DONE: Final = 2
DROPPED: Final = 3

# Kinds of nodes.
LEAF: Final = 0
END: Final = 1
GATE: Final = 2
FIRST: Final = 3

# Types of edges; FS to SF are links. Of two that set the same date by the same item the smaller one is named.
HOLD: Final = 0  # a gate to a child, to a child's gate, or to the parent's own end
FS: Final = 1
SS: Final = 2
FF: Final = 3
SF: Final = 4
CLOSE: Final = 5  # a child to its parent's end
BEGIN: Final = 6  # a child to its parent's first
CIRCULAR: Final = 7  # parents that are parents of each other: never carries a date
LEFT_OUT: Final = 8  # added to the type of an edge inside a circle

# Where late dates count back from.
NEED_BY: Final = 0
PROJECT: Final = 1
TERMINAL: Final = 2


@dataclass(slots=True)
class Item:
    """What is planned. The first part is said by a tool, the second is what it comes to (`own`).

    Items stand in the order of their ids: of two indices the smaller has the smaller id.
    """

    status: Small = NOT_STARTED
    due_is_deadline: Flag = False
    calendar: Index = 0
    parent: Index = NONE
    start: Day = NO_DAY
    due: Day = NO_DAY
    actual_start: Day = NO_DAY
    actual_finish: Day = NO_DAY
    deadline: Day = NO_DAY
    baseline: Day = NO_DAY
    estimate: Number = nan
    remaining: Number = nan
    progress: Number = nan

    above: Index = NONE
    """Its parent, NONE where that is in a circle of parents."""
    state: Small = NOT_STARTED
    """Its status; a parent has started when a child has."""
    waits: Flag = False
    """Whether it waits for anything but what its parent does."""
    work: Boundary = 0
    """Whole working days left."""
    own_start: Boundary = UNKNOWN
    """The bound that holds an open item's start; so `own_finish`."""
    own_finish: Boundary = UNKNOWN
    fixed_start: Boundary = UNKNOWN
    """What has happened; so `fixed_finish`."""
    fixed_finish: Boundary = UNKNOWN
    planned_start: Boundary = UNKNOWN
    """What is written down, for a parent without dates what is written down for its children."""
    planned_due: Boundary = UNKNOWN


@dataclass(slots=True)
class Node:
    """A point of the network. Node n is item n; of a parent that node is its *end*, and besides it stand a
    *gate*, which holds its children back until what the parent waits for is there, and, where somebody waits
    for its start, a *first*, where the first of its children starts."""

    kind: Small = LEAF
    stands_in: Flag = False
    """Of an end: whether the parent's own dates stand in for a child that has none."""
    leads: Flag = False
    """Whether any link begins here."""
    uncertain: Flag = False
    """Whether it is in a circle or anywhere after one."""
    item: Index = NONE
    calendar: Index = 0
    who: Index = NONE
    """Whose date this is: its item; of a gate the one whose date it passes on."""
    driver: Index = NONE
    """The predecessor or child that sets its finish."""
    root_of_start: Index = NONE
    """Where that date comes from in the end; so `root_of_finish`."""
    root_of_finish: Index = NONE
    first_day: Boundary = UNKNOWN
    """What people see of its start and finish."""
    last_day: Boundary = UNKNOWN
    own_begin: Boundary = NEVER
    """Of a first: the start that the parent's own dates give."""
    own_is_point: Flag = False
    """Whether that is an evening."""
    any_begins: Flag = False
    """Of a first: whether it may be begun by more than one, its own dates or a child."""


@dataclass(slots=True)
class Early:
    """What links read of a node. Kept apart from it: successors read these at random, and small records stay
    in the processor's cache."""

    start: Boundary = UNKNOWN
    finish: Boundary = UNKNOWN


@dataclass(slots=True)
class Late:
    """What a node asks of those before it: its late dates, and the latest bounds that links may put on its
    start and on its finish; each with the item whose deadline says so."""

    start: Boundary = NEVER
    """Where it starts with a morning."""
    point: Boundary = NEVER
    """Its late start where it is a point, or a parent that begins with one: an evening, of a day that a need-by
    counts as well as its morning."""
    finish: Boundary = NEVER
    start_ceiling: Boundary = NEVER
    finish_ceiling: Boundary = NEVER
    start_binder: Short = NONE
    point_binder: Short = NONE
    finish_binder: Short = NONE
    start_ceiling_binder: Short = NONE
    finish_ceiling_binder: Short = NONE


@dataclass(slots=True)
class Whichever:
    """What parents' starts ask of an item where several children, whichever, may begin them."""

    limit: Boundary = NEVER
    """The latest finish after which none begins in time, and whose deadline says so."""
    binder: Index = NONE
    was: Boundary = NEVER
    """The limit before a change; so `was_binder`."""
    was_binder: Index = NONE
    latest: Boundary = UNKNOWN
    """While one start is looked at: the latest finish with which somebody still begins it in time."""
    met: Short = 0
    """How many of those who may begin it were found to come after this item."""


@dataclass(slots=True)
class Edge:
    """Along which dates pass. Kept twice: sorted by target with the source as `other`, and the reverse."""

    other: Short = NONE
    lag: Short = 0
    need_by: Day = NO_DAY
    """The day by which the successor's side needs it."""
    type: Small = FS


@dataclass(slots=True)
class Shown:
    """An item's dates as people read them: inclusive days, working days of its calendar, indices of items."""

    number: Short = NONE
    """The item."""
    start: Day = NO_DAY
    finish: Day = NO_DAY
    late_finish: Day = NO_DAY
    float_days: Count = NO_COUNT
    slip_days: Count = NO_COUNT
    baseline: Day = NO_DAY
    """From which the slip counts."""
    binding: Short = NONE
    driver: Short = NONE
    root: Short = NONE
    uncertain: Flag = False


class Links(NamedTuple):
    """Columns, one entry per link. Ends are indices of items, `need_by` an inclusive day or NO_DAY."""

    predecessor: Sequence[int]
    successor: Sequence[int]
    type: Sequence[int]
    lag: Sequence[int]
    need_by: Sequence[int]


class Plan(NamedTuple):
    """All that one plan is computed in: records, edges by target and by source, and the order.

    The edges into node n are `into[into_at[n]]` and so on, before `into[into_at[n + 1]]`; so for `out`.
    """

    items: Sequence[Item]
    nodes: Sequence[Node]
    early: Sequence[Early]
    late: Sequence[Late]
    whichever: Sequence[Whichever]
    """Per item; empty where nobody waits for a parent's start."""
    into: Sequence[Edge]
    into_at: list[int]
    out: Sequence[Edge]
    out_at: list[int]
    gate: list[int]
    """Per item its gate, NONE for an item without children; so `first`."""
    first: list[int]
    sequence: list[int]
    """All nodes, predecessors first."""
    parents: list[int]
    """Items with children, each after those below it."""
    calendars: Calendars


class Terms(NamedTuple):
    """What one run of the plan goes by: boundaries, UNKNOWN for none.

    `today`: before it no open work lies. `begin`: where items start that have no date and no predecessor.
    `clamp`: before it no start lies that follows from a finish. `anchor`: where late dates count back from.
    `last`: for anchors other than NEED_BY, the last finish of the project, and `last_item`, whose it is.
    """

    today: int
    begin: int
    clamp: int
    anchor: int
    last: int
    last_item: int


def layout(record: type) -> list[tuple[str, str]]:
    """Names and numpy types of a record's fields."""
    hints = get_type_hints(record, include_extras=True)
    return [(field.name, hints[field.name].__metadata__[0]) for field in fields(record)]
