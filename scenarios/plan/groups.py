"""Named groups of demand cells."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from scenarios.demand import DemandRows
from scenarios.model import Text
from scenarios.plan.model import PlanInput

__all__ = ["cells_named", "cells_text", "group_numbers"]


def cells_named(wanted: PlanInput, names: Iterable[str]) -> list[str]:
    """Ids of cells: those named, and those of the groups named; none twice."""
    of_group = {group.id: group.cells for group in wanted.groups}
    return list(dict.fromkeys(cell for name in names for cell in of_group.get(name, [name])))


def group_numbers(wanted: PlanInput, people: DemandRows, names: Iterable[str]) -> NDArray[np.int32]:
    """int32, numbers of the cells that some names stand for; cells without anybody left out."""
    known = {cell: number for number, cell in enumerate(people.groups)}
    cells = cells_named(wanted, names)
    return np.array([known[cell] for cell in cells if cell in known], dtype=np.int32)


def cells_text(wanted: PlanInput, names: Iterable[str]) -> Text:
    """Labels of cells and groups, in the order in which they are named."""
    labels = {cell.id: cell.label for layer in wanted.demand for cell in layer.cells}
    labels |= {group.id: group.label for group in wanted.groups}
    found = [labels.get(name) or Text(zh=name, en=name) for name in names]
    return Text(zh="、".join(each.zh for each in found), en=" and ".join(each.en for each in found))
