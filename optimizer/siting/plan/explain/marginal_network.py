"""Which sites a move at one site leaves without a parent, all others hanging as they do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.plan.checking.violations import PlanViolationKind
from optimizer.siting.plan.explain.marginal_rules import Broken
from optimizer.siting.plan.explain.moves import Move
from optimizer.siting.plan.problem import PlanAnswer, PlanProblem
from optimizer.siting.plan.tables import UNLIMITED

__all__ = ["NetworkState"]


class NetworkState:
    """Who hangs on whom in a plan, ready to be asked about moves."""

    def __init__(self, problem: PlanProblem, answer: PlanAnswer) -> None:
        self.problem = problem
        levels = np.append(problem.options.level.astype(np.int64), -1)
        self.level = levels[answer.option]
        self.parent = answer.parent.astype(np.int64)
        self.of_option = levels.tolist()
        self.parents: dict[int, list[int]] = {}
        pairs = problem.attachments
        for child, parent in zip(pairs.child.tolist(), pairs.parent.tolist(), strict=True):
            self.parents.setdefault(child, []).append(parent)

    def broken(self, move: Move) -> Iterator[Broken]:
        """Sites that find no parent, the site itself among them.

        Sites that lose their parent, and the site itself where its level is new, look for open
        parents with room; that all of them find one is decided exactly (augmenting paths).
        """
        for year in move.years:
            for site in self._without_parent(move, year):
                yield Broken(PlanViolationKind.PARENT_MISSING, site, year)

    def _without_parent(self, move: Move, year: int) -> list[int]:
        level, parent = self.level[year].copy(), self.parent[year].copy()
        old, new = int(level[move.site]), self.of_option[move.after[year]]
        if old == new:
            return []
        level[move.site] = new
        children = np.flatnonzero(parent == move.site).tolist()
        parent[[move.site, *children]] = -1
        seekers = [*children]
        if new >= 0 and self.problem.level_parent[new] >= 0:
            seekers.append(move.site)
        return self._unplaced(seekers, level, parent) if seekers else []

    def _unplaced(
        self, seekers: list[int], level: NDArray[np.int64], parent: NDArray[np.int64]
    ) -> list[int]:
        room: dict[int, int] = {}
        choices: dict[int, list[int]] = {}
        for child in seekers:
            asked = int(self.problem.level_parent[level[child]])
            choices[child] = [site for site in self.parents.get(child, []) if level[site] == asked]
            for site in choices[child]:
                fanout = int(self.problem.level_fanout[asked])
                load = int(np.count_nonzero(parent == site))
                room[site] = len(seekers) if fanout == UNLIMITED else fanout - load
        placed: dict[int, list[int]] = {site: [] for site in room}

        def place(child: int, seen: set[int]) -> bool:
            for site in choices[child]:
                if site in seen:
                    continue
                seen.add(site)
                guests = placed[site]
                if len(guests) < room[site]:
                    guests.append(child)
                    return True
                for guest in list(guests):
                    if place(guest, seen):
                        guests.remove(guest)
                        guests.append(child)
                        return True
            return False

        return [child for child in seekers if not place(child, set())]
