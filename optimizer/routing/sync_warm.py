"""Compiling the kernels of linked visits before a clock starts; see ``warm``."""

from __future__ import annotations

from functools import cache

import numpy as np

from optimizer.routing.anneal import Annealing
from optimizer.routing.problem import NONE
from optimizer.routing.sync_model import SyncModel
from optimizer.routing.warm import compile_rounds, tiny_problem
from optimizer.stop import Stop

__all__ = ["compile_sync"]


@cache
def compile_sync() -> None:
    """Compile or load the kernels of annealing, timing and reasons, once per process."""
    compile_rounds()
    tiny = tiny_problem()
    visits = tiny.replace(
        vehicle_max_trips=np.zeros(1, dtype=np.int64),
        task_freshness=np.full(2, NONE),
        vehicle_capacity=np.full((1, 1), 2),
    )
    search = Annealing(SyncModel(visits), 0)
    search.run(Stop(iterations=1).start())
    search.plan()
