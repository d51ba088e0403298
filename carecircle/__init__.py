"""carecircle's public names, handed on from the rooms where they live.

``import carecircle as cc`` gives the solvers on arrays (``cc.SitingProblem``,
``cc.solve_siting``), the street network (``cc.StreetNetwork``, ``cc.reach``) and the jobs on
scenario files (``cc.load_scenario``, ``cc.run_siting``). Names are loaded when first used.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "Fault": "base.faults",
    "FaultError": "base.faults",
    "Plan": "optimizer.routing.solution",
    "Question": "optimizer.siting.problem",
    "RoutingAnswer": "optimizer.routing.solution",
    "RoutingProblem": "optimizer.routing.problem",
    "Scenario": "scenarios.model",
    "SiteStatus": "optimizer.siting.problem",
    "SitingAnswer": "optimizer.siting.problem",
    "SitingProblem": "optimizer.siting.problem",
    "SitingRequest": "optimizer.siting.problem",
    "SolveResult": "optimizer.result",
    "Status": "optimizer.result",
    "Stop": "optimizer.stop",
    "StopReason": "optimizer.result",
    "StreetNetwork": "geo.network",
    "check_run": "scenarios.store",
    "from_graphml": "geo.graphml",
    "from_lines": "geo.streets",
    "from_osm": "geo.osm",
    "isochrones": "geo.isochrone",
    "load_scenario": "scenarios.files",
    "reach": "geo.reach",
    "read_layer": "geo.layers",
    "run_meals": "scenarios.meals",
    "run_siting": "scenarios.siting",
    "run_visits": "scenarios.visits",
    "snap": "geo.snap",
    "travel_matrix": "geo.matrix",
    "write_run": "scenarios.store",
}
_RENAMED = {
    "check_routing": ("optimizer.routing.check", "check"),
    "check_siting": ("optimizer.siting.check", "check"),
    "solve_routing": ("optimizer.routing.solve", "solve"),
    "solve_siting": ("optimizer.siting.solve", "solve"),
}

__all__ = sorted([*_HOMES, *_RENAMED])  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    home, own_name = _RENAMED.get(name) or (_HOMES.get(name), name)
    if home is None:
        raise AttributeError(f"module 'carecircle' has no attribute {name!r}")
    return getattr(importlib.import_module(home), own_name)


def __dir__() -> list[str]:
    return __all__
