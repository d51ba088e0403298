"""A written answer read back and checked: arrays, answer and tables against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
from numpy.typing import NDArray

from base.faults import FaultError
from optimizer.routing.check import check as check_routing
from optimizer.routing.problem import NONE, RoutingProblem
from optimizer.routing.solution import (
    Plan,
    Reason,
    Route,
    RoutingAnswer,
    Step,
    StepKind,
    Unserved,
)
from optimizer.siting.check import check as check_siting
from optimizer.siting.problem import (
    Question,
    SiteStatus,
    SitingAnswer,
    SitingProblem,
    SitingRequest,
)
from scenarios.codes import NO_ANSWER_HERE, UNREADABLE_ANSWER
from scenarios.plan.recheck import check_plan
from scenarios.recheck_files import (
    Answer,
    Finding,
    columns,
    common_findings,
    csv_rows,
    differs,
    read_arrays,
    read_json,
    result,
    violation_findings,
)
from scenarios.week.recheck import check_stored_week
from scenarios.words import clock

__all__ = ["Finding", "check_run"]

_PERSONS_TOLERANCE = 1.0
"""Tables round persons to whole ones; sums may differ by that much."""


def check_run(folder: Path) -> tuple[Finding, ...]:
    """Everything that is wrong with an answer that ``write_run`` wrote.

    The arrays must be those that were solved (hash), the independent checker must find nothing,
    and tables and summary must say what the answer says.

    Raises:
        FaultError: no such answer (CC-S251), one that cannot be read (CC-S252), or one of
            another schema (CC-S253).
    """
    folder = Path(folder)
    for name in ("answer.json", "problem.npz", "summary.json"):
        if not (folder / name).is_file():
            raise FaultError([NO_ANSWER_HERE(folder, missing=name)])
    answer = read_json(folder / "answer.json")
    try:
        return tuple(_CHECKS[answer["kind"]](folder, answer))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OSError) as error:
        if isinstance(error, FaultError):
            raise
        why = f"{type(error).__name__}: {error}"
        raise FaultError([UNREADABLE_ANSWER(folder, why=why)]) from error


def _check_siting(folder: Path, answer: Answer) -> Iterator[Finding]:
    yield from common_findings(folder, answer)
    arrays = read_arrays(folder / "problem.npz")
    problem = SitingProblem(**columns(arrays, SitingProblem))
    request = SitingRequest(Question(answer["request"]["question"]), answer["request"]["new_sites"])
    sites = np.array(answer["open_sites"], dtype=np.int32)
    yield from violation_findings(
        check_siting(problem, request, SitingAnswer(sites, result(answer["result"])))
    )
    ids = answer["ids"]["sites"]
    inside = sites[(sites >= 0) & (sites < problem.n_sites)]
    new = {ids[site] for site in inside if problem.site_status[site] != SiteStatus.EXISTING}
    ordered = [ids[site] for site in answer["new_sites_in_order"]]
    if set(ordered) != new or len(ordered) != len(new):
        yield differs("answer.json", "新站排序", "the order of new sites")
    if [row[1] for row in csv_rows(folder / "chosen_sites.csv", 2)] != ordered:
        yield differs("chosen_sites.csv", "新站", "the list of new sites")
    layer = pyogrio.read_dataframe(folder / "result.gpkg", layer="chosen_sites")
    if list(layer["site_id"]) != ordered:
        yield differs("result.gpkg", "新站图层", "the layer of new sites")
    yield from _check_coverage(folder, problem, arrays["extra_persons"], inside)


def _check_coverage(
    folder: Path, problem: SitingProblem, persons: NDArray[np.float64], sites: NDArray[np.int32]
) -> Iterator[Finding]:
    """The table's first row (everybody) against the reach lists."""
    cells = csv_rows(folder / "coverage.csv", 6)[0]
    existing = np.flatnonzero(problem.site_status == SiteStatus.EXISTING)
    after = sites if sites.size else existing
    expected = [
        float(persons.sum()),
        float(persons[_covered(problem, existing)].sum()),
        float(persons[_covered(problem, after)].sum()),
    ]
    got = [float(cell) for cell in (cells[2], cells[3], cells[5]) if cell is not None]
    if len(got) != len(expected) or np.max(np.abs(np.subtract(got, expected))) > _PERSONS_TOLERANCE:
        yield differs("coverage.csv", "覆盖人数", "the number of persons covered")


def _covered(problem: SitingProblem, sites: NDArray[Any]) -> NDArray[np.bool_]:
    """Rows within reach; written out here, since the solver's own function is what is tested."""
    hit = np.zeros(problem.n_demand, dtype=bool)
    for site in sites:
        span = slice(problem.reach_indptr[site], problem.reach_indptr[site + 1])
        rows = problem.reach_demand[span]
        hit[rows[problem.reach_cost[span] <= problem.demand_radius[rows]]] = True
    return hit


def _check_rounds(folder: Path, answer: Answer) -> Iterator[Finding]:
    yield from common_findings(folder, answer)
    arrays = read_arrays(folder / "problem.npz")
    problem = RoutingProblem(**columns(arrays, RoutingProblem))
    routes = tuple(_route(row) for row in answer["routes"])
    plan = Plan(routes, tuple(answer["unserved"]))
    reasons = tuple(
        Unserved(row["task"], Reason(row["reason"]), row["detail"]) for row in answer["reasons"]
    )
    stored = RoutingAnswer(plan, reasons, result(answer["result"]), answer["counts"])
    yield from violation_findings(check_routing(problem, stored))
    tasks, vehicles = answer["ids"]["tasks"], answer["ids"]["vehicles"]
    expected = [
        (
            vehicles[route.vehicle],
            tasks[step.index] if step.kind is StepKind.TASK else None,
            clock(step.start),
            clock(step.finish),
        )
        for route in routes
        for step in route.steps
        if step.kind is not StepKind.LOAD
    ]
    if csv_rows(folder / "rounds.csv", 4) != expected:
        yield differs("rounds.csv", "线路", "the rounds")
    # A meal's task is a stop with several orders; what lacked stock never became a task.
    members = answer.get("orders_of_task") or [[task] for task in tasks]
    remote = problem.task_remote_cost
    left = [order for t in plan.unserved if remote[t] == NONE for order in members[t]]
    left += answer.get("never_planned", [])
    if _listed(folder / "unserved.csv") != sorted(left):
        yield differs("unserved.csv", "未服务清单", "the list of what is unserved")
    calls = sorted(tasks[task] for task in plan.unserved if remote[task] != NONE)
    if _listed(folder / "by_phone.csv") != calls:
        yield differs("by_phone.csv", "电话服务清单", "the list of calls")


def _listed(path: Path) -> list[str]:
    """The first column of a table, sorted; a table that was not written lists nothing."""
    return sorted(str(row[0]) for row in csv_rows(path, 1)) if path.exists() else []


def _route(row: Mapping[str, Any]) -> Route:
    steps = tuple(
        Step(StepKind(kind), index, arrive, start, finish)
        for kind, index, arrive, start, finish in row["steps"]
    )
    return Route(row["vehicle"], row["depart"], row["end"], steps)


_CHECKS: Mapping[str, Callable[[Path, Answer], Iterator[Finding]]] = {
    "siting": _check_siting,
    "plan": check_plan,
    "visits": _check_rounds,
    "meals": _check_rounds,
    "week": check_stored_week,
}
