"""The tables and map layers of a siting run."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from optimizer.siting.problem import Question
from scenarios.compare import CoverageRow, percent
from scenarios.model import Text
from scenarios.outcome import Cell, Sheet, SheetColumn, sheet_column
from scenarios.siting import SitingRun
from scenarios.words import SITE_STATES, STATUSES, both

__all__ = ["all_sites", "gain_column", "siting_layers", "siting_sheets", "with_names"]

_ALL = Text(zh="全区", en="whole district")
_NOWHERE = Text(zh="街道范围外", en="outside the sub-districts")
_EVERYBODY = Text(zh="合计", en="everybody")
_GUESSED = Text(zh="估算", en="estimated")
_COUNTED = Text(zh="统计", en="counted")


def siting_layers(run: SitingRun) -> dict[str, gpd.GeoDataFrame]:
    """New sites, all sites, uncovered demand, circles, and coverage by sub-district."""
    layers = {
        "chosen_sites": with_names(run, run.chosen),
        "sites": with_names(run, all_sites(run)),
        "uncovered_demand": with_names(run, run.uncovered),
        "circles": run.circles,
    }
    if run.district.subdistricts is not None:
        layers["coverage_by_district"] = _district_layer(run)
    return layers


def with_names(run: SitingRun, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The frame with the sub-districts' names instead of their numbers."""
    names = np.array([*run.district.names, None], dtype=object)
    return frame.assign(subdistrict=names[frame["subdistrict"].to_numpy(dtype=int)])


def all_sites(run: SitingRun) -> gpd.GeoDataFrame:
    """All sites but unused candidates, with their state in the answer."""
    sites = run.case.sites.copy()
    opened = np.zeros(len(sites), dtype=bool)
    opened[run.open_sites] = True
    is_new = opened & (sites["status"] != "existing").to_numpy()
    sites["state"] = np.where(is_new, "new", sites["status"])
    others = run.case.other_sites.assign(state="other")
    kept = sites[opened | (sites["status"] == "forbidden").to_numpy()]
    return gpd.GeoDataFrame(pd.concat([kept, others], ignore_index=True), crs="EPSG:4326")


def _district_layer(run: SitingRun) -> gpd.GeoDataFrame:
    districts = run.district.subdistricts
    assert districts is not None
    rows = {row.district: row for row in run.coverage if row.group is None}
    nobody = CoverageRow(None, None, 0.0, 0.0, 0.0, False)
    mine = [rows.get(number, nobody) for number in range(len(districts))]
    return districts.assign(
        persons=[row.persons for row in mine],
        covered_before=[row.before for row in mine],
        covered_after=[row.after for row in mine],
        percent_before=[percent(row.before, row.persons) for row in mine],
        percent_after=[percent(row.after, row.persons) for row in mine],
        estimated=[row.estimated for row in mine],
    )


def siting_sheets(run: SitingRun) -> tuple[Sheet, ...]:
    """New sites, coverage, the coverage curve where there is one, and all sites."""
    sheets = [_chosen_sheet(run), _coverage_sheet(run)]
    if run.curve:
        sheets.append(_curve_sheet(run))
    sheets.append(_site_sheet(run))
    return tuple(sheets)


def gain_column(run: SitingRun, key: str, zh: str, en: str) -> SheetColumn:
    """A column of gains, headed with the unit of the question."""
    unit = {
        Question.P_MEDIAN: ("人·分钟", "person-minutes"),
        Question.P_CENTER: ("分钟", "minutes"),
    }.get(run.request.question, ("人", "persons"))
    return sheet_column(key, f"{zh}（{unit[0]}）", f"{en} ({unit[1]})", 1)


def _chosen_sheet(run: SitingRun) -> Sheet:
    columns = (
        sheet_column("order", "次序", "order", 0),
        sheet_column("site_id", "编号", "id"),
        sheet_column("name", "名称", "name"),
        sheet_column("subdistrict", "街道", "sub-district"),
        sheet_column("premises", "房源", "premises"),
        sheet_column("area_m2", "建筑面积（平方米）", "floor area (m2)", 0),
        sheet_column("cost_yuan", "年费用（元）", "yearly cost (yuan)", 0),
        sheet_column("bonus_persons", "加分（人）", "bonus (persons)", 0),
        gain_column(run, "gain", "新增", "gain"),
        gain_column(run, "total", "累计", "total"),
        sheet_column("lon", "经度", "longitude", 6),
        sheet_column("lat", "纬度", "latitude", 6),
    )
    frame = with_names(run, run.chosen)
    points = frame.geometry
    frame = frame.assign(lon=points.x, lat=points.y)
    for column in ("cost_yuan", "bonus_persons"):
        if not frame[column].any():  # nobody stated any, so 0 would say too much
            frame[column] = np.nan
    return Sheet(
        "chosen_sites",
        Text(zh="新设站点（按增益排序）", en="New sites in order of marginal gain"),
        columns,
        _rows(frame, columns),
    )


def _site_sheet(run: SitingRun) -> Sheet:
    columns = (
        sheet_column("site_id", "编号", "id"),
        sheet_column("name", "名称", "name"),
        sheet_column("tier", "层级", "tier"),
        sheet_column("state", "状态", "state"),
        sheet_column("subdistrict", "街道", "sub-district"),
        sheet_column("area_m2", "建筑面积（平方米）", "floor area (m2)", 0),
        sheet_column("lon", "经度", "longitude", 6),
        sheet_column("lat", "纬度", "latitude", 6),
    )
    frame = with_names(run, all_sites(run))
    points = frame.geometry
    states = [SITE_STATES[state] for state in frame["state"]]
    frame = frame.assign(lon=points.x, lat=points.y, state=states)
    return Sheet("sites", Text(zh="全部设施", en="All sites"), columns, _rows(frame, columns))


def _rows(frame: pd.DataFrame, columns: tuple[SheetColumn, ...]) -> tuple[tuple[Cell, ...], ...]:
    keys = [column.key for column in columns]
    return tuple(
        tuple(None if value is None or value is pd.NA else _plain(value) for value in row)
        for row in frame[keys].itertuples(index=False, name=None)
    )


def _plain(value: Any) -> Cell:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and np.isnan(value):
        return None
    return value if isinstance(value, str | int | float | Text) else str(value)


def _coverage_sheet(run: SitingRun) -> Sheet:
    columns = (
        sheet_column("subdistrict", "街道", "sub-district"),
        sheet_column("group", "人群", "group"),
        sheet_column("persons", "人数", "persons", 0),
        sheet_column("covered_before", "现覆盖（人）", "covered before", 0),
        sheet_column("percent_before", "现覆盖率（%）", "before (%)", 1),
        sheet_column("covered_after", "新覆盖（人）", "covered after", 0),
        sheet_column("percent_after", "新覆盖率（%）", "after (%)", 1),
        sheet_column("basis", "口径", "basis"),
    )
    # With one group its rows say the same as the sums do.
    single = len(run.demand.groups) == 1
    rows = tuple(
        (
            *_whom(run, row),
            row.persons,
            row.before,
            percent(row.before, row.persons),
            row.after,
            percent(row.after, row.persons),
            _GUESSED if row.estimated else _COUNTED,
        )
        for row in run.coverage
        if not (single and row.group is not None)
    )
    return Sheet(
        "coverage",
        Text(zh="覆盖情况：街道与人群", en="Coverage by sub-district and group"),
        columns,
        rows,
    )


def _whom(run: SitingRun, row: CoverageRow) -> tuple[Text, Text]:
    if row.district is None:
        place = _ALL
    else:
        place = _NOWHERE if row.district < 0 else both(run.district.names[row.district])
    return place, _EVERYBODY if row.group is None else run.demand.labels[row.group]


def _curve_sheet(run: SitingRun) -> Sheet:
    scale = run.problem.weight_scale
    columns = (
        sheet_column("new_sites", "新设站点数", "new sites", 0),
        sheet_column(
            "covered", "覆盖（加权人数，含加分）", "covered (weighted, bonus included)", 1
        ),
        sheet_column("bound", "已证明上界", "proved bound", 1),
        sheet_column("status", "状态", "status"),
    )
    rows = tuple(
        (
            point.new_sites,
            None if point.objective is None else point.objective / scale,
            None if point.bound is None else point.bound / scale,
            STATUSES[point.status],
        )
        for point in run.curve
    )
    return Sheet("coverage_curve", Text(zh="覆盖曲线", en="Coverage curve"), columns, rows)
