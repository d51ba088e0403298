"""Why there is no plan: an irreducible set of rules in conflict, and the demand at fault.

A set of rules is *irreducible* when it admits no plan and admits one as soon as any single rule
is dropped (Chinneck, Dravnieks 1991). It is found by dividing the rules in halves (QuickXplain,
Junker 2004), which needs about ``k log(n / k)`` feasibility tests for a conflict of k among n
rules where the deletion filter needs n. Each test is a solve that ends with the first plan or
with a proof that there is none; a test that the stop rule cuts short counts as "may be feasible",
which can leave rules in the set that it does not need, but never makes the conflict a false one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from optimizer.result import Status, StopReason
from optimizer.siting.plan.explain.conflict_elements import (
    Element,
    ElementKind,
    elements_of,
    with_elements,
)
from optimizer.siting.plan.explain.conflict_reach import DemandFault, demand_faults
from optimizer.siting.plan.problem import PlanProblem, PlanRequest
from optimizer.siting.plan.solve import solve
from optimizer.siting.shares import share
from optimizer.stop import Progress, ProgressCallback, Stop, StopClock

__all__ = ["Conflict", "ConflictStatus", "Element", "ElementKind", "conflict"]

_DEFAULT_STOP = Stop(seconds=60)

# A test may take this part of the time that is left: one hard test must not use up the rest.
_PART = 5


class ConflictStatus(StrEnum):
    """What is known of a conflict."""

    IRREDUCIBLE = "irreducible"
    """Proved: the elements admit no plan, and without any one of them there is a plan."""
    PROVED = "proved"
    """Proved: the elements admit no plan; some of them may not be needed for that."""
    NO_CONFLICT = "no_conflict"
    """There is a plan."""
    UNKNOWN = "unknown"
    """Neither a plan nor a proof that there is none was found in time."""


@dataclass(frozen=True)
class Conflict:
    """Rules that no plan keeps together.

    Attributes:
        status: what is known.
        elements: the rules in conflict, sorted; empty where none is known.
        faults: rules on demand that fail whatever stands, each a conflict by itself, and the
            rows at fault.
        tests: feasibility tests made.
        stop_reason: why the search ended.
    """

    status: ConflictStatus
    elements: tuple[Element, ...]
    faults: tuple[DemandFault, ...]
    tests: int
    stop_reason: StopReason


def conflict(
    problem: PlanProblem,
    request: PlanRequest,
    *,
    is_infeasible: bool = False,
    stop: Stop = _DEFAULT_STOP,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> Conflict:
    """An irreducible set of rules that no plan keeps together.

    Args:
        problem: the tables.
        request: what is asked; its limits count among the rules, its objective only by the rows
            that it asks to be served.
        is_infeasible: it is proved already that there is no plan.
        stop: limits for the whole; iterations limit every test.
        seed: the tests' seed.
        progress: told after every test; ``iterations`` counts them, ``incumbent`` is the number
            of rules still suspected.

    Returns:
        The conflict. A rule on demand that fails whatever stands is a conflict by itself, found
        without a test.
    """
    clock = stop.start()
    faults = demand_faults(problem, request)
    if faults:
        alone = (min(fault.element for fault in faults),)
        return Conflict(ConflictStatus.IRREDUCIBLE, alone, faults, 0, StopReason.FINISHED)
    search = _Search(problem, request, clock, seed, progress)
    elements = elements_of(problem, request)
    if not is_infeasible:
        verdict = search.admits_none(elements)
        if not verdict:
            known = verdict is False
            status = ConflictStatus.NO_CONFLICT if known else ConflictStatus.UNKNOWN
            reason = StopReason.FINISHED if known else search.reason
            return Conflict(status, (), (), search.tests, reason)
    found = search.reduce([], elements, is_new=False) if elements else []
    status = ConflictStatus.PROVED if search.undecided else ConflictStatus.IRREDUCIBLE
    reason = search.reason if search.undecided else StopReason.FINISHED
    return Conflict(status, tuple(sorted(found)), (), search.tests, reason)


class _Search:
    """Feasibility tests of sets of elements, and the division in halves."""

    def __init__(
        self,
        problem: PlanProblem,
        request: PlanRequest,
        clock: StopClock,
        seed: int,
        progress: ProgressCallback | None,
    ) -> None:
        self.problem, self.request, self.clock = problem, request, clock
        self.seed, self.progress = seed, progress
        self.tests = 0
        self.undecided = False
        self.reason = StopReason.FINISHED
        self._suspects = 0
        self._feasible: list[frozenset[Element]] = []

    def reduce(
        self, kept: list[Element], suspects: Sequence[Element], *, is_new: bool
    ) -> list[Element]:
        """A smallest part of the suspects that admits no plan together with ``kept``.

        ``kept`` and all suspects together admit none; ``is_new``: ``kept`` has just grown, so
        that it may admit none by itself.
        """
        self._suspects = len(suspects)
        if is_new and self.admits_none(kept):
            return []
        if len(suspects) == 1 or self._is_over():
            return list(suspects)
        half = len(suspects) // 2
        first, second = list(suspects[:half]), list(suspects[half:])
        needed = self.reduce([*kept, *first], second, is_new=True)
        others = self.reduce([*kept, *needed], first, is_new=bool(needed))
        return [*others, *needed]

    def _is_over(self) -> bool:
        reason = self.clock.reason()
        if reason is None:
            return False
        self.undecided, self.reason = True, reason
        return True

    def admits_none(self, kept: Collection[Element]) -> bool | None:
        """Whether no plan keeps all these elements; None where that was not decided in time."""
        asked = frozenset(kept)
        if any(asked <= known for known in self._feasible):
            return False
        if self._is_over():
            return None
        problem, request = with_elements(self.problem, self.request, asked)
        rule, found = share(self.clock, _PART), _FirstPlan()
        stop = Stop(rule.seconds, rule.iterations, lambda: found.seen or self._is_cancelled())
        answer = solve(problem, request, stop=stop, seed=self.seed, progress=found)
        self.tests += 1
        self._tell()
        status = answer.result.status
        if status is Status.INFEASIBLE:
            return True
        if status is Status.NO_SOLUTION:
            self.undecided, self.reason = True, answer.result.stop_reason
            return None
        self._feasible.append(asked)
        return False

    def _is_cancelled(self) -> bool:
        cancelled = self.clock.rule.cancelled
        return cancelled is not None and cancelled()

    def _tell(self) -> None:
        if self.progress is not None:
            news = Progress("conflict", self.clock.elapsed, self._suspects, None, self.tests)
            self.progress(news)


class _FirstPlan:
    """A progress callback that notices the first plan."""

    def __init__(self) -> None:
        self.seen = False

    def __call__(self, news: Progress) -> None:
        self.seen = self.seen or news.incumbent is not None
