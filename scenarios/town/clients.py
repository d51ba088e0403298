"""Clients of home care and of the meal service: invented people in the town's buildings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenarios.records import Ability, Place, Tier
from scenarios.town.cells import CELLS, Cell
from scenarios.town.homes import Homes, Settled
from scenarios.town.names import invented_phone, person_name
from scenarios.town.plane import Plane, stream

__all__ = ["Client", "ability_of", "draw_clients"]

_NEED = {"intact": 1.0, "mild_moderate": 9.0, "severe": 26.0}
_AGE_NEED = {"60-69": 0.3, "70-79": 1.0, "80+": 2.4}
_TIERS = {
    "intact": (0.10, 0.22, 0.68),
    "mild_moderate": (0.20, 0.36, 0.44),
    "severe": (0.38, 0.36, 0.26),
}
"""Shares of 托底, 扶助 and 普惠 by ability."""


@dataclass(frozen=True)
class Client:
    """An invented elder.

    Attributes:
        id: pseudonymous. building: row of the town's buildings. place: the building's centre.
        cell: age band, ability, living arrangement. age: years. sex: 男 or 女.
        tier: priority. floor, door: of the flat. stairs: floors climbed without a lift.
        name, phone: invented; they go to ledgers and contact tables only.
        care: asks for home care, not for meals alone.
    """

    id: str
    building: int
    place: Place
    community: str
    cell: Cell
    age: int
    sex: str
    tier: Tier
    floor: int
    door: int
    stairs: int
    name: str
    phone: str
    care: bool


_GRADES = {
    "intact": (Ability.INTACT,),
    "mild_moderate": (Ability.MILD, Ability.MODERATE),
    "severe": (Ability.SEVERE, Ability.TOTAL),
}


def ability_of(client: Client) -> Ability:
    """The client's grade: the cell's, by chance where the cell spans two."""
    grades = _GRADES[client.cell.ability]
    return grades[client.door % len(grades)]


def draw_clients(town: Settled, plane: Plane, n: int, neighbours: int) -> tuple[Client, ...]:
    """``n`` clients where old and frail people live, and as many ``neighbours`` house by house."""
    rng = stream(town.seed, 12)
    homes = town.homes
    spots = np.concatenate([_frail(homes, n, rng), _together(homes, neighbours, rng)])
    cared_for = np.arange(spots.size) < n
    lonlat = plane.to_wgs84(homes.xy)
    communities = town.units.community_name
    clients = []
    order = rng.permutation(spots.size)
    for number, spot, care in zip(order, spots, cared_for, strict=True):
        building, kind = divmod(int(spot), len(CELLS))
        cell = CELLS[kind]
        floor = int(rng.integers(1, int(homes.floors[building]) + 1))
        oldest = {"60-69": 70, "70-79": 80, "80+": 97}[cell.age]
        clients.append(
            Client(
                id=f"E{int(number) + 1:05d}",
                building=building,
                place=Place(float(lonlat[building, 0]), float(lonlat[building, 1])),
                community=communities[homes.community[building]].zh,
                cell=cell,
                age=int(rng.integers(int(cell.age[:2]), oldest)),
                sex="女" if rng.random() < 0.58 else "男",
                tier=Tier(int(rng.choice(3, p=_TIERS[cell.ability]))),
                floor=floor,
                door=int(rng.integers(1, 5)),
                stairs=0 if homes.lift[building] else floor - 1,
                name=person_name(rng),
                phone=invented_phone(int(number) + 1),
                care=bool(care),
            )
        )
    return tuple(sorted(clients, key=lambda client: client.id))


def _frail(homes: Homes, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Building and cell (building x 18 + cell) of people drawn by need."""
    need = np.array([_NEED[cell.ability] * _AGE_NEED[cell.age] for cell in CELLS])
    alone = np.array([1.6 if cell.living == "alone" else 1.0 for cell in CELLS])
    weight = homes.people.elders * (need * alone)[None, :]
    flat = weight.ravel() / weight.sum()
    return np.asarray(rng.choice(flat.size, n, p=flat), dtype=np.int64)


def _together(homes: Homes, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """The same for people who joined the meal service with neighbours, two to five a house."""
    alone = np.array([4.0 if cell.living == "alone" else 1.0 for cell in CELLS])
    weight = homes.people.elders * alone[None, :]
    by_house = weight.sum(axis=1)
    houses = rng.choice(len(by_house), n, p=by_house / by_house.sum())
    spots: list[int] = []
    for house in houses:
        odds = weight[house] / by_house[house]
        cells = rng.choice(len(CELLS), int(rng.integers(2, 6)), p=odds)
        spots.extend((int(house) * len(CELLS) + cells).tolist())
    return np.array(spots[:n], dtype=np.int64)
