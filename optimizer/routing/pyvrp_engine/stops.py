"""Routes of PyVRP as plain values, so that they outlive a solution and travel between problems."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyvrp import Activity, ActivityType, ProblemData, Solution
from pyvrp import Route as EngineRoute
from pyvrp.search import compute_neighbours

__all__ = [
    "StopRow",
    "cost_of_route",
    "neighbour_matrix",
    "neighbours",
    "route_of",
    "row_of",
    "rows_of",
    "solution_of",
]


class StopRow(NamedTuple):
    """A route: its vehicle type and its stops, clients as they are, reload depot d as -1 - d."""

    vehicle_type: int
    stops: tuple[int, ...]

    @property
    def clients(self) -> tuple[int, ...]:
        """The clients in order."""
        return tuple(stop for stop in self.stops if stop >= 0)


def rows_of(solution: Solution) -> list[StopRow]:
    """The routes of a solution that serve anybody."""
    return [row_of(route) for route in solution.routes() if route.num_clients()]


def row_of(route: EngineRoute) -> StopRow:
    """The values of a route."""
    inner = list(route)[1:-1]
    stops = tuple(stop.idx if stop.is_client() else -1 - stop.idx for stop in inner)
    return StopRow(route.vehicle_type(), stops)


def route_of(data: ProblemData, row: StopRow) -> EngineRoute:
    """PyVRP's form of a row."""
    if min(row.stops, default=0) >= 0:
        return EngineRoute(data, list(row.stops), row.vehicle_type)
    activities = [
        Activity(ActivityType.CLIENT, stop)
        if stop >= 0
        else Activity(ActivityType.DEPOT, -1 - stop)
        for stop in row.stops
    ]
    return EngineRoute(data, activities, row.vehicle_type)


def solution_of(data: ProblemData, rows: list[StopRow]) -> Solution:
    """PyVRP's form of some rows."""
    return Solution(data, [route_of(data, row) for row in rows])


def cost_of_route(route: EngineRoute) -> int:
    """What a feasible route costs in PyVRP's objective, prizes apart."""
    return int(route.distance_cost() + route.duration_cost() + route.fixed_vehicle_cost())


def neighbours(data: ProblemData) -> list[list[int]]:
    """PyVRP's neighbouring clients of every client."""
    near: list[list[int]] = [[] for _ in range(data.num_clients)]
    for activity, others in compute_neighbours(data).items():
        if activity.is_client():
            near[activity.idx] = [other.idx for other in others if other.is_client()]
    return near


def neighbour_matrix(data: ProblemData) -> NDArray[np.float64]:
    """float64[C, C], 1 where the column is a neighbour of the row."""
    matrix = np.zeros((data.num_clients, data.num_clients))
    for client, others in enumerate(neighbours(data)):
        matrix[client, others] = 1.0
    return matrix
