"""Cuts blocks into parcels with streets between them, and puts buildings and inner ways on them.

A block is halved across its longer side until its parcels have the size that its kind of land
asks for; the cuts are the town's streets and lanes, so that old quarters get the broken,
T-jointed pattern of hutongs and super-blocks keep their few through streets. Walled compounds
have an inner loop that only meets the street at its gates.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely import LineString, Point, Polygon

from scenarios.town.landuse import LAND, Land, LandUse

__all__ = ["Building", "Parcel", "Way", "cut_block"]

_STREET_ABOVE = 55_000.0
_LOOP_INSET = 13.0
_LARGE = 9_000.0
_SPINE_PLACES = (0.50, 0.45, 0.55, 0.40, 0.60, 0.35, 0.65, 0.30, 0.70)


@dataclass(frozen=True)
class Way:
    """A street piece inside a block: ``kind`` is street, lane or inner."""

    line: LineString
    kind: str
    compound: int = -1


@dataclass(frozen=True)
class Building:
    """A building with its floors; ``people`` is how many it would hold."""

    shape: Polygon
    floors: int
    people: float


@dataclass(frozen=True)
class Parcel:
    """A parcel: walled (a compound) or open, with residents or without."""

    shape: Polygon
    use: LandUse
    walled: bool
    lived_in: bool
    buildings: tuple[Building, ...]
    ways: tuple[Way, ...]
    gates: tuple[Point, ...] = field(default=())


def cut_block(
    block: Polygon, use: LandUse, rng: np.random.Generator
) -> tuple[list[Parcel], list[Way]]:
    """Parcels of a block and the streets between them."""
    land = LAND[use]
    todo, done, ways = [block], [], []
    while todo:
        piece = todo.pop()
        if piece.area < 1.45 * land.leaf:
            done.append(piece)
            continue
        halves, line = _halve(piece, land.skew, rng)
        if line is None:
            done.append(piece)
            continue
        big = piece.area > _STREET_ABOVE or land.leaf > 15_000.0
        ways.append(Way(line, "street" if big else "lane"))
        todo.extend(halves)
    return [_build(piece, use, land, rng) for piece in done], ways


def _halve(
    piece: Polygon, skew: float, rng: np.random.Generator
) -> tuple[list[Polygon], LineString | None]:
    """Two parts of a polygon and the line between them; no line where it will not part cleanly."""
    corners = shapely.get_coordinates(shapely.oriented_envelope(piece))[:4]
    sides = np.diff(np.vstack([corners, corners[:1]]), axis=0)
    longer = int(np.argmax(np.hypot(sides[:, 0], sides[:, 1])[:2]))
    start, along, across = corners[longer], sides[longer], sides[(longer + 1) % 4]
    share, turn = rng.uniform(0.40, 0.60), rng.normal(0.0, skew)
    middle = start + share * along + 0.5 * across
    cos, sin = np.cos(turn), np.sin(turn)
    ahead = across @ np.array([[cos, sin], [-sin, cos]])
    reach = 2.0 * float(np.hypot(*along) + np.hypot(*across)) / float(np.hypot(*across))
    low, high = middle - reach * ahead, middle + reach * ahead
    side = reach * along
    left = shapely.polygons([low, high, high + side, low + side])
    parts = [piece.intersection(left), piece.difference(left)]
    line = LineString([low, high]).intersection(piece)
    clean = all(part.geom_type == "Polygon" for part in parts)
    if not clean or line.geom_type != "LineString" or line.length < 5.0:
        return [], None
    return parts, line


def _build(piece: Polygon, use: LandUse, land: Land, rng: np.random.Generator) -> Parcel:
    """Buildings and inner ways of one parcel."""
    lived_in = use < LandUse.WORKS and rng.random() >= land.public
    if use is LandUse.PARK:
        return Parcel(piece, use, False, False, (), ())
    buildings = _rows(piece, land, rng) if lived_in else ()
    if not lived_in or not buildings:
        return Parcel(piece, use, False, False, (), ())
    if land.gates == 0:
        return Parcel(piece, use, False, True, buildings, _dead_end(piece, rng))
    ways, gates = _inner_ways(piece, land.gates, buildings, rng)
    return Parcel(piece, use, True, True, buildings, ways, gates)


def _rows(piece: Polygon, land: Land, rng: np.random.Generator) -> tuple[Building, ...]:
    """Rows of buildings that face south, as far as they fit inside the setback."""
    room = piece.buffer(-land.setback, join_style="mitre")
    if room.is_empty:
        return ()
    x0, y0, x1, y1 = room.bounds
    step_x, step_y = land.long + land.gap_x, land.deep + land.gap_y
    n_x, n_y = int((x1 - x0 + land.gap_x) // step_x), int((y1 - y0 + land.gap_y) // step_y)
    if n_x < 1 or n_y < 1:
        return ()
    left = x0 + 0.5 * (x1 - x0 + land.gap_x - n_x * step_x)
    low = y0 + 0.5 * (y1 - y0 + land.gap_y - n_y * step_y)
    wobble = 0.25 * min(land.gap_x, land.gap_y)
    x = left + step_x * np.arange(n_x)[None, :] + rng.uniform(-wobble, wobble, (n_y, n_x))
    y = low + step_y * np.arange(n_y)[:, None] + rng.uniform(-wobble, wobble, (n_y, n_x))
    wide = land.long * rng.uniform(0.8, 1.0, (n_y, n_x))
    boxes = shapely.box(x, y, x + wide, y + land.deep).ravel()
    shapely.prepare(room)
    kept = boxes[shapely.contains(room, boxes) & (rng.random(boxes.size) > 0.06)]
    floors = rng.integers(land.floors[0], land.floors[1] + 1, kept.size)
    people = shapely.area(kept) * floors / land.area_each
    return tuple(
        Building(box, int(n), float(p)) for box, n, p in zip(kept, floors, people, strict=True)
    )


def _dead_end(piece: Polygon, rng: np.random.Generator) -> tuple[Way, ...]:
    """Now and then a blind alley that runs into the parcel."""
    if rng.random() > 0.35:
        return ()
    at = piece.exterior.interpolate(float(rng.random()), normalized=True)
    inner = piece.centroid
    alley = LineString([at, (0.3 * at.x + 0.7 * inner.x, 0.3 * at.y + 0.7 * inner.y)])
    return (Way(alley, "lane"),) if alley.length > 12.0 and piece.covers(inner) else ()


def _inner_ways(
    piece: Polygon, gates: int, buildings: tuple[Building, ...], rng: np.random.Generator
) -> tuple[tuple[Way, ...], tuple[Point, ...]]:
    """A loop behind the wall, ways between the buildings, and the gates that lead out."""
    room = piece.buffer(-_LOOP_INSET, join_style="mitre")
    if room.geom_type != "Polygon" or room.is_empty:
        return (), ()
    loop = LineString(room.exterior.coords)
    ways = [Way(loop, "inner")]
    if room.area > _LARGE:
        ways += [Way(spine, "inner") for spine in _spines(room, buildings)]
    first = float(rng.random())
    doors = []
    for number in range(gates if piece.area > 12_000.0 else 1):
        share = (first + (number + rng.uniform(-0.15, 0.15)) / gates) % 1.0
        door = piece.exterior.interpolate(share, normalized=True)
        inside = shapely.get_point(shapely.shortest_line(door, loop), -1)
        ways.append(Way(LineString([door, inside]), "inner"))
        doors.append(door)
    return tuple(ways), tuple(doors)


def _spines(room: Polygon, buildings: tuple[Building, ...]) -> list[LineString]:
    """At most one way across and one way up that meet no building, close to the middle."""
    x0, y0, x1, y1 = room.bounds
    houses = shapely.union_all([house.shape for house in buildings]).buffer(2.0)
    spines = []
    for upward in (False, True):
        for share in _SPINE_PLACES:
            x, y = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
            ends = [(x, y0 - 1), (x, y1 + 1)] if upward else [(x0 - 1, y), (x1 + 1, y)]
            spine = LineString(ends).intersection(room)
            if spine.geom_type == "LineString" and not spine.intersects(houses):
                spines.append(spine)
                break
    return spines
