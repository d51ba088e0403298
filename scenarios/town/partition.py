"""Parts an area of small faces into compact, connected units of similar weight."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

__all__ = ["part_into"]

_RESTARTS, _ROUNDS = 12, 25


def part_into(
    faces: Iterable[Any],
    weight: NDArray[np.float64],
    units: int,
    rng: np.random.Generator,
    extra: NDArray[np.float64] | None = None,
) -> NDArray[np.int32]:
    """The unit of every face: weighted k-means, then stray pieces go to their neighbours.

    ``extra`` adds coordinates (metres) that pull faces apart, such as the side of a river. Of
    several starts the most even one is kept.
    """
    shapes = np.asarray(list(faces), dtype=object)
    places = shapely.get_coordinates(shapely.centroid(shapes))
    if extra is not None:
        places = np.hstack([places, extra])
    units = max(1, min(units, int((weight > 0).sum())))
    heavy = weight + 1e-3 * max(float(weight.sum()), 1.0) / len(shapes)
    best, best_score = np.zeros(len(shapes), dtype=np.int32), (units, np.inf)
    for _ in range(_RESTARTS):
        labels, spread = _lloyd(places, weight, heavy, units, rng)
        total = np.bincount(labels, weight, minlength=units)
        uneven = float(total.std() / max(total.mean(), 1e-9))
        score = (int((total == 0).sum()), spread * (1.0 + 2.0 * uneven))
        if score < best_score:
            best, best_score = labels, score
    return _join_strays(shapes, best, heavy)


def _lloyd(
    places: NDArray[np.float64],
    weight: NDArray[np.float64],
    heavy: NDArray[np.float64],
    units: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int32], float]:
    """Lloyd's rounds from a k-means++ start; a unit that nobody lives in starts anew elsewhere."""
    centres = places[[rng.choice(len(places), p=heavy / heavy.sum())]]
    for _ in range(units - 1):
        far = _squares(places, centres).min(axis=1) * heavy
        odds = far / far.sum() if far.sum() > 0 else heavy / heavy.sum()
        centres = np.vstack([centres, places[rng.choice(len(places), p=odds)]])
    labels = np.full(len(places), -1, dtype=np.int32)
    for _ in range(_ROUNDS):
        squares = _squares(places, centres)
        nearest = squares.argmin(axis=1).astype(np.int32)
        if np.array_equal(nearest, labels):
            break
        labels = nearest
        total = np.bincount(labels, heavy, minlength=units)
        used = np.bincount(labels, weight, minlength=units) > 0
        far = np.argsort(-squares.min(axis=1) * weight, kind="stable")
        empty = np.flatnonzero(~used)
        centres[empty] = places[far[: empty.size]]
        for axis in range(places.shape[1]):
            sums = np.bincount(labels, heavy * places[:, axis], minlength=units)
            centres[used, axis] = sums[used] / total[used]
    squares = _squares(places, centres)
    return labels, float(np.sqrt((squares.min(axis=1) * heavy).sum() / heavy.sum()))


def _squares(places: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = places[:, None, :] - centres[None, :, :]
    return np.asarray((steps**2).sum(axis=2), dtype=np.float64)


def _borders(shapes: NDArray[np.object_]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Pairs of faces that share a border, int[p, 2], and its length."""
    pairs = shapely.STRtree(shapes).query(shapes, predicate="intersects").T
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    first, second = shapes[pairs[:, 0]], shapes[pairs[:, 1]]
    length = shapely.length(shapely.intersection(first, second, grid_size=0.01))
    return pairs[length > 1.0], length[length > 1.0]


def _join_strays(
    shapes: NDArray[np.object_], labels: NDArray[np.int32], heavy: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Give every piece that hangs apart from its unit to the neighbour it borders most."""
    pairs, length = _borders(shapes)
    labels = labels.copy()
    n = len(shapes)
    for _ in range(6):
        same = labels[pairs[:, 0]] == labels[pairs[:, 1]]
        inner = pairs[same]
        graph = coo_array((np.ones(len(inner)), (inner[:, 0], inner[:, 1])), shape=(n, n))
        count, piece = connected_components(graph, directed=False)
        piece_weight = np.bincount(piece, heavy, minlength=count)
        moved = False
        for unit in range(int(labels.max()) + 1):
            own = np.unique(piece[labels == unit])
            if own.size < 2:
                continue
            keep = own[np.argmax(piece_weight[own])]
            for stray in own[own != keep]:
                moved |= _give_away(np.flatnonzero(piece == stray), pairs, length, labels)
        if not moved:
            break
    return labels


def _give_away(
    faces: NDArray[np.intp],
    pairs: NDArray[np.intp],
    length: NDArray[np.float64],
    labels: NDArray[np.int32],
) -> bool:
    """Relabel faces to the unit across their longest border; False where they have none."""
    mine = np.isin(pairs, faces)
    outward = mine.sum(axis=1) == 1
    if not outward.any():
        return False
    other = np.where(mine[outward, 0], pairs[outward, 1], pairs[outward, 0])
    shared = np.bincount(labels[other], length[outward])
    labels[faces] = int(np.argmax(shared))
    return True
