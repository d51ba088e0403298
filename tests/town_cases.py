"""Generated towns that several tests look at, made once each."""

from __future__ import annotations

from functools import lru_cache

from scenarios.demo import DemoTown, generate
from scenarios.town.cells import CELLS
from scenarios.town.sizes import SizeName

CELL_COLUMNS = [cell.column for cell in CELLS]


def town(size: SizeName = "S", seed: int = 0) -> DemoTown:
    return _made(size, seed)


@lru_cache(maxsize=4)
def _made(size: SizeName, seed: int) -> DemoTown:
    return generate(size, seed)
