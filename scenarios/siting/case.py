"""From a siting scenario to arrays: sites, demand rows, and who reaches whom.

People of one place walk at different speeds and have circles of different width. Streets are
searched once per site at 1 m/s, as far as the widest circle goes; the costs of every group follow
from that by division, without a search of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from base.faults import Fault
from geo.modes import TravelMode, walk
from geo.reach import Reach, reach
from geo.snap import Snapped
from optimizer.siting.coverage import nearest
from optimizer.siting.problem import Question, SiteStatus, SitingProblem, SitingRequest
from optimizer.stop import ProgressCallback
from scenarios.candidates import bonus_persons, generate_candidates
from scenarios.codes import ID_TWICE, NO_SITES, OUTSIDE_DISTRICTS
from scenarios.demand import TICKS_PER_SECOND, DemandRows, read_demand
from scenarios.district import District, far_from_street, in_english
from scenarios.model import SitesInput, SitingInput
from scenarios.ways import BASE_SPEED, snap_points, tell_search

__all__ = ["BASE_SPEED", "SitingCase", "compile_siting", "is_wide_enough", "wider"]

_WEIGHT_SCALE = 1000
_WGS84 = "EPSG:4326"
_ACCESS_LIMIT = 6 * 3600.0
"""p-median and p-center look this many seconds around every site (at 1 m/s, 21.6 km)."""
_DETOUR = 2.5
"""How much longer than straight ways to well spread sites the walks of an answer may be."""

_SITE_COLUMNS = (
    "site_id",
    "name",
    "name_en",
    "tier",
    "status",
    "serves",
    "origin",
    "area_m2",
    "cost_yuan",
    "premises",
    "bonus_persons",
    "subdistrict",
)


@dataclass(frozen=True, eq=False)
class SitingCase:
    """A compiled siting scenario.

    Attributes:
        district: streets and sub-districts.
        sites: the m sites (WGS 84 points), row number = site number of the problem.
        other_sites: sites of tiers that serve no walk circle; reported only.
        snapped: the sites on the streets.
        mode: how people walk in the street search.
        demand: the demand rows.
        problem, request: what the solver gets.
        warnings: what the user should know.
        farthest_walk: seconds of walk beyond which pairs are not listed and count as just so far
            (see :func:`wider`); None where all pairs within reach are listed.
        is_widened: whether that limit has been raised.
    """

    district: District
    sites: gpd.GeoDataFrame
    other_sites: gpd.GeoDataFrame
    snapped: Snapped
    mode: TravelMode
    demand: DemandRows
    problem: SitingProblem
    request: SitingRequest
    warnings: tuple[Fault, ...]
    farthest_walk: float | None = None
    is_widened: bool = False


def compile_siting(
    wanted: SitingInput, district: District, progress: ProgressCallback | None = None
) -> SitingCase:
    """Read the layers of a siting, snap them to the streets and search who reaches whom.

    Raises:
        FaultError: every fault of every layer.
    """
    warnings: list[Fault] = []
    mode = walk(BASE_SPEED)
    request = _request(wanted, district)
    demand = read_demand(wanted, district)
    sites = _read_sites(wanted, district, mode, warnings)
    district.reader.faults.raise_if_any()
    assert demand is not None and request is not None and sites is not None
    _tell_outside(demand, district, warnings)

    serving = sites["serves"].to_numpy(dtype=bool)
    served, others = sites[serving].reset_index(drop=True), sites[~serving].reset_index(drop=True)
    at_sites = snap_points(district, served.geometry, mode)
    at_places = snap_points(district, demand.places.geometry, mode)
    warnings += far_from_street("siting.sites", at_sites, list(served["site_id"]))
    warnings += far_from_street("siting.demand", at_places, list(demand.places["place_id"]))
    walk_limit = None if wanted.explain else _first_walk(served, demand, district, request)
    found = reach(
        district.streets,
        at_sites,
        at_places,
        mode,
        _limit_seconds(request.question, demand, walk_limit),
        progress=tell_search(progress),
    )
    problem = _problem(served, demand, found, request.question, walk_limit)
    return SitingCase(
        district,
        served,
        others,
        at_sites,
        mode,
        demand,
        problem,
        request,
        (*district.warnings, *warnings),
        walk_limit,
    )


def wider(case: SitingCase, progress: ProgressCallback | None = None) -> SitingCase:
    """The case with pairs twice as far, or, where it is wider already, with all of them.

    Where no site stands yet, a p-median or p-center over a city would list every pair of place
    and site. Pairs beyond some walk U are left out and cost U: no more than in truth, so that
    the objective of any sites is no more either, and the same where everybody has a site within
    U. An answer of which that holds is as good, and as far proved, as with all pairs; any other
    one asks for a wider case.
    """
    if case.farthest_walk is None:
        return case
    limit = None if case.is_widened else 2 * case.farthest_walk
    if limit is not None and limit * float(case.demand.speed.max()) >= _ACCESS_LIMIT:
        limit = None
    at_places = snap_points(case.district, case.demand.places.geometry, case.mode)
    question = case.request.question
    seconds = _limit_seconds(question, case.demand, limit)
    streets, told = case.district.streets, tell_search(progress)
    found = reach(streets, case.snapped, at_places, case.mode, seconds, progress=told)
    problem = _problem(case.sites, case.demand, found, question, limit)
    return replace(case, problem=problem, farthest_walk=limit, is_widened=True)


def is_wide_enough(case: SitingCase, open_sites: NDArray[np.int32]) -> bool:
    """Whether an answer is the same with all pairs listed; see :func:`wider`."""
    if case.farthest_walk is None:
        return True
    site, _ = nearest(case.problem, open_sites)
    return bool(np.all((site >= 0) | (case.problem.demand_weight == 0)))


def _request(wanted: SitingInput, district: District) -> SitingRequest | None:
    question = Question(wanted.question)
    return district.reader.faults.keep(lambda: SitingRequest(question, wanted.new_sites))


def _tell_outside(demand: DemandRows, district: District, warnings: list[Fault]) -> None:
    outside = int((demand.places["subdistrict"] < 0).sum())
    if district.subdistricts is not None and outside:
        warnings.append(OUTSIDE_DISTRICTS("siting.demand", count=outside, total=len(demand.places)))


# --- sites ----------------------------------------------------------------------------------------


def _read_sites(
    wanted: SitingInput, district: District, mode: TravelMode, warnings: list[Fault]
) -> gpd.GeoDataFrame | None:
    frames = [_site_layer(layer, district) for layer in wanted.sites]
    frames += [
        _generated(wanted, at, district, mode, warnings) for at in range(len(wanted.candidates))
    ]
    usable = [frame for frame in frames if frame is not None]
    if len(usable) < len(frames):
        return None
    sites = gpd.GeoDataFrame(pd.concat(usable, ignore_index=True)) if usable else None
    if sites is None or not sites["serves"].any():
        district.reader.faults.add(NO_SITES("siting.sites"))
        return None
    sites = sites.set_geometry("geometry", crs=_WGS84)
    for value in sites["site_id"][sites["site_id"].duplicated()].unique():
        district.reader.faults.add(ID_TWICE("siting.sites", what="siting.sites", value=value))
    sites["subdistrict"] = district.number_of(sites.geometry)
    if wanted.bonus is not None:
        new = sites["status"].isin(["candidate", "required"]) & sites["serves"]
        worth = bonus_persons(wanted.bonus, district, sites.geometry[new])
        sites.loc[new, "bonus_persons"] = worth
    return sites


def _site_layer(layer: SitesInput, district: District) -> gpd.GeoDataFrame | None:
    named = [layer.id, layer.name, layer.name_en, layer.area, layer.cost, layer.premises]
    counts = [layer.area, layer.cost]
    frame = district.reader.read(layer.source, counts=counts, required=named)
    if frame is None:
        return None

    def column(name: str | None, default: object) -> object:
        return frame[name].to_numpy() if name else default

    row_ids = [f"{layer.tier}-{row}" for row in frame.index]
    ids = [str(value) for value in frame[layer.id]] if layer.id else row_ids
    names = frame[layer.name] if layer.name else pd.Series(ids, index=frame.index)
    return _site_frame(
        frame.geometry.representative_point(),
        {
            "site_id": ids,
            "name": names.to_numpy(),
            "name_en": in_english(frame, layer.name_en, names),
            "tier": layer.tier,
            "status": layer.status,
            "serves": layer.serves,
            "origin": "layer",
            "area_m2": column(layer.area, np.nan),
            "cost_yuan": column(layer.cost, 0.0),
            "premises": column(layer.premises, None),
        },
    )


def _generated(
    wanted: SitingInput, at: int, district: District, mode: TravelMode, warnings: list[Fault]
) -> gpd.GeoDataFrame | None:
    generator = wanted.candidates[at]
    found = district.reader.faults.keep(lambda: generate_candidates(generator, district, mode))
    if found is None:
        return None
    points, told = found
    warnings.extend(told)
    prefix = f"{generator.on}{at + 1}" if len(wanted.candidates) > 1 else generator.on
    ids = [f"{prefix}-{row + 1}" for row in range(len(points))]
    names = [
        street if isinstance(street, str) else site_id
        for street, site_id in zip(points["street"], ids, strict=True)
    ]
    return _site_frame(
        points.geometry,
        {
            "site_id": ids,
            "name": names,
            "name_en": names,
            "tier": "station",
            "status": "candidate",
            "serves": True,
            "origin": generator.on,
            "area_m2": np.nan,
            "cost_yuan": generator.yearly_cost_yuan,
            "premises": None,
        },
    )


def _site_frame(points: gpd.GeoSeries, columns: dict[str, object]) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(
        {**columns, "bonus_persons": 0.0, "subdistrict": -1},
        geometry=points.to_numpy(),
        crs=_WGS84,
    )
    frame["area_m2"] = frame["area_m2"].astype(float)
    frame["cost_yuan"] = frame["cost_yuan"].astype(float).fillna(0.0)
    frame["premises"] = frame["premises"].astype(object)
    return frame[[*_SITE_COLUMNS, "geometry"]]


# --- reach ----------------------------------------------------------------------------------------


def _first_walk(
    sites: gpd.GeoDataFrame, demand: DemandRows, district: District, request: SitingRequest
) -> float | None:
    """A walk in seconds within which everybody is likely to have a site; None for no limit.

    The farthest of p places chosen one by one, each the farthest from the sites before it
    (Gonzalez 1985), times what streets and a better balance of all ways may ask for.
    """
    is_access = request.question in (Question.P_MEDIAN, Question.P_CENTER)
    if not is_access or (sites["status"] == "existing").any() or not request.new_sites:
        return None
    crs = district.streets.crs
    places = _metric(demand.places.geometry[np.unique(demand.place)], crs)
    points = _metric(sites.geometry, crs)
    away = np.full(len(places), np.inf)
    lost = 0
    for _ in range(min(request.new_sites, len(points))):
        site = points[np.argmin(np.hypot(*(points - places[lost]).T))]
        away = np.minimum(away, np.hypot(*(places - site).T))
        lost = int(np.argmax(away))
    walk = _DETOUR * float(away.max()) / float(demand.speed.min())
    walk = max(walk, float(demand.radius.max()) / TICKS_PER_SECOND)
    return walk if walk * float(demand.speed.max()) < _ACCESS_LIMIT else None


def _metric(points: gpd.GeoSeries, crs: object) -> NDArray[np.float64]:
    there = points.to_crs(crs)
    return np.column_stack([there.x.to_numpy(), there.y.to_numpy()])


def _limit_seconds(question: Question, demand: DemandRows, walk_limit: float | None) -> float:
    if question in (Question.P_MEDIAN, Question.P_CENTER):
        if walk_limit is None:
            return _ACCESS_LIMIT
        return walk_limit * float(demand.speed.max()) / BASE_SPEED + 1
    widest = float(np.max(demand.radius / TICKS_PER_SECOND * demand.speed))
    return widest / BASE_SPEED


def _problem(
    sites: gpd.GeoDataFrame,
    demand: DemandRows,
    found: Reach,
    question: Question,
    walk_limit: float | None,
) -> SitingProblem:
    status = {name: int(SiteStatus[name.upper()]) for name in sites["status"].unique()}
    site_status = sites["status"].map(status).to_numpy(dtype=np.int8)
    # Whom no list holds counts as twice the farthest way of the slowest (p-median, p-center).
    farthest = max(
        round(int(found.cost.max(initial=0)) * BASE_SPEED / float(demand.speed.min())),
        int(demand.radius.max()),
    )
    found = _without_idle_pairs(found, site_status == SiteStatus.EXISTING, demand)
    longest = demand.radius if question in (Question.LSCP, Question.MCLP) else None
    unreached = 2 * farthest
    if walk_limit is not None:
        unreached = int(walk_limit * TICKS_PER_SECOND)
        longest = np.full(len(demand.place), unreached, dtype=np.int64)
    indptr, row, cost = _expand(demand, found, longest)
    weights = np.array([cell.weight for cell in demand.cells])[demand.cell]
    return SitingProblem(
        site_status=site_status,
        site_cost=np.rint(sites["cost_yuan"].to_numpy() * 100).astype(np.int64),
        site_bonus=np.rint(sites["bonus_persons"].to_numpy() * _WEIGHT_SCALE).astype(np.int64),
        demand_weight=np.rint(demand.persons * weights * _WEIGHT_SCALE).astype(np.int64),
        demand_group=demand.group,
        demand_district=demand.district,
        demand_radius=demand.radius,
        reach_indptr=indptr,
        reach_demand=row,
        reach_cost=cost,
        unreached_cost=unreached,
        ticks_per_second=TICKS_PER_SECOND,
        weight_scale=_WEIGHT_SCALE,
    )


def _without_idle_pairs(found: Reach, existing: NDArray[np.bool_], demand: DemandRows) -> Reach:
    """The pairs that an answer can use: no farther than the nearest existing site or a circle.

    Existing sites stay open, so nobody ever goes farther than to the nearest of them. Without
    this a p-median over a large city holds every pair of place and site.
    """
    site = np.repeat(np.arange(existing.size), np.diff(found.indptr))
    stands = existing[site]
    nearest = np.full(len(demand.places), np.iinfo(np.int64).max)
    np.minimum.at(nearest, found.target[stands], found.cost[stands])
    widest = int(np.ceil(np.max(demand.radius * demand.speed) / BASE_SPEED))
    keep = found.cost <= np.maximum(nearest[found.target], widest)
    counts = np.bincount(site[keep], minlength=existing.size)
    return Reach(np.concatenate([[0], np.cumsum(counts)]), found.target[keep], found.cost[keep])


def _expand(
    demand: DemandRows, found: Reach, longest: NDArray[np.int64] | None
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    """Reach lists by demand row from those by place.

    ``longest``: int64[n], most ticks of every row, None for no limit.
    """
    k = len(demand.places)
    rows_of_place = np.bincount(demand.place, minlength=k)
    first_row = np.concatenate([[0], np.cumsum(rows_of_place)])
    repeats = rows_of_place[found.target]
    pair = np.repeat(np.arange(found.target.size), repeats)
    offset = np.arange(pair.size) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    row = (first_row[found.target[pair]] + offset).astype(np.int32)
    cost = np.rint(found.cost[pair] * (BASE_SPEED / demand.speed[row])).astype(np.int64)
    site = np.repeat(np.arange(found.indptr.size - 1), np.diff(found.indptr))[pair]
    if longest is not None:
        keep = cost <= longest[row]
        row, cost, site = row[keep], cost[keep], site[keep]
    counts = np.bincount(site, minlength=found.indptr.size - 1)
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return indptr, row, cost
