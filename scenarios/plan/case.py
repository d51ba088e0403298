"""From the part ``plan:`` of a scenario to arrays, and back to names.

Streets are searched once per site at 1 m/s; every group's walk follows by division. The rest of
the work stands in the files beside this one: premises (``sites``), levels and sizes
(``options``), people (``demand``), hierarchy (``hierarchy``), rules
(``rules``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from base.faults import Fault
from geo.modes import walk
from geo.reach import reach
from optimizer.siting.plan import tables
from optimizer.siting.plan.problem import PlanObjective, PlanProblem, PlanRequest
from optimizer.stop import ProgressCallback
from scenarios.codes import OUTSIDE_DISTRICTS
from scenarios.demand import TICKS_PER_SECOND, read_demand
from scenarios.district import District, far_from_street
from scenarios.model import Text
from scenarios.plan.beside import Beside, read_beside
from scenarios.plan.demand import (
    WEIGHT_SCALE,
    PlanDemand,
    demand_table,
    plan_demand,
    reach_table,
)
from scenarios.plan.floors import FloorRow, compile_floors
from scenarios.plan.hierarchy import Ground, attachments, quotas, takeovers
from scenarios.plan.model import LevelInput, PlanInput, PlanSitesInput, ServiceInput
from scenarios.plan.options import OptionRows, read_options
from scenarios.plan.rules import RuleRow, compile_rules
from scenarios.plan.sites import part_of, read_sites
from scenarios.plan.texts import assumption_texts, must_texts
from scenarios.plan.units import Places, read_places
from scenarios.plan.years import Calendar
from scenarios.plan_codes import PEOPLE_OUT_OF_REACH, RESIDENTS_ABOVE_BEDS
from scenarios.ways import BASE_SPEED, snap_points, tell_search

__all__ = ["PlanCase", "compile_plan"]

_FEN = 100


@dataclass(frozen=True, eq=False)
class PlanCase:
    """A compiled plan.

    Attributes:
        district: streets and sub-districts.
        wanted: the part of the scenario.
        calendar: year labels.
        sites: the m premises (WGS 84 points), row = site; columns: ``plan_sites.SITE_COLUMNS``.
        options: o rows, row = option; columns: ``plan_options.OptionRows.frame`` and ``near``
            (beside a feature of the first part of ``near``).
        capacity: float64[o, S], units of each service that an option can serve; inf without limit.
        demand: the n demand rows.
        services, levels: in the numbers' order.
        places: districts, sub-districts and communities of sites and homes.
        ground: the sites on the streets.
        problem, request: what the solver gets.
        quota_sites: int64[Q], the compound (site) that each quota comes from.
        rules, floors: what each row of ``problem.rules`` and ``problem.floors`` is about.
        warnings: what the user should know.
    """

    district: District
    wanted: PlanInput
    calendar: Calendar
    sites: gpd.GeoDataFrame
    options: pd.DataFrame
    capacity: NDArray[np.float64]
    demand: PlanDemand
    services: tuple[ServiceInput, ...]
    levels: tuple[LevelInput, ...]
    places: Places
    ground: Ground
    problem: PlanProblem
    request: PlanRequest
    quota_sites: NDArray[np.int64]
    rules: tuple[RuleRow, ...]
    floors: tuple[FloorRow, ...]
    warnings: tuple[Fault, ...]

    @property
    def rule_texts(self) -> tuple[Text, ...]:
        """A text per row of ``problem.rules``."""
        return tuple(row.text for row in self.rules)

    @property
    def floor_texts(self) -> tuple[Text, ...]:
        """A text per row of ``problem.floors``."""
        return tuple(row.text for row in self.floors)

    @property
    def must_texts(self) -> tuple[Text, ...]:
        """What holds in every plan besides rules, floors and money."""
        return must_texts(self.wanted, self.demand)

    @property
    def assumption_texts(self) -> tuple[Text, ...]:
        """The scenario's own assumptions and those that its fields make."""
        told = self.district.scenario.assumptions
        return assumption_texts(self.wanted, self.demand, told)

    @property
    def value_scale(self) -> int:
        """Problem value per person (of weight 1) and year."""
        return self.demand.units_per_person * WEIGHT_SCALE


def compile_plan(
    wanted: PlanInput, district: District, progress: ProgressCallback | None = None
) -> PlanCase:
    """Read the layers of a plan, search the streets and state the problem.

    Raises:
        FaultError: every fault of every layer.
    """
    warnings: list[Fault] = []
    mode = walk(BASE_SPEED)
    people = read_demand(wanted, district, "plan")
    sites = read_sites(wanted, district, mode, warnings)
    district.reader.faults.raise_if_any()
    assert people is not None and sites is not None
    places = read_places(wanted, district, sites, people, warnings)
    near = [read_beside(part, district, sites.geometry) for part in wanted.near]
    district.reader.faults.raise_if_any()
    assert places is not None

    rows = _beside(wanted, read_options(wanted, sites, warnings), near)
    demand = plan_demand(wanted, people, sites)
    ground = Ground(district, snap_points(district, sites.geometry, mode), mode)
    reached = _reach(wanted, demand, sites, rows, ground, progress, warnings)
    capacity = _units(rows.capacity, demand.units_per_person)
    asked = demand_table(wanted, demand)
    rules, rule_rows = compile_rules(
        wanted, sites, rows.frame, capacity, near, places, demand.units_per_person, warnings
    )
    reachable = np.bincount(reached.demand, minlength=len(demand)) > 0
    floors, floor_rows = compile_floors(
        wanted, demand, asked.weight * asked.amount, reachable, places
    )
    pooled, quota_sites = quotas(sites, len(wanted.years))
    problem = PlanProblem(
        years=_years(wanted),
        sites=_sites(wanted, sites, rows.frame, ground),
        options=_options(wanted, rows, capacity, near, demand.units_per_person),
        demand=asked,
        reach=reached,
        level_parent=_parents(wanted),
        level_fanout=_fanout(wanted),
        attachments=attachments(wanted, sites, rows.frame, ground, warnings),
        rules=rules,
        floors=floors,
        quotas=pooled,
        nearest=np.array([each.choice == "nearest" for each in wanted.services]),
        ticks_per_second=TICKS_PER_SECOND,
        units_per_person=demand.units_per_person,
    )
    _tell(wanted, district, sites, rows, demand, reachable, warnings)
    return PlanCase(
        district=district,
        wanted=wanted,
        calendar=Calendar.of(wanted.years),
        sites=sites,
        options=rows.frame,
        capacity=rows.capacity,
        demand=demand,
        services=tuple(wanted.services),
        levels=tuple(wanted.levels),
        places=places,
        ground=ground,
        problem=problem,
        request=_request(wanted, demand),
        quota_sites=quota_sites,
        rules=rule_rows,
        floors=floor_rows,
        warnings=(*district.warnings, *warnings),
    )


def _beside(wanted: PlanInput, rows: OptionRows, near: Sequence[Beside]) -> OptionRows:
    """Without new options that would have to stand beside something and do not."""
    at = rows.frame["site"].to_numpy(dtype=np.int64)
    keep = np.ones(len(rows.frame), dtype=bool)
    for part, beside in zip(wanted.near, near, strict=True):
        if part.only:
            keep &= (
                beside.any[at] | rows.frame["current"].to_numpy(dtype=bool) | ~_about(part, rows)
            )
    frame = rows.frame.assign(near=near[0].any[at] if near else False)
    return OptionRows(frame[keep].reset_index(drop=True), rows.capacity[keep])


def _about(part: object, rows: OptionRows) -> NDArray[np.bool_]:
    levels = getattr(part, "levels", ())
    if not levels:
        return np.ones(len(rows.frame), dtype=bool)
    return np.asarray(rows.frame["level"].isin(levels))


def _reach(
    wanted: PlanInput,
    demand: PlanDemand,
    sites: gpd.GeoDataFrame,
    rows: OptionRows,
    ground: Ground,
    progress: ProgressCallback | None,
    warnings: list[Fault],
) -> tables.Reach:
    district = ground.district
    homes = snap_points(district, demand.people.places.geometry, ground.mode)
    warnings += far_from_street("plan.sites", ground.snapped, list(sites["site_id"]))
    warnings += far_from_street("plan.demand", homes, list(demand.people.places["place_id"]))
    walked = (demand.place >= 0) & (demand.speed > 0)
    metres = demand.minutes[walked] * 60 * demand.speed[walked]
    found = reach(
        district.streets,
        ground.snapped,
        homes,
        ground.mode,
        float(metres.max(initial=0.0)) / BASE_SPEED,
        progress=tell_search(progress),
    )
    offered = np.zeros((len(sites), len(wanted.services)), dtype=bool)
    np.logical_or.at(offered, rows.frame["site"].to_numpy(dtype=np.int64), rows.capacity > 0)
    return reach_table(wanted, demand, found, offered, ground.straight, ground.near)


def _units(capacity: NDArray[np.float64], scale: int) -> NDArray[np.int64]:
    whole = np.floor(np.where(np.isinf(capacity), 0.0, capacity) * scale + 1e-6)
    return np.where(np.isinf(capacity), tables.UNLIMITED, whole).astype(np.int64)


def _money(yuan: float | None) -> int:
    return tables.UNLIMITED if yuan is None else round(yuan * _FEN)


def _years(wanted: PlanInput) -> tables.Years:
    return tables.Years(
        weight=np.array([year.weight for year in wanted.years], dtype=np.int64),
        capital=np.array([_money(year.capital_yuan) for year in wanted.years], dtype=np.int64),
        running=np.array([_money(year.running_yuan) for year in wanted.years], dtype=np.int64),
        carries=wanted.carry_capital,
    )


def _sites(
    wanted: PlanInput, sites: gpd.GeoDataFrame, options: pd.DataFrame, ground: Ground
) -> tables.Sites:
    current = np.full(len(sites), -1, dtype=np.int32)
    stands = np.flatnonzero(options["current"].to_numpy(dtype=bool))
    current[options["site"].to_numpy(dtype=np.int64)[stands]] = stands
    due = np.full(len(sites), -1, dtype=np.int32)
    for number, (status, part_number, year) in enumerate(
        zip(sites["status"], sites["part"], sites["first_year"], strict=True)
    ):
        part = part_of(wanted, int(part_number))
        if status == "committed" and year < len(wanted.years):
            due[number] = year
        elif status == "existing" and isinstance(part, PlanSitesInput) and "close" not in part.may:
            due[number] = 0
    indptr, option = takeovers(wanted, sites, options, ground)
    return tables.Sites(
        district=sites["subdistrict"].to_numpy(dtype=np.int32),
        current=current,
        due=due,
        closing_cost=_fen(sites["closing_cost_yuan"]),
        takeover_indptr=indptr,
        takeover_option=option,
    )


def _fen(yuan: pd.Series[float]) -> NDArray[np.int64]:
    return np.rint(yuan.to_numpy(dtype=np.float64) * _FEN).astype(np.int64)


def _options(
    wanted: PlanInput,
    rows: OptionRows,
    capacity: NDArray[np.int64],
    near: Sequence[Beside],
    scale: int,
) -> tables.Options:
    frame = rows.frame
    at = frame["site"].to_numpy(dtype=np.int64)
    bonus = np.zeros(len(frame))
    for part, beside in zip(wanted.near, near, strict=True):
        new = ~frame["current"].to_numpy(dtype=bool)
        bonus += part.bonus_persons * (beside.any[at] & new & _about(part, rows))
    numbers = {level.id: number for number, level in enumerate(wanted.levels)}
    return tables.Options(
        site=at.astype(np.int32),
        level=np.array([numbers[each] for each in frame["level"]], dtype=np.int32),
        first_year=frame["first_year"].to_numpy(dtype=np.int32),
        area=np.floor(frame["area_m2"].to_numpy()).astype(np.int64),
        yearly_cost=_fen(frame["yearly_cost_yuan"]),
        opening_cost=_fen(frame["opening_cost_yuan"]),
        bonus=np.rint(bonus * scale * WEIGHT_SCALE).astype(np.int64),
        capacity=capacity,
        quota_area=np.ceil(frame["quota_m2"].to_numpy()).astype(np.int64),
    )


def _parents(wanted: PlanInput) -> NDArray[np.int32]:
    numbers = {level.id: number for number, level in enumerate(wanted.levels)}
    on = [None if each.hangs_on is None else each.hangs_on.level for each in wanted.levels]
    parents = [-1 if each is None else numbers[each] for each in on]
    return np.array(parents, dtype=np.int32)


def _fanout(wanted: PlanInput) -> NDArray[np.int32]:
    most = [level.most_children for level in wanted.levels]
    return np.array([tables.UNLIMITED if each is None else each for each in most], dtype=np.int32)


def _request(wanted: PlanInput, demand: PlanDemand) -> PlanRequest:
    aim = wanted.objective
    scale = demand.units_per_person * WEIGHT_SCALE
    # One fen in the units of travel: amount times weight times ticks.
    per_fen = aim.minutes_per_yuan * 60 * TICKS_PER_SECOND * scale / _FEN
    return PlanRequest(
        objective=PlanObjective(aim.aim),
        cost_weight=round(per_fen) if aim.aim == "min_travel" else 0,
        least_value=None if aim.least_persons is None else round(aim.least_persons * scale),
        most_cost=None if aim.most_cost_yuan is None else _money(aim.most_cost_yuan),
        least_share=None if aim.least_share is None else round(aim.least_share * 1_000_000),
    )


def _tell(
    wanted: PlanInput,
    district: District,
    sites: gpd.GeoDataFrame,
    rows: OptionRows,
    demand: PlanDemand,
    reachable: NDArray[np.bool_],
    warnings: list[Fault],
) -> None:
    """What the user should know of people and places."""
    homes = demand.people.places
    outside = int((homes["subdistrict"] < 0).sum())
    if district.subdistricts is not None and outside:
        warnings.append(OUTSIDE_DISTRICTS("plan.demand", count=outside, total=len(homes)))
    for number, service in enumerate(wanted.services):
        lost = ~reachable & (demand.service == number)
        if lost.any():
            at = np.stack([demand.place[lost], demand.site[lost]])
            warnings.append(
                PEOPLE_OUT_OF_REACH(
                    "plan.demand",
                    amount=f"{demand.units[lost].sum():,.0f}",
                    service_zh=service.label.zh,
                    service_en=service.label.en,
                    count=np.unique(at, axis=1).shape[1],
                )
            )
    _tell_residents(wanted, sites, rows, demand, warnings)


def _tell_residents(
    wanted: PlanInput,
    sites: gpd.GeoDataFrame,
    rows: OptionRows,
    demand: PlanDemand,
    warnings: list[Fault],
) -> None:
    """More residents than beds: some of them move, whatever happens."""
    current = rows.frame["current"].to_numpy(dtype=bool)
    standing = rows.frame["site"].to_numpy(dtype=np.int64)[current]
    beds = np.zeros((len(sites), len(wanted.services)))
    beds[standing] = rows.capacity[current]
    resident = (demand.site >= 0) & (demand.group == len(demand.labels) - 2)
    for row in np.flatnonzero(resident):
        site, number = int(demand.site[row]), int(demand.service[row])
        if demand.units[row] > beds[site, number]:
            warnings.append(
                RESIDENTS_ABOVE_BEDS(
                    "plan.sites",
                    id=sites["site_id"].iloc[site],
                    residents=f"{demand.units[row]:g}",
                    service=wanted.services[number].id,
                    beds=f"{beds[site, number]:g}",
                )
            )
