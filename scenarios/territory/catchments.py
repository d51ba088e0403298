"""Catchments (责任片区) of the stations of a plan: whole communities, contiguous, even, near.

Expected work is persons times a rate per cell, an assumption that the scenario states. A unit
without people counts a tenth of a piece of work, so that it goes to a station nearby. Ways run
along the streets at every cell's own speed, from the people's places to the station.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from base.faults import Fault, FaultError
from geo.modes import TravelMode
from geo.reach import reach
from geo.snap import snap
from optimizer.siting.catchments.check import check_catchments
from optimizer.siting.catchments.problem import CatchmentAnswer, CatchmentProblem, CatchmentRequest
from optimizer.siting.catchments.solve import solve_catchments
from optimizer.stop import ProgressCallback, Stop
from scenarios.codes import (
    CHECK_REFUSED,
    NO_SITES,
    PLACES_BESIDE_UNITS,
    STATIONS_WITHOUT_UNIT,
    TOO_FEW_UNITS,
    UNEVEN_CATCHMENTS,
    UNKNOWN_REFERENCE,
)
from scenarios.demand import DemandRows
from scenarios.district import District
from scenarios.model_parts import Text
from scenarios.model_territory import CatchmentsInput
from scenarios.outcome import Sheet, sheet_column
from scenarios.territory.catchment_units import join_islands, read_units, shared_borders

__all__ = [
    "CatchmentRun",
    "WithStations",
    "catchment_sheet",
    "checked_units",
    "run_catchments",
    "undivided",
]

_WGS84 = "EPSG:4326"
_WORK_SCALE = 10
"""Pieces of work are counted in tenths."""
_FARTHEST_S = 6 * 3600.0
"""Ways are searched this far at 1 m/s; what lies beyond counts as just as far."""
_PPM = 10_000
"""Parts per million in a per cent."""
_SHOWN = 10
_PERSONS = Text(zh="工作量（每人 1）", en="work (one per person)")
_TITLE = Text(zh="责任片区", en="Catchments of the stations")


class WithSites(Protocol):
    """Sites (WGS 84) with ``site_id``, ``name``, ``name_en``, ``area_m2``, and how people walk."""

    @property
    def sites(self) -> gpd.GeoDataFrame: ...

    @property
    def mode(self) -> TravelMode: ...


class WithStations(Protocol):
    """A siting or plan with its streets, people and open sites."""

    @property
    def case(self) -> WithSites:
        """Sites and mode."""

    @property
    def district(self) -> District:
        """Streets and sub-districts."""

    @property
    def demand(self) -> DemandRows:
        """Who lives where."""

    @property
    def open_sites(self) -> NDArray[np.int32]:
        """Numbers of the stations."""


@dataclass(frozen=True, eq=False)
class CatchmentRun:
    """A checked division of the units among the stations.

    Attributes:
        wanted: tolerance, rates, labels.
        units: polygons (metric) with ``unit_id``, ``name``, ``name_en``, ``work``, ``persons``.
        stations: the open sites (WGS 84) in the order of their numbers.
        minutes: float64[u, k], mean way from each unit's people to each station.
        problem: what the solver got. answer: its answer.
        warnings: what the user should know.
    """

    wanted: CatchmentsInput
    units: gpd.GeoDataFrame
    stations: gpd.GeoDataFrame
    minutes: NDArray[np.float64]
    problem: CatchmentProblem
    answer: CatchmentAnswer
    warnings: tuple[Fault, ...]

    @cached_property
    def unit_layer(self) -> gpd.GeoDataFrame:
        """The units (WGS 84) with their station and the mean minutes to it."""
        given = self.answer.unit_station
        ids = self.stations["site_id"].to_numpy()
        frame = self.units.assign(
            station_id=ids[given], minutes=self.minutes[np.arange(len(given)), given].round(2)
        )
        return frame.to_crs(_WGS84)

    @cached_property
    def catchments(self) -> gpd.GeoDataFrame:
        """One row per station (WGS 84): units, work, share of the target, persons, minutes."""
        given, units = self.answer.unit_station, self.units
        work, persons = units["work"].to_numpy(), units["persons"].to_numpy()
        ways = self.minutes[np.arange(len(given)), given]
        share = self.problem.station_share / self.problem.station_share.sum()
        rows, shapes = [], []
        for number in range(len(self.stations)):
            mine = np.flatnonzero(given == number)
            done = float(work[mine].sum())
            target = float(share[number] * work.sum())
            rows.append(
                {
                    "station_id": str(self.stations["site_id"].iloc[number]),
                    "name": str(self.stations["name"].iloc[number]),
                    "name_en": str(self.stations["name_en"].iloc[number]),
                    "units": len(mine),
                    "unit_ids": ";".join(units["unit_id"].iloc[mine]),
                    "work": round(done, 2),
                    "percent_of_target": 100 * done / target if target else float("nan"),
                    "persons": round(float(persons[mine].sum()), 2),
                    "mean_minutes": float(work[mine] @ ways[mine]) / done if done else np.nan,
                }
            )
            # A millimetre closes what digitising left open between neighbours.
            shapes.append(shapely.union_all(shapely.buffer(units.geometry.to_numpy()[mine], 0.001)))
        return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs=units.crs).to_crs(_WGS84)


def checked_units(
    wanted: CatchmentsInput,
    district: District,
    groups: Sequence[str],
    part: str = "siting",
    sure_stations: int = 0,
) -> gpd.GeoDataFrame:
    """The units, with all that can be told of the part before anything is solved.

    Args:
        wanted: the part ``catchments``.
        district: streets and sub-districts.
        groups: ids of the demand's cells.
        part: what faults call the part of the scenario.
        sure_stations: stations that stand in any answer.

    Raises:
        FaultError: the units' faults (:func:`read_units`), rates of unknown cells, and fewer
            units than stations that are sure to stand, together.
    """
    faults: list[Fault] = [
        UNKNOWN_REFERENCE(what=f"{part}.catchments.work", value=each.cell)
        for each in wanted.work
        if each.cell not in groups
    ]
    try:
        units = read_units(wanted, district, part)
    except FaultError as error:
        raise FaultError([*faults, *error.faults]) from None
    if sure_stations > len(units):
        where = f"{part}.catchments"
        faults.append(TOO_FEW_UNITS(where, stations=sure_stations, units=len(units)))
    if faults:
        raise FaultError(faults)
    return units


def undivided(
    run: WithStations, units: gpd.GeoDataFrame, part: str = "siting"
) -> tuple[Fault, ...]:
    """Why an answer's stations cannot share the units; nothing where they can.

    How many stations stand is known only with the answer, which is good without catchments too:
    so this is told beside it.
    """
    if not run.open_sites.size:
        return (NO_SITES(f"{part}.catchments"),)
    if run.open_sites.size > len(units):
        stations, where = int(run.open_sites.size), f"{part}.catchments"
        return (TOO_FEW_UNITS(where, stations=stations, units=len(units)),)
    return ()


def run_catchments(
    run: WithStations,
    wanted: CatchmentsInput,
    *,
    part: str = "siting",
    units: gpd.GeoDataFrame | None = None,
    stop: Stop | None = None,
    progress: ProgressCallback | None = None,
) -> CatchmentRun:
    """Divide the district among the stations that a siting or plan leaves open.

    ``part`` is what faults call the part of the scenario; ``units`` are those of
    :func:`checked_units` where they have been read already.

    Raises:
        FaultError: the units' faults, rates of unknown cells, more stations than units; or
            CC-S206 where the independent checker refuses the division.
    """
    if units is None:
        units = checked_units(wanted, run.district, run.demand.groups, part)
    stations = run.case.sites.iloc[run.open_sites].reset_index(drop=True)
    faults = undivided(run, units, part)
    if faults:
        raise FaultError(list(faults))
    problem, units, minutes, warnings = _compile(run, wanted, units, stations, part)
    request = CatchmentRequest(round(wanted.tolerance_percent * _PPM))
    stop = stop or Stop(seconds=wanted.seconds)
    answer = solve_catchments(problem, request, stop=stop, seed=wanted.seed, progress=progress)
    refused = check_catchments(problem, request, answer)
    if refused or not answer.unit_station.size:
        reasons = [(each.text("en"), each.text("zh")) for each in refused]
        reasons += [(each.text("en"), each.text("zh")) for each in answer.reasons]
        reasons = reasons or [("no division was found", "未找到划分方案")]
        raise FaultError([CHECK_REFUSED(what_en=en, what_zh=zh) for en, zh in reasons])
    found = CatchmentRun(wanted, units, stations, minutes, problem, answer, warnings)
    return replace(found, warnings=(*warnings, *_uneven(found, part)))


def _uneven(run: CatchmentRun, part: str) -> tuple[Fault, ...]:
    """A warning with the figures where the tolerance is not kept."""
    wanted, answer = run.wanted, run.answer
    if answer.deviation_ppm is None or answer.deviation_ppm <= round(
        wanted.tolerance_percent * _PPM
    ):
        return ()
    table = run.catchments
    percent = table["percent_of_target"].to_numpy(dtype=np.float64)
    least, most = int(np.nanargmin(percent)), int(np.nanargmax(percent))
    ids = table["station_id"].tolist()
    return (
        UNEVEN_CATCHMENTS(
            f"{part}.catchments",
            tolerance=f"{wanted.tolerance_percent:g}",
            least=f"{percent[least]:.0f}",
            least_id=ids[least],
            most=f"{percent[most]:.0f}",
            most_id=ids[most],
            off=int((np.abs(percent - 100) > wanted.tolerance_percent).sum()),
            total=len(ids),
            empty=int((table["units"] == 0).sum()),
            bound=f"{answer.deviation_bound_ppm / _PPM:.1f}",
        ),
    )


def _compile(
    run: WithStations,
    wanted: CatchmentsInput,
    units: gpd.GeoDataFrame,
    stations: gpd.GeoDataFrame,
    part: str,
) -> tuple[CatchmentProblem, gpd.GeoDataFrame, NDArray[np.float64], tuple[Fault, ...]]:
    shapes = units.geometry.to_numpy()
    borders = shared_borders(shapes, wanted.snap_m)
    indptr, neighbour, islands = join_islands(shapes, *borders, wanted.snap_m, part)
    unit_of_place, beside = _units_of(run.demand, units, part)
    rates = {each.cell: each.per_person for each in wanted.work}
    by_group = np.array([rates.get(group, 0.0 if rates else 1.0) for group in run.demand.groups])
    row_work = run.demand.persons * by_group[run.demand.group]
    row_unit = unit_of_place[run.demand.place]
    units = units.assign(
        work=np.bincount(row_unit, row_work, minlength=len(units)),
        persons=np.bincount(row_unit, run.demand.persons, minlength=len(units)),
    )
    seconds = _seconds(run, units, stations, row_unit, row_work)
    home, homeless = _homes(units, stations, part)
    problem = CatchmentProblem(
        unit_work=np.maximum(1, np.rint(units["work"] * _WORK_SCALE)).astype(np.int64),
        neighbour_indptr=indptr,
        neighbour=neighbour,
        travel_cost=np.rint(seconds).astype(np.int64),
        station_home=home,
        station_share=_shares(wanted, stations),
        unit_station=np.full(len(units), -1, dtype=np.int32),
    )
    return problem, units, seconds / 60, (*islands, *beside, *homeless)


def _units_of(
    demand: DemandRows, units: gpd.GeoDataFrame, part: str
) -> tuple[NDArray[np.int64], tuple[Fault, ...]]:
    """The unit of every demand place, the nearest one where it lies in none."""
    points = demand.places.geometry.to_crs(units.crs).to_numpy()
    tree = shapely.STRtree(units.geometry.to_numpy())
    pairs, away = tree.query_nearest(points, all_matches=True, return_distance=True)
    unit = np.full(len(points), len(units), dtype=np.int64)
    np.minimum.at(unit, pairs[0], pairs[1])
    beside = int(np.unique(pairs[0][away > 0]).size)
    if not beside:
        return unit, ()
    return unit, (PLACES_BESIDE_UNITS(f"{part}.catchments", count=beside),)


def _homes(
    units: gpd.GeoDataFrame, stations: gpd.GeoDataFrame, part: str
) -> tuple[NDArray[np.int32], tuple[Fault, ...]]:
    """The unit in which each station stands; of several in one, the first has it."""
    points = stations.geometry.to_crs(units.crs).to_numpy()
    pairs = shapely.STRtree(units.geometry.to_numpy()).query(points, predicate="intersects")
    home = np.full(len(stations), -1, dtype=np.int32)
    taken: set[int] = set()
    for station, unit in sorted(zip(*pairs.tolist(), strict=True)):
        if home[station] < 0 and unit not in taken:
            home[station] = unit
            taken.add(unit)
    lost = [str(stations["site_id"].iloc[at]) for at in np.flatnonzero(home < 0)]
    if not lost:
        return home, ()
    shown = ", ".join(lost[:_SHOWN]) + (" ..." if len(lost) > _SHOWN else "")
    return home, (STATIONS_WITHOUT_UNIT(f"{part}.catchments", count=len(lost), ids=shown),)


def _shares(wanted: CatchmentsInput, stations: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Targets in proportion to; a station without a floor area counts as the mean of the others."""
    area = stations["area_m2"].to_numpy(dtype=np.float64)
    known = np.isfinite(area) & (area > 0)
    if wanted.share_by == "none" or not known.any():
        return np.ones(len(stations), dtype=np.int64)
    filled = np.where(known, area, area[known].mean())
    shares: NDArray[np.int64] = np.maximum(1, np.rint(filled)).astype(np.int64)
    return shares


def _seconds(
    run: WithStations,
    units: gpd.GeoDataFrame,
    stations: gpd.GeoDataFrame,
    row_unit: NDArray[np.int64],
    row_work: NDArray[np.float64],
) -> NDArray[np.float64]:
    """float64[u, k], work-weighted mean way from a unit's people to each station.

    A unit without work takes the way from a point inside it at 1 m/s.
    """
    demand, streets, mode = run.demand, run.district.streets, run.case.mode
    inside = units.geometry.representative_point().to_crs(_WGS84)
    places = demand.places.geometry
    lon = np.concatenate([places.x.to_numpy(), inside.x.to_numpy()])
    lat = np.concatenate([places.y.to_numpy(), inside.y.to_numpy()])
    at_stations = snap(
        streets, stations.geometry.x.to_numpy(), stations.geometry.y.to_numpy(), mode
    )
    found = reach(streets, at_stations, snap(streets, lon, lat, mode), mode, _FARTHEST_S)
    work = np.bincount(row_unit, row_work, minlength=len(units))
    seconds = np.empty((len(units), len(stations)))
    for station in range(len(stations)):
        span = slice(int(found.indptr[station]), int(found.indptr[station + 1]))
        way = np.full(lon.size, _FARTHEST_S)
        way[found.target[span]] = found.cost[span] / 1000
        by_row = way[demand.place] * (mode.speed / demand.speed)
        total = np.bincount(row_unit, row_work * by_row, minlength=len(units))
        seconds[:, station] = np.where(
            work > 0, total / np.where(work > 0, work, 1.0), way[len(places) :]
        )
    return seconds


def catchment_sheet(run: CatchmentRun) -> Sheet:
    """The catchments as a table, in the order of the stations."""
    label = run.wanted.work_label if run.wanted.work else _PERSONS
    columns = (
        sheet_column("station_id", "驿站编号", "station id"),
        sheet_column("name", "驿站", "station"),
        sheet_column("units", "单元数", "units", 0),
        sheet_column("work", label.zh, label.en, 1),
        sheet_column("percent_of_target", "占目标（%）", "of the target (%)", 1),
        sheet_column("persons", "人数", "persons", 0),
        sheet_column("mean_minutes", "平均路程（分钟）", "mean way (min)", 1),
        sheet_column("unit_ids", "单元编号", "unit ids"),
    )
    frame = run.catchments
    names = [Text(zh=zh, en=en) for zh, en in zip(frame["name"], frame["name_en"], strict=True)]
    table = pd.DataFrame(frame.drop(columns="geometry"))
    table["name"] = pd.Series(names, index=table.index, dtype=object)
    keys = [column.key for column in columns]
    rows = tuple(tuple(row) for row in table[keys].itertuples(index=False, name=None))
    return Sheet("catchments", _TITLE, columns, rows, _note(run))


def _note(run: CatchmentRun) -> Text:
    """What work is, how even it came out, and what is proved."""
    answer, wanted = run.answer, run.wanted
    assert answer.deviation_ppm is not None
    worst, least = answer.deviation_ppm / _PPM, answer.deviation_bound_ppm / _PPM
    gap = 100 * (answer.result.gap or 0.0)
    rates = "; ".join(f"{each.cell} {each.per_person:g}" for each in wanted.work)
    zh = f"工作量为假设（每人：{rates}）。" if rates else "工作量按每人 1 计（假设）。"
    en = (
        f"Work is an assumption (per person: {rates})."
        if rates
        else ("Work counts one per person (an assumption).")
    )
    if worst > wanted.tolerance_percent:
        zh += f"要求偏差不超过 {wanted.tolerance_percent:g} %；已证明至少为 {least:.1f} %。"
        en += (
            f" {wanted.tolerance_percent:g} % off the target was asked for;"
            f" {least:.1f} % is proved to be unavoidable."
        )
    return Text(
        zh=zh + f"与目标的最大偏差 {worst:.1f} %；路程总量与最优相差不超过 {gap:.2f} %。",
        en=en + f" The largest deviation from a target is {worst:.1f} %; the travel is proved to be"
        f" within {gap:.2f} % of the least.",
    )
