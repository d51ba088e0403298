"""Completes the assignments of a plan whose options stand.

A search assigns what its objective and the rules ask for; room may stay free while people wait.
Here every service is assigned anew, year by year, by a minimum-cost flow (rows to open sites; whole
amounts give whole flows), best in turn at: value, units served, people who stay at a site of their
own (travel cost 0), travel. Where cost is the objective, must rows that stay come first.

The result must hold all floors and limits and be no worse for the objective; otherwise every row
keeps what it is served, or in the end every assignment stays and only free room is filled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow

from optimizer.arrays import csr_rows
from optimizer.siting.plan.evaluate import Evaluation, evaluate
from optimizer.siting.plan.model.cover_classes import value_at
from optimizer.siting.plan.problem import (
    Assignments,
    PlanObjective,
    PlanProblem,
    PlanRequest,
)
from optimizer.siting.plan.tables import UNLIMITED

__all__ = ["complete"]

_STEPS = 1000
"""Steps to which travel is rounded up for ties: fewer where 64 bits need it."""
_LARGEST = 2.0**60
_STAY_FIRST, _KEEP_NOTHING, _KEEP_SERVED, _KEEP_ALL = range(4)


def complete(
    problem: PlanProblem,
    request: PlanRequest,
    option: NDArray[np.integer[Any]],
    assignments: Assignments,
) -> tuple[Assignments, Evaluation]:
    """The assignments with free room filled and needless moves undone, and the plan's figures.

    Single rows that are assigned stay where they are; others are placed in the room left, the
    most valuable first.

    Args:
        problem: the problem.
        request: what the plan answers; it stays as good an answer.
        option: int[T, m], the plan, which keeps all rules with the assignments given.
        assignments: who is served where.
    """
    figures = evaluate(problem, option, assignments)
    network = _Network(problem, request, option, figures.worst)
    if network.site.size == 0:
        return assignments, figures
    # Where value is not the objective, nobody moves for the sake of others' shorter ways.
    first = (_STAY_FIRST,) if request.objective is PlanObjective.MIN_COST else ()
    for keep in (*first, _KEEP_NOTHING, _KEEP_SERVED, _KEEP_ALL):
        found = network.assigned(assignments, keep)
        if found is None:
            continue
        reached = evaluate(problem, option, found)
        if _is_as_good(request, reached, figures) and _keeps(problem, request, reached):
            return found, reached
    return assignments, figures


def _is_as_good(request: PlanRequest, new: Evaluation, old: Evaluation) -> bool:
    objective = request.objective
    if objective is PlanObjective.MAX_MIN:
        return (new.shares.tolist(), new.value) >= (old.shares.tolist(), old.value)
    if objective is PlanObjective.MIN_TRAVEL:
        return new.travel <= old.travel
    if objective is PlanObjective.MIN_WORST:
        return new.worst <= old.worst
    if objective is PlanObjective.MIN_COST:
        return True
    return new.value >= old.value


def _keeps(problem: PlanProblem, request: PlanRequest, figures: Evaluation) -> bool:
    """Whether floors and the request's limits hold."""
    if request.least_value is not None and figures.value < request.least_value:
        return False
    least = request.least_share
    if least is not None and np.any(figures.shares < least):
        return False
    floors = problem.floors
    for floor in range(len(floors)):
        rows = floors.demand[floors.indptr[floor] : floors.indptr[floor + 1]]
        years = slice(floors.first_year[floor], floors.last_year[floor] + 1)
        if np.any(figures.row_value[years][:, rows].sum(axis=1) < floors.low[floor]):
            return False
    return True


@dataclass(frozen=True)
class _Part:
    """Assignments of one year and service: pairs and units on them."""

    row: NDArray[np.int64]
    site: NDArray[np.int64]
    amount: NDArray[np.int64]


class _Network:
    """Pairs of assigned rows and sites, and what serving a unit there is worth."""

    def __init__(
        self,
        problem: PlanProblem,
        request: PlanRequest,
        option: NDArray[np.integer[Any]],
        worst: int,
    ) -> None:
        demand, reach = problem.demand, problem.reach
        site, row = csr_rows(reach.indptr).astype(np.int64), reach.demand.astype(np.int64)
        keep = problem.capacitated[demand.service[row]] & (reach.cost <= demand.radius[row])
        self.site, self.row, self.cost = site[keep], row[keep], reach.cost[keep]
        self._problem, self._option, self._worst = problem, option, worst
        self._request = request
        weight = demand.weight[self.row]
        self._by_travel = request.objective is PlanObjective.MIN_TRAVEL
        serves_all = self._by_travel or request.objective is PlanObjective.MIN_WORST
        self._must = demand.must | serves_all
        self.value = value_at(weight, self.cost, demand.full[self.row], demand.radius[self.row])
        if self._by_travel:
            # Least weighted travel, counted from the farthest so that no value is negative.
            burden = weight * self.cost
            self.value = burden.max(initial=0) - burden

    def assigned(self, known: Assignments, keep: int) -> Assignments | None:
        """All services of all years anew, None where a must row finds no room."""
        parts = []
        for when in range(self._problem.n_years):
            for service in np.flatnonzero(self._problem.capacitated).tolist():
                own = (known.year == when) & (self._problem.demand.service[known.row] == service)
                before = _Part(
                    known.row[own].astype(np.int64),
                    known.site[own].astype(np.int64),
                    known.amount[own],
                )
                found = self._one(when, service, before, keep)
                if found is None:
                    return None
                parts.append((np.full(found.row.size, when), found))
        year = np.concatenate([years for years, _ in parts])
        row = np.concatenate([part.row for _, part in parts])
        site = np.concatenate([part.site for _, part in parts])
        amount = np.concatenate([part.amount for _, part in parts])
        order = np.lexsort((site, row, year))
        return Assignments(
            year=year[order].astype(np.int32),
            row=row[order].astype(np.int32),
            site=site[order].astype(np.int32),
            amount=amount[order],
        )

    def _one(self, year: int, service: int, before: _Part, keep: int) -> _Part | None:
        """One service in one year: fixed parts, a flow of split rows, then single rows left."""
        demand = self._problem.demand
        room = self._room(year, service)
        need = np.where(demand.service == service, demand.amount, 0)
        fixed = demand.single[before.row] | (keep == _KEEP_ALL)
        kept = _Part(before.row[fixed], before.site[fixed], before.amount[fixed])
        np.subtract.at(room, kept.site, kept.amount)
        np.subtract.at(need, kept.row, kept.amount)
        pairs = (need[self.row] > 0) & (room[self.site] > 0)
        if self._request.objective is PlanObjective.MIN_WORST and year == len(self._option) - 1:
            pairs &= (self.cost <= self._worst) | (demand.weight[self.row] == 0)
        split = np.flatnonzero(pairs & ~demand.single[self.row])
        least = np.where(self._must & ~demand.single, need, 0)
        if keep == _KEEP_SERVED:
            mine = _Part(before.row[~fixed], before.site[~fixed], before.amount[~fixed])
            np.maximum.at(least, mine.row, 0)
            least = np.maximum(least, np.bincount(mine.row, mine.amount, need.size).astype(int))
            split = split[self.value[split] >= self._least_value(mine)[self.row[split]]]
        flow = self._flow(split, need, least, room, stay_first=keep == _STAY_FIRST)
        if flow is None:
            return None
        used = split[flow > 0]
        flow = flow[flow > 0]
        np.subtract.at(room, self.site[used], flow)
        single = self._singles(np.flatnonzero(pairs & demand.single[self.row]), need, room)
        return _Part(
            np.concatenate([kept.row, self.row[used], self.row[single]]),
            np.concatenate([kept.site, self.site[used], self.site[single]]),
            np.concatenate([kept.amount, flow, need[self.row[single]]]),
        )

    def _room(self, year: int, service: int) -> NDArray[np.int64]:
        """int64[m], units; unlimited room is room for everyone."""
        shown = self._option[year].astype(np.int64)
        capacity = self._problem.options.capacity[:, service]
        if capacity.size == 0:
            return np.zeros(shown.size, dtype=np.int64)
        room = np.where(shown >= 0, capacity[np.maximum(shown, 0)], 0)
        return np.where(room == UNLIMITED, self._problem.demand.amount.sum(), room)

    def _least_value(self, part: _Part) -> NDArray[np.int64]:
        """int64[n], the least value of a unit of every row where it is served, 0 elsewhere."""
        size = self._problem.n_sites
        order = np.argsort(self.row * size + self.site)
        at = np.searchsorted((self.row * size + self.site)[order], part.row * size + part.site)
        least = np.full(self._problem.n_demand, np.iinfo(np.int64).max)
        np.minimum.at(least, part.row, self.value[order[at]])
        return np.where(least == np.iinfo(np.int64).max, 0, least)

    def _flow(
        self,
        pairs: NDArray[np.int64],
        need: NDArray[np.int64],
        least: NDArray[np.int64],
        room: NDArray[np.int64],
        *,
        stay_first: bool,
    ) -> NDArray[np.int64] | None:
        """int64[pairs], units; ``least``: units of every row that must be served."""
        rows, row = np.unique(self.row[pairs], return_inverse=True)
        sites, site = np.unique(self.site[pairs], return_inverse=True)
        listed = np.zeros(need.size, dtype=bool)
        listed[rows] = True
        if np.any(least[~listed] > 0):
            return None
        if pairs.size == 0:
            return np.zeros(0, dtype=np.int64)
        costs = self._costs(pairs, rows.size, sites.size, stay_first=stay_first)
        if costs is None:
            return None
        cost, unserved = costs
        n, m = rows.size, sites.size
        sink = n + m
        solver = min_cost_flow.SimpleMinCostFlow()
        most = np.minimum(need[rows][row], room[sites][site])
        arcs = solver.add_arcs_with_capacity_and_unit_cost(row, n + site, most, cost)
        given = np.minimum(room[sites], need[rows].sum())
        solver.add_arcs_with_capacity_and_unit_cost(
            n + np.arange(m), np.full(m, sink), given, np.zeros(m, dtype=np.int64)
        )
        solver.add_arcs_with_capacity_and_unit_cost(
            np.arange(n), np.full(n, sink), (need - least)[rows], np.full(n, unserved)
        )
        solver.set_nodes_supplies(np.arange(n), need[rows])
        solver.set_nodes_supplies(np.array([sink]), np.array([-int(need[rows].sum())]))
        if solver.solve() != solver.OPTIMAL:
            return None
        return np.asarray(solver.flows(arcs), dtype=np.int64)

    def _costs(
        self, pairs: NDArray[np.int64], n: int, m: int, *, stay_first: bool
    ) -> tuple[NDArray[np.int64], int] | None:
        """Cost of a unit on every pair and of one not served, None beyond 64 bits.

        A cycle of the flow passes every site at most once, so that m + 2 times the largest cost
        of what counts less outweighs all of it.
        """
        cost, row = self.cost[pairs], self.row[pairs]
        own = np.zeros(self._problem.n_demand, dtype=bool)
        own[row[cost == 0]] = True
        moves = own[row] & (cost > 0)
        if stay_first:
            moves &= self._must[row]
        worth = self.value[pairs]
        unit = max(1, int(np.gcd.reduce(worth)))
        for steps in (_STEPS, 30, 1):
            travel = np.ceil(cost * (steps / max(1, int(cost.max())))).astype(np.int64)
            a_move = (m + 2) * steps
            unserved = (m + 2) * (a_move + steps)
            a_value = (m + 2) * (unserved + 1)
            all_value = float(worth.max() // unit) * a_value
            if stay_first:
                a_move = (m + 2) * (int(worth.max()) // unit + 1) * a_value
            # The solver multiplies costs by the number of nodes.
            if (all_value + a_move) * (n + m + 2) < _LARGEST:
                return travel + moves * a_move - (worth // unit) * a_value, unserved
        return None

    def _singles(
        self, pairs: NDArray[np.int64], need: NDArray[np.int64], room: NDArray[np.int64]
    ) -> list[int]:
        """Pairs of single rows that still fit as a whole, the most valuable first."""
        order = pairs[np.lexsort((self.cost[pairs], -self.value[pairs] * need[self.row[pairs]]))]
        placed: set[int] = set()
        chosen = []
        for pair in order.tolist():
            row, site = int(self.row[pair]), int(self.site[pair])
            if row not in placed and need[row] <= room[site]:
                room[site] -= need[row]
                placed.add(row)
                chosen.append(pair)
        return chosen
