"""Which days: patterns of all needs chosen together by an integer program.

A *bundle* is a need, or several that links tie together. First the money: per payer, tier by tier,
the visits worth most that the limit pays for (a knapsack, solved exactly by its undominated
states). Then the days: one day set per bundle, so that no kind of work has a peak

    min   sum over skill sets s of demand[s] * peak[s]
    s.t.  one day set per bundle
          work of bundles that need at least s on day d <= peak[s] * supply[s, d]

where supply is the time on shift of the people who have s (the choice of schedules in the
periodic routing problem: Christofides and Beasley 1984; solved by HiGHS). The routing that follows
may still move a bundle to other days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from optimizer.routing.terms import NONE
from optimizer.routing.week.problem import WeekProblem
from optimizer.siting.highs import Model, run
from optimizer.stop import Stop

__all__ = ["Bundle", "bundles_of", "choose_days", "day_sets"]

_NODES = 20
_SECONDS = 10.0
_MOST_STATES = 20_000
_MOST_SETS = 200


@dataclass(frozen=True)
class Bundle:
    """Needs that are met together.

    Attributes:
        needs: of one client, ascending.
        times: visits asked for.
        sets: the day sets that hold as many of them as days and people allow.
        paid: visits that are paid for, at most the size of the sets.
        usable: bool[D], days that will do on which enough people with the skills work.
    """

    needs: tuple[int, ...]
    times: int
    sets: tuple[tuple[int, ...], ...]
    paid: int
    usable: NDArray[np.bool_]

    @property
    def most(self) -> int:
        """Visits that the days hold."""
        return len(self.sets[0])


def day_sets(allowed: NDArray[np.bool_], times: int, gap: int) -> tuple[tuple[int, ...], ...]:
    """The largest sets of at most ``times`` allowed days that lie at least ``gap`` apart."""
    days = np.flatnonzero(allowed).tolist()
    for count in range(min(times, len(days)), 0, -1):
        found = tuple(
            chosen
            for chosen in combinations(days, count)
            if all(b - a >= gap for a, b in pairwise(chosen))
        )
        if found:
            return found[:_MOST_SETS]
    return ((),)


def bundles_of(problem: WeekProblem) -> list[Bundle]:
    """All bundles, by their first need, with the visits that are paid for."""
    members: dict[int, list[int]] = defaultdict(list)
    for need, bundle in enumerate(problem.bundles.tolist()):
        members[bundle].append(need)
    works = problem.shift_open != NONE
    bundles = []
    for needs in members.values():
        usable = problem.need_days[needs[0]].copy()
        for need in needs:
            on_duty = (works & problem.able(need)[None, :]).sum(axis=1)
            usable &= on_duty >= problem.need_staff[need]
        times = int(problem.need_times[needs[0]])
        sets = day_sets(usable, times, int(problem.need_gap[needs[0]]))
        bundles.append(Bundle(tuple(needs), times, sets, len(sets[0]), usable))
    return _paid_for(problem, bundles)


def _paid_for(problem: WeekProblem, bundles: list[Bundle]) -> list[Bundle]:
    """Cut the visits of each payer to what the limit pays for, the lowest tiers first."""
    asked: dict[int, list[int]] = defaultdict(list)
    for number, bundle in enumerate(bundles):
        for payer in {int(problem.need_payer[need]) for need in bundle.needs} - {NONE}:
            asked[payer].append(number)
    paid = [bundle.most for bundle in bundles]
    for payer, numbers in asked.items():
        left = int(problem.payer_limit[payer])
        tiers: dict[int, list[int]] = defaultdict(list)
        for number in numbers:
            tiers[min(int(problem.need_tier[need]) for need in bundles[number].needs)].append(
                number
            )
        for _, same in sorted(tiers.items()):
            prices = [_price(problem, bundles[number], payer) for number in same]
            worth = [int(problem.need_prize[list(bundles[n].needs)].sum()) for n in same]
            counts = _knapsack(prices, worth, [paid[number] for number in same], left)
            for number, count in zip(same, counts, strict=True):
                paid[number] = count
            left -= sum(price * count for price, count in zip(prices, counts, strict=True))
    return [
        Bundle(b.needs, b.times, b.sets, count, b.usable)
        for b, count in zip(bundles, paid, strict=True)
    ]


def _price(problem: WeekProblem, bundle: Bundle, payer: int) -> int:
    rows = [need for need in bundle.needs if problem.need_payer[need] == payer]
    return int(problem.need_price[rows].sum())


def _knapsack(prices: list[int], worth: list[int], most: list[int], money: int) -> list[int]:
    """How many of each kind are worth most for the money; on a tie the dearer choice.

    Spending more on a tie lets less money lapse.
    """
    states: dict[int, tuple[int, tuple[int, ...]]] = {0: (0, ())}
    for price, value, count in zip(prices, worth, most, strict=True):
        reached: dict[int, tuple[int, tuple[int, ...]]] = {}
        for spent, (gained, chosen) in states.items():
            for n in range(count + 1):
                now = spent + n * price
                if now > money:
                    break
                if now not in reached or reached[now][0] < gained + n * value:
                    reached[now] = (gained + n * value, (*chosen, n))
        states = _undominated(reached)
    best = max(states.items(), key=lambda item: (item[1][0], item[0]))
    return list(best[1][1])


def _undominated(
    reached: dict[int, tuple[int, tuple[int, ...]]],
) -> dict[int, tuple[int, tuple[int, ...]]]:
    """States than which no cheaper one gains more, thinned out where there are very many."""
    kept: dict[int, tuple[int, tuple[int, ...]]] = {}
    best = -1
    for spent in sorted(reached):
        if reached[spent][0] >= best:
            kept[spent] = reached[spent]
            best = reached[spent][0]
    if len(kept) > _MOST_STATES:
        rows = sorted(kept)[:: len(kept) // _MOST_STATES + 1]
        kept = {spent: kept[spent] for spent in rows}
    return kept


def choose_days(problem: WeekProblem, bundles: list[Bundle], seed: int) -> list[tuple[int, ...]]:
    """The days of every bundle, as many as are paid for; see the module's description."""
    columns = [_thinned(bundle) for bundle in bundles]
    counts = np.array([len(sets) for sets in columns])
    first = np.concatenate([[0], np.cumsum(counts)])
    kinds = sorted({int(s) for s in problem.need_skills} | {0})
    model = _model(problem, bundles, columns, first, kinds)
    clock = Stop(seconds=_SECONDS, iterations=_NODES).start()
    values = run(model, clock, seed=seed).values
    if values is None:
        return _one_by_one(problem, bundles, columns)
    chosen = [int(values[a:b].argmax()) for a, b in pairwise(first.tolist())]
    return [sets[at] for sets, at in zip(columns, chosen, strict=True)]


def _thinned(bundle: Bundle) -> list[tuple[int, ...]]:
    """The day sets of a bundle, cut to the visits that are paid for."""
    if bundle.paid == bundle.most:
        return list(bundle.sets)
    fewer = {part for each in bundle.sets for part in combinations(each, bundle.paid)}
    return sorted(fewer)[:_MOST_SETS]


def _work(problem: WeekProblem, bundle: Bundle, kind: int) -> int:
    """Ticks of people per day of the needs that ask at least for the skills of a kind."""
    rows = [n for n in bundle.needs if problem.need_skills[n] & kind == kind]
    return int((problem.need_duration[rows] * problem.need_staff[rows]).sum())


def _supply(problem: WeekProblem, kind: int) -> NDArray[np.int64]:
    has = (problem.carer_skills & kind) == kind
    shifts = np.where(problem.shift_open == NONE, 0, problem.shift_close - problem.shift_open)
    total: NDArray[np.int64] = shifts[:, has].sum(axis=1)
    return total


def _model(
    problem: WeekProblem,
    bundles: list[Bundle],
    columns: list[list[tuple[int, ...]]],
    first: NDArray[np.int64],
    kinds: list[int],
) -> Model:
    """Columns: a set of every bundle, then a peak per kind of work."""
    n_sets = int(first[-1])
    rows: list[tuple[float, float, list[int], list[float]]] = [
        (1.0, 1.0, list(range(a, b)), [1.0] * (b - a)) for a, b in pairwise(first.tolist())
    ]
    demand = np.zeros(len(kinds))
    for k, kind in enumerate(kinds):
        work = [_work(problem, bundle, kind) for bundle in bundles]
        supply = _supply(problem, kind)
        demand[k] = sum(w * b.paid for w, b in zip(work, bundles, strict=True)) / 3600
        by_day: list[list[tuple[int, float]]] = [[] for _ in range(problem.n_days)]
        for number, sets in enumerate(columns):
            if work[number]:
                for at, days in enumerate(sets):
                    for day in days:
                        by_day[day].append((int(first[number]) + at, work[number] / 3600))
        for day, entries in enumerate(by_day):
            if entries:
                index = [column for column, _ in entries] + [n_sets + k]
                value = [hours for _, hours in entries] + [-max(1.0, float(supply[day])) / 3600]
                rows.append((-np.inf, 0.0, index, value))
    total = n_sets + len(kinds)
    return Model(
        cost=np.concatenate([np.zeros(n_sets), demand + 1e-3]),
        lower=np.zeros(total),
        upper=np.concatenate([np.ones(n_sets), np.full(len(kinds), np.inf)]),
        integer=np.arange(total) < n_sets,
        row_lower=np.array([row[0] for row in rows]),
        row_upper=np.array([row[1] for row in rows]),
        indptr=np.cumsum([0, *(len(row[2]) for row in rows)]).astype(np.int32),
        index=np.concatenate([row[2] for row in rows]).astype(np.int32),
        value=np.concatenate([row[3] for row in rows]).astype(np.float64),
        integral=False,
    )


def _one_by_one(
    problem: WeekProblem, bundles: Iterable[Bundle], columns: list[list[tuple[int, ...]]]
) -> list[tuple[int, ...]]:
    """Every bundle in turn on the days with the least work so far."""
    load = np.zeros(problem.n_days)
    supply = np.maximum(1, _supply(problem, 0)).astype(np.float64)
    chosen = []
    for bundle, sets in zip(bundles, columns, strict=True):
        best = min(sets, key=lambda days: sum(load[d] / supply[d] for d in days))
        load[list(best)] += _work(problem, bundle, 0)
        chosen.append(best)
    return chosen
