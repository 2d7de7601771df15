"""Runs the passes one after the other over one plan's records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from unify.schedule import again, backward, forward, heap, network, order, own, shown, whichever
from unify.schedule.cycles import find_cycles
from unify.schedule.engine import Engine
from unify.schedule.records import (
    NEED_BY,
    NONE,
    Early,
    Edge,
    Item,
    Late,
    Links,
    Node,
    Plan,
    Shown,
    Terms,
    Whichever,
)
from unify.schedule.workdays import Calendars


@dataclass
class Projection:
    """A plan with its dates. `cycles`: the items of each circle in its order, the smallest first."""

    plan: Plan
    terms: Terms
    shown: Sequence[Shown]
    cycles: list[list[int]]


def project(
    engine: Engine, items: Sequence[Item], links: Links, calendars: Calendars, terms: Terms
) -> Projection:
    """Compute all dates. `items` are filled in as said by tools, in the order of their ids, and are written to;
    all columns are this engine's."""
    plan, itself = lay_out(engine, items, links, calendars)
    cycles = put_in_order(engine, plan, itself)
    rows = engine.room(Shown, len(items))
    return Projection(plan, compute(engine, plan, terms, rows), rows, cycles)


def compute(engine: Engine, plan: Plan, terms: Terms, rows: Sequence[Shown]) -> Terms:
    """Compute all dates of a plan that is laid out and in order, into `rows` too; the terms then known."""
    engine.run(own.own_all)(plan, terms)
    engine.run(forward.forward)(plan, terms)
    if terms.anchor != NEED_BY:
        last, last_item = engine.run(shown.last_finish)(plan)
        terms = terms._replace(last=last, last_item=last_item)
    engine.run(backward.backward)(plan, terms)
    if len(plan.whichever) > 0:
        Starts(engine, plan).ask()
    engine.run(shown.show)(plan, rows)
    return terms


class Starts:
    """Works out what parents' starts ask where several children may begin them. For plans where any is waited for."""

    def __init__(self, engine: Engine, plan: Plan, room: heap.Room | None = None) -> None:
        nodes = len(plan.nodes)
        self._plan, self._engine = plan, engine
        self._alone = plan._replace(late=engine.records(Late, nodes))
        self._room = room or make_room(engine, plan)
        self._ways = whichever.Ways(*(engine.numbers(nodes) for _ in whichever.Ways._fields))

    def ask(self) -> None:
        self._engine.run(whichever.ask)(self._plan, self._alone, self._room, self._ways)

    def ask_again(self, shown: Sequence[Shown], told: Any, count: int) -> int:
        """After the first `count` nodes of the room moved; adds to `told` and shows the items that this changes."""
        if not self._engine.run(whichever.depends)(self._room, self._ways, count):
            return count
        self.ask()
        return self._engine.run(whichever.show_again)(self._plan, shown, told, count)


def make_room(engine: Engine, plan: Plan) -> heap.Room:
    """Room in which nodes wait."""
    room = heap.Room(*(engine.numbers(len(plan.nodes)) for _ in heap.Room._fields))
    engine.run(heap.take_places)(plan, room)
    return room


def lay_out(engine: Engine, items: Sequence[Item], links: Links, calendars: Calendars) -> tuple[Plan, Any]:
    """The network, without order and dates; and which items wait for themselves, None for no item."""
    count, nothing, itself = len(items), engine.numbers(0), engine.numbers(len(items))
    plan = Plan(
        items=items, nodes=engine.records(Node, 0), early=engine.records(Early, 0),
        late=engine.records(Late, 0), whichever=engine.records(Whichever, 0),
        into=engine.records(Edge, 0), into_at=nothing, out=engine.records(Edge, 0), out_at=nothing,
        gate=engine.numbers(count, NONE), first=engine.numbers(count, NONE),
        sequence=nothing, parents=nothing, calendars=calendars,
    )  # fmt: skip
    parents, nodes, edges = 0, count, 0
    if engine.run(network.adopt)(items, engine.numbers(count), itself):
        plan = plan._replace(parents=engine.numbers(count))
        asked, open_children = engine.numbers(count), engine.numbers(count)
        parents, nodes, edges = engine.run(network.number_nodes)(items, links, open_children, asked, plan)
    plan = plan._replace(
        parents=plan.parents[:parents],
        nodes=engine.records(Node, nodes),
        early=engine.room(Early, nodes),
        late=engine.records(Late, nodes),
        # Beside items and the gates of parents, nodes are the firsts whose start somebody waits for.
        whichever=engine.records(Whichever, count if nodes > count + parents else 0),
        sequence=engine.numbers(nodes),
    )
    engine.run(network.lay_nodes)(items, plan.nodes, plan)
    structure = network.Structure(engine.numbers(edges), engine.numbers(edges), engine.numbers(edges))
    engine.run(network.lay_structure)(items, plan, structure)
    into_at, out_at = engine.numbers(nodes + 2), engine.numbers(nodes + 2)
    some_itself = engine.run(network.count_edges)(links, structure, plan, into_at, out_at, itself)
    plan = plan._replace(
        into=engine.room(Edge, into_at[nodes + 1]),
        out=engine.room(Edge, out_at[nodes + 1]),
        into_at=into_at,
        out_at=out_at,
    )
    engine.run(network.lay_edges)(links, structure, plan)
    return plan, itself if some_itself else None


def put_in_order(engine: Engine, plan: Plan, itself: Any) -> list[list[int]]:
    """Fill the plan's sequence; the cycles. Links inside circles are taken out of the plan."""
    nodes, run = len(plan.nodes), engine.run
    found = run(order.topological)(plan, engine.numbers(nodes))
    if found == nodes and itself is None:
        return []
    itself = engine.numbers(len(plan.items)) if itself is None else itself
    component = engine.numbers(nodes, NONE)
    if found < nodes:
        component = _components(engine, plan)
        begins, inside = engine.numbers(nodes), engine.numbers(nodes)
        if run(order.leave_out_late_beginners)(plan, component, begins, inside):
            component = _components(engine, plan)
        run(order.leave_out_links)(plan, component)
    run(order.mark_uncertain)(plan, component, itself, engine.numbers(nodes))
    cycles = find_cycles(
        engine.view(plan.nodes, Node), engine.view(plan.out, Edge), plan.out_at, component, itself
    )
    if found < nodes:
        run(order.drop_left_out)(plan.into, plan.into_at, engine.numbers(nodes + 1))
        run(order.drop_left_out)(plan.out, plan.out_at, engine.numbers(nodes + 1))
        run(order.topological)(plan, engine.numbers(nodes))
    return cycles


def _components(engine: Engine, plan: Plan) -> Any:
    nodes = len(plan.nodes)
    component = engine.numbers(nodes, NONE)
    work = order.Work(*(engine.numbers(nodes) for _ in range(5)))
    engine.run(order.components)(plan, component, work)
    return component


class Replanner:
    """Keeps a plan up to date while its items change."""

    def __init__(self, engine: Engine, projection: Projection) -> None:
        self._engine, self._projection = engine, projection
        plan = projection.plan
        self._room = make_room(engine, plan)
        self._told = engine.numbers(len(plan.nodes) + len(plan.whichever))
        self._starts: Starts | None = None
        if len(plan.whichever) > 0:
            self._starts = Starts(engine, plan, self._room)
            self._starts.ask()

    def changed(self, items: Sequence[int]) -> Sequence[int]:
        """Bring all dates up to date after anything but the parent or calendar of these items (this engine's
        numbers) was written to; gives the items whose rows in `shown` may have changed.

        Late dates that count back from the project's finish depend on everything: such a plan is computed as
        a whole.
        """
        plan, terms, shown = self._projection.plan, self._projection.terms, self._projection.shown
        if terms.anchor != NEED_BY:
            self._projection.terms = compute(self._engine, plan, terms, shown)
            return range(len(plan.items))
        run = self._engine.run
        told = run(again.plan_again)(plan, terms, items, self._room, shown, self._told)
        if self._starts is not None:
            told = self._starts.ask_again(shown, self._told, told)
        return sorted({int(item) for item in self._told[:told]})
