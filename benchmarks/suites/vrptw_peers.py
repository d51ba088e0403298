"""Routing peers on VRPTW: PyVRP alone, OR-Tools' routing library, VROOM; all in whole tenths."""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.readers.solomon import Solomon
from benchmarks.suite import Limits

__all__ = ["PACKAGES", "Solved", "run_ortools", "run_pyvrp", "run_vroom"]

PACKAGES = {"pyvrp": ("pyvrp",), "ortools": ("ortools",), "vroom": ("pyvroom",)}


@dataclass(frozen=True)
class Solved:
    """Routes of customer numbers (None without an answer), seconds, trace in tenths."""

    routes: Sequence[Sequence[int]] | None
    seconds: float
    trace: Sequence[tuple[float, float]] = ()
    note: str = ""


def run_pyvrp(instance: Solomon, limits: Limits) -> Solved:
    """PyVRP with its own defaults."""
    pyvrp: Any = importlib.import_module("pyvrp")
    stopping: Any = importlib.import_module("pyvrp.stop")
    tenths = instance.tenths()
    data = _pyvrp_data(pyvrp, instance, tenths)
    stop = (
        stopping.MaxIterations(limits.iterations)
        if limits.iterations is not None
        else stopping.MaxRuntime(limits.seconds)
    )
    started = time.perf_counter()
    result = pyvrp.solve(data, stop=stop, seed=limits.seed, display=False)
    seconds = time.perf_counter() - started
    if not result.is_feasible():
        return Solved(None, seconds)
    # A route visits locations: location 0 is the depot, location i customer i.
    routes = [[activity.idx + 1 for activity in _clients(route)] for route in result.best.routes()]
    return Solved(routes, seconds, _pyvrp_trace(result.stats))


def _pyvrp_trace(stats: Any) -> list[tuple[float, float]]:
    trace: list[tuple[float, float]] = []
    now = 0.0
    for took, at in zip(stats.runtimes, stats, strict=True):
        now += took
        if at.best_feas and (not trace or at.best_cost < trace[-1][1]):
            trace.append((round(now, 3), float(at.best_cost)))
    return trace


def _clients(route: Any) -> list[Any]:
    return [activity for activity in route if activity.is_client()]


def _pyvrp_data(pyvrp: Any, instance: Solomon, tenths: Any) -> Any:
    locations = [
        pyvrp.Location(int(x), int(y)) for x, y in zip(instance.x, instance.y, strict=True)
    ]
    clients = [
        pyvrp.Client(
            row,
            delivery=[int(instance.demand[row])],
            service_duration=10 * int(instance.service[row]),
            tw_early=10 * int(instance.ready[row]),
            tw_late=10 * int(instance.due[row]),
        )
        for row in range(1, len(locations))
    ]
    fleet = pyvrp.VehicleType(
        num_available=instance.vehicles,
        capacity=[instance.capacity],
        tw_early=10 * int(instance.ready[0]),
        tw_late=10 * int(instance.due[0]),
    )
    return pyvrp.ProblemData(
        locations=locations,
        clients=clients,
        depots=[pyvrp.Depot(0)],
        vehicle_types=[fleet],
        distance_matrices=[tenths],
        duration_matrices=[tenths],
    )


def run_ortools(instance: Solomon, limits: Limits) -> Solved:
    """OR-Tools' routing library: cheapest insertion, then guided local search."""
    routing: Any = importlib.import_module("ortools.constraint_solver.pywrapcp")
    enums: Any = importlib.import_module("ortools.constraint_solver.routing_enums_pb2")
    tenths = instance.tenths()
    started = time.perf_counter()
    manager = routing.RoutingIndexManager(instance.x.size, instance.vehicles, 0)
    model = routing.RoutingModel(manager)
    distance = model.RegisterTransitMatrix(tenths.tolist())
    model.SetArcCostEvaluatorOfAllVehicles(distance)
    spent = tenths + 10 * instance.service[:, None]
    transit = model.RegisterTransitMatrix(spent.tolist())
    horizon = 10 * int(instance.due.max())
    model.AddDimension(transit, horizon, horizon, False, "time")
    times = model.GetDimensionOrDie("time")
    for row in range(1, instance.x.size):
        window = 10 * int(instance.ready[row]), 10 * int(instance.due[row])
        times.CumulVar(manager.NodeToIndex(row)).SetRange(*window)
    for vehicle in range(instance.vehicles):
        times.CumulVar(model.End(vehicle)).SetMax(10 * int(instance.due[0]))
    demand = model.RegisterUnaryTransitVector(instance.demand.tolist())
    loads = [instance.capacity] * instance.vehicles
    model.AddDimensionWithVehicleCapacity(demand, 0, loads, True, "load")
    options = routing.DefaultRoutingSearchParameters()
    options.first_solution_strategy = enums.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    options.local_search_metaheuristic = enums.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    left = max(0.1, limits.seconds - (time.perf_counter() - started))
    options.time_limit.FromMilliseconds(round(1000 * left))
    trace: list[tuple[float, float]] = []

    def hear() -> None:
        value = float(model.CostVar().Max())
        if not trace or value < trace[-1][1]:
            trace.append((round(time.perf_counter() - started, 3), value))

    model.AddAtSolutionCallback(hear)
    answer = model.SolveWithParameters(options)
    seconds = time.perf_counter() - started
    if answer is None:
        return Solved(None, seconds, trace)
    routes = []
    for vehicle in range(instance.vehicles):
        index, route = answer.Value(model.NextVar(model.Start(vehicle))), []
        while not model.IsEnd(index):
            route.append(manager.IndexToNode(index))
            index = answer.Value(model.NextVar(index))
        if route:
            routes.append(route)
    return Solved(routes, seconds, trace)


def run_vroom(instance: Solomon, limits: Limits) -> Solved:
    """VROOM at its highest exploration level; it ends by itself, whatever the limit."""
    vroom: Any = importlib.import_module("vroom")
    started = time.perf_counter()
    problem = vroom.Input()
    problem.set_durations_matrix("car", instance.tenths().astype(np.uint32))
    day = vroom.TimeWindow(10 * int(instance.ready[0]), 10 * int(instance.due[0]))
    fleet = [
        vroom.Vehicle(at, start=0, end=0, capacity=[instance.capacity], time_window=day)
        for at in range(1, instance.vehicles + 1)
    ]
    jobs = [
        vroom.Job(
            row,
            location=row,
            default_service=10 * int(instance.service[row]),
            delivery=[int(instance.demand[row])],
            time_windows=[
                vroom.TimeWindow(10 * int(instance.ready[row]), 10 * int(instance.due[row]))
            ],
        )
        for row in range(1, instance.x.size)
    ]
    problem.add_vehicle(fleet)
    problem.add_job(jobs)
    answer = problem.solve(exploration_level=5, nb_threads=limits.threads)
    seconds = time.perf_counter() - started
    steps = answer.routes
    steps = steps[steps["type"] == "job"]
    routes = [part["id"].astype(int).tolist() for _, part in steps.groupby("vehicle_id")]
    return Solved(routes, seconds, note="ends by itself")
