"""Compiling the kernels that plan trips, before a clock starts."""

from __future__ import annotations

from functools import cache

import numpy as np

from optimizer.routing.trip_anneal import anneal
from optimizer.routing.trip_model import TripModel
from optimizer.routing.trip_search_kernels import complete
from optimizer.routing.warm import compile_rounds, tiny_problem
from optimizer.stop import Stop

__all__ = ["compile_trips"]


@cache
def compile_trips() -> None:
    """Compile or load every kernel that planning trips uses, once per process."""
    compile_rounds()
    problem = tiny_problem()
    model = TripModel(problem)
    state = model.empty()
    complete(model.data, state, np.arange(problem.n_tasks))
    anneal(model, state, Stop(iterations=2).start())
