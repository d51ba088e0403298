"""The tables and map layers of a siting run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from optimizer.siting.problem import Question
from scenarios.compare import CoverageRow, percent
from scenarios.explain.sheets import explain_layers, explain_sheets
from scenarios.model import Text
from scenarios.outcome import Cell, Sheet, SheetColumn, sheet_column
from scenarios.siting.run import SitingRun
from scenarios.words import PREMISES, SITE_STATES, SITE_TIERS, STATUSES, both

__all__ = ["all_sites", "curve_label", "siting_layers", "siting_sheets", "with_names"]

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
    if run.explanation is not None:
        layers |= explain_layers(run.explanation)
    return layers | run.territory.layers


def with_names(run: SitingRun, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The frame with the sub-districts' names instead of their numbers, English ones beside."""
    number = frame["subdistrict"].to_numpy(dtype=int)
    zh = np.array([*(label.zh for label in run.district.labels), None], dtype=object)
    en = np.array([*(label.en for label in run.district.labels), None], dtype=object)
    return frame.assign(subdistrict=zh[number], subdistrict_en=en[number])


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
    """New sites, coverage, its curve where there is one, all sites; territory; explanations."""
    sheets = [_chosen_sheet(run), _coverage_sheet(run)]
    if run.curve:
        sheets.append(_curve_sheet(run))
    sheets.append(_site_sheet(run))
    if run.explanation is None:
        return (*sheets, *run.territory.sheets)
    return (*sheets, *run.territory.sheets, *explain_sheets(run.explanation))


def _gain_column(run: SitingRun, key: str, zh: str, en: str) -> SheetColumn:
    """A column of gains, headed with the unit of the question."""
    unit = {
        Question.P_MEDIAN: ("人·分钟", "person-minutes"),
        Question.P_CENTER: ("分钟", "minutes"),
    }.get(run.request.question, ("加权人数，含加分", "weighted persons, bonus included"))
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
        sheet_column("newly_covered", "新增覆盖（人）", "newly covered (persons)", 0),
        sheet_column("covered", "累计覆盖（人）", "covered in all (persons)", 0),
        *_gain_columns(run),
        sheet_column("lon", "经度", "longitude", 6),
        sheet_column("lat", "纬度", "latitude", 6),
    )
    frame = _in_both(with_names(run, run.chosen))
    for column in ("cost_yuan", "bonus_persons"):
        if not frame[column].any():  # nobody stated any, so 0 would say too much
            frame[column] = np.nan
    return Sheet(
        "chosen_sites",
        Text(zh="新设站点（按增益排序）", en="New sites in order of marginal gain"),
        columns,
        _rows(frame, columns),
    )


def _gain_columns(run: SitingRun) -> tuple[SheetColumn, ...]:
    """Gains in the question's own measure; none where it says the same as the persons do."""
    if run.request.question is Question.MCLP and not run.weighted:
        return ()
    return (
        _gain_column(run, "gain", "增益", "gain"),
        _gain_column(run, "total", "累计增益", "total gain"),
    )


def _in_both(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """The frame with coordinates as columns, and names and words in both languages."""
    points = frame.geometry
    return pd.DataFrame(frame).assign(
        lon=points.x,
        lat=points.y,
        name=_pairs(frame["name"], frame["name_en"]),
        subdistrict=_pairs(frame["subdistrict"], frame["subdistrict_en"]),
        tier=_worded(SITE_TIERS, frame["tier"]),
        premises=_worded(PREMISES, frame["premises"]),
    )


def _pairs(zh: Iterable[Any], en: Iterable[Any]) -> pd.Series[Any]:
    texts = [
        None if pd.isna(a) else Text(zh=str(a), en=str(b)) for a, b in zip(zh, en, strict=True)
    ]
    return pd.Series(texts, dtype=object)


def _worded(words: Mapping[str, Text], values: Iterable[Any]) -> pd.Series[Any]:
    """The values in words, as they are where there is no word for them."""
    texts = [None if pd.isna(v) else words.get(str(v), both(str(v))) for v in values]
    return pd.Series(texts, dtype=object)


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
    frame = _in_both(with_names(run, all_sites(run)))
    frame = frame.assign(state=_worded(SITE_STATES, frame["state"]))
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
        place = _NOWHERE if row.district < 0 else run.district.labels[row.district]
    return place, _EVERYBODY if row.group is None else run.demand.labels[row.group]


def curve_label(run: SitingRun) -> Text:
    """What the coverage curve counts: persons, or weighted persons and a bonus."""
    if run.weighted:
        return Text(zh="覆盖（加权人数，含加分）", en="covered (weighted persons, bonus included)")
    return Text(zh="覆盖（人）", en="covered (persons)")


def _curve_sheet(run: SitingRun) -> Sheet:
    scale = run.problem.weight_scale
    columns = (
        sheet_column("new_sites", "新设站点数", "new sites", 0),
        SheetColumn("covered", curve_label(run), 0),
        sheet_column("bound", "已证明上界", "proved bound", 0),
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
