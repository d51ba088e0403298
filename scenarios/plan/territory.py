"""Catchments, search areas and access of a plan: today, and as its last year stands.

They look at what people walk to: sites whose facility offers a service with a walk circle. Search
areas promise what all such services without counted places are worth in the last year
(``plan.moving``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from base.faults import Fault
from geo.modes import TravelMode
from optimizer.siting.plan.problem import PlanProblem
from optimizer.stop import ProgressCallback, Stop
from scenarios.demand import DemandRows
from scenarios.district import District
from scenarios.explain_codes import NO_SEARCH_AREAS, PLAIN_AREAS
from scenarios.model_territory import AccessInput, SearchAreasInput
from scenarios.plan.demand import WEIGHT_SCALE
from scenarios.plan.moving import plan_moves
from scenarios.territory.access import access_between
from scenarios.territory.run import Territory, divided
from scenarios.territory.search_areas import search_areas

if TYPE_CHECKING:
    from scenarios.plan.case import PlanCase
    from scenarios.plan.run import PlanRun
    from scenarios.territory.access import AccessRun

__all__ = ["plan_territory", "sure_stations"]


def plan_territory(
    run: PlanRun,
    *,
    units: gpd.GeoDataFrame | None = None,
    stop: Stop,
    progress: ProgressCallback | None = None,
) -> Territory:
    """The parts that the plan's scenario asks for; none without a plan.

    Args:
        run: the plan.
        units: of the catchments, where they have been read (``catchments.checked_units``).
        stop: of the run; its iterations and ``cancelled`` hold for the catchments too, whose
            seconds are their own.
        progress: hears of the catchments.

    Raises:
        FaultError: what stands against the catchments (:func:`run_catchments`).
    """
    wanted = run.wanted
    if not run.solved:
        return Territory()
    ground = _ground(run)
    catchments, told = divided(
        ground, wanted.catchments, units, part="plan", stop=stop, progress=progress
    )
    return Territory(
        catchments,
        None if wanted.search_areas is None else _areas(run, wanted.search_areas),
        None if wanted.access is None else _access(run, ground, wanted.access),
        told if wanted.search_areas is None else (*told, *_area_limits(run)),
    )


def sure_stations(case: PlanCase) -> int:
    """Sites that people walk to in the last year of every plan."""
    problem, last = case.problem, case.problem.n_years - 1
    services = [number for number, each in enumerate(case.services) if each.walk]
    ready = problem.options.first_year <= last
    offers = (problem.options.capacity[:, services] != 0).any(axis=1)
    idle = np.zeros(problem.n_sites, dtype=bool)
    idle[problem.options.site[ready & ~offers]] = True
    return int(((problem.sites.due >= 0) & ~idle).sum())


def _free_services(run: PlanRun) -> list[int]:
    """Services with a walk circle and without counted places, whose worth search areas promise."""
    counted = run.problem.capacitated
    return [n for n, each in enumerate(run.case.services) if each.walk and not counted[n]]


def _area_limits(run: PlanRun) -> tuple[Fault, ...]:
    """What the search areas leave out, by name."""
    case, free = run.case, _free_services(run)
    walked = [n for n, each in enumerate(case.services) if each.walk]
    counted = [case.services[n].label for n in walked if n not in free]
    what_zh, what_en = "、".join(e.zh for e in counted), ", ".join(e.en for e in counted)
    if not free:
        return (NO_SEARCH_AREAS("plan.search_areas", names_zh=what_zh, names_en=what_en),)
    if not counted:
        return ()
    served = [case.services[n].label for n in free]
    return (
        PLAIN_AREAS(
            "plan.search_areas",
            service_zh="、".join(each.zh for each in served),
            service_en=", ".join(each.en for each in served),
            what_zh=what_zh,
            what_en=what_en,
        ),
    )


@dataclass(frozen=True, eq=False)
class _Case:
    """The sites as catchments see them."""

    sites: gpd.GeoDataFrame
    mode: TravelMode


@dataclass(frozen=True, eq=False)
class _Ground:
    """A plan's last year as a siting would show it.

    Attributes:
        existing: int32, sites that people walk to today. open_sites: in the last year.
    """

    case: _Case
    district: District
    demand: DemandRows
    existing: NDArray[np.int32]
    open_sites: NDArray[np.int32]


def _ground(run: PlanRun) -> _Ground:
    case = run.case
    services = [number for number, each in enumerate(case.services) if each.walk]
    last = run.option[-1]
    area = case.sites["area_m2"].to_numpy(dtype=np.float64).copy()
    stands = last >= 0
    area[stands] = case.options["area_m2"].to_numpy(dtype=np.float64)[last[stands]]
    return _Ground(
        _Case(case.sites.assign(area_m2=area), case.ground.mode),
        case.district,
        case.demand.people,
        _offering(case.problem, case.problem.sites.current, services),
        _offering(case.problem, last, services),
    )


def _offering(
    problem: PlanProblem, option: NDArray[np.int32], services: list[int]
) -> NDArray[np.int32]:
    """Sites whose option offers one of the services."""
    offers = (problem.options.capacity[:, services] != 0).any(axis=1)
    return np.flatnonzero((option >= 0) & offers[option]).astype(np.int32)


def _access(run: PlanRun, ground: _Ground, wanted: AccessInput) -> AccessRun:
    area = np.nan_to_num(ground.case.sites["area_m2"].to_numpy(dtype=np.float64))
    return access_between(
        run.district.streets,
        ground.case.mode,
        run.case.ground.snapped,
        ground.demand,
        run.district.labels,
        ground.existing,
        ground.open_sites,
        area if wanted.capacity == "area" else np.ones(len(area)),
        wanted,
    )


def _areas(run: PlanRun, wanted: SearchAreasInput) -> gpd.GeoDataFrame | None:
    """Search areas of the new sites; None where every service counts its places."""
    case, problem = run.case, run.problem
    free = _free_services(run)
    if not free:
        return None
    open_sites = _offering(problem, run.option[-1], free)
    new = open_sites[problem.sites.current[open_sites] < 0]
    return search_areas(
        run.district.streets,
        case.ground.mode,
        case.demand.people.places,
        [str(each) for each in case.sites["site_id"]],
        case.sites.geometry,
        plan_moves(problem, run.option[-1], case.demand, free, new.tolist()),
        problem.units_per_person * WEIGHT_SCALE,
        wanted,
    )
