"""The map layers of a plan run: what stands in the last year, what became of it, who is left."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.isochrone import isochrones
from scenarios.compare import percent
from scenarios.model import Text
from scenarios.outcome import NAME_COLUMNS, base_layers, district_labels
from scenarios.plan.figures import PlanCoverage
from scenarios.plan.names import PlanNames, joined, rows_of
from scenarios.plan.run import PlanRun
from scenarios.plan.sheets import site_states
from scenarios.report import MapLayer, MapView
from scenarios.ways import BASE_SPEED
from scenarios.words import SITE_STATES

__all__ = ["plan_layers", "plan_map"]

_COLOURS = {
    "existing": "#1f6f8b",
    "new": "#e07a3f",
    "upgraded": "#3d8f5f",
    "converted": "#8d5a97",
    "closed": "#6b6b6b",
}
_UNSERVED = "#c0392b"
_LINES = "#4a6fa5"
_LARGEST, _SMALLEST = 9.0, 4.0
_SMALLER = 3.0
"""Points on the map, in pixels: the top of the hierarchy, the least, and the step between."""

_WGS84 = "EPSG:4326"


def plan_layers(run: PlanRun) -> dict[str, gpd.GeoDataFrame]:
    """What stands or stood, lines to what it hangs on, unserved demand, circles, coverage."""
    names = PlanNames(run)
    layers = {
        "network": _sites(run, names),
        "attachments": _lines(run, names),
        "unserved_demand": _unserved(run, names),
        "circles": _circles(run),
    }
    if run.district.subdistricts is not None:
        layers["coverage_by_district"] = _district_layer(run)
    return layers


def plan_map(run: PlanRun, layers: dict[str, gpd.GeoDataFrame]) -> MapView:
    """The report's map of :func:`plan_layers`."""
    shown = base_layers(run.district)
    shown += _circle_layers(layers["circles"])
    shown += _unserved_layers(run, layers["unserved_demand"])
    shown += _line_layer(layers["attachments"])
    shown += _site_layers(run, layers["network"])
    return MapView(tuple(shown), district_labels(run.district))


def _sites(run: PlanRun, names: PlanNames) -> gpd.GeoDataFrame:
    """Every site that stands today or in the last year, with all that a reader may ask of it."""
    states, last = site_states(run), run.problem.n_years - 1
    number = np.fromiter(states, dtype=np.int64)
    option = run.option[last][number]
    shown = np.where(option >= 0, option, run.problem.sites.current[number])
    options, sites = run.case.options.iloc[shown], run.case.sites.iloc[number]
    above = run.parent[last][number]
    use = _use(run, names)
    whats = [names.options[each] for each in shown]
    parents = [None if each < 0 else names.sites[each] for each in above]
    places = [names.place(int(each)) for each in sites["subdistrict"]]
    return gpd.GeoDataFrame(
        {
            "site_id": sites["site_id"].astype(str).to_numpy(),
            **_two("name", [names.sites[each] for each in number]),
            "level": options["level"].to_numpy(),
            "size": options["size"].to_numpy(),
            "state": [state for state, _ in states.values()],
            **_two("what", whats),
            **_two("state_text", [SITE_STATES[state] for state, _ in states.values()]),
            **_two("since", [since for _, since in states.values()]),
            **_two("subdistrict", places),
            **_two("hangs_on", parents),
            **_two("in_use", [use.get(int(each)) for each in number]),
            "area_m2": options["area_m2"].to_numpy(),
            "yearly_cost_yuan": options["yearly_cost_yuan"].to_numpy(),
        },
        geometry=sites.geometry.to_numpy(),
        crs=_WGS84,
    )


def _two(column: str, texts: Sequence[Text | None]) -> dict[str, list[str | None]]:
    """A column of texts per language."""
    return {
        column: [None if text is None else text.zh for text in texts],
        f"{column}_en": [None if text is None else text.en for text in texts],
    }


def _use(run: PlanRun, names: PlanNames) -> dict[int, Text | None]:
    """By site, load and room of every service in the last year."""
    told: dict[int, list[Text]] = {}
    last = run.loads[run.loads["year"] == run.problem.n_years - 1]
    for row in rows_of(last) if run.solved else ():
        service, unit = names.services[row.service], names.units[row.service]
        room = f" / {row.capacity:,.10g}" if np.isfinite(row.capacity) else ""
        figures = f"{row.load:,.0f}{room}"
        text = Text(zh=f"{service.zh} {figures} {unit.zh}", en=f"{service.en}: {figures} {unit.en}")
        told.setdefault(int(row.site), []).append(text)
    return {site: joined(texts) for site, texts in told.items()}


def _lines(run: PlanRun, names: PlanNames) -> gpd.GeoDataFrame:
    """A straight line from every site to the one that it hangs on, in the last year."""
    table = run.attachments
    table = table[table["year"] == run.problem.n_years - 1]
    points = run.case.sites.geometry.to_numpy()
    child, parent = table["site"].to_numpy(dtype=int), table["parent"].to_numpy(dtype=int)
    ends = [
        [(points[a].x, points[a].y), (points[b].x, points[b].y)] for a, b in _pairs(child, parent)
    ]
    return gpd.GeoDataFrame(
        {
            "site_id": table["site_id"].astype(str).to_numpy(),
            "parent_id": table["parent_id"].astype(str).to_numpy(),
            **_two("name", [names.sites[each] for each in child]),
            **_two("hangs_on", [names.sites[each] for each in parent]),
            "way_m": table["parent_m"].to_numpy(dtype=float).round(0),
        },
        geometry=gpd.GeoSeries(shapely.linestrings(ends) if ends else [], crs=_WGS84).to_numpy(),
        crs=_WGS84,
    )


def _pairs(one: NDArray[np.int64], other: NDArray[np.int64]) -> list[tuple[int, int]]:
    return list(zip(one.tolist(), other.tolist(), strict=True))


def _unserved(run: PlanRun, names: PlanNames) -> gpd.GeoDataFrame:
    frame = run.unserved
    numbers = frame["service"].to_numpy(dtype=int)
    return gpd.GeoDataFrame(
        {
            "place_id": frame["place_id"].astype(str).to_numpy(),
            "place": frame["name"].astype(str).to_numpy(),
            "service_id": [run.case.services[each].id for each in numbers],
            **_two("service", [names.services[each] for each in numbers]),
            **_two("subdistrict", [names.place(int(each)) for each in frame["subdistrict"]]),
            "units": frame["units"].to_numpy(),
            "unserved": frame["unserved"].to_numpy(),
        },
        geometry=frame.geometry.to_numpy(),
        crs=_WGS84,
    )


def _circles(run: PlanRun) -> gpd.GeoDataFrame:
    """Ground within the usual walk of the first service that people walk to, today and new."""
    walk = _usual_walk(run)
    today, last = run.problem.sites.current, run.option[-1]
    if walk is not None:
        service, metres = walk
        offers = np.append(run.problem.options.capacity[:, service] != 0, False)
        sites = np.flatnonzero(offers[today] | offers[last])
    if walk is None or not sites.size:
        nothing: dict[str, list[object]] = {"site_id": [], "state": [], "metres": []}
        return gpd.GeoDataFrame(nothing, geometry=gpd.GeoSeries([], crs=_WGS84))
    ground = run.case.ground
    found = isochrones(
        run.district.streets, ground.snapped.take(sites), ground.mode, [metres / BASE_SPEED]
    )
    mine = sites[found["origin"].to_numpy()]
    was, is_now = offers[today[mine]], offers[last[mine]]
    return gpd.GeoDataFrame(
        {
            "site_id": run.case.sites["site_id"].astype(str).to_numpy()[mine],
            "state": np.select([was & is_now, is_now], ["existing", "new"], "closed"),
            "metres": metres,
        },
        geometry=found.geometry.to_numpy(),
        crs=found.crs,
    ).to_crs(_WGS84)


def _usual_walk(run: PlanRun) -> tuple[int, float] | None:
    """The first service that people walk to, and how far most of them do, in metres."""
    demand = run.case.demand
    walked = (demand.place >= 0) & (demand.speed > 0)
    if not walked.any():
        return None
    service = int(demand.service[walked].min())
    mine = walked & (demand.service == service)
    metres = np.round(demand.minutes[mine] * 60 * demand.speed[mine], 1)
    widths, which = np.unique(metres, return_inverse=True)
    return service, float(widths[np.argmax(np.bincount(which, demand.units[mine]))])


def _district_layer(run: PlanRun) -> gpd.GeoDataFrame:
    """Sub-districts with the share of every service, today and in the last year."""
    districts = run.district.subdistricts
    assert districts is not None
    figures: dict[str, list[float]] = {}
    for number, service in enumerate(run.case.services):
        rows = {
            row.district: row for row in run.coverage if row.group is None and row.service == number
        }
        nobody = PlanCoverage(number, None, None, 0.0, 0.0, (0.0,), False)
        mine = [rows.get(at, nobody) for at in range(len(districts))]
        figures[f"asked_{service.id}"] = [row.units for row in mine]
        figures[f"percent_today_{service.id}"] = [percent(row.today, row.units) for row in mine]
        figures[f"percent_{service.id}"] = [percent(row.by_year[-1], row.units) for row in mine]
    return districts.assign(**figures)


def _circle_layers(circles: gpd.GeoDataFrame) -> list[MapLayer]:
    """Ground within reach today and what the plan adds, each as one area: overlaps stay flat."""
    shown = []
    labels = (
        ("existing", ("existing", "closed"), "现有设施步行圈", "reach today"),
        ("new", ("new",), "新增步行圈", "reach of new sites"),
    )
    for key, states, zh, en in labels:
        mine = circles[circles["state"].isin(states)]
        if not len(mine):
            continue
        metres = f"{mine['metres'].iloc[0]:,.0f}"
        area = gpd.GeoDataFrame(geometry=[mine.geometry.union_all()], crs=mine.crs)
        shown.append(
            MapLayer(
                id=f"circles_{key}",
                label=Text(zh=f"{zh}（{metres} 米）", en=f"{en} ({metres} m)"),
                frame=area,
                kind="fill",
                color=_COLOURS[key],
                opacity=0.2,
                counted=False,
            )
        )
    return shown


def _unserved_layers(run: PlanRun, frame: gpd.GeoDataFrame) -> list[MapLayer]:
    """A layer per service, the first one shown."""
    shown: list[MapLayer] = []
    for number, service in enumerate(run.case.services):
        mine = frame[frame["service_id"] == service.id]
        if not len(mine):
            continue
        shown.append(
            MapLayer(
                id=f"unserved_{number}",
                label=Text(zh=f"未满足：{service.label.zh}", en=f"unserved: {service.label.en}"),
                frame=mine.round({"unserved": 1, "units": 1}),
                kind="point",
                color=_UNSERVED,
                size=3,
                opacity=0.7,
                popup=(
                    (Text(zh="service", en="service_en"), Text(zh="服务", en="service")),
                    ("unserved", Text(zh="未满足", en="unserved")),
                    ("units", Text(zh="需求", en="asked for")),
                ),
                visible=not shown,
            )
        )
    return shown


def _line_layer(frame: gpd.GeoDataFrame) -> list[MapLayer]:
    if not len(frame):
        return []
    return [
        MapLayer(
            id="attachments",
            label=Text(zh="隶属关系", en="what hangs on what"),
            frame=frame,
            kind="line",
            color=_LINES,
            size=1.2,
            opacity=0.7,
            popup=(
                (NAME_COLUMNS, Text(zh="设施", en="site")),
                (Text(zh="hangs_on", en="hangs_on_en"), Text(zh="隶属", en="hangs on")),
                ("way_m", Text(zh="路程（米）", en="way (m)")),
            ),
            counted=False,
        )
    ]


def _site_layers(run: PlanRun, frame: gpd.GeoDataFrame) -> list[MapLayer]:
    """A layer per level and state: size tells the level, colour what became of it."""
    depth = _depths(run)
    sizes = {level: max(_LARGEST - _SMALLER * at, _SMALLEST) for level, at in depth.items()}
    popup = (
        (NAME_COLUMNS, Text(zh="名称", en="name")),
        (Text(zh="what", en="what_en"), Text(zh="设施", en="facility")),
        (Text(zh="state_text", en="state_text_en"), Text(zh="状态", en="state")),
        (Text(zh="since", en="since_en"), Text(zh="起始年度", en="since")),
        (Text(zh="subdistrict", en="subdistrict_en"), Text(zh="街道", en="sub-district")),
        (Text(zh="hangs_on", en="hangs_on_en"), Text(zh="隶属", en="hangs on")),
        (Text(zh="in_use", en="in_use_en"), Text(zh="服务量 / 容量", en="served / room")),
    )
    shown = []
    for level in sorted(run.case.levels, key=lambda each: -depth[each.id]):
        for state in ("closed", "existing", "converted", "upgraded", "new"):
            mine = frame[(frame["level"] == level.id) & (frame["state"] == state)]
            if not len(mine):
                continue
            word = SITE_STATES[state]
            shown.append(
                MapLayer(
                    id=f"{state}_{_number(run, level.id)}",
                    label=Text(
                        zh=f"{level.label.zh}（{word.zh}）", en=f"{level.label.en} ({word.en})"
                    ),
                    frame=mine,
                    kind="point",
                    color=_COLOURS[state],
                    size=sizes[level.id],
                    popup=popup,
                )
            )
    return shown


def _number(run: PlanRun, level: str) -> int:
    return [each.id for each in run.case.levels].index(level)


def _depths(run: PlanRun) -> dict[str, int]:
    """By level id, how many levels stand above it."""
    above = {
        level.id: None if level.hangs_on is None else level.hangs_on.level
        for level in run.case.levels
    }
    depths: dict[str, int] = {}
    for level in above:
        at, parent = 0, above[level]
        while parent is not None:
            at, parent = at + 1, above[parent]
        depths[level] = at
    return depths
