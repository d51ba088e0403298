"""What a plan's report and files hold beyond the plan itself: explanations and territory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd

from scenarios.explain.sheets import (
    explain_layers,
    explain_map_layers,
    explain_plots,
    explain_sheets,
)
from scenarios.outcome import Sheet
from scenarios.plan.run import PlanRun
from scenarios.report import MapLayer, Plot
from scenarios.territory.map import territory_map_layers

__all__ = ["Addition", "addition_of"]


@dataclass(frozen=True, eq=False)
class Addition:
    """What is told of a plan beyond the plan itself; it comes after the plan's own parts.

    Attributes:
        sheets: further tables.
        plots: further plots.
        layers: further map layers for files (WGS 84) by name.
        map_layers: further layers of the report's map: areas below its points, others on top.
        summary: further keys of ``summary.json``.
    """

    sheets: tuple[Sheet, ...] = ()
    plots: tuple[Plot, ...] = ()
    layers: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    map_layers: tuple[MapLayer, ...] = ()
    summary: Mapping[str, Any] = field(default_factory=dict)


def addition_of(run: PlanRun) -> Addition:
    """Territory and explanations, as far as the scenario asks for them."""
    territory, found = run.territory, run.explanation
    sheets, layers = territory.sheets, territory.layers
    map_layers = territory_map_layers(territory)
    if found is None:
        return Addition(sheets, (), layers, tuple(map_layers))
    return Addition(
        (*explain_sheets(found), *sheets),
        explain_plots(found),
        {**layers, **explain_layers(found)},
        (*map_layers, *explain_map_layers(found)),
        {"explain": found.summary()},
    )
