"""Why a visit stays unserved in this plan, and the smallest changes that would serve it.

That nothing takes it is proved by trying every place (``ranked_insert``), one ejection included.
Then one thing at a time is given way to, as little as it takes: a window, the end or the begin of
a shift, a person who is forbidden, the payer's limit, one more person. More room never makes a
place worse, so the least that it takes is found by bisection, in steps that people can tell each
other. Every change is verified: the visit is inserted under it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from optimizer.routing.dispatch.ranked_insert import (
    Proposal,
    Ranking,
    Verdict,
    rank_insertions,
)
from optimizer.routing.dispatch.standing import Standing
from optimizer.routing.problem import NONE, RoutingProblem

__all__ = ["Change", "ChangeKind", "Finding", "Remedy", "smallest_changes"]


class ChangeKind(StrEnum):
    """What would have to give way."""

    WINDOW_LATER = "window_later"
    """The last window of the visits closes at ``until``."""
    WINDOW_EARLIER = "window_earlier"
    """The first window of the visits opens at ``since``."""
    SHIFT_LATER = "shift_later"
    """The vehicle's shift ends at ``until``."""
    SHIFT_EARLIER = "shift_earlier"
    """The vehicle's shift begins at ``since``."""
    PERSON_ALLOWED = "person_allowed"
    """The vehicle, which has the skills, may serve the visits."""
    MORE_MONEY = "more_money"
    """The payer's limit rises by ``amount`` fen."""
    ONE_MORE_PERSON = "one_more_person"
    """One more person with ``skills`` is at the visits' place from ``since`` to ``until``."""
    TWO_MORE_PEOPLE = "two_more_people"
    """Two more people with ``skills`` are at the visits' place from ``since`` to ``until``."""


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes:
        kind: what gives way.
        vehicle: whose shift or leave to serve, NONE for none.
        since, until: moments, NONE where the kind has none.
        skills: bit set of the skills that the person must have.
        amount: how much gives way: ticks, or fen of money.
    """

    kind: ChangeKind
    vehicle: int = NONE
    since: int = NONE
    until: int = NONE
    skills: int = 0
    amount: int = 0


@dataclass(frozen=True)
class Remedy:
    """A change with the insertion that it makes possible.

    ``proposal`` is for the day with the change; a person who joins has the first number after
    the day's vehicles.
    """

    change: Change
    proposal: Proposal


@dataclass(frozen=True)
class Finding:
    """Why tasks are unserved, relative to a plan.

    Attributes:
        tasks: the tasks, those that go together.
        verdict: FOUND where they would fit after all (``proposal`` says how, at what cost).
        proposal: the best insertion as things are.
        remedies: verified changes, small ones first; empty where none of them helps.
    """

    tasks: tuple[int, ...]
    verdict: Verdict
    proposal: Proposal | None
    remedies: tuple[Remedy, ...]


def smallest_changes(
    standing: Standing,
    tasks: Sequence[int],
    *,
    most: int | None = None,
    step: int | None = None,
) -> Finding:
    """The reason why tasks are unserved in a running plan, and what would serve them.

    Args:
        standing: the running day.
        tasks: as for ``rank_insertions``.
        most: the largest change of a window or a shift in ticks, None for four hours.
        step: changes of windows and shifts are told to the multiple of this many ticks, None for
            five minutes.

    Raises:
        ValueError: as for ``rank_insertions``.
    """
    tasks = tuple(tasks)
    ranking = rank_insertions(standing, tasks)
    if ranking.verdict in (Verdict.FOUND, Verdict.PLAN_BROKEN):
        best = ranking.proposals[0] if ranking.proposals else None
        return Finding(tasks, ranking.verdict, best, ())
    second = standing.problem.ticks_per_second
    search = _Search(standing, tasks, most or 4 * 3600 * second, step or 300 * second)
    return Finding(tasks, ranking.verdict, None, tuple(search.remedies(ranking.verdict)))


class _Search:
    def __init__(self, standing: Standing, tasks: tuple[int, ...], most: int, step: int) -> None:
        self.standing, self.tasks = standing, tasks
        self.problem = standing.problem
        self.most, self.step = most, step

    def remedies(self, verdict: Verdict) -> list[Remedy]:
        """All that help, small ones first."""
        if verdict is Verdict.NO_ENTITLEMENT:
            return self._money()
        small = [*self._windows(), *self._shifts()]
        small.sort(key=lambda remedy: (remedy.change.amount, remedy.change.vehicle))
        return [*small, *self._people(), *self._joining()]

    def _under(self, problem: RoutingProblem, standing: Standing | None = None) -> Ranking:
        return rank_insertions(
            standing or self.standing,
            self.tasks,
            best=self.problem.n_vehicles + 2,
            eject=False,
            problem=problem,
        )

    def _least(
        self, variant: Callable[[int], RoutingProblem], snap: Callable[[int], int]
    ) -> tuple[int, Proposal] | None:
        """The least of the whole steps that makes room, None where not even the most does."""
        low, high = 0, -(-self.most // self.step)
        last = self._under(variant(snap(high)))
        if not last.proposals:
            return None
        while high - low > 1:
            middle = (low + high) // 2
            ranking = self._under(variant(snap(middle)))
            if ranking.proposals:
                high, last = middle, ranking
            else:
                low = middle
        return snap(high), last.proposals[0]

    def _windows(self) -> list[Remedy]:
        problem = self.problem
        rows = problem.window_indptr
        last = [int(rows[task + 1]) - 1 for task in self.tasks]
        first = [int(rows[task]) for task in self.tasks]
        closes = max(int(problem.window_close[row]) for row in last)
        opens = min(int(problem.window_open[row]) for row in first)

        def until(moment: int) -> RoutingProblem:
            column = problem.window_close.copy()
            column[last] = np.maximum(column[last], moment)
            return problem.replace(window_close=column)

        def since(moment: int) -> RoutingProblem:
            column = problem.window_open.copy()
            column[first] = np.minimum(column[first], moment)
            return problem.replace(window_open=column)

        found = []
        late = self._least(until, lambda steps: self._after(closes, steps))
        if late is not None:
            amount = late[0] - closes
            change = Change(ChangeKind.WINDOW_LATER, until=late[0], amount=amount)
            found.append(Remedy(change, late[1]))
        early = self._least(since, lambda steps: self._before(opens, steps))
        if early is not None:
            amount = opens - early[0]
            change = Change(ChangeKind.WINDOW_EARLIER, since=early[0], amount=amount)
            found.append(Remedy(change, early[1]))
        return found

    def _after(self, moment: int, steps: int) -> int:
        return (moment // self.step + steps) * self.step

    def _before(self, moment: int, steps: int) -> int:
        return max(0, (-(-moment // self.step) - steps) * self.step)

    def _shifts(self) -> list[Remedy]:
        problem, found = self.problem, []
        longest = problem.replace(vehicle_close=problem.vehicle_close + self.most)
        for vehicle in self._who(longest):
            close = int(problem.vehicle_close[vehicle])
            late = self._least(
                lambda at, v=vehicle: self._with("vehicle_close", v, at),  # type: ignore[misc]
                lambda steps, at=close: self._after(at, steps),  # type: ignore[misc]
            )
            if late is not None:
                change = Change(
                    ChangeKind.SHIFT_LATER, vehicle, until=late[0], amount=late[0] - close
                )
                found.append(Remedy(change, late[1]))
        now = self.standing.state.now
        waiting = (self.standing.bound == 0) & (problem.vehicle_open > now)
        opens = np.where(waiting, np.maximum(now, problem.vehicle_open - self.most), 0)
        widest = np.where(waiting, opens, problem.vehicle_open)
        for vehicle in self._who(problem.replace(vehicle_open=widest)):
            if not waiting[vehicle]:
                continue
            open_ = int(problem.vehicle_open[vehicle])
            early = self._least(
                lambda at, v=vehicle: self._with("vehicle_open", v, at),  # type: ignore[misc]
                lambda steps, at=open_: max(now, self._before(at, steps)),  # type: ignore[misc]
            )
            if early is not None:
                change = Change(
                    ChangeKind.SHIFT_EARLIER, vehicle, since=early[0], amount=open_ - early[0]
                )
                found.append(Remedy(change, early[1]))
        return found

    def _who(self, problem: RoutingProblem) -> list[int]:
        """Vehicles that would serve the tasks in a more generous day."""
        proposals = self._under(problem).proposals
        return sorted({p.vehicle for proposal in proposals for p in proposal.placements})

    def _with(self, name: str, vehicle: int, moment: int) -> RoutingProblem:
        column = getattr(self.problem, name).copy()
        column[vehicle] = moment
        return self.problem.replace(**{name: column})

    def _people(self) -> list[Remedy]:
        problem, tasks = self.problem, list(self.tasks)
        gone = self.standing.state.vehicle_gone

        def allowing(vehicles: Sequence[int]) -> RoutingProblem:
            allowed = problem.pair_allowed.copy()
            allowed[np.ix_(tasks, vehicles)] = True
            return problem.replace(pair_allowed=allowed)

        forbidden = ~problem.pair_allowed[tasks].all(axis=0) & ~gone
        candidates = np.flatnonzero(forbidden).tolist()
        if not candidates:
            return []
        found = []
        for vehicle in self._who(allowing(candidates)):
            proposals = self._under(allowing([vehicle])).proposals if forbidden[vehicle] else ()
            if proposals:
                change = Change(ChangeKind.PERSON_ALLOWED, vehicle)
                found.append(Remedy(change, proposals[0]))
        return found

    def _money(self) -> list[Remedy]:
        """The payer's limit raised by what lacks, then the tasks as if they were paid."""
        problem = self.problem
        limit = problem.payer_limit.copy()
        served = np.ones(problem.n_tasks, dtype=bool)
        served[list(self.standing.plan.unserved)] = False
        served[list(self.tasks)] = True
        amount = 0
        for payer in {int(problem.task_payer[task]) for task in self.tasks} - {NONE}:
            spent = int(problem.task_price[served & (problem.task_payer == payer)].sum())
            amount += max(0, spent - int(limit[payer]))
            limit[payer] = max(int(limit[payer]), spent)
        ranking = self._under(problem.replace(payer_limit=limit))
        if not ranking.proposals:
            return []
        return [Remedy(Change(ChangeKind.MORE_MONEY, amount=amount), ranking.proposals[0])]

    def _joining(self) -> list[Remedy]:
        """One more person at the visits' place, or two where one is not enough."""
        skills = 0
        for task in self.tasks:
            skills |= int(self.problem.task_skills[task])
        for count, kind in ((1, ChangeKind.ONE_MORE_PERSON), (2, ChangeKind.TWO_MORE_PEOPLE)):
            ranking = self._under(*self._joined(count, skills))
            if not ranking.proposals:
                continue
            proposal = ranking.proposals[0]
            new = [p for p in proposal.placements if p.vehicle >= self.problem.n_vehicles] or list(
                proposal.placements
            )
            since = min(p.start for p in new)
            until = max(p.start + int(self.problem.task_duration[p.task]) for p in new)
            exact = self._under(*self._joined(count, skills, (since, until)))
            if exact.proposals:
                change = Change(kind, since=since, until=until, skills=skills, amount=until - since)
                return [Remedy(change, exact.proposals[0])]
        return []

    def _joined(
        self, count: int, skills: int, shift: tuple[int, int] | None = None
    ) -> tuple[RoutingProblem, Standing]:
        """The day with more people who are at the first task's place for a time."""
        problem, standing = self.problem, self.standing
        ends = problem.vehicle_close + problem.vehicle_overtime
        now = standing.state.now
        since, until = shift or (now, max(now, int(ends.max(initial=now)) + self.most))
        place = int(problem.task_place[self.tasks[0]])
        end = int(problem.task_end_place[self.tasks[0]])
        own: dict[str, int] = {
            "vehicle_mode": int(problem.vehicle_mode[0]) if problem.n_vehicles else 0,
            "vehicle_start": place,
            "vehicle_end": end,
            "vehicle_open": since,
            "vehicle_close": until,
            "vehicle_max_work": NONE,
            "vehicle_max_travel": NONE,
            "vehicle_skills": skills,
        }
        columns: dict[str, Any] = {}
        for name in _PER_VEHICLE:
            column = getattr(problem, name)
            more = np.full((count, *column.shape[1:]), own.get(name, 0), dtype=column.dtype)
            columns[name] = np.concatenate([column, more])
        loads = problem.task_load[list(self.tasks)].sum(axis=0)
        columns["vehicle_capacity"][-count:] = loads
        pointer = problem.vehicle_reload_indptr
        columns["vehicle_reload_indptr"] = np.append(pointer, np.full(count, pointer[-1]))
        allowed = np.zeros((problem.n_tasks, count), dtype=bool)
        allowed[list(self.tasks)] = True
        columns["pair_allowed"] = np.concatenate([problem.pair_allowed, allowed], axis=1)
        lasting = np.repeat(problem.task_duration[:, None], count, axis=1)
        columns["pair_duration"] = np.concatenate([problem.pair_duration, lasting], axis=1)
        if problem.pair_cost.size:
            free = np.zeros((problem.n_tasks, count), dtype=np.int64)
            columns["pair_cost"] = np.concatenate([problem.pair_cost, free], axis=1)
        day = replace(
            standing,
            past=np.append(standing.past, np.zeros(count, dtype=np.int64)),
            bound=np.append(standing.bound, np.zeros(count, dtype=np.int64)),
            free=np.append(standing.free, np.full(count, NONE)),
        )
        return problem.replace(**columns), day


_PER_VEHICLE = (
    "vehicle_mode",
    "vehicle_start",
    "vehicle_end",
    "vehicle_open",
    "vehicle_close",
    "vehicle_overtime",
    "vehicle_max_work",
    "vehicle_max_travel",
    "vehicle_skills",
    "vehicle_capacity",
    "vehicle_max_trips",
    "vehicle_loading",
    "vehicle_fixed_cost",
    "vehicle_time_cost",
    "vehicle_distance_cost",
    "vehicle_wait_cost",
    "vehicle_overtime_cost",
)
"""Columns with one row per vehicle."""
