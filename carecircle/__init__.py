"""carecircle's public names, handed on from the rooms where they live.

``import carecircle as cc`` gives the solvers on arrays (``cc.SitingProblem``,
``cc.solve_siting``; ``cc.PlanProblem`` of ``cc.plan_tables``, ``cc.solve_plan``), the street
network (``cc.StreetNetwork``, ``cc.reach``) and the jobs on scenario files
(``cc.load_scenario``, ``cc.run_siting``, ``cc.run_plan``).

What both a siting and a plan can be asked carries their name: ``cc.siting_why_not``,
``cc.plan_why_not``. ``cc.Plan`` is a day of rounds, the answer of ``cc.solve_routing``.
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
from optimizer.siting.access import (
    ReachLists,
    TimeSummary,
    access_scores,
    gini,
    hoover,
    nearest_costs,
    palma,
    time_summary,
)
from optimizer.siting.alternatives import alternatives as siting_alternatives
from optimizer.siting.catchments.check import check_catchments
from optimizer.siting.catchments.problem import CatchmentAnswer, CatchmentProblem, CatchmentRequest
from optimizer.siting.catchments.solve import solve_catchments
from optimizer.siting.check import check as check_siting
from optimizer.siting.curve import coverage_curve as siting_coverage_curve
from optimizer.siting.explain import fallback as siting_fallback
from optimizer.siting.explain import why_not as siting_why_not
from optimizer.siting.plan import tables as plan_tables
from optimizer.siting.plan.checking.check import check as check_plan
from optimizer.siting.plan.explain.alternatives import alternatives as plan_alternatives
from optimizer.siting.plan.explain.conflict import conflict as plan_conflict
from optimizer.siting.plan.explain.curve import coverage_curve as plan_coverage_curve
from optimizer.siting.plan.explain.marginal import marginal_values
from optimizer.siting.plan.explain.pareto import pareto_front
from optimizer.siting.plan.explain.why import fallback as plan_fallback
from optimizer.siting.plan.explain.why import why_not as plan_why_not
from optimizer.siting.plan.nearest import nearest_assignments
from optimizer.siting.plan.problem import (
    Assignments,
    PlanAnswer,
    PlanObjective,
    PlanProblem,
    PlanRequest,
)
from optimizer.siting.plan.solve import solve as solve_plan
from optimizer.siting.problem import (
    Question,
    SiteStatus,
    SitingAnswer,
    SitingProblem,
    SitingRequest,
)
from optimizer.siting.site_values import site_values
from optimizer.siting.solve import solve as solve_siting
from optimizer.stop import Progress, Stop
from scenarios.files import load_scenario
from scenarios.meals import run_meals
from scenarios.model import Scenario
from scenarios.plan.run import PlanRun, run_plan
from scenarios.siting.run import SitingRun, run_siting
from scenarios.store import check_run, write_run
from scenarios.territory.access import access_between
from scenarios.territory.catchment_book import CatchmentBook
from scenarios.territory.search_areas import search_areas
from scenarios.visits import run_visits

__all__ = [
    "Assignments",
    "CatchmentAnswer",
    "CatchmentBook",
    "CatchmentProblem",
    "CatchmentRequest",
    "Fault",
    "FaultError",
    "LayerSource",
    "Plan",
    "PlanAnswer",
    "PlanObjective",
    "PlanProblem",
    "PlanRequest",
    "PlanRun",
    "Progress",
    "Question",
    "ReachLists",
    "RoutingAnswer",
    "RoutingProblem",
    "Scenario",
    "SiteStatus",
    "SitingAnswer",
    "SitingProblem",
    "SitingRequest",
    "SitingRun",
    "SolveResult",
    "Status",
    "Stop",
    "StopReason",
    "StreetNetwork",
    "TimeSummary",
    "access_between",
    "access_scores",
    "car",
    "check_catchments",
    "check_plan",
    "check_routing",
    "check_run",
    "check_siting",
    "ebike",
    "from_graphml",
    "from_lines",
    "from_osm",
    "gini",
    "hoover",
    "isochrones",
    "load_scenario",
    "marginal_values",
    "nearest_assignments",
    "nearest_costs",
    "palma",
    "pareto_front",
    "plan_alternatives",
    "plan_conflict",
    "plan_coverage_curve",
    "plan_fallback",
    "plan_tables",
    "plan_why_not",
    "reach",
    "read_layer",
    "run_meals",
    "run_plan",
    "run_siting",
    "run_visits",
    "search_areas",
    "site_values",
    "siting_alternatives",
    "siting_coverage_curve",
    "siting_fallback",
    "siting_why_not",
    "snap",
    "solve_catchments",
    "solve_plan",
    "solve_routing",
    "solve_siting",
    "time_summary",
    "travel_matrix",
    "walk",
    "write_run",
]
