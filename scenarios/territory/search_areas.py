"""Search areas: ground in which any premises does nearly as well as the chosen site.

For planners who have no list of premises yet. One new site at a time moves while all others
stay; the *loss* is what the plan is then worth less, in weight (persons, weighted; a bonus for a
neighbour is left out, since nobody knows what the premises will stand beside). What there is to
gain beside the others is stated as rows of a place, a walk and a weight (:class:`Moving`). The
streets
around the site are cut into short stretches, and of each is computed what every premises on it
is sure to cover, the way from its door to the street included
(:mod:`optimizer.siting.search_areas`). The area is the ground beside the stretches that lose
no more than the limit, without the ground beside all others. So the promise holds for every
premises inside; outside, places may do as well without being promised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from base.faults import Fault
from geo.modes import TravelMode
from geo.network import StreetNetwork
from geo.paths import cut_line
from geo.reach import reach
from geo.search import mode_graph, spots_of
from geo.snap import Snapped, snap
from optimizer.siting.coverage import covered
from optimizer.siting.problem import SitingProblem
from optimizer.siting.search_areas import sure_weights
from scenarios.demand import DemandRows
from scenarios.explain_codes import WEAK_PROMISE
from scenarios.model_parts import Text
from scenarios.model_territory import SearchAreasInput
from scenarios.outcome import Sheet, sheet_column

if TYPE_CHECKING:
    from scenarios.siting.run import SitingRun

__all__ = [
    "AREA_COLUMNS",
    "Moving",
    "area_sheet",
    "covering_moves",
    "search_areas",
    "search_areas_of",
    "weak_promises",
]

AREA_COLUMNS = (
    "site_id",
    "order",
    "limit_percent",
    "limit_of",
    "limit_percent_of_plan",
    "limit_percent_of_site",
    "worst_percent_of_plan",
    "worst_percent_of_site",
    "gain",
    "points",
    "street_m",
    "half_width_m",
    "area_m2",
)

_HALF_WIDTHS = (25.0, 15.0, 10.0, 5.0)
"""Most metres between premises and street that are tried, widest first: every metre costs reach."""
_EDGE_M = 0.1
"""The area stays this far inside what was computed, for roundings of shapes and degrees."""
_CRUMB_M2 = 50.0
_WEAK_PERCENT = 50.0
"""A limit above this part of a site's own gain promises little."""
_SHOWN = 10
_OTHERS_COVER = Text(zh="没有范围：其他站点已覆盖全部人群", en="no area: others cover everything")
_BASES = {
    "plan": Text(zh="方案成效", en="what the plan is worth"),
    "site": Text(zh="本站新增成效", en="what the site adds"),
}


@dataclass(frozen=True, eq=False)
class _Stretches:
    """Positions along the streets; stretch i runs from position i to i + 1 of one edge.

    Attributes:
        points: the positions, without access legs.
        gap: int64[p], ticks of stretch i, -1 where i is the last position of its edge.
        metres: float64[p], its length.
    """

    points: Snapped
    gap: NDArray[np.int64]
    metres: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moving:
    """A site that may move, and what there is to gain beside all others.

    A premises gains the weight of every row whose place is within the row's walk of it; that may
    understate what it gains, never overstate it.

    Attributes:
        site: its number. gain: what the site itself gains. whole: what the whole plan is worth.
        place: int64[n], demand place of every row.
        radius: int64[n], ticks that people of the row walk at most. speed: float64[n], m/s.
        weight: int64[n], > 0.
    """

    site: int
    gain: int
    whole: int
    place: NDArray[np.int64]
    radius: NDArray[np.int64]
    speed: NDArray[np.float64]
    weight: NDArray[np.int64]


def search_areas_of(run: SitingRun, wanted: SearchAreasInput) -> gpd.GeoDataFrame:
    """The search areas of all new sites of a run, in order of their gain."""
    case = run.case
    new = [gain.site for gain in run.gains]
    return search_areas(
        run.district.streets,
        case.mode,
        case.demand.places,
        list(case.sites["site_id"]),
        case.sites.geometry,
        covering_moves(case.problem, case.demand, run.open_sites, new),
        case.problem.weight_scale,
        wanted,
    )


def covering_moves(
    problem: SitingProblem,
    demand: DemandRows,
    open_sites: NDArray[np.int32],
    new_sites: Sequence[int],
) -> list[Moving]:
    """What each new site of a siting covers alone, for all whom no other covers."""
    weight = problem.demand_weight
    plan = covered(problem, open_sites)
    found = []
    for site in new_sites:
        left = ~covered(problem, open_sites[open_sites != site]) & (weight > 0)
        rows = np.flatnonzero(left)
        found.append(
            Moving(
                site=site,
                gain=int(weight[plan & left].sum()),
                whole=int(weight[plan].sum()),
                place=demand.place[rows].astype(np.int64),
                radius=demand.radius[rows],
                speed=demand.speed[rows],
                weight=weight[rows],
            )
        )
    return found


def search_areas(
    streets: StreetNetwork,
    mode: TravelMode,
    places: gpd.GeoDataFrame,
    site_ids: Sequence[str],
    site_points: gpd.GeoSeries,
    moves: Sequence[Moving],
    weight_scale: int,
    wanted: SearchAreasInput,
) -> gpd.GeoDataFrame:
    """One row per site that may move: where any premises loses at most the limit, others fixed.

    Args:
        streets: the network on which people walk.
        mode: how they walk there, at one speed.
        places: demand places (WGS 84).
        site_ids: id of every site.
        site_points: every site (WGS 84).
        moves: the sites that may move, in the order of the rows.
        weight_scale: weight of one person.
        wanted: limit and spacing.

    Returns:
        The columns ``AREA_COLUMNS`` (gain in persons, weighted; limits and worst losses in % of
        what the plan and what the site alone is worth) and ``geometry``, a polygon in WGS 84,
        empty where no stretch keeps the limit or the site alone gains nothing (``gain`` 0).
    """
    at_places = snap(streets, places.geometry.x.to_numpy(), places.geometry.y.to_numpy(), mode)
    middles = site_points.to_crs(streets.crs)
    finder = _Finder(streets, mode, at_places, weight_scale, wanted)
    rows, shapes = [], []
    for order, move in enumerate(moves, start=1):
        figures, shape = finder.area(move, middles.iloc[move.site])
        rows.append({"site_id": site_ids[move.site], "order": order, **figures})
        shapes.append(shape)
    frame = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=list(AREA_COLUMNS)), geometry=shapes, crs=streets.crs
    )
    frame["area_m2"] = frame.geometry.area.round(1)
    moved = frame.to_crs("EPSG:4326")
    broken = ~moved.geometry.is_valid
    if broken.any():
        moved.loc[broken, "geometry"] = moved.geometry[broken].make_valid()
    return moved


class _Finder:
    """Finds the area of one site after the other."""

    def __init__(
        self,
        streets: StreetNetwork,
        mode: TravelMode,
        at_places: Snapped,
        weight_scale: int,
        wanted: SearchAreasInput,
    ) -> None:
        self.streets, self.mode, self.at_places = streets, mode, at_places
        self.weight_scale, self.wanted = weight_scale, wanted
        arcs = mode_graph(streets, mode)
        self.both_ways = arcs.forward & arcs.backward
        self.tree = shapely.STRtree(streets.lines())
        self.usable = streets.usable(mode)

    def area(self, move: Moving, middle: shapely.Point) -> tuple[dict[str, object], BaseGeometry]:
        """Figures and polygon (in the streets' system) of one site."""
        gain, whole = move.gain, move.whole
        if not gain:
            return self._nothing(whole), shapely.MultiPolygon()
        base = whole if self.wanted.of == "plan" else gain
        allowed = int(np.floor(base * self.wanted.percent / 100))
        stretches = self._stretches(middle)
        sure = self._sure(move, middle, stretches)
        width, keeps = _widest(stretches, sure, gain - allowed)
        lost = gain - sure[width][keeps]
        worst = float(max(0, int(lost.max()))) if keeps.any() else float("nan")
        figures: dict[str, object] = {
            "limit_percent": self.wanted.percent,
            "limit_of": self.wanted.of,
            "limit_percent_of_plan": 100 * allowed / whole if whole else float("nan"),
            "limit_percent_of_site": 100 * allowed / gain if gain else float("nan"),
            "worst_percent_of_plan": 100 * worst / whole if whole else float("nan"),
            "worst_percent_of_site": 100 * worst / gain if gain else float("nan"),
            "gain": gain / self.weight_scale,
            "points": len(stretches.points),
            "street_m": round(float(stretches.metres[keeps].sum()), 1),
            "half_width_m": width if keeps.any() else float("nan"),
        }
        return figures, self._ground(stretches, keeps, width)

    def _nothing(self, whole: int) -> dict[str, object]:
        """Figures of a site whose people others cover: any place would do, so none is drawn."""
        of_plan = self.wanted.percent if whole and self.wanted.of == "plan" else float("nan")
        return {
            "limit_percent": self.wanted.percent,
            "limit_of": self.wanted.of,
            "limit_percent_of_plan": of_plan,
            "limit_percent_of_site": float("nan"),
            "worst_percent_of_plan": float("nan"),
            "worst_percent_of_site": float("nan"),
            "gain": 0.0,
            "points": 0,
            "street_m": 0.0,
            "half_width_m": float("nan"),
        }

    def _stretches(self, middle: shapely.Point) -> _Stretches:
        """Positions at most the spacing apart on all two-way streets around the site."""
        near = np.sort(self.tree.query(middle, predicate="dwithin", distance=self.wanted.within_m))
        near = near[self.both_ways[near]]
        length = self.streets.edge_length[near]
        parts = np.maximum(1, np.ceil(length / self.wanted.spacing_m)).astype(np.int64)
        owner = np.repeat(np.arange(near.size), parts + 1)
        step = np.arange(owner.size) - np.repeat(np.cumsum(parts + 1) - parts - 1, parts + 1)
        edge = near[owner].astype(np.int32)
        along = step * (length / parts)[owner]
        xy = shapely.line_interpolate_point(
            self.streets.lines()[edge], step / parts[owner], normalized=True
        )
        none = np.zeros(edge.size)
        points = Snapped(edge, along, none, shapely.get_x(xy), shapely.get_y(xy))
        arcs = mode_graph(self.streets, self.mode)
        position = spots_of(self.streets, points, self.mode, arcs).position
        last = step == parts[owner]
        gap = np.where(last, -1, np.abs(np.append(np.diff(position), 0)))
        return _Stretches(points, gap, np.where(last, 0.0, (length / parts)[owner]))

    def _sure(
        self, move: Moving, middle: shapely.Point, stretches: _Stretches
    ) -> dict[float, NDArray[np.int64]]:
        """For every half width, the weight that each stretch is sure to gain."""
        # At the mode's speed; floor and one off keep clear of rounding.
        budget = np.floor(move.radius * move.speed / self.mode.speed).astype(np.int64) - 1
        widest = int(budget.max(initial=0))
        farthest = self.wanted.within_m + max(self.wanted.spacing_m, 0.0) + widest / 1000
        places = np.unique(move.place)
        away = np.hypot(self.at_places.x[places] - middle.x, self.at_places.y[places] - middle.y)
        # An edge that begins within ``within_m`` may end far beyond it.
        longest = float(self.streets.edge_length[stretches.points.edge].max(initial=0.0))
        places = places[away <= farthest * self.mode.speed + longest]
        number = np.full(len(self.at_places), -1, dtype=np.int64)
        number[places] = np.arange(places.size)
        rows = np.flatnonzero(number[move.place] >= 0)
        found = reach(
            self.streets,
            self.at_places.take(places),
            stretches.points,
            self.mode,
            widest / 1000,
            towards=True,
        )
        return {
            width: sure_weights(
                found.indptr,
                found.target,
                found.cost,
                stretches.gap,
                number[move.place[rows]],
                budget[rows],
                move.weight[rows],
                int(np.ceil(1000 * width / self.mode.speed)),
            )
            for width in _HALF_WIDTHS
        }

    def _ground(
        self, stretches: _Stretches, keeps: NDArray[np.bool_], width: float
    ) -> BaseGeometry:
        """The ground beside the kept stretches, without that beside any other street."""
        if not keeps.any():
            return shapely.MultiPolygon()
        good = self._lines(stretches, np.flatnonzero(keeps))
        ground = shapely.union_all(shapely.buffer(good, width - _EDGE_M))
        bad = self._lines(stretches, np.flatnonzero((stretches.gap >= 0) & ~keeps))
        around = self.tree.query(ground, predicate="dwithin", distance=2 * width)
        others = around[self.usable[around] & ~np.isin(around, stretches.points.edge)]
        bad = np.concatenate([bad, self.streets.lines()[np.sort(others)]])
        near = shapely.STRtree(bad).query(ground, predicate="dwithin", distance=2 * width)
        ring = 1.01 * width + _EDGE_M  # a buffer's corners lie a little inside the circle
        ground = ground.difference(shapely.union_all(shapely.buffer(bad[np.sort(near)], ring)))
        whole = [part for part in shapely.get_parts(ground) if part.area >= _CRUMB_M2]
        return shapely.union_all(np.array(whole, dtype=object)) if whole else shapely.MultiPolygon()

    def _lines(self, stretches: _Stretches, numbers: NDArray[np.intp]) -> NDArray[np.object_]:
        lines = np.empty(numbers.size, dtype=object)
        edge, along = stretches.points.edge, stretches.points.along
        for at, number in enumerate(numbers.tolist()):
            mine = int(edge[number])
            span = slice(*self.streets.shape_indptr[mine : mine + 2].tolist())
            xy = np.column_stack([self.streets.shape_x[span], self.streets.shape_y[span]])
            length = float(self.streets.edge_length[mine])
            stop = float(along[number]) + float(stretches.metres[number])
            lines[at] = shapely.linestrings(cut_line(xy, length, float(along[number]), stop))
        return lines


def _widest(
    stretches: _Stretches, sure: dict[float, NDArray[np.int64]], needed: int
) -> tuple[float, NDArray[np.bool_]]:
    """The half width that leaves most ground, and the stretches that keep the limit with it."""
    found = {width: (stretches.gap >= 0) & (sure[width] >= needed) for width in _HALF_WIDTHS}
    width = max(_HALF_WIDTHS, key=lambda w: w * float(stretches.metres[found[w]].sum()))
    return width, found[width]


def weak_promises(areas: gpd.GeoDataFrame) -> tuple[Fault, ...]:
    """A warning where the limit lets sites lose most of what they are there for."""
    weak = areas["limit_percent_of_site"] > _WEAK_PERCENT
    if not weak.any():
        return ()
    ids = [str(each) for each in areas["site_id"][weak]]
    shown = ", ".join(ids[:_SHOWN]) + (" ..." if len(ids) > _SHOWN else "")
    return (WEAK_PROMISE("search_areas", count=len(ids), ids=shown),)


def area_sheet(areas: gpd.GeoDataFrame) -> Sheet:
    """The search areas as a table, in order of the sites' gain."""
    columns = (
        sheet_column("order", "次序", "order", 0),
        sheet_column("site_id", "编号", "id"),
        sheet_column("limit_percent", "损失上限（%）", "loss limit (%)", 1),
        sheet_column("limit_of", "上限基数", "limit of"),
        sheet_column("limit_percent_of_plan", "上限：占方案（%）", "limit, of plan (%)", 2),
        sheet_column("limit_percent_of_site", "上限：占本站（%）", "limit, of site (%)", 1),
        sheet_column(
            "worst_percent_of_plan", "最大损失：占方案（%）", "worst loss, of plan (%)", 2
        ),
        sheet_column(
            "worst_percent_of_site", "最大损失：占本站（%）", "worst loss, of site (%)", 1
        ),
        sheet_column("gain", "本站新增成效", "gained by the site alone", 0),
        sheet_column("street_m", "临街长度（米）", "streets (m)", 0),
        sheet_column("half_width_m", "距街最远（米）", "from the street (m)", 0),
        sheet_column("area_m2", "面积（平方米）", "area (m2)", 0),
        sheet_column("note", "说明", "note"),
    )
    keys = [column.key for column in columns]
    notes = [None if gain else _OTHERS_COVER for gain in areas["gain"]]
    table = pd.DataFrame(areas.drop(columns="geometry"))
    bases = [_BASES[each] for each in table["limit_of"]]
    table["note"] = pd.Series(notes, index=table.index, dtype=object)
    table["limit_of"] = pd.Series(bases, index=table.index, dtype=object)
    return Sheet(
        "search_areas",
        Text(zh="选址范围", en="Search areas"),
        columns,
        tuple(tuple(row) for row in table[keys].itertuples(index=False, name=None)),
        Text(
            zh="范围内任何房源替换该站点、其余站点不变时，覆盖损失不超过上限；范围外未作判断。"
            "面积为 0 表示没有一段街道能保证上限。",
            en="Any premises inside may stand in for the site, the others unchanged, and the plan"
            " covers no less than the limit allows; nothing is said of places outside. An area of"
            " 0 means that no stretch of street is sure to keep the limit.",
        ),
    )
