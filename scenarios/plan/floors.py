"""Coverage floors of a plan as linear rows, each with its text in both languages."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.plan import tables
from scenarios.model import Text
from scenarios.plan.demand import PlanDemand
from scenarios.plan.groups import group_numbers
from scenarios.plan.model import FloorInput, PlanInput
from scenarios.plan.rule_texts import floor_text
from scenarios.plan.rules import csr_pointer, joined_rows, whole_numbers, year_numbers
from scenarios.plan.units import Places
from scenarios.plan.years import Calendar

__all__ = ["FloorRow", "compile_floors"]


@dataclass(frozen=True)
class FloorRow:
    """One row of the floors, of some of the demand rows; see :class:`rules.RuleRow`.

    Attributes:
        low: value that has to be reached. full: value if all of its rows were served.
        group: number of the group that it is about, -1 for all of the floor's.
    """

    floor: int
    unit: str
    place: int
    group: int
    low: int
    full: int
    first_year: int
    last_year: int
    text: Text


def compile_floors(
    wanted: PlanInput,
    demand: PlanDemand,
    value: NDArray[np.int64],
    reachable: NDArray[np.bool_],
    places: Places,
) -> tuple[tables.Floors, tuple[FloorRow, ...]]:
    """The coverage floors.

    Args:
        wanted: the plan.
        demand: its rows.
        value: int64[n], weight times amount.
        reachable: bool[n], rows that anything that may stand reaches in full value or part.
        places: where floors count.
    """
    calendar = Calendar.of(wanted.years)
    about: list[FloorRow] = []
    listed: list[NDArray[np.int64]] = []
    for number, floor in enumerate(wanted.floors):
        service = [each.id for each in wanted.services].index(floor.service)
        mine = (demand.service == service) & (demand.site < 0)
        if floor.cells:
            mine &= np.isin(demand.group, group_numbers(wanted, demand.people, floor.cells))
        span = calendar.first(floor.from_year), calendar.last(floor.to_year)
        for unit, place, group, label, rows in _floor_places(floor, demand, mine, places):
            counted = rows & reachable if floor.of_reachable else rows
            full = int(value[counted].sum())
            if not full:
                continue
            low = math.ceil(Fraction(str(floor.share)) * full)
            text = floor_text(wanted, floor, label, calendar.span(*span))
            about.append(FloorRow(number, unit, place, group, low, full, *span, text))
            listed.append(np.flatnonzero(rows))
    return tables.Floors(
        low=whole_numbers(each.low for each in about),
        first_year=year_numbers(each.first_year for each in about),
        last_year=year_numbers(each.last_year for each in about),
        indptr=csr_pointer(listed),
        demand=joined_rows(listed).astype(np.int32),
    ), tuple(about)


_FloorPlace = tuple[str, int, int, Text, NDArray[np.bool_]]


def _floor_places(
    floor: FloorInput, demand: PlanDemand, mine: NDArray[np.bool_], places: Places
) -> list[_FloorPlace]:
    """Unit, place, group, label and rows of every floor of one rule."""
    if floor.per == "group":
        return [
            ("district", 0, group, demand.labels[group], mine & (demand.group == group))
            for group in range(len(demand.people.groups))
        ]
    place_of = demand.district
    if floor.per == "district":
        place_of = np.zeros(len(demand), dtype=np.int32)
    elif floor.per == "community":
        at_home = demand.place >= 0
        place_of = np.where(at_home, places.of_home["community"][demand.place], -1)
    return [
        (floor.per, place, -1, label, mine & (place_of == place))
        for place, label in enumerate(places.labels[floor.per])
    ]
