"""Exact p-center: search over the distinct travel costs with set covering (Minieka 1970).

The optimum is one of the listed costs. A radius T is reachable when at most p free sites, beside
the always-open ones, cover every row within T; it is out of reach when the linear relaxation of
that covering problem, or the covering problem itself, needs more. Rows without a common
site refuse most radii at once; then, as in Elloumi, Labbe and Pochet (2004), the relaxation
narrows the radii from below and greedy covers from above;
integer programs decide what is left. Every answer lowers the upper end to its true radius, every
refusal lifts the lower end past T, so both ends are proved all the time.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from optimizer.result import StopReason
from optimizer.siting.cover.solve import covering_model
from optimizer.siting.coverage import nearest
from optimizer.siting.engine import Proposal, Reporter, chosen_columns
from optimizer.siting.greedy import fewest_sites, most_cover, sites_needed
from optimizer.siting.highs import Model, OutcomeStatus, run, safe_bound
from optimizer.siting.presolve import CoverModel, cover_model
from optimizer.siting.problem import SiteStatus, SitingProblem
from optimizer.stop import ProgressCallback, StopClock

__all__ = ["least_radius"]


def least_radius(
    problem: SitingProblem,
    new_sites: int,
    clock: StopClock,
    seed: int,
    progress: ProgressCallback | None,
) -> Proposal:
    """Solve p-center; ``new_sites`` leaves room for the required sites.

    Rows that no permitted site lists cost ``unreached_cost`` whatever opens; the others are
    served as well as they can be all the same.
    """
    search = _Search(problem, new_sites, clock, seed, Reporter("p_center", clock, progress))
    reason = search.narrow()
    return Proposal(search.best, search.proved_bound(), reason)


class _Search:
    """The radii still in question: costs[low] .. costs[high], the last one reached by ``best``."""

    def __init__(
        self,
        problem: SitingProblem,
        new_sites: int,
        clock: StopClock,
        seed: int,
        reporter: Reporter,
    ) -> None:
        permitted = problem.site_status != SiteStatus.FORBIDDEN
        self._listed = _only_listed(problem, permitted)
        self._lost = bool((problem.demand_weight > self._listed.demand_weight).any())
        self._unreached = problem.unreached_cost
        self._clock, self._seed, self._reporter = clock, seed, reporter
        required = int((problem.site_status == SiteStatus.REQUIRED).sum())
        self._room = new_sites - required
        self._costs = self._radii(permitted)
        self._low, self._high = 0, self._costs.size - 1
        # Where too few sites may open to reach all rows, as many as possible are reached.
        widest = self._trial(self._high)
        self.best = self._sites(widest, most_cover(widest, self._room))
        self._try_greedy_everywhere()

    def narrow(self) -> StopReason:
        """Search until one radius is left or the stop rule says so."""
        for decide in (self._packed, self._relaxed, self._exact):
            floor = self._low
            top = self._high
            while floor < min(top, self._high):
                self._tell()
                reason = self._clock.reason()
                if reason is not None:
                    return reason
                top = min(top, self._high)
                middle = (floor + top) // 2
                verdict = decide(middle)
                if isinstance(verdict, StopReason):
                    return verdict
                if verdict:
                    top = middle
                else:
                    floor = self._low = middle + 1
        self._tell()
        return StopReason.FINISHED

    def proved_bound(self) -> int:
        """The lower bound on the objective proved so far."""
        return self._unreached if self._lost else int(self._costs[self._low])

    def _tell(self) -> None:
        incumbent = self._unreached if self._lost else int(self._costs[self._high])
        self._reporter.tell(incumbent, self.proved_bound())

    def _radii(self, permitted: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The costs that the optimum can have, ascending: no row can be served below its best."""
        _, least = nearest(self._listed, np.flatnonzero(permitted))
        floor = int(least[self._listed.demand_weight > 0].max(initial=0))
        entry_open = np.repeat(permitted, np.diff(self._listed.reach_indptr))
        is_live = self._listed.demand_weight[self._listed.reach_demand] > 0
        costs = self._listed.reach_cost[entry_open & is_live]
        # Rows may also be left unreached when there is too little room for all.
        ends = [floor, self._unreached_or(floor)]
        ordered = np.sort(np.append(costs[costs >= floor], ends))
        distinct: NDArray[np.int64] = ordered[np.append(True, np.diff(ordered) > 0)]
        return distinct

    def _unreached_or(self, floor: int) -> int:
        has_rows = bool((self._listed.demand_weight > 0).any())
        return self._unreached if has_rows else floor

    def _trial(self, at: int, *, merge: bool = False) -> CoverModel:
        return cover_model(self._listed, merge=merge, fold=False, radius=int(self._costs[at]))

    def _accept(self, at: int, model: CoverModel, chosen: NDArray[np.int32]) -> None:
        """Keep sites that reach the radius ``costs[at]``, lowering it to what they truly reach."""
        sites = self._sites(model, chosen)
        _, cost = nearest(self._listed, sites)
        largest = int(cost[self._listed.demand_weight > 0].max(initial=0))
        reached = max(self._low, int(np.searchsorted(self._costs, largest)))
        if reached < self._high or (reached == self._high and at == self._high):
            self.best, self._high = sites, reached

    def _sites(self, model: CoverModel, chosen: NDArray[np.int32]) -> NDArray[np.int32]:
        return np.sort(np.concatenate([model.fixed, model.sites[chosen]]))

    def _try_greedy_everywhere(self) -> None:
        """Binary search with greedy covers: a first answer, no proof."""
        low, high = 0, self._costs.size - 1
        while low < high and self._clock.reason() is None:
            middle = (low + high) // 2
            if self._greedy(middle, self._trial(middle)):
                high = min(middle, self._high)
            else:
                low = middle + 1

    def _greedy(self, at: int, model: CoverModel) -> bool:
        if self._costs[at] >= self._unreached:
            return True
        chosen = fewest_sites(model)
        if chosen.size > self._room:
            return False
        self._accept(at, model, chosen)
        return True

    def _packed(self, at: int) -> bool | StopReason:
        """Whether rows without a common site allow the radius; a refusal is a proof."""
        return sites_needed(self._trial(at)) <= self._room

    def _relaxed(self, at: int) -> bool | StopReason:
        """Whether the relaxation allows the radius; a refusal is a proof."""
        model = self._trial(at, merge=True)
        if self._greedy(at, model):
            return True
        program = covering_model(model)
        outcome = run(_relax(program), self._clock, seed=self._seed)
        if outcome.status is OutcomeStatus.STOPPED:
            return outcome.stop_reason
        assert outcome.bound is not None
        return safe_bound(outcome.bound) <= self._room

    def _exact(self, at: int) -> bool | StopReason:
        """Whether the radius can be reached, decided by an integer program."""
        model = self._trial(at, merge=True)
        if self._greedy(at, model):
            return True
        outcome = run(
            covering_model(model), self._clock, seed=self._seed, good_enough=float(self._room)
        )
        chosen = chosen_columns(outcome, model.n_sites)
        if chosen is not None and chosen.size <= self._room:
            self._accept(at, model, chosen)
            return True
        if outcome.bound is not None and safe_bound(outcome.bound) > self._room:
            return False
        if outcome.status is OutcomeStatus.STOPPED:
            return outcome.stop_reason
        raise RuntimeError("a covering problem was solved without an answer")


def _only_listed(problem: SitingProblem, permitted: NDArray[np.bool_]) -> SitingProblem:
    """The problem without the weight of rows that no permitted site lists."""
    site, _ = nearest(problem, np.flatnonzero(permitted))
    return problem.replace(demand_weight=np.where(site >= 0, problem.demand_weight, 0))


def _relax(program: Model) -> Model:
    return dataclasses.replace(program, integer=None)
