"""``day``: a demo town's day of home visits."""

from __future__ import annotations

import importlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from benchmarks.suite import Case, Limits, NotExpressible, Outcome, Suite
from benchmarks.suites.rounds import plan_figures, solve_rounds
from benchmarks.towns import open_town
from optimizer.result import SolveResult, Status, StopReason
from optimizer.routing.check import ViolationKind, check
from optimizer.routing.explain import explain
from optimizer.routing.problem import NONE, UNREACHABLE, RoutingProblem
from optimizer.routing.schedule import cost_parts, time_route
from optimizer.routing.solution import Plan, Route, RoutingAnswer, StepKind
from optimizer.routing.solve import count_plan
from scenarios.day import read_visit_day
from scenarios.visits import compile_visits

__all__ = ["DAY"]

_NOT_PROMISED = (ViolationKind.TIER_INVERSION, ViolationKind.WRONG_REASON)


def cases(data: Path | None) -> list[Case]:
    """The demo towns."""
    return [Case(f"town-{size}", size, "min") for size in ("S", "M", "L")]


def load(size: Literal["S", "M", "L"]) -> RoutingProblem:
    """The day as the solver gets it."""
    scenario, folder, district = open_town(size)
    assert scenario.visits is not None
    return compile_visits(district, read_visit_day(scenario.visits, folder)).problem


def ours(case: Case, limits: Limits) -> Outcome:
    """Our routing solver."""
    return solve_rounds(load(case.source), limits)


def _ortools(case: Case, limits: Limits) -> Outcome:
    """OR-Tools' routing library: windows, skills, shifts, optional visits at their prize.

    Visits that need two people or are linked are left out. Of several windows
    the gaps between them are forbidden.
    """
    problem = load(case.source)
    plain = np.flatnonzero(
        (problem.task_staff == 1)
        & ~np.isin(np.arange(problem.n_tasks), [problem.link_first, problem.link_second])
    )
    if problem.task_load.shape[1] or np.any(problem.vehicle_distance_cost):
        raise NotExpressible("loads or costs of distance")
    started = time.perf_counter()
    sequences = _OrToolsDay(problem, plain).solve(started, limits)
    seconds = time.perf_counter() - started
    if sequences is None:
        return Outcome("no_solution", None, seconds)
    return _checked(problem, sequences, seconds)


def _checked(
    problem: RoutingProblem, sequences: Mapping[int, Sequence[int]], seconds: float
) -> Outcome:
    """Rounds timed anew and put before the independent checker.

    The peer promises neither reasons nor the strict order of tiers, so it is not held to them.
    """
    routes: list[Route] = []
    for vehicle in sorted(sequences):
        route = time_route(problem, vehicle, [(StepKind.TASK, t) for t in sequences[vehicle]])
        if route is None:
            return Outcome("failed", None, seconds, note=f"round {vehicle} breaks a rule")
        routes.append(route)
    served = {task for tasks in sequences.values() for task in tasks}
    plan = Plan(tuple(routes), tuple(sorted(set(range(problem.n_tasks)) - served)))
    prizes = int(problem.task_prize[list(plan.unserved)].sum())
    parts = {**cost_parts(problem, plan.routes), "unserved": prizes}
    result = SolveResult(
        status=Status.FEASIBLE,
        stop_reason=StopReason.TIME,
        objective=sum(parts.values()),
        bound=None,
        seconds=seconds,
        seed=None,
        solver="ortools",
        parts=parts,
    )
    answer = RoutingAnswer(plan, explain(problem, plan), result, count_plan(problem, plan))
    broken = [v for v in check(problem, answer) if v.kind not in _NOT_PROMISED]
    if broken:
        return Outcome("failed", None, seconds, note=f"checker: {broken[0]}")
    objective = float(sum(parts.values()))
    trace = [(round(seconds, 3), objective)]
    figures = plan_figures(problem, answer)
    return Outcome("feasible", objective, seconds, None, trace, figures)


class _OrToolsDay:
    """A day in the routing library's terms: node 0.. are tasks, then starts and ends."""

    def __init__(self, problem: RoutingProblem, tasks: np.ndarray[Any, Any]) -> None:
        self.problem = problem
        self.tasks = tasks
        self.routing: Any = importlib.import_module("ortools.constraint_solver.pywrapcp")
        n, v = tasks.size, problem.n_vehicles
        self.manager = self.routing.RoutingIndexManager(
            n + 2 * v, v, list(range(n, n + v)), list(range(n + v, n + 2 * v))
        )
        self.model = self.routing.RoutingModel(self.manager)
        self._place()

    def _place(self) -> None:
        problem, model, manager = self.problem, self.model, self.manager
        horizon = int(max(problem.vehicle_close.max(), problem.window_close.max()))
        transits = [
            model.RegisterTransitMatrix(self._matrix(vehicle).tolist())
            for vehicle in range(problem.n_vehicles)
        ]
        model.AddDimensionWithVehicleTransits(transits, horizon, horizon, False, "time")
        times = model.GetDimensionOrDie("time")
        solver = model.solver()
        for vehicle in range(problem.n_vehicles):
            first, last = model.Start(vehicle), model.End(vehicle)
            times.CumulVar(first).SetMin(int(problem.vehicle_open[vehicle]))
            times.CumulVar(last).SetMax(int(problem.vehicle_close[vehicle]))
            limit = int(problem.vehicle_max_work[vehicle])
            if limit != NONE:
                times.SetSpanUpperBoundForVehicle(limit, vehicle)
            times.SetSpanCostCoefficientForVehicle(int(problem.vehicle_time_cost[vehicle]), vehicle)
            model.AddVariableMinimizedByFinalizer(times.CumulVar(last))
            model.AddVariableMaximizedByFinalizer(times.CumulVar(first))
        for node, task in enumerate(self.tasks.tolist()):
            index = manager.NodeToIndex(node)
            model.AddDisjunction([index], int(problem.task_prize[task]))
            windows = problem.windows(task)
            times.CumulVar(index).SetRange(int(windows[0, 0]), int(windows[-1, 1]))
            for close, reopen in zip(windows[:-1, 1], windows[1:, 0], strict=True):
                times.CumulVar(index).RemoveInterval(int(close) + 1, int(reopen) - 1)
            missing = int(problem.task_skills[task])
            able = [v for v in range(problem.n_vehicles) if not missing & ~self._skills(v)]
            solver.Add(solver.MemberCt(model.VehicleVar(index), [NONE, *able]))

    def _skills(self, vehicle: int) -> int:
        return int(self.problem.vehicle_skills[vehicle])

    def _matrix(self, vehicle: int) -> np.ndarray[Any, Any]:
        """Service at a node and the way to the next; a vehicle's own ends only matter."""
        problem, tasks = self.problem, self.tasks
        time_to = problem.time[problem.vehicle_mode[vehicle]].astype(np.int64)
        home = problem.vehicle_end
        leave = np.concatenate(
            [problem.task_end_place[tasks], problem.vehicle_start, np.maximum(home, 0)]
        )
        come = np.concatenate(
            [problem.task_place[tasks], problem.vehicle_start, np.maximum(home, 0)]
        )
        matrix: np.ndarray[Any, Any] = np.minimum(time_to[np.ix_(leave, come)], UNREACHABLE)
        open_ends = tasks.size + problem.n_vehicles + np.flatnonzero(home == NONE)
        matrix[:, open_ends] = 0
        matrix[: tasks.size] += problem.task_duration[tasks][:, None]
        return matrix

    def solve(self, started: float, limits: Limits) -> dict[int, list[int]] | None:
        """Tasks in order by vehicle."""
        enums: Any = importlib.import_module("ortools.constraint_solver.routing_enums_pb2")
        options = self.routing.DefaultRoutingSearchParameters()
        options.first_solution_strategy = enums.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
        options.local_search_metaheuristic = enums.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        left = max(0.1, limits.seconds - (time.perf_counter() - started))
        options.time_limit.FromMilliseconds(round(1000 * left))
        answer = self.model.SolveWithParameters(options)
        if answer is None:
            return None
        found: dict[int, list[int]] = {}
        for vehicle in range(self.problem.n_vehicles):
            index = answer.Value(self.model.NextVar(self.model.Start(vehicle)))
            while not self.model.IsEnd(index):
                task = int(self.tasks[self.manager.IndexToNode(index)])
                found.setdefault(vehicle, []).append(task)
                index = answer.Value(self.model.NextVar(index))
        return found


DAY = Suite(
    name="day",
    about="min wages plus prizes of unserved visits, in thousandths of fen; all rules checked",
    seconds=30.0,
    cases=cases,
    ours=ours,
    peers={"ortools": _ortools},
    packages={"ortools": ("ortools",)},
    smoke=("town-S", 2.0),
)
