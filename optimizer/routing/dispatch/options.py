"""Choices of order for new tasks: around tasks that they must not overlap, and on equipment.

Within one choice every rule is a difference of starts, as the compiled timing needs it; all
choices together leave nothing out, as long as the plan keeps the orders that it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from optimizer.routing.dispatch.net import Arc, Table
from optimizer.routing.problem import NONE, LinkKind

__all__ = ["orders"]

Pieces = dict[int, list[list[int]]]


def orders(table: Table, tasks: Sequence[int]) -> Iterator[list[Arc]]:
    """The arcs of every choice; one empty choice where there is nothing to choose."""
    problem = table.problem
    pairs = []
    for row, kind in enumerate(problem.link_kind.tolist()):
        first, second = int(problem.link_first[row]), int(problem.link_second[row])
        if kind != LinkKind.NOT_OVERLAPPING or not {first, second} & set(tasks):
            continue
        a, b = table.nodes_of.get(first, []), table.nodes_of.get(second, [])
        if a and b:
            pairs.append((_behind(a, b), _behind(b, a)))
    using = [task for task in tasks if problem.task_equipment[task] != NONE]
    for chosen in product(*pairs):
        arcs = [arc for choice in chosen for arc in choice]
        for turns in _turns(table, using, table.pieces()):
            yield arcs + turns


def _behind(first: Sequence[int], second: Sequence[int]) -> list[Arc]:
    return [(a, b, 0, True) for a in first for b in second]


def _turns(table: Table, tasks: Sequence[int], pieces: Pieces) -> Iterator[list[Arc]]:
    """The arcs of every turn at every piece of equipment that tasks can take."""
    if not tasks:
        yield []
        return
    task, rest = tasks[0], tasks[1:]
    kind = int(table.problem.task_equipment[task])
    nodes = table.nodes_of
    empty_tried = False
    for number, users in enumerate(pieces[kind]):
        if not users:
            if empty_tried:  # pieces that nobody uses are alike
                continue
            empty_tried = True
        for turn in range(len(users) + 1):
            arcs: list[Arc] = []
            if turn > 0:
                arcs += _behind(nodes[users[turn - 1]], nodes[task])
            if turn < len(users):
                arcs += _behind(nodes[task], nodes[users[turn]])
            after = {**pieces, kind: list(pieces[kind])}
            after[kind][number] = [*users[:turn], task, *users[turn:]]
            for more in _turns(table, rest, after):
                yield arcs + more
