"""What one site more or less does to rows that are assigned, unit by unit, to sites with room.

All other assignments stay as they are. Units that lose their place go to other open sites with
room, the most valuable first; room that is new takes units that have no place yet. No unit that
has a place moves, so the best plan with the same sites may be better, and is never worse.

Where people choose their site themselves (``PlanProblem.nearest``), they choose anew among the
changed sites, and the change is what comes of that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.plan.explain.marginal_cover import unit_value
from optimizer.siting.plan.explain.moves import Move
from optimizer.siting.plan.nearest import choices
from optimizer.siting.plan.problem import Assignments, PlanProblem
from optimizer.siting.plan.tables import UNLIMITED

__all__ = ["AssignedState", "Pair", "Repair", "total_value"]

_ENDLESS = 2**62


class Pair(NamedTuple):
    """What a unit of a row is worth at a site, and its travel: weight x cost."""

    worth: int
    travel: int


@dataclass
class Repair:
    """What a move does to assignments.

    Attributes:
        change: by (year, row, site), units more (or fewer, below 0).
        value: by (year, row), value more or less, not weighted by year.
        travel: weight x units x cost more or less, over all years.
    """

    change: dict[tuple[int, int, int], int] = field(default_factory=dict)
    value: dict[tuple[int, int], int] = field(default_factory=dict)
    travel: int = 0

    def add(self, year: int, row: int, site: int, units: int, pair: Pair) -> None:
        """Take units to a site, or from it."""
        key = (year, row, site)
        self.change[key] = self.change.get(key, 0) + units
        self.value[year, row] = self.value.get((year, row), 0) + units * pair.worth
        self.travel += units * pair.travel


class AssignedState:
    """Who is assigned where in a plan, ready to be asked about moves."""

    def __init__(
        self, problem: PlanProblem, shown: NDArray[np.int64], assignments: Assignments
    ) -> None:
        self.problem, self.shown = problem, shown
        demand, self.capacitated = problem.demand, problem.capacitated & ~problem.chosen
        years, sites, services = problem.n_years, problem.n_sites, problem.n_services
        at = (assignments.year, assignments.row)
        self.assigned = np.zeros((years, problem.n_demand), dtype=np.int64)
        np.add.at(self.assigned, at, assignments.amount)
        self.load = np.zeros((years, sites, services), dtype=np.int64)
        service = demand.service[assignments.row]
        np.add.at(self.load, (assignments.year, assignments.site, service), assignments.amount)
        self._take_entries()
        self._taken: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for year, row, site, amount in zip(
            assignments.year.tolist(),
            assignments.row.tolist(),
            assignments.site.tolist(),
            assignments.amount.tolist(),
            strict=True,
        ):
            if self.capacitated[demand.service[row]]:
                self._taken.setdefault((year, site), []).append((row, amount))
        self._chosen = _amounts(assignments, problem.chosen[service])

    def _take_entries(self) -> None:
        """Reach entries of assigned rows by site and by row, with their value per unit."""
        problem = self.problem
        row = problem.reach.demand.astype(np.int64)
        is_assigned = self.capacitated[problem.demand.service[row]]
        keep = is_assigned & (problem.reach.cost <= problem.demand.radius[row])
        self.site, self.row = csr_rows(problem.reach.indptr)[keep], row[keep]
        weight = problem.demand.weight[self.row]
        cost = problem.reach.cost[keep]
        self.worth = unit_value(problem, self.row, cost, weight)
        most = float(weight.max(initial=0)) * float(cost.max(initial=0))
        self.travel = weight.astype(object if most >= _ENDLESS else np.int64) * cost
        self.of_site = np.searchsorted(self.site, np.arange(problem.n_sites + 1))
        self.by_row = np.argsort(self.row, kind="stable")
        self.of_row = np.searchsorted(self.row[self.by_row], np.arange(problem.n_demand + 1))

    def room(self, year: int, site: int, service: int, option: int) -> int:
        """Units of a service that an option has room for, beside the plan's load of its site."""
        capacity = int(self.problem.options.capacity[option, service])
        return _ENDLESS if capacity == UNLIMITED else capacity - int(self.load[year, site, service])

    def repair(self, move: Move) -> Repair:
        """What a move does to assignments."""
        repair = Repair()
        for year in move.years:
            lost = list(self._shed(move, year, repair))
            self._fill(move, year, repair)
            self._place(move, year, lost, repair)
        if self.problem.chosen.any():
            self._choose(move, repair)
        return repair

    def _choose(self, move: Move, repair: Repair) -> None:
        """People choose anew in every year in which the site shows another option."""
        problem, room = self.problem, _with_nothing(self.problem.options.capacity)
        for year in move.years:
            old, new = move.before[year], move.after[year]
            changes = room[old] != room[new]
            if not np.any(changes & problem.chosen):
                continue
            option = np.full_like(self.shown, -1)
            option[year] = self.shown[year]
            option[year, move.site] = new
            after = _amounts(choices(problem, option, problem.chosen & changes), None)
            before = {
                key: units
                for key, units in self._chosen.items()
                if key[0] == year and changes[problem.demand.service[key[1]]]
            }
            for key in sorted(before.keys() | after.keys()):
                units = after.get(key, 0) - before.get(key, 0)
                if units:
                    repair.add(*key, units, self._pair(key[1], key[2]))

    def _pair(self, row: int, site: int) -> Pair:
        """What a unit of a row is worth at a site."""
        reach = self.problem.reach
        part = slice(int(reach.indptr[site]), int(reach.indptr[site + 1]))
        at = int(reach.indptr[site]) + int(np.searchsorted(reach.demand[part], row))
        rows, cost = np.array([row]), reach.cost[at : at + 1]
        weight = self.problem.demand.weight[rows]
        return Pair(
            int(unit_value(self.problem, rows, cost, weight)[0]), int(weight[0]) * int(cost[0])
        )

    def _pairs(self, site: int) -> dict[int, Pair]:
        """By row, what a unit of it is worth at a site."""
        part = slice(self.of_site[site], self.of_site[site + 1])
        pairs = map(Pair, self.worth[part].tolist(), self.travel[part].tolist())
        return dict(zip(self.row[part].tolist(), pairs, strict=True))

    def _shed(self, move: Move, year: int, repair: Repair) -> Iterator[tuple[int, int]]:
        """Rows and units that have to leave the site, the least valuable ones."""
        taken = self._taken.get((year, move.site), [])
        if not taken:
            return
        pairs, demand = self._pairs(move.site), self.problem.demand
        rooms = {
            service: self.room(year, move.site, service, move.after[year])
            if self._offers(move.after[year], service)
            else -_ENDLESS
            for service in np.unique(demand.service[[row for row, _ in taken]]).tolist()
        }
        for row, amount in sorted(taken, key=lambda each: (pairs[each[0]].worth, each[0])):
            service = int(demand.service[row])
            over = -rooms[service]
            if over <= 0:
                continue
            units = amount if demand.single[row] else min(amount, over)
            rooms[service] += units
            repair.add(year, row, move.site, -units, pairs[row])
            yield row, units

    def _offers(self, option: int, service: int) -> bool:
        return option >= 0 and bool(self.problem.options.capacity[option, service] != 0)

    def _fill(self, move: Move, year: int, repair: Repair) -> None:
        """Take units without a place into the site's room, the most valuable first."""
        part = slice(self.of_site[move.site], self.of_site[move.site + 1])
        row, worth, travel = self.row[part], self.worth[part], self.travel[part]
        demand = self.problem.demand
        free = demand.amount[row] - self.assigned[year, row]
        keep = (free > 0) & (worth > 0) & (~demand.single[row] | (free == demand.amount[row]))
        row, worth, travel, free = row[keep], worth[keep], travel[keep], free[keep]
        order = np.argsort(-worth, kind="stable")
        service = demand.service[row]
        for each in np.unique(service).tolist():
            if not self._offers(move.after[year], each):
                continue
            left = self.room(year, move.site, each, move.after[year])
            left -= sum(
                units
                for (when, what, where), units in repair.change.items()
                if when == year and where == move.site and demand.service[what] == each
            )
            for at in order[service[order] == each].tolist():
                units = min(int(free[at]), left)
                if units <= 0:
                    break
                if demand.single[row[at]] and units < free[at]:
                    continue
                pair = Pair(int(worth[at]), int(travel[at]))
                repair.add(year, int(row[at]), move.site, units, pair)
                left -= units

    def _place(self, move: Move, year: int, lost: list[tuple[int, int]], repair: Repair) -> None:
        """Take units that lost their place to other open sites, the most valuable first."""
        offers: list[tuple[int, int, int, int]] = []
        for row, _ in lost:
            part = self.by_row[self.of_row[row] : self.of_row[row + 1]]
            offers.extend(
                (-int(worth), row, int(site), int(travel))
                for worth, site, travel in zip(
                    self.worth[part], self.site[part], self.travel[part], strict=True
                )
                if site != move.site and self._is_open(year, int(site), row)
            )
        left, taken = dict(lost), dict[tuple[int, int], int]()
        for loss, row, site, travel in sorted(offers):
            service = int(self.problem.demand.service[row])
            room = self.room(year, site, service, int(self.shown[year, site]))
            room -= taken.get((site, service), 0)
            units = min(left[row], room)
            if units <= 0 or (self.problem.demand.single[row] and units < left[row]):
                continue
            left[row] -= units
            taken[site, service] = taken.get((site, service), 0) + units
            repair.add(year, row, site, units, Pair(-loss, travel))

    def _is_open(self, year: int, site: int, row: int) -> bool:
        return self._offers(int(self.shown[year, site]), int(self.problem.demand.service[row]))


def _with_nothing(capacity: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[o + 1, S], the rooms of options and, at the end (-1), of none."""
    return np.vstack([capacity, np.zeros_like(capacity[:1])])


def _amounts(
    assignments: Assignments, keep: NDArray[np.bool_] | None
) -> dict[tuple[int, int, int], int]:
    """Units by (year, row, site)."""
    columns = (assignments.year, assignments.row, assignments.site, assignments.amount)
    some = slice(None) if keep is None else keep
    entries = zip(*(each[some].tolist() for each in columns), strict=True)
    return {(year, row, site): amount for year, row, site, amount in entries}


def total_value(problem: PlanProblem, repair: Repair) -> int:
    """The value of a repair over the weighted years."""
    weight: list[Any] = problem.years.weight.tolist()
    return sum(weight[year] * value for (year, _), value in repair.value.items())
