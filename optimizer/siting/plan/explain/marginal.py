"""What every single site and option is worth to a plan: leave one out, add one.

The other sites stay as they are, in every year. The change of the plan's value and cost is exact
and comes from tables of the plan's two nearest sites per row, for thousands of options at once;
for services with room, from assignments that stay where they are (``marginal_assigned``). Rules
that would not hold are named, with sites that lose their parent looking for another one first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from optimizer.siting.plan.checking.violations import PlanViolationKind
from optimizer.siting.plan.explain.marginal_assigned import AssignedState, Repair, total_value
from optimizer.siting.plan.explain.marginal_cover import CoverEffect, cover_effect, cover_entries
from optimizer.siting.plan.explain.marginal_groups import Groups
from optimizer.siting.plan.explain.marginal_network import NetworkState
from optimizer.siting.plan.explain.marginal_rules import Broken, RuleState, money_of
from optimizer.siting.plan.explain.moves import Move, adding_moves, leaving_moves
from optimizer.siting.plan.problem import PlanAnswer, PlanObjective, PlanProblem, PlanRequest

__all__ = ["Broken", "MarginalValue", "Move", "marginal_values"]

_Kind = PlanViolationKind


@dataclass(frozen=True)
class MarginalValue:
    """What a change at one site does to a plan.

    Attributes:
        move: the change.
        value: change of the plan's value, as MAX_VALUE counts it; below 0 for a loss. Exact for
            covered rows, bonuses and rows that choose their site; for assigned rows with every
            kept assignment as it is, so that the true change with these sites is at least this.
        cost: change of the plan's cost over all years, fen.
        travel: change of its travel, as MIN_TRAVEL counts it; a row that is not served any more
            does not travel.
        broken: rules that do not hold any more; empty where the changed plan is sound.
    """

    move: Move
    value: int
    cost: int
    travel: int
    broken: tuple[Broken, ...]

    @property
    def holds(self) -> bool:
        """Whether every rule still holds."""
        return not self.broken


def marginal_values(
    problem: PlanProblem,
    request: PlanRequest,
    answer: PlanAnswer,
    moves: Iterable[Move] | None = None,
) -> tuple[MarginalValue, ...]:
    """Value, cost and broken rules of single changes to a sound plan.

    Args:
        problem: the tables.
        request: what was asked; its limits count among the rules.
        answer: a sound plan.
        moves: the changes; by default every standing site left out, then every option that does
            not stand in the last year added (``moves.leaving_moves``, ``moves.adding_moves``).

    Returns:
        One entry per move, in order; empty without a plan.
    """
    if not answer.option.size:
        return ()
    shown = answer.option.astype(np.int64)
    if moves is None:
        moves = [*leaving_moves(shown), *adding_moves(problem, shown)]
    state = _State(problem, request, answer)
    return tuple(state.value_of(move) for move in moves)


class _State:
    """A plan with all that is needed to judge a move."""

    def __init__(self, problem: PlanProblem, request: PlanRequest, answer: PlanAnswer) -> None:
        self.problem, self.request = problem, request
        self.shown = answer.option.astype(np.int64)
        self.rules = RuleState(problem, request, answer)
        self.network = NetworkState(problem, answer)
        self.assigned = AssignedState(problem, self.shown, answer.assignments)
        self.limited = problem.capacitated
        self.offers = (problem.options.capacity != 0) & ~self.limited
        self.weight = problem.years.weight.tolist()
        self.all_served = request.objective in (PlanObjective.MIN_TRAVEL, PlanObjective.MIN_WORST)
        entries = cover_entries(problem)
        self.effects = [cover_effect(problem, entries, row) for row in self.shown]
        self.groups = Groups(problem, request, answer)
        pairs = problem.n_sites * problem.n_services
        member = self.groups.member
        self.by_group: list[csr_array | None] = [
            effect.by_group(entries, member, pairs) if member.shape[1] else None
            for effect in self.effects
        ]
        self.total = self.groups.value

    def value_of(self, move: Move) -> MarginalValue:
        repair = self.assigned.repair(move) if self.limited.any() else Repair()
        value, travel = total_value(self.problem, repair), repair.travel
        for year in move.years:
            value += self.weight[year] * self._cover_change(move, year)
            change = self._offer_change(move, year) * self.effects[year].travel[move.site]
            travel += int(change.sum())
        old = money_of(self.problem, move.site, move.before).total
        new = money_of(self.problem, move.site, move.after).total
        broken = [*self.rules.broken(move), *self.network.broken(move)]
        broken.extend(self._broken_demand(move, repair))
        least = self.request.least_value
        if least is not None and self.total + value < least:
            broken.append(Broken(_Kind.LEAST_VALUE_MISSED))
        return MarginalValue(move, value, new - old, travel, tuple(broken))

    def _offer_change(self, move: Move, year: int) -> NDArray[np.int64]:
        """int64[S], 1 for a service offered newly, -1 for one that is no longer."""
        old, new = (
            self.offers[option].astype(np.int64) if option >= 0 else 0
            for option in (move.before[year], move.after[year])
        )
        return np.broadcast_to(np.asarray(new - old, dtype=np.int64), self.limited.shape)

    def _cover_change(self, move: Move, year: int) -> int:
        gain = self.effects[year].gain[move.site]
        change = int((self._offer_change(move, year) * gain).sum())
        bonus = self.problem.options.bonus
        for option, sign in ((move.before[year], -1), (move.after[year], 1)):
            change += sign * int(bonus[option]) if option >= 0 else 0
        return change

    def _broken_demand(self, move: Move, repair: Repair) -> Iterator[Broken]:
        services = self.problem.n_services
        for year in move.years:
            change = self._offer_change(move, year)
            for service in np.flatnonzero(change < 0).tolist():
                pair = move.site * services + service
                for row in _needed(self.effects[year], pair).tolist():
                    yield from self._unserved(_Kind.MUST_NOT_COVERED, row, year)
            yield from self._short_rows(year, repair)
            yield from self._broken_groups(move.site, year, change, repair)

    def _short_rows(self, year: int, repair: Repair) -> Iterator[Broken]:
        units: dict[int, int] = {}
        for (when, row, _), change in repair.change.items():
            if when == year:
                units[row] = units.get(row, 0) + change
        for row, change in sorted(units.items()):
            if change < 0:
                yield from self._unserved(_Kind.MUST_NOT_ASSIGNED, row, year)

    def _unserved(self, kind: PlanViolationKind, row: int, year: int) -> Iterator[Broken]:
        if self.problem.demand.must[row]:
            yield Broken(kind, row, year)
        if self.all_served:
            yield Broken(_Kind.NOT_SERVED, row, year)

    def _broken_groups(
        self, site: int, year: int, change: NDArray[np.int64], repair: Repair
    ) -> Iterator[Broken]:
        table, services = self.by_group[year], self.problem.n_services
        if table is None:
            return
        step: dict[int, int] = {}
        for service in np.flatnonzero(change).tolist():
            pair = site * services + service
            part = slice(table.indptr[pair], table.indptr[pair + 1])
            for group, each in zip(
                table.indices[part].tolist(), table.data[part].tolist(), strict=True
            ):
                step[group] = step.get(group, 0) + int(change[service]) * each
        for (when, row), value in repair.value.items():
            if when == year:
                for group in self.groups.of_row(row):
                    step[group] = step.get(group, 0) + value
        yield from self.groups.broken(year, step)


def _needed(effect: CoverEffect, pair: int) -> NDArray[np.int64]:
    low, high = np.searchsorted(effect.needed_pair, [pair, pair + 1])
    return effect.needed_row[low:high]
