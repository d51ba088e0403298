"""Catchments, search areas and access of a plan: today, and as its last year stands.

They look at what people walk to: sites whose facility offers a service with a walk circle. Search
areas promise what the first such service without counted places covers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from base.faults import Fault
from geo.modes import TravelMode
from optimizer.arrays import csr_rows
from optimizer.siting.plan.problem import PlanProblem
from optimizer.siting.problem import SiteStatus, SitingProblem
from optimizer.stop import ProgressCallback, Stop
from scenarios.demand import TICKS_PER_SECOND, DemandRows
from scenarios.district import District
from scenarios.explain_codes import NO_SEARCH_AREAS, PLAIN_AREAS
from scenarios.model_parts import Text
from scenarios.model_territory import AccessInput, SearchAreasInput
from scenarios.plan.demand import WEIGHT_SCALE
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
    """Services with a walk circle and without counted places."""
    counted = run.problem.capacitated
    return [n for n, each in enumerate(run.case.services) if each.walk and not counted[n]]


def _area_limits(run: PlanRun) -> tuple[Fault, ...]:
    """What the search areas leave out, by name."""
    case, demand, free = run.case, run.problem.demand, _free_services(run)
    walked = [n for n, each in enumerate(case.services) if each.walk]
    if not free:
        labels = [case.services[n].label for n in walked]
        zh, en = "、".join(each.zh for each in labels), ", ".join(each.en for each in labels)
        return (NO_SEARCH_AREAS("plan.search_areas", names_zh=zh, names_en=en),)
    mine, service = demand.service == free[0], case.services[free[0]].label
    left: list[Text] = []
    if (demand.full < demand.radius)[mine].any():
        left.append(Text(zh="随距离递减", en="that it fades with distance"))
    if demand.backup[mine].any():
        left.append(Text(zh="后备覆盖", en="backup by a second site"))
    for other in walked:
        label = case.services[other].label
        if run.problem.capacitated[other]:
            left.append(Text(zh=f"{label.zh}的容量", en=f"the places of {label.en}"))
        elif other != free[0]:
            left.append(label)
    if not left:
        return ()
    return (
        PLAIN_AREAS(
            "plan.search_areas",
            service_zh=service.zh,
            service_en=service.en,
            what_zh="、".join(each.zh for each in left),
            what_en=", ".join(each.en for each in left),
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
    rows = np.flatnonzero((case.demand.service == free[0]) & (case.demand.place >= 0))
    open_sites = _offering(problem, run.option[-1], free[:1])
    new = open_sites[problem.sites.current[open_sites] < 0]
    siting, demand = _as_siting(run, rows), _rows_of(run, rows)
    return search_areas(
        run.district.streets,
        case.ground.mode,
        siting,
        demand,
        [str(each) for each in case.sites["site_id"]],
        case.sites.geometry,
        open_sites,
        new.tolist(),
        wanted,
    )


def _rows_of(run: PlanRun, rows: NDArray[np.intp]) -> DemandRows:
    """The rows of one service, each with its own walk."""
    demand, people = run.case.demand, run.case.demand.people
    return DemandRows(
        places=people.places,
        cells=people.cells,
        groups=people.groups,
        estimated=people.estimated,
        place=demand.place[rows],
        cell=np.zeros(rows.size, dtype=np.int32),
        group=demand.group[rows],
        persons=demand.units[rows],
        speed=demand.speed[rows],
        radius=run.problem.demand.radius[rows],
    )


def _as_siting(run: PlanRun, rows: NDArray[np.intp]) -> SitingProblem:
    """Who reaches whom for these rows alone."""
    problem = run.problem
    number = np.full(problem.n_demand, -1, dtype=np.int64)
    number[rows] = np.arange(rows.size)
    site, row = csr_rows(problem.reach.indptr), number[problem.reach.demand]
    radius = problem.demand.radius[rows]
    keep = row >= 0
    site, row, cost = site[keep], row[keep], problem.reach.cost[keep]
    within = cost <= radius[row]
    site, row, cost = site[within], row[within], cost[within]
    counts = np.bincount(site, minlength=problem.n_sites)
    m = problem.n_sites
    return SitingProblem(
        site_status=np.full(m, SiteStatus.CANDIDATE, dtype=np.int8),
        site_cost=np.zeros(m, dtype=np.int64),
        site_bonus=np.zeros(m, dtype=np.int64),
        demand_weight=problem.demand.weight[rows] * problem.demand.amount[rows],
        demand_group=np.zeros(rows.size, dtype=np.int32),
        demand_district=problem.demand.district[rows],
        demand_radius=radius,
        reach_indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        reach_demand=row.astype(np.int32),
        reach_cost=cost,
        unreached_cost=int(2 * max(radius.max(initial=1), cost.max(initial=1))),
        ticks_per_second=TICKS_PER_SECOND,
        weight_scale=problem.units_per_person * WEIGHT_SCALE,
    )
