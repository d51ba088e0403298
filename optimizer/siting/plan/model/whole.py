"""The whole model of a plan: its parts joined, and what they add up to.

Each part of the formulation stands in a file of its own (``model_*.py``); this one joins them and
names the sums that requests speak of: value, cost, travel and the districts' shares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.plan.model.assigned_classes import assigned_classes
from optimizer.siting.plan.model.assignment import Assignment, add_assignment
from optimizer.siting.plan.model.cover import Cover, add_cover
from optimizer.siting.plan.model.cover_classes import cover_classes, usable_pairs
from optimizer.siting.plan.model.hierarchy import hierarchy_of
from optimizer.siting.plan.model.money import Money, add_money, closings
from optimizer.siting.plan.model.offers import Offers, add_offers, offers_of
from optimizer.siting.plan.model.program import INFINITE, NOTHING, Linear, Program
from optimizer.siting.plan.model.quotas import GivenQuotas, add_quotas
from optimizer.siting.plan.model.rules import Kinds, add_rules
from optimizer.siting.plan.model.standing import add_standing
from optimizer.siting.plan.model.transport import Cut, Transport
from optimizer.siting.plan.problem import PlanObjective, PlanProblem, PlanRequest

__all__ = ["DistrictShare", "PlanModel", "build_model"]

_MILLION = 1_000_000
_MOST_FIRST_ENTRIES = 100_000
_MOST_FLOWS = 15_000
"""Networks with at most so many links over all years get flow columns from the start."""


@dataclass(frozen=True)
class DistrictShare:
    """What a district's share is made of in the last year.

    Attributes:
        district: its number. covered: value of its rows. full: most value they could have, > 0.
    """

    district: int
    covered: Linear
    full: int

    def least(self, share: int) -> int:
        """The covered value from which on the share, in millionths, reaches this."""
        return -(-share * self.full // _MILLION)

    def at(self, values: NDArray[np.int64]) -> int:
        """The share at a point, in millionths."""
        return _MILLION * self.covered.at(values) // self.full


def _fill_nothing(whole: NDArray[np.int64]) -> None:
    """No columns beyond the parts."""


@dataclass(frozen=True)
class PlanModel:
    """A plan's program and the columns of its parts.

    Attributes:
        problem, request: what is asked.
        program: the rows.
        stands: int64[o, T], columns of standing options, -1 where impossible.
        offers, elements: elements that cover demand, and their columns int64[E, T].
        money, quotas, kinds, cover, assignment: the parts.
        transports: networks that the standing options must be able to carry: levels, and pooled
            assigned services.
        value, cost, travel: what the plan adds up to.
        shares: districts with demand.
        flows: networks that have flow columns, int64[l, T], besides their cuts.
        fill: writes columns that a search has added beyond the parts, once those are there.
    """

    problem: PlanProblem
    request: PlanRequest
    program: Program
    stands: NDArray[np.int64]
    offers: Offers
    elements: NDArray[np.int64]
    money: Money
    quotas: GivenQuotas
    kinds: Kinds
    cover: Cover
    assignment: Assignment
    transports: tuple[Transport, ...]
    value: Linear
    cost: Linear
    travel: Linear
    shares: tuple[DistrictShare, ...]
    flows: tuple[tuple[Transport, NDArray[np.int64]], ...] = ()
    fill: Callable[[NDArray[np.int64]], None] = _fill_nothing

    def standing_of(self, values: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.int64]:
        """int64[o, T] of 0 and 1: the options that stand at a point."""
        stands = np.zeros(self.stands.shape, dtype=np.int64)
        there = self.stands >= 0
        stands[there] = np.rint(values[self.stands[there]]).astype(np.int64)
        return stands

    def option_of(self, stands: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64[T, m]: the option that every site shows, -1 for none."""
        option = np.full((self.problem.n_years, self.problem.n_sites), -1, dtype=np.int64)
        each, year = np.nonzero(stands)
        option[year, self.problem.options.site[each]] = each
        return option

    def whole(self, values: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.int64] | None:
        """The point of whole numbers that a solver's point stands for.

        Options, quotas and assignments are rounded, all else follows from them; None where the
        result breaks a row, or a transport cut that the rows do not hold yet.
        """
        stands = self.standing_of(values)
        if np.any((stands < 0) | (stands > 1)):
            return None
        whole = self.follow(stands)
        if whole is None:
            return None
        for columns in (self.quotas.given, self.assignment.columns):
            whole[columns] = np.rint(values[columns]).astype(np.int64)
        if not self.fill_flows(whole):
            return None
        self.fill(whole)
        return whole if self.program.holds(whole) and self.carries(whole) else None

    def fill_flows(self, whole: NDArray[np.int64]) -> bool:
        """Write the flow columns of a point; False where not everything can be carried."""
        for network, columns in self.flows:
            for year in range(self.problem.n_years):
                units = network.flow(whole, year)
                if units is None:
                    return False
                whole[columns[:, year]] = units
        return True

    def carries(self, whole: NDArray[np.int64]) -> bool:
        """Whether a point's children and units can be carried."""
        years = range(self.problem.n_years)
        return all(each.flow(whole, year) is not None for each in self.transports for year in years)

    def broken_cuts(self, values: NDArray[np.float64], limit: int) -> list[Cut]:
        """Transport cuts that a point breaks, at most so many per network and year."""
        return [
            cut
            for each in self.transports
            for year in range(self.problem.n_years)
            for cut in each.violated(values, year, limit)
        ]

    def follow(self, stands: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """The point of standing options int64[o, T], without quotas and assignments."""
        whole = np.zeros(self.program.n_columns, dtype=np.int64)
        shown = self.offers.shown(stands)
        of_site = np.zeros((self.problem.n_sites, self.problem.n_years), dtype=np.int64)
        np.add.at(of_site, self.problem.options.site, stands)
        classes = self.cover.classes
        for columns, content in (
            (self.elements, shown),
            (self.stands, stands),
            (self.kinds.columns, self.kinds.shown(stands)),
            (self.money.closing, closings(self.problem, of_site, self.money.closing_site)),
            (self.cover.once, classes.covered(shown)),
            (self.cover.twice, (classes.count(shown) > 1).astype(np.int64)),
        ):
            whole[columns[columns >= 0]] = content[columns >= 0]
        if np.any(of_site > 1):
            return None
        return whole


def build_model(problem: PlanProblem, request: PlanRequest) -> PlanModel:
    """The model of a problem with everything that a request asks for but its objective."""
    serves_all = request.objective in (PlanObjective.MIN_TRAVEL, PlanObjective.MIN_WORST)
    by_district = request.objective is PlanObjective.MAX_MIN or request.least_share is not None
    must = problem.demand.must | serves_all
    program = Program()
    stands = add_standing(program, problem, request)
    usable = np.asarray((stands >= 0).any(axis=1))
    offers = offers_of(problem, usable)
    elements = add_offers(program, offers, stands)
    money = add_money(program, problem, stands)
    quotas = add_quotas(program, problem, stands)
    kinds = add_rules(program, problem, stands)
    pairs = usable_pairs(problem, offers)
    covered = cover_classes(problem, pairs, travel=serves_all)
    cover = add_cover(program, problem, covered, elements, must)
    assigned = assigned_classes(problem, pairs, travel=serves_all, districts=by_district)
    assignment = add_assignment(program, problem, assigned, stands, elements, must)
    transports = (*hierarchy_of(problem, stands), *assignment.pools)
    flows = tuple(
        (each, each.add_flows(program))
        for each in transports
        if each.supplier.size * problem.n_years <= _MOST_FLOWS
    )
    sums = _Sums(problem, cover, assignment, stands)
    model = PlanModel(
        problem=problem,
        request=request,
        program=program,
        stands=stands,
        offers=offers,
        elements=elements,
        money=money,
        quotas=quotas,
        kinds=kinds,
        cover=cover,
        assignment=assignment,
        transports=transports,
        flows=flows,
        value=sums.value(),
        cost=money.cost,
        travel=sums.travel() if serves_all else NOTHING,
        shares=sums.shares() if by_district else (),
    )
    for network in model.transports:
        for cut in network.first_cuts(_MOST_FIRST_ENTRIES):
            cut.add_to(program)
    _add_floors(model, sums)
    _add_limits(model)
    return model


def _add_floors(model: PlanModel, sums: _Sums) -> None:
    floors = model.problem.floors
    for floor in range(len(floors)):
        rows = floors.demand[floors.indptr[floor] : floors.indptr[floor + 1]]
        for year in range(floors.first_year[floor], floors.last_year[floor] + 1):
            line = sums.of_rows(rows, year)
            model.program.require(line, int(floors.low[floor]), INFINITE)


def _add_limits(model: PlanModel) -> None:
    request, program = model.request, model.program
    if request.least_value is not None:
        program.require(model.value, request.least_value, INFINITE)
    if request.most_cost is not None:
        program.require(model.cost, -INFINITE, request.most_cost)
    if request.least_share is not None:
        for each in model.shares:
            program.require(each.covered, each.least(request.least_share), INFINITE)


class _Sums:
    """What rows of demand add up to, as expressions over the model's columns."""

    def __init__(
        self,
        problem: PlanProblem,
        cover: Cover,
        assignment: Assignment,
        stands: NDArray[np.int64],
    ) -> None:
        self._problem, self._cover, self._stands = problem, cover, stands
        self._assignment = assignment

    def of_rows(self, rows: NDArray[np.int32], year: int) -> Linear:
        """Value of some rows in a year, backup apart."""
        wanted = np.zeros(self._problem.n_demand, dtype=bool)
        wanted[rows] = True
        classes = self._cover.classes
        worth = np.zeros(classes.size, dtype=np.int64)
        kept = wanted[classes.part_row]
        np.add.at(worth, classes.part_class[kept], classes.part_value[kept])
        assigned = self._assignment.classes
        chosen = np.flatnonzero(wanted[assigned.member][assigned.pair_class])
        per_column = (assigned.value * assigned.step)[chosen]
        pooled = np.flatnonzero(assigned.pooled & wanted[assigned.member])
        first = np.searchsorted(assigned.pair_class, pooled)
        return (
            Linear.of(self._cover.once[:, year], worth)
            + Linear.of(self._assignment.goes[chosen, year], per_column)
            + Linear.of(self._assignment.served[pooled, year], assigned.value[first])
        )

    def value(self) -> Linear:
        """The plan's value over the weighted years."""
        everyone = np.arange(self._problem.n_demand, dtype=np.int32)
        line = NOTHING
        for year, weight in enumerate(self._problem.years.weight.tolist()):
            own = self.of_rows(everyone, year)
            own += Linear.of(self._cover.twice[:, year], self._cover.backup)
            own += Linear.of(self._stands[:, year], self._problem.options.bonus)
            line += own * weight
        return line

    def travel(self) -> Linear:
        """Weighted travel of all years, every row being served."""
        classes, assigned = self._cover.classes, self._assignment.classes
        saved = np.zeros(classes.size, dtype=np.int64)
        np.add.at(saved, classes.part_class, classes.part_travel)
        years = self._problem.n_years
        far = Linear.of([], [], years * int(classes.farthest.sum()))
        near = Linear.of(self._cover.once, -saved[:, None])
        per_column = (assigned.travel * assigned.step)[:, None]
        return far + near + Linear.of(self._assignment.goes, per_column)

    def shares(self) -> tuple[DistrictShare, ...]:
        """The districts with demand, by number."""
        demand, last = self._problem.demand, self._problem.n_years - 1
        worth = demand.weight * demand.amount
        found = []
        for district in np.unique(demand.district[demand.district >= 0]).tolist():
            rows = np.flatnonzero(demand.district == district).astype(np.int32)
            full = int(worth[rows].sum())
            if full > 0:
                found.append(DistrictShare(district, self.of_rows(rows, last), full))
        return tuple(found)
