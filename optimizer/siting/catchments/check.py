"""The independent checker of catchments: recomputes everything from units, borders and costs.

It shares no code with the solver: only problem, request and answer, and plain arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Literal

from optimizer.result import Status, StopReason
from optimizer.siting.catchments.problem import CatchmentAnswer, CatchmentProblem, CatchmentRequest

__all__ = ["CatchmentFault", "CatchmentFaultKind", "check_catchments"]


class CatchmentFaultKind(StrEnum):
    """What can be wrong with a division."""

    ANSWER_WITHOUT_STATUS = "answer_without_status"
    NOT_EVERY_UNIT = "not_every_unit"
    NO_SUCH_STATION = "no_such_station"
    NOT_ALLOWED = "not_allowed"
    MOVED_FIXED = "moved_fixed"
    HOME_ELSEWHERE = "home_elsewhere"
    IN_PIECES = "in_pieces"
    WRONG_DEVIATION = "wrong_deviation"
    WRONG_TRAVEL = "wrong_travel"
    BOUND_CROSSED = "bound_crossed"
    DEVIATION_BOUND_CROSSED = "deviation_bound_crossed"
    OPTIMAL_NOT_PROVED = "optimal_not_proved"


_TEXT: dict[CatchmentFaultKind, tuple[str, str]] = {
    CatchmentFaultKind.ANSWER_WITHOUT_STATUS: (
        "a division or an objective is given although the status says there is none",
        "状态表示没有答案，却给出了片区或目标值",
    ),
    CatchmentFaultKind.NOT_EVERY_UNIT: (
        "{got} units are given away, there are {expected}",
        "已分配单元 {got} 个，应为 {expected} 个",
    ),
    CatchmentFaultKind.NO_SUCH_STATION: (
        "unit {index} is given to station {got}, which does not exist",
        "单元 {index} 分给了不存在的驿站 {got}",
    ),
    CatchmentFaultKind.NOT_ALLOWED: (
        "unit {index} may not be given to station {got}",
        "单元 {index} 不得分给驿站 {got}",
    ),
    CatchmentFaultKind.MOVED_FIXED: (
        "unit {index} is bound to station {expected} but given to {got}",
        "单元 {index} 固定给驿站 {expected}，却分给了 {got}",
    ),
    CatchmentFaultKind.HOME_ELSEWHERE: (
        "the home of station {expected}, unit {index}, is given to station {got}",
        "驿站 {expected} 的所在单元 {index} 分给了驿站 {got}",
    ),
    CatchmentFaultKind.IN_PIECES: (
        "the catchment of station {index} lies in {got} pieces",
        "驿站 {index} 的片区分成 {got} 块",
    ),
    CatchmentFaultKind.WRONG_DEVIATION: (
        "the largest deviation is given as {got} ppm, recomputed {expected} ppm",
        "最大偏差报告为百万分之 {got}，重新计算为百万分之 {expected}",
    ),
    CatchmentFaultKind.WRONG_TRAVEL: (
        "the travel is given as {got}, recomputed {expected}",
        "路程总量报告为 {got}，重新计算为 {expected}",
    ),
    CatchmentFaultKind.BOUND_CROSSED: (
        "the bound {got} is above the travel {expected}",
        "下界 {got} 高于路程总量 {expected}",
    ),
    CatchmentFaultKind.DEVIATION_BOUND_CROSSED: (
        "the bound of the deviation, {got} ppm, is above {expected} ppm",
        "偏差下界百万分之 {got} 高于百万分之 {expected}",
    ),
    CatchmentFaultKind.OPTIMAL_NOT_PROVED: (
        "called optimal without proof of travel and balance",
        "标为最优，但路程或均衡未经证明",
    ),
}


@dataclass(frozen=True)
class CatchmentFault:
    """One broken rule: which, the unit or station it concerns, value found and wanted."""

    kind: CatchmentFaultKind
    index: int | None = None
    got: int | None = None
    expected: int | None = None

    def text(self, lang: Literal["zh", "en"] = "en") -> str:
        """The fault in words."""
        template = _TEXT[self.kind][1 if lang == "zh" else 0]
        return template.format(index=self.index, got=self.got, expected=self.expected)


def check_catchments(
    problem: CatchmentProblem, request: CatchmentRequest, answer: CatchmentAnswer
) -> tuple[CatchmentFault, ...]:
    """Every rule that a division breaks; empty for a sound one.

    That no better division exists is beyond a checker: bounds are checked for their side only.
    """
    kinds, result, given = CatchmentFaultKind, answer.result, answer.unit_station.tolist()
    if result.status in (Status.INFEASIBLE, Status.NO_SOLUTION):
        said = given or result.objective is not None or answer.deviation_ppm is not None
        return (CatchmentFault(kinds.ANSWER_WITHOUT_STATUS),) if said else ()
    if len(given) != problem.n_units:
        return (CatchmentFault(kinds.NOT_EVERY_UNIT, None, len(given), problem.n_units),)
    strange = [
        CatchmentFault(kinds.NO_SUCH_STATION, unit, station)
        for unit, station in enumerate(given)
        if not 0 <= station < problem.n_stations
    ]
    if strange:
        return tuple(strange)
    return (
        *_pair_faults(problem, given),
        *_contiguity_faults(problem, given),
        *_figure_faults(problem, request, answer, given),
    )


def _pair_faults(problem: CatchmentProblem, given: list[int]) -> Iterator[CatchmentFault]:
    kinds = CatchmentFaultKind
    for unit, station in enumerate(given):
        if problem.travel_cost[unit, station] < 0:
            yield CatchmentFault(kinds.NOT_ALLOWED, unit, station)
        bound = int(problem.unit_station[unit])
        if bound not in (-1, station):
            yield CatchmentFault(kinds.MOVED_FIXED, unit, station, bound)
    for station, home in enumerate(problem.station_home.tolist()):
        if home >= 0 and given[home] != station:
            yield CatchmentFault(kinds.HOME_ELSEWHERE, home, given[home], station)


def _contiguity_faults(problem: CatchmentProblem, given: list[int]) -> Iterator[CatchmentFault]:
    """Pieces by union and find over the borders within a catchment."""
    root = list(range(problem.n_units))

    def top(unit: int) -> int:
        while root[unit] != unit:
            root[unit] = root[root[unit]]
            unit = root[unit]
        return unit

    indptr = problem.neighbour_indptr.tolist()
    for unit in range(problem.n_units):
        for near in problem.neighbour[indptr[unit] : indptr[unit + 1]].tolist():
            if given[unit] == given[near]:
                root[top(unit)] = top(near)
    tops: dict[int, set[int]] = {}
    for unit, station in enumerate(given):
        tops.setdefault(station, set()).add(top(unit))
    for station, found in sorted(tops.items()):
        if len(found) > 1:
            yield CatchmentFault(CatchmentFaultKind.IN_PIECES, station, len(found))


def _figure_faults(
    problem: CatchmentProblem,
    request: CatchmentRequest,
    answer: CatchmentAnswer,
    given: list[int],
) -> Iterator[CatchmentFault]:
    kinds, result = CatchmentFaultKind, answer.result
    deviation = _deviation(problem, given)
    if answer.deviation_ppm != deviation:
        yield CatchmentFault(kinds.WRONG_DEVIATION, None, answer.deviation_ppm, deviation)
    work, cost = problem.unit_work.tolist(), problem.travel_cost.tolist()
    travel = sum(work[unit] * cost[unit][station] for unit, station in enumerate(given))
    if result.objective != travel:
        yield CatchmentFault(kinds.WRONG_TRAVEL, None, result.objective, travel)
    if result.bound is not None and result.bound > travel:
        yield CatchmentFault(kinds.BOUND_CROSSED, None, result.bound, travel)
    excess = max(deviation, request.tolerance_ppm)
    if answer.deviation_bound_ppm > excess:
        yield CatchmentFault(
            kinds.DEVIATION_BOUND_CROSSED, None, answer.deviation_bound_ppm, excess
        )
    proved = result.bound == travel and answer.deviation_bound_ppm == excess
    finished = result.stop_reason is StopReason.FINISHED
    if result.status is Status.OPTIMAL and not (proved and finished):
        yield CatchmentFault(kinds.OPTIMAL_NOT_PROVED)


def _deviation(problem: CatchmentProblem, given: list[int]) -> int:
    shares, work = problem.station_share.tolist(), problem.unit_work.tolist()
    total = sum(work)
    if not total:
        return 0
    mine = [0] * problem.n_stations
    for unit, station in enumerate(given):
        mine[station] += work[unit]
    largest = Fraction(0)
    for share, done in zip(shares, mine, strict=True):
        target = Fraction(share * total, sum(shares))
        largest = max(largest, abs(done - target) / target)
    scaled = largest * 1_000_000
    return -(-scaled.numerator // scaled.denominator)
