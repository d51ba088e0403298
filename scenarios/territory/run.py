"""What a siting may tell beyond its sites: catchments, search areas, access before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd

from base.faults import Fault
from optimizer.stop import ProgressCallback, Stop
from scenarios.model_territory import CatchmentsInput
from scenarios.outcome import Sheet
from scenarios.territory.access import AccessRun, access_of, access_sheets
from scenarios.territory.catchments import (
    CatchmentRun,
    WithStations,
    catchment_sheet,
    checked_units,
    run_catchments,
    undivided,
)
from scenarios.territory.search_areas import area_sheet, search_areas_of, weak_promises

if TYPE_CHECKING:
    from scenarios.siting.run import SitingRun

__all__ = ["Territory", "build_territory", "divided"]


@dataclass(frozen=True, eq=False)
class Territory:
    """The parts that the scenario asks for, None for the others; ``told`` is what limits them."""

    catchments: CatchmentRun | None = None
    search_areas: gpd.GeoDataFrame | None = None
    access: AccessRun | None = None
    told: tuple[Fault, ...] = ()

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What the user should know of them."""
        found = self.told if self.catchments is None else self.catchments.warnings + self.told
        return found if self.search_areas is None else (*found, *weak_promises(self.search_areas))

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """Their tables."""
        sheets: list[Sheet] = []
        if self.access is not None:
            sheets += access_sheets(self.access)
        if self.catchments is not None:
            sheets.append(catchment_sheet(self.catchments))
        if self.search_areas is not None:
            sheets.append(area_sheet(self.search_areas))
        return tuple(sheets)

    @property
    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Their map layers (WGS 84) by name."""
        layers: dict[str, gpd.GeoDataFrame] = {}
        if self.catchments is not None:
            layers["catchments"] = self.catchments.catchments
            layers["catchment_units"] = self.catchments.unit_layer
        if self.search_areas is not None:
            layers["search_areas"] = self.search_areas
        return layers


def build_territory(
    run: SitingRun,
    *,
    units: gpd.GeoDataFrame | None = None,
    stop: Stop,
    progress: ProgressCallback | None = None,
) -> Territory:
    """The parts that the run's scenario asks for.

    Args:
        run: the siting run.
        units: of the catchments, where they have been read (:func:`checked_units`).
        stop: of the run; its iterations and ``cancelled`` hold for the catchments too, whose
            seconds are their own.
        progress: hears of the catchments.

    Raises:
        FaultError: what stands against the catchments (:func:`run_catchments`).
    """
    wanted = run.wanted
    catchments, told = divided(run, wanted.catchments, units, stop=stop, progress=progress)
    return Territory(
        catchments,
        None if wanted.search_areas is None else search_areas_of(run, wanted.search_areas),
        None if wanted.access is None else access_of(run, wanted.access),
        told,
    )


def divided(
    run: WithStations,
    wanted: CatchmentsInput | None,
    units: gpd.GeoDataFrame | None,
    *,
    part: str = "siting",
    stop: Stop,
    progress: ProgressCallback | None,
) -> tuple[CatchmentRun | None, tuple[Fault, ...]]:
    """The catchments, where they are asked for, or why there are none.

    Raises:
        FaultError: what stands against them whatever the answer (:func:`run_catchments`).
    """
    if wanted is None:
        return None, ()
    if units is None:
        units = checked_units(wanted, run.district, run.demand.groups, part)
    told = undivided(run, units, part)
    if told:
        return None, told
    rule = Stop(wanted.seconds, stop.iterations, stop.cancelled)
    found = run_catchments(run, wanted, part=part, units=units, stop=rule, progress=progress)
    return found, ()
