"""Several answers of nearly the same worth that open different sites.

The next alternative is the best answer that leaves out at least k new sites of every answer
before it. It is found by partition and best-first search over the classic solver (Murty 1968,
Lawler 1972): a node requires some sites and forbids others. Where its best answer keeps too many
sites of an earlier one, the node is split by the first of those sites to be left out. Every node
proves a bound for all answers within it, so the search is exact when it ends, and when it is
stopped the best alternative so far stands with the bound of the nodes left open.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from base.faults import Faults
from optimizer.codes import BAD_VALUE
from optimizer.result import Status, StopReason
from optimizer.siting.coverage import coverable
from optimizer.siting.loss import Loss, distance_from_best
from optimizer.siting.problem import (
    Question,
    SiteStatus,
    SitingAnswer,
    SitingProblem,
    SitingRequest,
)
from optimizer.siting.shares import share
from optimizer.siting.site_values import site_values
from optimizer.siting.solve import solve
from optimizer.stop import Progress, ProgressCallback, Stop, StopClock

__all__ = ["Alternative", "Alternatives", "alternatives", "worst_allowed"]

_DEFAULT_STOP = Stop(seconds=60)

# A node of the search may take this part of an alternative's time; the first nodes are the
# hard ones, those below them start from a smaller question.
_NODES_IN_MIND = 6


@dataclass(frozen=True, eq=False)
class Alternative:
    """An answer that differs from those before it.

    Attributes:
        answer: the open sites. Its bound holds for the question as it stands, so its gap is the
            proved distance from the best answer of all.
        loss: how far it lies from the best.
        rest: proved: no answer that differs enough from all before this one is better than this;
            None where nothing is proved.
    """

    answer: SitingAnswer
    loss: Loss
    rest: int | None

    @property
    def best_of_rest(self) -> bool:
        """Whether it is proved the best of all that differ enough."""
        return self.rest == self.answer.result.objective


@dataclass(frozen=True)
class Alternatives:
    """Alternatives in the order found.

    Attributes:
        found: them.
        complete: proved: no further answer is near enough and differs enough.
        stop_reason: why the search ended.
    """

    found: tuple[Alternative, ...]
    complete: bool
    stop_reason: StopReason


def worst_allowed(objective: int, within: float, *, maximise: bool) -> int:
    """The worst objective within a fraction of the best one, in whole units."""
    room = int(np.floor(abs(objective) * within + 1e-9))
    return objective - room if maximise else objective + room


def alternatives(
    problem: SitingProblem,
    request: SitingRequest,
    answer: SitingAnswer,
    count: int,
    *,
    within: float = 0.02,
    differ_by: int = 1,
    stop: Stop = _DEFAULT_STOP,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> Alternatives:
    """Near-optimal answers that differ from the answer and from each other.

    Args:
        problem: the problem of the answer.
        request: its question.
        answer: an answer, the best at hand.
        count: at most so many alternatives.
        within: the largest loss, as a fraction of the answer's objective, >= 0.
        differ_by: each alternative leaves out at least so many new sites of the answer and of
            every alternative before it (all its free new sites, where one has fewer).
        stop: limits for the whole; iterations limit every solve.
        seed: the solves' seed.
        progress: told after every node; ``iterations`` counts alternatives.

    Raises:
        FaultError: ``count``, ``within`` or ``differ_by`` out of range (CC-O004).
    """
    faults = Faults()
    for name, value, least in (("count", count, 0), ("within", within, 0), ("by", differ_by, 1)):
        if value < least:
            faults.add(BAD_VALUE(field=name, value=value, rule=f">= {least}"))
    faults.raise_if_any()
    if answer.result.objective is None:
        return Alternatives((), False, StopReason.FINISHED)
    search = _Search(problem, request, answer, differ_by, within, stop.start(), seed, progress)
    found: list[Alternative] = []
    while len(found) < count:
        best, rest, reason = search.next(count - len(found))
        if best is None:
            return Alternatives(tuple(found), reason is StopReason.FINISHED, reason)
        found.append(search.keep(best, rest))
    return Alternatives(tuple(found), False, StopReason.FINISHED)


@dataclass(order=True)
class _Node:
    """Answers that open ``required`` and none of ``forbidden``; ``bound`` limits their key."""

    bound: int
    number: int
    required: tuple[int, ...] = field(compare=False)
    forbidden: tuple[int, ...] = field(compare=False)


_NOTHING = 2**100
"""A key beyond every objective."""


class _Search:
    """Best-first search for the next alternative; keys are objectives to be minimised."""

    def __init__(
        self,
        problem: SitingProblem,
        request: SitingRequest,
        answer: SitingAnswer,
        differ_by: int,
        within: float,
        clock: StopClock,
        seed: int,
        progress: ProgressCallback | None,
    ) -> None:
        self.problem, self.request, self.answer = problem, request, answer
        self.differ_by, self.clock, self.seed, self.progress = differ_by, clock, seed, progress
        self.maximise = request.question is Question.MCLP
        objective = answer.result.objective
        assert objective is not None
        self.worst = self._key(worst_allowed(objective, within, maximise=self.maximise))
        self.could = coverable(problem)
        self.earlier: list[NDArray[np.int32]] = [self._free(answer)]
        self.answers = [answer]

    def keep(self, best: SitingAnswer, rest: int | None) -> Alternative:
        """Take an alternative into the answers that later ones have to differ from."""
        self.earlier.append(self._free(best))
        self.answers.append(best)
        objective, bound = best.result.objective, self.answer.result.bound
        assert objective is not None
        loss = distance_from_best(self.answer.result, objective, maximise=self.maximise)
        assert loss is not None
        proved = bound == objective
        result = replace(
            best.result,
            bound=bound,
            status=Status.OPTIMAL if proved else Status.FEASIBLE,
            stop_reason=StopReason.FINISHED if proved else best.result.stop_reason,
        )
        return Alternative(SitingAnswer(best.open_sites, result), loss, rest)

    def next(self, left: int) -> tuple[SitingAnswer | None, int | None, StopReason]:
        """The next alternative, a proved limit on all that differ enough, why the search ended."""
        if any(each.size == 0 for each in self.earlier):
            return None, None, StopReason.FINISHED
        budget = share(self.clock, left).start()
        tree = _Tree(self._known_floor())
        best = self._dive(share(budget, _NODES_IN_MIND))
        key = _NOTHING if best is None else self._key_of(best)
        reason = budget.reason()
        while reason is None:
            node = tree.pop(min(key, self.worst + 1))
            if node is None:
                break
            found, bound = self._solve(node, share(budget, _NODES_IN_MIND))
            if found is not None and bound <= self.worst:
                overlap = self._overlap(found)
                if overlap is not None:
                    tree.split(node, overlap, bound, self._is_hopeless)
                else:
                    # A node whose best answer differs enough is done; what its solve could not
                    # prove stays as a limit.
                    tree.leave(bound)
                    if self._key_of(found) < key:
                        best, key = found, self._key_of(found)
            self._tell(best)
            reason = budget.reason()
        return self._end(best, key, tree, reason)

    def _end(
        self, best: SitingAnswer | None, key: int, tree: _Tree, reason: StopReason | None
    ) -> tuple[SitingAnswer | None, int | None, StopReason]:
        floor = min(key, tree.floor)
        done = StopReason.FINISHED if reason is None else reason
        if best is None or key > self.worst:
            return None, None, StopReason.FINISHED if floor > self.worst else done
        rest = None if floor == -_NOTHING else self._key(floor)
        return best, rest, done

    def _known_floor(self) -> int:
        bound = self.answer.result.bound
        return -_NOTHING if bound is None else self._key(bound)

    def _key(self, objective: int) -> int:
        return -objective if self.maximise else objective

    def _key_of(self, answer: SitingAnswer) -> int:
        assert answer.result.objective is not None
        return self._key(answer.result.objective)

    def _free(self, answer: SitingAnswer) -> NDArray[np.int32]:
        sites: NDArray[np.int32] = answer.open_sites
        is_free = self.problem.site_status[sites] == SiteStatus.CANDIDATE
        return np.asarray(sites[is_free])

    def _most_common(self, earlier: NDArray[np.int32]) -> int:
        return earlier.size - min(self.differ_by, earlier.size)

    def _overlap(self, found: SitingAnswer) -> NDArray[np.int32] | None:
        """Sites shared with an earlier answer beyond what is allowed, None where all differ."""
        for earlier in self.earlier:
            common = np.intersect1d(found.open_sites, earlier)
            if common.size > self._most_common(earlier):
                return common
        return None

    def _is_hopeless(self, required: tuple[int, ...]) -> bool:
        """Whether answers with these sites can never differ enough."""
        return any(
            np.intersect1d(required, earlier).size > self._most_common(earlier)
            for earlier in self.earlier
        )

    def _dive(self, stop: Stop) -> SitingAnswer | None:
        """A first alternative: without the sites of each earlier answer that matter least."""
        forbidden: set[int] = set()
        for answer, sites in zip(self.answers, self.earlier, strict=True):
            value = site_values(self.problem, self.request.question, answer).value[sites]
            order = sites[np.argsort(value, kind="stable")].tolist()
            lacking = min(self.differ_by, sites.size) - len(forbidden.intersection(order))
            left = [site for site in order if site not in forbidden]
            forbidden.update(left[: max(lacking, 0)])
        node = _Node(0, 0, (), tuple(sorted(forbidden)))
        found, _ = self._solve(node, stop)
        return found

    def _solve(self, node: _Node, stop: Stop) -> tuple[SitingAnswer | None, int]:
        """The best answer of a node and its proved key; None where the node holds none."""
        status = self.problem.site_status.copy()
        status[list(node.required)] = SiteStatus.REQUIRED
        status[list(node.forbidden)] = SiteStatus.FORBIDDEN
        part = self.problem.replace(site_status=status)
        if self.request.question is Question.LSCP and np.any(
            self.could & ~coverable(part) & (part.demand_weight > 0)
        ):
            return None, node.bound
        found = solve(part, self.request, stop=stop, seed=self.seed)
        if found.result.objective is None:
            return None, node.bound
        bound = found.result.bound
        return found, node.bound if bound is None else max(node.bound, self._key(bound))

    def _tell(self, best: SitingAnswer | None) -> None:
        if self.progress is not None:
            incumbent = None if best is None else best.result.objective
            number = len(self.earlier) - 1
            news = Progress("alternatives", self.clock.elapsed, incumbent, iterations=number)
            self.progress(news)


class _Tree:
    """The nodes not yet looked at, the most promising first."""

    def __init__(self, floor: int) -> None:
        self._nodes = [_Node(floor, 0, (), ())]
        self._made = 1
        self._left = _NOTHING

    @property
    def floor(self) -> int:
        """No answer of the nodes still open, nor of those left unproved, has a smaller key."""
        return min(self._nodes[0].bound if self._nodes else _NOTHING, self._left)

    def pop(self, key: int) -> _Node | None:
        """The next node, None where none may hold an answer below the key."""
        if not self._nodes or self._nodes[0].bound >= key:
            return None
        return heapq.heappop(self._nodes)

    def leave(self, bound: int) -> None:
        """Remember the bound of a node that is not looked into any further."""
        self._left = min(self._left, bound)

    def split(
        self,
        node: _Node,
        overlap: NDArray[np.int32],
        bound: int,
        is_hopeless: Callable[[tuple[int, ...]], bool],
    ) -> None:
        """Split a node by the first site of the overlap that is left out."""
        required = node.required
        for site in overlap.tolist():
            if site in node.required:
                continue
            forbidden = (*node.forbidden, site)
            heapq.heappush(self._nodes, _Node(bound, self._made, required, forbidden))
            self._made += 1
            required = (*required, site)
            if is_hopeless(required):
                return
