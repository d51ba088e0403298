"""People as demand: places, disjoint cells, and one row per place and cell that holds anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scenarios.codes import ID_TWICE, NO_DEMAND
from scenarios.district import District
from scenarios.model_parts import CellInput, DemandInput, Text

__all__ = ["TICKS_PER_SECOND", "DemandRows", "WantsDemand", "read_demand"]

TICKS_PER_SECOND = 1000
"""Travel costs are milliseconds."""

_WGS84 = "EPSG:4326"


class WantsDemand(Protocol):
    """A part of a scenario with demand layers and a walk for cells that name none."""

    @property
    def demand(self) -> list[DemandInput]:
        """The layers."""

    @property
    def minutes(self) -> float:
        """The walk."""


@dataclass(frozen=True, eq=False)
class DemandRows:
    """People as the solver sees them: one row per place and cell that holds anybody.

    Attributes:
        places: the k demand places (WGS 84) with ``place_id``, ``name`` and ``subdistrict``
            (number).
        cells: the scenario's cells; a group is a cell id.
        groups: distinct cell ids, in the scenario's order.
        estimated: by group, whether its size is an assumption.
        place: int32[n], place of a row. group: int32[n]. cell: int32[n], index into ``cells``.
        persons: float64[n], count times share, not weighted.
        speed: float64[n], m/s. radius: int64[n], milliseconds.
    """

    places: gpd.GeoDataFrame
    cells: tuple[CellInput, ...]
    groups: tuple[str, ...]
    estimated: tuple[bool, ...]
    place: NDArray[np.int32]
    cell: NDArray[np.int32]
    group: NDArray[np.int32]
    persons: NDArray[np.float64]
    speed: NDArray[np.float64]
    radius: NDArray[np.int64]

    @property
    def labels(self) -> tuple[Text, ...]:
        """What reports call the groups."""
        names = {cell.id: cell.label or Text(zh=cell.id, en=cell.id) for cell in self.cells}
        return tuple(names[group] for group in self.groups)

    @property
    def district(self) -> NDArray[np.int32]:
        """Sub-district of every row, -1 for none."""
        numbers: NDArray[np.int32] = self.places["subdistrict"].to_numpy(dtype=np.int32)
        return numbers[self.place]


def read_demand(wanted: WantsDemand, district: District, part: str = "siting") -> DemandRows | None:
    """The demand rows of a siting or plan, None where a layer has faults (the reader keeps them).

    ``part`` is what faults call the part of the scenario.
    """
    frames: list[gpd.GeoDataFrame] = []
    counts: list[NDArray[np.float64]] = []  # [places of the layer, cells of the layer]
    cells: list[CellInput] = []
    for at, layer in enumerate(wanted.demand):
        frame = _demand_layer(layer, district)
        if frame is None:
            continue
        given = [frame[cell.count].to_numpy(dtype=np.float64) * cell.share for cell in layer.cells]
        counts.append(np.nan_to_num(np.column_stack(given)))
        cells.extend(layer.cells)
        prefix = f"{at + 1}-" if len(wanted.demand) > 1 else ""
        rows = frame.index if layer.id is None else frame[layer.id]
        ids = [f"{prefix if layer.id is None else ''}{row}" for row in rows]
        names = ids if layer.name is None else [str(name) for name in frame[layer.name]]
        frames.append(
            gpd.GeoDataFrame(
                {"place_id": ids, "name": names},
                geometry=frame.geometry.representative_point().to_numpy(),
                crs=_WGS84,
            )
        )
    if len(frames) < len(wanted.demand):
        return None
    places = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=_WGS84)
    for value in places["place_id"][places["place_id"].duplicated()].unique():
        district.reader.faults.add(ID_TWICE(f"{part}.demand", what=f"{part}.demand", value=value))
    places["subdistrict"] = district.number_of(places.geometry)
    return _demand_rows(wanted, district, places, counts, cells, part)


def _demand_layer(layer: DemandInput, district: District) -> gpd.GeoDataFrame | None:
    columns = sorted({cell.count for cell in layer.cells})
    return district.reader.read(layer.source, counts=columns, required=[layer.id, layer.name])


def _demand_rows(
    wanted: WantsDemand,
    district: District,
    places: gpd.GeoDataFrame,
    counts: Sequence[NDArray[np.float64]],
    cells: Sequence[CellInput],
    part: str,
) -> DemandRows | None:
    groups = tuple(dict.fromkeys(cell.id for cell in cells))
    estimated = tuple(any(cell.estimated for cell in cells if cell.id == group) for group in groups)
    place_at, cell_at, persons = [], [], []
    first_place = first_cell = 0
    for table in counts:
        weights = np.array(
            [cell.weight for cell in cells[first_cell : first_cell + table.shape[1]]]
        )
        # Place by place, so that rows ascend with places and reach lists stay sorted.
        rows, columns = np.nonzero(table * weights > 0)
        place_at.append(rows + first_place)
        cell_at.append(columns + first_cell)
        persons.append(table[rows, columns])
        first_place += table.shape[0]
        first_cell += table.shape[1]
    cell = np.concatenate(cell_at).astype(np.int32)
    if not cell.size:
        district.reader.faults.add(NO_DEMAND(f"{part}.demand"))
        return None
    speed = np.array([each.speed for each in cells])
    minutes = np.array([each.minutes or wanted.minutes for each in cells])
    group = np.array([groups.index(each.id) for each in cells], dtype=np.int32)
    return DemandRows(
        places=places,
        cells=tuple(cells),
        groups=groups,
        estimated=estimated,
        place=np.concatenate(place_at).astype(np.int32),
        cell=cell,
        group=group[cell],
        persons=np.concatenate(persons),
        speed=speed[cell],
        radius=np.rint(minutes * 60 * TICKS_PER_SECOND).astype(np.int64)[cell],
    )
