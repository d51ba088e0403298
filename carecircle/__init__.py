"""carecircle's public names, handed on from the rooms where they live.

``import carecircle as cc`` gives the solvers on arrays (``cc.SitingProblem``,
``cc.solve_siting``), the street network (``cc.StreetNetwork``, ``cc.reach``) and the jobs on
scenario files (``cc.load_scenario``, ``cc.run_siting``).
"""

from base.faults import Fault, FaultError
from geo.graphml import from_graphml
from geo.isochrone import isochrones
from geo.layers import LayerSource, read_layer
from geo.matrix import travel_matrix
from geo.modes import car, ebike, walk
from geo.network import StreetNetwork
from geo.osm import from_osm
from geo.reach import reach
from geo.snap import snap
from geo.streets import from_lines
from optimizer.result import SolveResult, Status, StopReason
from optimizer.routing.check import check as check_routing
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.solution import Plan, RoutingAnswer
from optimizer.routing.solve import solve as solve_routing
from optimizer.siting.check import check as check_siting
from optimizer.siting.problem import (
    Question,
    SiteStatus,
    SitingAnswer,
    SitingProblem,
    SitingRequest,
)
from optimizer.siting.solve import solve as solve_siting
from optimizer.stop import Progress, Stop
from scenarios.files import load_scenario
from scenarios.meals import run_meals
from scenarios.model import Scenario
from scenarios.siting.run import run_siting
from scenarios.store import check_run, write_run
from scenarios.visits import run_visits

__all__ = [
    "Fault",
    "FaultError",
    "LayerSource",
    "Plan",
    "Progress",
    "Question",
    "RoutingAnswer",
    "RoutingProblem",
    "Scenario",
    "SiteStatus",
    "SitingAnswer",
    "SitingProblem",
    "SitingRequest",
    "SolveResult",
    "Status",
    "Stop",
    "StopReason",
    "StreetNetwork",
    "car",
    "check_routing",
    "check_run",
    "check_siting",
    "ebike",
    "from_graphml",
    "from_lines",
    "from_osm",
    "isochrones",
    "load_scenario",
    "reach",
    "read_layer",
    "run_meals",
    "run_siting",
    "run_visits",
    "snap",
    "solve_routing",
    "solve_siting",
    "travel_matrix",
    "walk",
    "write_run",
]
