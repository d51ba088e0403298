"""What the written answers of visits and meals share: routes as JSON, lines along streets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from shapely.geometry import LineString, MultiLineString

from geo.paths import path_lines
from optimizer.routing.solution import RoutingAnswer
from scenarios.district import District
from scenarios.model import Text
from scenarios.outcome import Sheet, sheet_column
from scenarios.places import Unplaced
from scenarios.report import PALETTE
from scenarios.rounds import Round, Travel

__all__ = [
    "empty_layer",
    "plan_json",
    "round_colours",
    "round_lines",
    "round_totals",
    "unplaced_sheets",
]


def plan_json(
    answer: RoutingAnswer, tasks: Sequence[str], vehicles: Sequence[str]
) -> dict[str, Any]:
    """A plan in indices, with the ids that they stand for."""
    return {
        "ids": {"tasks": list(tasks), "vehicles": list(vehicles)},
        "routes": [
            {
                "vehicle": route.vehicle,
                "depart": route.depart,
                "end": route.end,
                "steps": [
                    [str(step.kind), step.index, step.arrive, step.start, step.finish]
                    for step in route.steps
                ],
            }
            for route in answer.plan.routes
        ],
        "unserved": list(answer.plan.unserved),
        "reasons": [
            {"task": item.task, "reason": str(item.reason), "detail": dict(item.detail)}
            for item in answer.reasons
        ],
        "counts": dict(answer.counts),
        "result": answer.result.as_dict(),
    }


def round_totals(rounds: Sequence[Round]) -> dict[str, int]:
    """Seconds of work and its parts, and metres, of all rounds together."""
    return {
        "work_seconds": sum(round_.work for round_ in rounds),
        "travel_seconds": sum(round_.travel for round_ in rounds),
        "service_seconds": sum(round_.service for round_ in rounds),
        "waiting_seconds": sum(round_.waiting for round_ in rounds),
        "rest_seconds": sum(round_.rest for round_ in rounds),
        "metres": sum(round_.metres for round_ in rounds),
    }


def round_lines(
    district: District, travel: Travel, modes: Sequence[int], rounds: Sequence[Round]
) -> list[LineString | MultiLineString]:
    """Every round as a line along the streets (WGS 84).

    Args:
        district: the streets.
        travel: places on the streets, by mode.
        modes: index into ``travel.modes`` of every round.
        rounds: the rounds.
    """
    drawn: list[LineString | MultiLineString] = [LineString()] * len(rounds)
    for mode, (points, way) in enumerate(zip(travel.snapped, travel.ways, strict=True)):
        mine = [number for number, used in enumerate(modes) if used == mode]
        legs = [list(zip(rounds[n].path, rounds[n].path[1:], strict=False)) for n in mine]
        flat = [leg for part in legs for leg in part]
        lines = path_lines(district.streets, points, flat, way)
        first = 0
        for number, part in zip(mine, legs, strict=True):
            pieces = [line for line in lines[first : first + len(part)] if not line.is_empty]
            first += len(part)
            drawn[number] = _joined(pieces)
    return drawn


def _joined(pieces: list[LineString]) -> LineString | MultiLineString:
    if not pieces:
        return LineString()
    merged = shapely.line_merge(MultiLineString(pieces), directed=True)
    return merged if isinstance(merged, LineString | MultiLineString) else MultiLineString(pieces)


def round_colours(count: int) -> list[str]:
    """A colour per round; they repeat after the palette's end."""
    return [PALETTE[number % len(PALETTE)] for number in range(count)]


def empty_layer(columns: Sequence[str]) -> gpd.GeoDataFrame:
    """A layer without rows."""
    return gpd.GeoDataFrame(
        {name: [] for name in columns}, geometry=gpd.GeoSeries([], crs="EPSG:4326")
    )


def unplaced_sheets(unplaced: Sequence[Unplaced]) -> tuple[Sheet, ...]:
    """The list of rows to place by hand, where there are any."""
    if not unplaced:
        return ()
    columns = (
        sheet_column("table", "表", "table"),
        sheet_column("row", "行", "row", 0),
        sheet_column("id", "编号", "id"),
        sheet_column("compound", "小区", "compound"),
        sheet_column("building", "楼栋", "building"),
        sheet_column("nearest", "相近写法", "closest spellings"),
    )
    rows = tuple(
        (Path(u.table).name, u.row, u.id, u.compound, u.building, "; ".join(u.nearest))
        for u in unplaced
    )
    return (Sheet("unplaced", Text(zh="待手工定位", en="To be placed by hand"), columns, rows),)
