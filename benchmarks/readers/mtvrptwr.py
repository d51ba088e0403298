"""Multi-trip vehicle routing with windows and release dates (Yang 2023) in VRPLIB's manner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.readers.text import FormatError, read_sections

__all__ = ["MultiTrip", "read_multi_trip"]

_SECTIONS = {
    "NODE_COORD_SECTION": 3,
    "DEMAND_SECTION": 2,
    "TIME_WINDOW_SECTION": 3,
    "RELEASE_TIME_SECTION": 2,
    "VEHICLES_RELOAD_DEPOT_SECTION": 2,
}
"""Numbers in a row, its own number first."""


@dataclass(frozen=True, eq=False)
class MultiTrip:
    """Depot (row 0) and customers in whole tenths, everything cut off after one decimal.

    Attributes:
        vehicles: how many there are. capacity: load of each trip. service: ticks of every visit.
        ways: int64[N, N], distance and time. demand, opens, closes, release: int64[N].
    """

    vehicles: int
    capacity: int
    service: int
    ways: NDArray[np.int64]
    demand: NDArray[np.int64]
    opens: NDArray[np.int64]
    closes: NDArray[np.int64]
    release: NDArray[np.int64]


def read_multi_trip(path: Path) -> MultiTrip:
    """Read a file as PyVRP does with ``round_func="dimacs"``: times ten, then cut off.

    Raises:
        FormatError: a key or section is missing, rows are not numbered 1, 2, 3, .., the depot is
            not the only one and the first, a vehicle reloads elsewhere, or a window closes before
            it opens.
    """
    keys, sections = read_sections(path)
    if keys.get("TYPE") != "MTVRPTWR" or keys.get("EDGE_WEIGHT_TYPE") != "EUC_2D":
        raise FormatError(path, "TYPE MTVRPTWR and EDGE_WEIGHT_TYPE EUC_2D expected")
    size, vehicles = _whole(path, keys, "DIMENSION"), _whole(path, keys, "VEHICLES")
    sizes = dict.fromkeys(_SECTIONS, size) | {"VEHICLES_RELOAD_DEPOT_SECTION": vehicles}
    table = {name: _rows(path, sections, name, sizes[name]) for name in _SECTIONS}
    if sections.get("DEPOT_SECTION") != [[1.0]]:
        raise FormatError(path, "the depot must be node 1")
    if np.any(table["VEHICLES_RELOAD_DEPOT_SECTION"] != 1):
        raise FormatError(path, "every vehicle must reload at node 1")
    windows = _tenths(table["TIME_WINDOW_SECTION"])
    wrong = np.flatnonzero(windows[:, 0] > windows[:, 1])
    if wrong.size:
        raise FormatError(path, f"the window of node {int(wrong[0]) + 1} closes before it opens")
    at = table["NODE_COORD_SECTION"]
    apart = at[:, None, :] - at[None, :, :]
    return MultiTrip(
        vehicles=vehicles,
        capacity=10 * _whole(path, keys, "CAPACITY"),
        service=10 * _whole(path, keys, "SERVICE_TIME"),
        ways=_tenths(np.sqrt((apart**2).sum(axis=2))),
        demand=_tenths(table["DEMAND_SECTION"][:, 0]),
        opens=windows[:, 0],
        closes=windows[:, 1],
        release=_tenths(table["RELEASE_TIME_SECTION"][:, 0]),
    )


def _whole(path: Path, keys: Mapping[str, str], key: str) -> int:
    if not keys.get(key, "").isdigit():
        raise FormatError(path, f"{key} is no whole number")
    return int(keys[key])


def _rows(
    path: Path, sections: Mapping[str, list[list[float]]], name: str, count: int
) -> NDArray[np.float64]:
    """The rows of a section without their numbers."""
    rows = sections.get(name)
    if rows is None:
        raise FormatError(path, f"there is no {name}")
    if len(rows) != count or any(len(row) != _SECTIONS[name] for row in rows):
        raise FormatError(path, f"{name} does not hold {count} rows of {_SECTIONS[name]} numbers")
    table = np.array(rows)
    if np.any(table[:, 0] != np.arange(1, count + 1)):
        raise FormatError(path, f"the rows of {name} are not numbered from 1")
    return table[:, 1:]


def _tenths(values: NDArray[np.float64]) -> NDArray[np.int64]:
    return (10 * values).astype(np.int64)
