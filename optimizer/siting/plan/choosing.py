"""Plans for people who choose: everybody goes to the nearest open site that still has room.

Whoever plans decides what stands; who then goes where follows from it (``nearest.choices``), for
the services named in ``PlanProblem.nearest``. Without that rule a plan may assign people at will,
so the problem without it is a relaxation. Its best standing options are looked at first: what they
are worth when people choose is computed exactly, the choice of options is cut off (a combinatorial
Benders cut, Codato, Fischetti 2006), and the relaxation is solved again, until its bound is no
better than the best plan found. So an answer called optimal is proved; one that is stopped earlier
has the relaxation's bound, and its plan has been bettered by changes at single sites and by swaps.

Closest assignment constraints (Espejo, Marin, Rodriguez-Chia 2012) would have to know which site
is full, which here depends on everybody else's way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from optimizer.result import SolveResult, Status, StopReason
from optimizer.siting.engine import Reporter
from optimizer.siting.plan.evaluate import evaluate
from optimizer.siting.plan.first_plan import first_plan
from optimizer.siting.plan.lean import other_ways
from optimizer.siting.plan.model.program import INFINITE, Linear
from optimizer.siting.plan.model.whole import PlanModel, build_model
from optimizer.siting.plan.nearest import choices
from optimizer.siting.plan.problem import (
    Assignments,
    PlanAnswer,
    PlanObjective,
    PlanProblem,
    PlanRequest,
)
from optimizer.siting.plan.reading import Plan, pairs_of, point_of, read_plan
from optimizer.siting.plan.search import (
    HIGHS,
    Searched,
    goal_of,
    no_plan,
    plan_versions,
    search,
)
from optimizer.stop import ProgressCallback, Stop, StopClock

__all__ = ["best_choice"]

_PART = 0.5
"""Part of the time left that one round may take."""
_ROUNDS_PART = 0.6
"""Part of the time after which no round begins any more."""
_MOST_TRIALS = 20_000
_MILLION = 1_000_000
_Score = tuple[tuple[int, ...], int]


def best_choice(
    problem: PlanProblem,
    request: PlanRequest,
    clock: StopClock,
    *,
    seed: int,
    progress: ProgressCallback | None = None,
    start: PlanAnswer | None = None,
) -> PlanAnswer:
    """Solve a problem in which people choose the nearest site with room.

    Args:
        problem: the problem; some service is in ``chosen``.
        request: what is asked of it.
        clock: the stop rule; a round counts as an iteration, as does a branch-and-bound node.
        seed: HiGHS' seed.
        progress: told of incumbents and bounds.
        start: a plan whose standing options are looked at first.
    """
    reporter = Reporter(str(request.objective), clock, progress)
    return _Rounds(problem, request, clock, seed, reporter).run(start)


@dataclass(frozen=True)
class _Seen:
    """What standing options are worth: a plan or none, and whether no other plan has them."""

    plan: Plan | None
    is_exact: bool


class _Rounds:
    """Relaxations that lose one choice of standing options after the other."""

    def __init__(
        self,
        problem: PlanProblem,
        request: PlanRequest,
        clock: StopClock,
        seed: int,
        reporter: Reporter,
    ) -> None:
        self._problem, self._request, self._clock = problem, request, clock
        self._seed, self._reporter = seed, reporter
        self._model = build_model(problem, request)
        self._is_fair = request.objective is PlanObjective.MAX_MIN
        most = (PlanObjective.MAX_VALUE, PlanObjective.MAX_MIN)
        self._sign = 1 if request.objective in most else -1
        all_served = request.objective in (PlanObjective.MIN_TRAVEL, PlanObjective.MIN_WORST)
        row_service = problem.demand.service
        self._must = (problem.demand.must | all_served) & problem.chosen[row_service]
        # Other services with counted places are still assigned; then a search has to say how.
        self._is_alone = not np.any((problem.capacitated & ~problem.chosen)[row_service])
        self._best: Plan | None = None
        self._bound: _Score | None = None
        self._reason = StopReason.FINISHED

    def run(self, start: PlanAnswer | None) -> PlanAnswer:
        """The best plan and what is known of it."""
        left = replace(self._model, program=self._model.program.copy())
        self._look_at_start(start)
        is_closed, rounds = False, 0
        while not is_closed and self._may_go_on(rounds):
            rounds += 1
            result = self._relaxed(left, is_first=rounds == 1)
            if result.found.whole is None:
                is_closed = result.found.infeasible
                self._reason = StopReason.FINISHED if is_closed else result.found.reason
                break
            self._bound = self._tighter(self._bound_of(result))
            stands = self._model.standing_of(result.found.whole)
            seen = self._seen(stands, result.found.whole)
            self._take(seen.plan)
            self._tell()
            if self._is_reached() or not seen.is_exact or not self._exclude(left, stands):
                break
        self._climb(is_proved=is_closed or self._is_reached())
        return self._answer(is_closed=is_closed)

    def _may_go_on(self, rounds: int) -> bool:
        """Whether the stop rule lets another round begin; the first one always does."""
        if not rounds:
            return True
        reason, seconds = self._clock.reason(rounds), self._clock.rule.seconds
        # What is left of the time finds better plans by smaller steps.
        late = seconds is not None and self._clock.elapsed > _ROUNDS_PART * seconds
        if reason is None and late and self._best is not None:
            reason = StopReason.TIME
        if reason is not None:
            self._reason = reason
        return reason is None

    def _relaxed(self, left: PlanModel, *, is_first: bool) -> Searched:
        rule = self._clock.rule
        seconds = None if rule.seconds is None else _PART * self._clock.remaining
        part = Stop(seconds, rule.iterations, rule.cancelled).start()
        first = first_plan(left, part) if is_first else None
        quiet = Reporter(str(self._request.objective), self._clock, None)
        result = search(left, part, self._seed, quiet, None, first)
        self._reason = result.found.reason
        return result

    def _look_at_start(self, start: PlanAnswer | None) -> None:
        problem = self._problem
        shape = (problem.n_years, problem.n_sites)
        if start is None or start.option.shape != shape:
            return
        if start.option.max(initial=-1) >= problem.n_options:
            return
        self._take(self._direct(start.option, start.assignments, start.quota_site))

    def _seen(self, stands: NDArray[np.int64], whole: NDArray[np.int64]) -> _Seen:
        """What people make of standing options int64[o, T]; ``whole``: a point that shows them."""
        option = self._model.option_of(stands)
        relaxed = read_plan(self._model, whole[: self._model.program.n_columns])
        plan = self._direct(option, relaxed.assignments, relaxed.quota_site)
        if self._is_alone:
            return _Seen(plan, True)
        chosen = choices(self._problem, option, self._problem.chosen)
        if not self._serves(chosen):
            return _Seen(None, True)
        fixed = self._fixed(stands, chosen)
        rule = self._clock.rule
        part = Stop(
            None if rule.seconds is None else self._clock.remaining, rule.iterations, rule.cancelled
        )
        quiet = Reporter(str(self._request.objective), self._clock, None)
        start = None
        if plan is not None:
            start = point_of(self._model, plan.option, plan.assignments, plan.quota_site)
        result = search(fixed, part.start(), self._seed, quiet, start, None)
        if result.found.whole is None:
            return _Seen(plan, result.found.infeasible)
        read = read_plan(self._model, result.found.whole[: self._model.program.n_columns])
        found = self._direct(option, read.assignments, read.quota_site)
        is_exact = result.found.proved and (
            not self._is_fair or self._score(read)[0] == tuple(result.share_bounds.tolist())
        )
        return _Seen(found, is_exact)

    def _direct(
        self,
        option: NDArray[np.integer],
        assignments: Assignments,
        quota_site: NDArray[np.integer],
    ) -> Plan | None:
        """The plan with people's own choices in place of what was assigned; None if unsound."""
        problem = self._problem
        chosen = choices(problem, option, problem.chosen)
        if not self._serves(chosen):
            return None
        kept = ~problem.chosen[problem.demand.service[assignments.row]]
        both = _joined(assignments, kept, chosen)
        point = point_of(self._model, option, both, quota_site)
        if point is None:
            return None
        # A point may stand for other assignments of the same worth than those it was made of.
        plan = read_plan(self._model, point)
        kept = ~problem.chosen[problem.demand.service[plan.assignments.row]]
        both = _joined(plan.assignments, kept, chosen)
        return replace(plan, assignments=both, figures=evaluate(problem, plan.option, both))

    def _serves(self, chosen: Assignments) -> bool:
        """Whether the rows that have to be served choose places for all of their units."""
        demand = self._problem.demand
        units = np.zeros((self._problem.n_years, len(demand)), dtype=np.int64)
        np.add.at(units, (chosen.year, chosen.row), chosen.amount)
        return bool(np.all(units[:, self._must] == demand.amount[self._must]))

    def _fixed(self, stands: NDArray[np.int64], chosen: Assignments) -> PlanModel:
        """The model with its standing options, and with people's choices, as they are."""
        model, program = self._model, self._model.program.copy()
        program.fix(model.stands[model.stands >= 0], stands[model.stands >= 0])
        classes = model.assignment.classes
        pair = pairs_of(model, chosen)
        assert pair is not None
        units = np.zeros((classes.pair_class.size, self._problem.n_years), dtype=np.int64)
        np.add.at(units, (pair, chosen.year), chosen.amount)
        mine = self._problem.chosen[classes.service]
        goes = np.flatnonzero(mine[classes.pair_class] & ~classes.pooled[classes.pair_class])
        program.fix(model.assignment.goes[goes], units[goes] // classes.step[goes][:, None])
        served = np.zeros((classes.size, self._problem.n_years), dtype=np.int64)
        np.add.at(served, classes.pair_class, units)
        pooled = mine & classes.pooled
        program.fix(model.assignment.served[pooled], served[pooled])
        return replace(model, program=program)

    def _exclude(self, left: PlanModel, stands: NDArray[np.int64]) -> bool:
        """Cut standing options off; False where there are no others."""
        there = left.stands >= 0
        shown = stands[there]
        if not shown.size:
            return False
        line = Linear.of(left.stands[there], np.where(shown > 0, -1, 1), int(shown.sum()))
        left.program.require(line, 1, INFINITE)
        return True

    def _score(self, plan: Plan) -> _Score:
        """What is compared, larger is better."""
        value = self._sign * sum(plan.figures.parts(self._request).values())
        return (tuple(plan.figures.shares.tolist()) if self._is_fair else ()), value

    def _take(self, plan: Plan | None) -> None:
        if plan is not None and (self._best is None or self._score(plan) > self._score(self._best)):
            self._best = plan

    def _bound_of(self, result: Searched) -> _Score:
        """No plan that is left scores more than this."""
        found = result.found
        if self._is_fair:
            return self._fair_bound(result)
        bound = found.bound
        if bound is None:
            if self._request.objective is PlanObjective.MIN_WORST:
                bound = 0
            else:
                bound = goal_of(self._model).limit(self._model.program)
        return (), self._sign * bound

    def _fair_bound(self, result: Searched) -> _Score:
        """Shares in turn, each given those before it; what is not known of one is the most."""
        whole = result.found.whole
        assert whole is not None
        limit = goal_of(self._model).limit(self._model.program)
        shares = sorted(each.at(whole) for each in self._model.shares)
        bounds = result.share_bounds.tolist()
        first = next((k for k, each in enumerate(shares) if bounds[k] > each), len(shares))
        if first < len(shares):
            return (*shares[:first], bounds[first], *[_MILLION] * (len(shares) - first - 1)), limit
        return tuple(shares), limit if result.found.bound is None else result.found.bound

    def _tighter(self, bound: _Score) -> _Score:
        return bound if self._bound is None else min(bound, self._bound)

    def _is_reached(self) -> bool:
        """Whether nothing that is left can be better than the best plan."""
        if self._best is None or self._bound is None:
            return False
        return self._score(self._best) >= self._bound

    def _tell(self) -> None:
        objective = None
        if self._best is not None:
            objective = sum(self._best.figures.parts(self._request).values())
        bound = None if self._bound is None or self._is_fair else self._sign * self._bound[1]
        self._reporter.tell(objective, bound)

    def _climb(self, *, is_proved: bool) -> None:
        """Change what single sites or pairs of them show, as long as that is better or cheaper.

        A proved plan can only become cheaper, which single sites do.
        """
        trials, best = 0, self._best
        while best is not None:
            found = None
            swaps = iter(()) if is_proved else self._swaps(best)
            for option in chain(self._near(best), swaps):
                trials += 1
                if trials >= _MOST_TRIALS or self._clock.reason(trials) is not None:
                    return
                if not self._promises(option, best):
                    continue
                plan = self._direct(option, best.assignments, best.quota_site)
                if plan is not None and self._rank(plan) > self._rank(best):
                    found = plan
                    break
            self._best = best if found is None else found
            best = found

    def _promises(self, option: NDArray[np.int64], best: Plan) -> bool:
        """Whether a plan may be better than the best, its rules apart."""
        if not self._is_alone:
            return True
        chosen = choices(self._problem, option, self._problem.chosen)
        figures = evaluate(self._problem, option, chosen)
        plan = replace(best, option=option.astype(np.int32), assignments=chosen, figures=figures)
        return self._rank(plan) > self._rank(best)

    def _rank(self, plan: Plan) -> tuple[_Score, int]:
        return self._score(plan), -plan.figures.cost

    def _near(self, plan: Plan) -> Iterator[NDArray[np.int64]]:
        point = point_of(self._model, plan.option, plan.assignments, plan.quota_site)
        if point is None:
            return
        for stands in other_ways(self._model, point):
            if not np.any((stands > 0) & (self._model.stands < 0)):
                yield self._model.option_of(stands)

    def _swaps(self, plan: Plan) -> Iterator[NDArray[np.int64]]:
        """A site that is new opens elsewhere instead, as the same level where it can."""
        options, current = self._problem.options, self._problem.sites.current
        last = plan.option[-1]
        rng = np.random.default_rng(self._seed)
        new = np.flatnonzero((last >= 0) & (current < 0))
        free = np.flatnonzero(last[options.site] < 0)
        pairs = [(int(site), int(option)) for site in new for option in free]
        for at in rng.permutation(len(pairs)).tolist():
            site, option = pairs[at]
            if options.level[option] != options.level[last[site]]:
                continue
            shown = plan.option.astype(np.int64)
            stood = shown[:, site] >= 0
            stood &= np.arange(stood.size) >= options.first_year[option]
            shown[:, site] = -1
            shown[stood, options.site[option]] = option
            if np.all(self._model.stands[option, stood] >= 0):
                yield shown

    def _answer(self, *, is_closed: bool) -> PlanAnswer:
        clock, seed, best = self._clock, self._seed, self._best
        if best is None:
            status = Status.INFEASIBLE if is_closed else Status.NO_SOLUTION
            bound = None
            if not is_closed and self._bound is not None and not self._is_fair:
                bound = self._sign * self._bound[1]
            return no_plan(status, bound, self._reason, clock, seed)
        shares, score = self._score(best)
        top = (shares, score)
        if not is_closed and not self._is_reached():
            top = self._open_bound((shares, score))
        parts = best.figures.parts(self._request)
        objective = sum(parts.values())
        proved = top == (shares, score)
        return PlanAnswer(
            option=best.option,
            parent=best.parent,
            assignments=best.assignments,
            quota_site=best.quota_site,
            result=SolveResult(
                status=Status.OPTIMAL if proved else Status.FEASIBLE,
                stop_reason=StopReason.FINISHED if proved else self._reason,
                objective=objective,
                bound=self._sign * top[1],
                seconds=clock.elapsed,
                seed=seed,
                solver=HIGHS,
                parts=parts,
                versions=plan_versions(),
            ),
            shares=np.array(shares, dtype=np.int64),
            share_bounds=np.array(top[0], dtype=np.int64),
        )

    def _open_bound(self, score: _Score) -> _Score:
        """The bound of an answer that is not proved: on each share, given those before it."""
        if self._bound is None:
            most = goal_of(self._model).limit(self._model.program)
            return (_MILLION,) * len(score[0]), self._sign * most
        if not self._is_fair:
            return max(self._bound, score)
        shares, limit = self._bound
        most = goal_of(self._model).limit(self._model.program)
        alike = next((k for k, each in enumerate(score[0]) if shares[k] != each), len(shares))
        if alike == len(shares):
            return score[0], max(limit, score[1])
        told = (max(shares[alike], score[0][alike]),) if alike < len(shares) else ()
        rest = (_MILLION,) * (len(shares) - alike - 1)
        return (*score[0][:alike], *told, *rest), most


def _joined(one: Assignments, kept: NDArray[np.bool_], other: Assignments) -> Assignments:
    """Some entries of one and all of another, in order."""
    year, row, site, amount = (
        np.concatenate([getattr(one, name)[kept], getattr(other, name)])
        for name in ("year", "row", "site", "amount")
    )
    order = np.lexsort((site, row, year))
    return Assignments(year=year[order], row=row[order], site=site[order], amount=amount[order])
