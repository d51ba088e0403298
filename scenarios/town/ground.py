"""The built town in its plane: blocks cut into parcels, streets noded and named."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString

from scenarios.model import Text
from scenarios.town.blocks import Parcel, Way, cut_block
from scenarios.town.landuse import LandUse, draw_land_use
from scenarios.town.lines import component_labels, end_nodes, node_lines
from scenarios.town.names import NamePool
from scenarios.town.plane import stream
from scenarios.town.skeleton import MainRoad, Skeleton

__all__ = ["Ground", "Streets", "build_ground"]

_COMPASS = {"n": ("北", "North"), "s": ("南", "South"), "e": ("东", "East"), "w": ("西", "West")}
_DIGITS = "一二三四五六七八九十"
_ENDINGS = {
    LandUse.HUTONG: (("胡同", "Hutong"),),
    LandUse.ESTATE: (("小区", "Residential Quarter"), ("里", "Li"), ("新村", "New Village")),
    LandUse.COMPOUND: (("家园", "Homes"), ("花园", "Garden"), ("苑", "Court")),
    LandUse.TOWER: (("府", "Mansion"), ("公馆", "Residence"), ("新城", "New Town")),
    LandUse.VILLAGE: (("村", "Village"), ("庄", "Hamlet")),
}


@dataclass(frozen=True)
class Streets:
    """Noded street pieces, none of them an expressway.

    Attributes:
        lines: object[e] of LineString.
        kind: class of every piece: main, side, bank, street, lane, inner.
        name: name of every piece. bridge: "bridge", "underpass" or "".
        nodes: int32[e, 2] end nodes; places: float64[n, 2] plane coordinates of nodes.
    """

    lines: NDArray[np.object_]
    kind: tuple[str, ...]
    name: tuple[Text, ...]
    bridge: tuple[str, ...]
    nodes: NDArray[np.int32]
    places: NDArray[np.float64]


@dataclass(frozen=True)
class Ground:
    """Parcels, their block and name, and the streets around them."""

    parcels: tuple[Parcel, ...]
    block_of: NDArray[np.int32]
    names: tuple[Text, ...]
    streets: Streets


@dataclass(frozen=True)
class _Source:
    line: LineString
    kind: str
    name: Text
    bridge: str = ""


def build_ground(skeleton: Skeleton, seed: int) -> Ground:
    """Cut every block, put buildings on the parcels, node and name all streets."""
    uses = draw_land_use(skeleton, seed)
    rng, pool = stream(seed, 4), NamePool(stream(seed, 5))
    sources = _main_sources(skeleton, pool)
    parcels: list[Parcel] = []
    block_of: list[int] = []
    names: list[Text] = []
    for row, (block, use) in enumerate(zip(skeleton.blocks, uses, strict=True)):
        kind = LandUse(int(use))
        cut, ways = cut_block(block, kind, rng)
        quarter = pool.take()
        sources += _way_sources(ways, quarter, kind, pool)
        for parcel in cut:
            name = _parcel_name(parcel, quarter, pool, rng)
            parcels.append(parcel)
            block_of.append(row)
            names.append(name)
            sources += _inner_sources(parcel, quarter, name)
    streets = _noded(sources)
    return Ground(tuple(parcels), np.array(block_of, dtype=np.int32), tuple(names), streets)


def _parcel_name(parcel: Parcel, quarter: Text, pool: NamePool, rng: np.random.Generator) -> Text:
    """A compound has a name of its own; open quarters share the name of their block."""
    if parcel.use >= LandUse.WORKS or not parcel.lived_in:
        return Text(zh="", en="")
    endings = _ENDINGS[parcel.use]
    zh, en = endings[int(rng.integers(len(endings)))]
    own = pool.take() if parcel.walled else quarter
    return Text(zh=f"{own.zh}{zh}", en=f"{own.en} {en}")


def _main_sources(skeleton: Skeleton, pool: NamePool) -> list[_Source]:
    """Main roads, their bridges, and the roads along water and rings."""
    names: dict[tuple[str, int], Text] = {}
    middle = skeleton.core.centroid

    def named(road: MainRoad) -> Text:
        at = road.line.interpolate(0.5, normalized=True)
        sides = {
            "ns": "n" if at.y > middle.y else "s",
            "ew": "e" if at.x > middle.x else "w",
            "edge": _edge_side(at.x - middle.x, at.y - middle.y),
        }
        side = sides[road.axis]
        key = (road.axis, road.rank) if road.axis != "edge" else ("edge" + side, 0)
        base = names.setdefault(key, pool.take())
        zh, en = _COMPASS[side]
        return Text(zh=f"{base.zh}{zh}路", en=f"{base.en} {en} Road")

    sources = [_Source(road.line, "main", named(road)) for road in skeleton.roads]
    sources += [_Source(road.line, "main", named(road), road.bridge) for road in skeleton.crossings]
    by_kind = {
        "side": Text(zh="环路辅路", en="Ring Side Road"),
        "bank": Text(zh="滨河路", en="Riverside Road"),
    }
    return sources + [_Source(line, kind, by_kind[kind]) for kind, line in skeleton.sides]


def _edge_side(dx: float, dy: float) -> str:
    if abs(dy) >= abs(dx):
        return "n" if dy > 0 else "s"
    return "e" if dx > 0 else "w"


def _way_sources(ways: list[Way], quarter: Text, use: LandUse, pool: NamePool) -> list[_Source]:
    """Streets get names of their own, lanes a number within their quarter."""
    sources, number = [], 0
    for way in ways:
        if way.kind == "street":
            own = pool.take()
            name = Text(zh=f"{own.zh}街", en=f"{own.en} Street")
        else:
            ordinal = _DIGITS[number] if number < len(_DIGITS) else str(number + 1)
            zh, en = ("条胡同", "Hutong") if use is LandUse.HUTONG else ("巷", "Lane")
            name = Text(zh=f"{quarter.zh}{ordinal}{zh}", en=f"{quarter.en} {en} {number + 1}")
            number += 1
        sources.append(_Source(way.line, way.kind, name))
    return sources


def _inner_sources(parcel: Parcel, quarter: Text, name: Text) -> list[_Source]:
    sources = []
    for way in parcel.ways:
        if way.kind == "inner":
            label = Text(zh=f"{name.zh}内部路", en=f"{name.en} inner way")
        else:
            label = Text(zh=f"{quarter.zh}死胡同", en=f"{quarter.en} blind alley")
        sources.append(_Source(way.line, way.kind, label))
    return sources


def _noded(sources: list[_Source]) -> Streets:
    """Node all lines together; a piece takes class and name from the line it lies on."""
    lines = np.asarray([source.line for source in sources], dtype=object)
    pieces = node_lines(lines)
    labels = component_labels(pieces)
    pieces = pieces[labels == np.argmax(np.bincount(labels))]
    middles = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    order = np.lexsort(shapely.get_coordinates(middles).round(2).T)
    pieces, middles = pieces[order], middles[order]
    tree = shapely.STRtree(lines)
    piece, source = tree.query_nearest(middles, max_distance=5.0, all_matches=True)
    owner = np.full(len(pieces), len(sources) - 1, dtype=np.int64)
    np.minimum.at(owner, piece, source)
    nodes, places = end_nodes(pieces)
    return Streets(
        pieces,
        tuple(sources[k].kind for k in owner),
        tuple(sources[k].name for k in owner),
        tuple(sources[k].bridge for k in owner),
        nodes,
        places,
    )
