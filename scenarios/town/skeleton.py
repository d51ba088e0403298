"""The town's bones: main roads, river, canal, ring roads, bridges and the blocks between them.

All geometry is in the plane of :mod:`scenarios.town.plane`, in metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Polygon

from scenarios.town.lines import component_labels, node_lines, parts_of
from scenarios.town.plane import stream
from scenarios.town.sizes import TownSize

__all__ = ["MainRoad", "Skeleton", "build_skeleton"]

_RIVER_HALF, _CANAL_HALF, _BANK, _RING_HALF = 26.0, 8.0, 9.0, 24.0
_SMALLEST_BLOCK = 2_500.0


@dataclass(frozen=True)
class MainRoad:
    """A main road as one line; ``axis`` is the direction it runs in, ``rank`` its number."""

    line: LineString
    axis: str
    rank: int
    bridge: str = ""


@dataclass(frozen=True)
class Skeleton:
    """What the rest of the town hangs on.

    Attributes:
        district: the whole area.
        core: the old town inside the inner ring.
        inside: area inside the outer ring.
        roads: main roads, cut at river and rings.
        sides: roads along banks and ring roads.
        crossings: bridges and underpasses that carry main roads across.
        rings: centre lines of the inner and outer ring (nobody walks on them).
        river, canal: water surfaces.
        blocks: faces between main roads, where people live.
        atoms: faces between main roads, river and ring centre lines; they tile the district.
    """

    district: Polygon
    core: Polygon
    inside: Polygon
    roads: tuple[MainRoad, ...]
    sides: tuple[tuple[str, LineString], ...]
    crossings: tuple[MainRoad, ...]
    rings: tuple[LineString, ...]
    river: Polygon
    canal: Polygon
    blocks: tuple[Polygon, ...]
    atoms: tuple[Polygon, ...]


def build_skeleton(size: TownSize, seed: int) -> Skeleton:
    """Lay out main roads, water and rings, and choose the few crossings."""
    rng = stream(seed, 2)
    xs, x_core = _positions(size.width, (0.24, 0.61), size, rng)
    ys, y_core = _positions(size.height, (0.29, 0.69), size, rng)
    district = _district(xs, ys, rng)
    core = _rounded(shapely.box(xs[x_core[0]], ys[y_core[0]], xs[x_core[1]], ys[y_core[1]]), 110)
    inside = _rounded(shapely.box(-9_999, ys[_near(ys, 0.13)], xs[_near(xs, 0.87)], 29_999), 300)
    river_line, canal_line = _water(size, rng)
    river = river_line.buffer(_RIVER_HALF).intersection(district)
    canal = canal_line.buffer(_CANAL_HALF).intersection(district)
    water = shapely.union(river, canal)
    ring_lines = [core.exterior, *parts_of(inside.exterior.intersection(district))]
    rings = shapely.union_all([line.buffer(_RING_HALF, join_style="round") for line in ring_lines])
    banks = shapely.union(water.buffer(_BANK), rings)
    full = _main_roads(xs, ys, district, rng)
    roads = tuple(
        MainRoad(part, road.axis, road.rank)
        for road in full
        for part in parts_of(road.line.difference(banks))
    )
    sides = _side_roads(banks, rings, district)
    crossings = _crossings(full, roads, sides, banks, water, rings, rng)
    faces = shapely.polygonize(
        node_lines([road.line for road in roads] + [line for _, line in sides])
    )
    blocks = [
        face
        for face in shapely.get_parts(faces)
        if face.area > _SMALLEST_BLOCK and not banks.contains(face.representative_point())
    ]
    cuts = [road.line for road in full] + ring_lines + [river_line, canal_line]
    atoms = [
        face
        for face in shapely.get_parts(shapely.polygonize(node_lines(cuts)))
        if district.contains(face.representative_point())
    ]
    return Skeleton(
        district,
        core,
        inside,
        roads,
        sides,
        crossings,
        tuple(LineString(line.coords) for line in ring_lines),
        river,
        canal.difference(river),
        tuple(sorted(blocks, key=_south_west)),
        tuple(sorted(atoms, key=_south_west)),
    )


def _south_west(face: Polygon) -> tuple[float, float]:
    point = face.centroid
    return round(point.y, 3), round(point.x, 3)


def _positions(
    extent: float, core: tuple[float, float], size: TownSize, rng: np.random.Generator
) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """Where main roads cross an axis, denser in the core, and the indices of the core's edges."""
    cuts = (0.0, core[0] * extent, core[1] * extent, extent)
    positions = [0.0]
    edges = []
    for low, high, step in zip(
        cuts[:-1], cuts[1:], (size.block, size.core_block, size.block), strict=True
    ):
        n = max(2, round((high - low) / step))
        gaps = rng.uniform(0.72, 1.28, n)
        positions.extend((low + (high - low) * np.cumsum(gaps) / gaps.sum()).tolist())
        edges.append(len(positions) - 1)
    return np.array(positions), (edges[0], edges[1])


def _near(positions: NDArray[np.float64], share: float) -> int:
    """The inner main road closest to this share of the extent."""
    inner = positions[1:-1]
    return 1 + int(np.argmin(np.abs(inner - share * positions[-1])))


def _rounded(shape: Polygon, radius: float) -> Polygon:
    return shape.buffer(-radius, join_style="mitre").buffer(radius, quad_segs=6)


def _district(
    xs: NDArray[np.float64], ys: NDArray[np.float64], rng: np.random.Generator
) -> Polygon:
    """The whole rectangle less a few cells at its corners, as real boundaries step along roads."""
    area: Polygon = shapely.box(0.0, 0.0, xs[-1], ys[-1])
    for right, top in ((False, False), (True, False), (False, True), (True, True)):
        i, j = (int(k) for k in rng.integers(1, 3, 2))
        while i > 1 and min(xs[i], xs[-1] - xs[-1 - i]) > 0.2 * xs[-1]:
            i -= 1
        while j > 1 and min(ys[j], ys[-1] - ys[-1 - j]) > 0.2 * ys[-1]:
            j -= 1
        if rng.random() < 0.2:
            continue
        x = (xs[-1 - i], xs[-1]) if right else (xs[0], xs[i])
        y = (ys[-1 - j], ys[-1]) if top else (ys[0], ys[j])
        area = area.difference(shapely.box(x[0], y[0], x[1], y[1]))
    return area


def _water(size: TownSize, rng: np.random.Generator) -> tuple[LineString, LineString]:
    """A winding river from the north-east to the south and a canal that joins it."""
    w, h = size.width, size.height
    t = np.linspace(-0.06, 1.06, 90)
    phase = rng.uniform(0.0, 2.0 * np.pi, 3)
    x = w * (0.84 - 0.22 * t + 0.035 * np.sin(9.0 * t + phase[0]))
    x += w * 0.014 * np.sin(23.0 * t + phase[1])
    river = LineString(np.column_stack([x, h * (1.0 - t)]))
    join = 0.44 + 0.05 * rng.random()
    u = np.linspace(-0.06, 1.0, 60)
    join_x = float(np.interp(join, t, x))
    y = h * (1.0 - join) + h * 0.05 * (1.0 - u) + h * 0.012 * np.sin(11.0 * u + phase[2]) * (1 - u)
    return river, LineString(np.column_stack([join_x * u, y]))


def _main_roads(
    xs: NDArray[np.float64],
    ys: NDArray[np.float64],
    district: Polygon,
    rng: np.random.Generator,
) -> list[MainRoad]:
    """Main roads clipped to the district; some inner ones end at a junction half way."""
    w, h = xs[-1], ys[-1]
    roads = [MainRoad(LineString(district.exterior.coords), "edge", 0)]
    for axis, places, extent, others in (("ns", xs, h, ys), ("ew", ys, w, xs)):
        for rank, place in enumerate(places[1:-1], start=1):
            low, high = 0.0, extent
            if rng.random() < 0.22:
                stop = float(others[rng.integers(2, len(others) - 2)])
                low, high = (stop, extent) if rng.random() < 0.5 else (0.0, stop)
            ends = [(place, low), (place, high)] if axis == "ns" else [(low, place), (high, place)]
            clipped = LineString(ends).intersection(district).difference(district.exterior)
            roads += [MainRoad(part, axis, rank) for part in parts_of(clipped)]
    return roads


def _side_roads(
    banks: Polygon | MultiPolygon, rings: Polygon | MultiPolygon, district: Polygon
) -> tuple[tuple[str, LineString], ...]:
    """Roads along water ("bank") and rings ("side"), inside the district."""
    edge = banks.boundary.intersection(district).difference(district.exterior)
    near_ring = rings.buffer(0.5)
    along_ring = [("side", part) for part in parts_of(edge.intersection(near_ring))]
    along_water = [("bank", part) for part in parts_of(edge.difference(near_ring))]
    return tuple(along_ring + along_water)


def _crossings(
    full: list[MainRoad],
    roads: tuple[MainRoad, ...],
    sides: tuple[tuple[str, LineString], ...],
    banks: Polygon | MultiPolygon,
    water: Polygon | MultiPolygon,
    rings: Polygon | MultiPolygon,
    rng: np.random.Generator,
) -> tuple[MainRoad, ...]:
    """Few bridges and underpasses: a random share, and whatever more keeps the town in one."""
    found: list[tuple[float, MainRoad]] = []
    for road in full:
        for piece in parts_of(road.line.intersection(banks)):
            wet, ring = piece.intersects(water), piece.intersects(rings.buffer(-1.0))
            span = 2.0 * (_RIVER_HALF + _BANK) if wet else 2.0 * _RING_HALF
            if piece.length > 2.2 * span or (wet and ring):
                continue
            kind = "bridge" if wet else "underpass"
            wide = wet and piece.length > 2.5 * (_CANAL_HALF + _BANK)
            share = 0.3 if wide else 0.5 if wet else 0.42
            lot = rng.random() / share
            found.append((lot, MainRoad(piece, road.axis, road.rank, kind)))
    found.sort(key=lambda entry: entry[0])
    chosen = [road for lot, road in found if lot < 1.0]
    base = [road.line for road in roads] + [line for _, line in sides]
    for lot, road in found:
        if lot < 1.0:
            continue
        pieces = node_lines(base + [other.line for other in chosen])
        labels = component_labels(pieces)
        at_ends = [_label_at(pieces, labels, road.line, end) for end in (0, -1)]
        if labels.max() == 0:
            break
        if at_ends[0] != at_ends[1]:
            chosen.append(road)
    return tuple(chosen)


def _label_at(
    pieces: NDArray[np.object_], labels: NDArray[np.int32], line: LineString, end: int
) -> int:
    point = shapely.get_point(line, end)
    return int(labels[int(np.argmin(shapely.distance(pieces, point)))])
