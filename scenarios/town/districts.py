"""Sub-districts (街道) of whole blocks, and communities (社区) of parcels within them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from scenarios.model import Text
from scenarios.town.ground import Ground
from scenarios.town.names import DISTRICT_CODE, NamePool
from scenarios.town.partition import part_into
from scenarios.town.plane import stream
from scenarios.town.sizes import TownSize
from scenarios.town.skeleton import Skeleton

__all__ = ["Units", "draw_units"]

_BARRIER = 0.16
"""How far apart, as a share of the extent, the two sides of the river or inner ring count."""


@dataclass(frozen=True)
class Units:
    """Sub-districts and communities.

    Attributes:
        district_shape, district_name, district_code: one per sub-district (codes: 9 digits).
        community_shape, community_name, community_code: one per community (12 digits).
        community_district: sub-district of every community.
        parcel_district, parcel_community: unit of every parcel.
    """

    district_shape: tuple[Any, ...]
    district_name: tuple[Text, ...]
    district_code: tuple[str, ...]
    community_shape: tuple[Any, ...]
    community_name: tuple[Text, ...]
    community_code: tuple[str, ...]
    community_district: NDArray[np.int32]
    parcel_district: NDArray[np.int32]
    parcel_community: NDArray[np.int32]


def draw_units(
    skeleton: Skeleton, ground: Ground, people: NDArray[np.float64], size: TownSize, seed: int
) -> Units:
    """Part the town by ``people`` per parcel; borders run along main roads, river and rings."""
    rng, pool = stream(seed, 9), NamePool(stream(seed, 10))
    atom_of_block = _atoms_of_blocks(skeleton)
    parcel_atom = atom_of_block[ground.block_of]
    atoms = np.asarray(skeleton.atoms, dtype=object)
    atom_people = np.bincount(parcel_atom, people, minlength=len(atoms)).astype(np.float64)
    labels = part_into(atoms, atom_people, size.subdistricts, rng, _sides(skeleton, atoms))
    labels = _from_north(atoms, labels)
    n_districts = int(labels.max()) + 1
    shapes = [_whole(atoms[labels == k]) for k in range(n_districts)]
    names = [pool.take() for _ in range(n_districts)]
    parcel_district = labels[parcel_atom]
    totals = np.bincount(parcel_district, people, minlength=n_districts).astype(np.float64)
    lived_in = np.bincount(parcel_district, people > 0, minlength=n_districts)
    quota = _quotas(totals, size.communities, lived_in.astype(np.int64))
    parcel_community = np.zeros(len(ground.parcels), dtype=np.int32)
    community: list[tuple[Any, Text, str, int]] = []
    outlines = np.asarray([parcel.shape for parcel in ground.parcels], dtype=object)
    for k in range(n_districts):
        mine = np.flatnonzero(parcel_district == k)
        own = _from_north(outlines[mine], part_into(outlines[mine], people[mine], quota[k], rng))
        parcel_community[mine] = own + len(community)
        for unit in range(int(own.max()) + 1):
            code = f"{DISTRICT_CODE}{k + 1:03d}{unit + 1:03d}"
            community.append((_whole(outlines[mine[own == unit]]), pool.take(), code, k))
    return Units(
        tuple(shapes),
        tuple(Text(zh=f"{name.zh}街道", en=f"{name.en} Sub-district") for name in names),
        tuple(f"{DISTRICT_CODE}{k + 1:03d}" for k in range(n_districts)),
        tuple(entry[0] for entry in community),
        tuple(Text(zh=f"{e[1].zh}社区", en=f"{e[1].en} Community") for e in community),
        tuple(entry[2] for entry in community),
        np.array([entry[3] for entry in community], dtype=np.int32),
        parcel_district.astype(np.int32),
        parcel_community,
    )


def _atoms_of_blocks(skeleton: Skeleton) -> NDArray[np.intp]:
    """The atom that every block lies in."""
    points = shapely.point_on_surface(np.asarray(skeleton.blocks, dtype=object))
    tree = shapely.STRtree(np.asarray(skeleton.atoms, dtype=object))
    block, atom = tree.query(points, predicate="intersects")
    found = np.zeros(len(points), dtype=np.intp)
    found[block] = atom
    return found


def _sides(skeleton: Skeleton, atoms: NDArray[np.object_]) -> NDArray[np.float64]:
    """Extra coordinates: inside the inner ring or not, east of the river or not."""
    points = shapely.point_on_surface(atoms)
    x0, y0, x1, y1 = skeleton.district.bounds
    apart = _BARRIER * min(x1 - x0, y1 - y0)
    shapely.prepare(skeleton.core)
    core = shapely.contains(skeleton.core, points)
    river = shapely.get_coordinates(skeleton.river)
    order = np.argsort(river[:, 1])
    xy = shapely.get_coordinates(points)
    river_x = np.interp(xy[:, 1], river[order, 1], river[order, 0])
    sides = np.column_stack([core, xy[:, 0] > river_x])
    return np.asarray(apart * sides, dtype=np.float64)


def _from_north(shapes: NDArray[np.object_], labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Renumber units from north to south, west to east, without gaps."""
    used = np.unique(labels)
    xy = shapely.get_coordinates(shapely.centroid(shapes))
    centre = np.array([xy[labels == unit].mean(axis=0) for unit in used])
    rank = np.empty(len(used), dtype=np.int32)
    rank[np.lexsort((centre[:, 0].round(1), -centre[:, 1].round(1)))] = np.arange(len(used))
    return rank[np.searchsorted(used, labels)]


def _whole(faces: NDArray[np.object_]) -> Any:
    return shapely.union_all(faces, grid_size=0.01)


def _quotas(weights: NDArray[np.float64], total: int, most: NDArray[np.int64]) -> NDArray[np.int64]:
    """Share ``total`` out by weight: at least two each where there is room, ``most`` at most."""
    spare = total - 2 * weights.size
    exact = spare * weights / weights.sum()
    quota = np.floor(exact).astype(np.int64)
    short = spare - int(quota.sum())
    quota[np.argsort(-(exact - quota), kind="stable")[:short]] += 1
    quota = np.minimum(quota + 2, most)
    while quota.sum() < min(total, most.sum()):
        room = np.where(quota < most, weights / np.maximum(quota, 1), -1.0)
        quota[int(np.argmax(room))] += 1
    return np.asarray(quota, dtype=np.int64)
