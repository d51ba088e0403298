"""Compiling the kernels of a question before its clock starts.

The first time on a machine this takes some ten seconds, later below one: too long to be taken
from a short limit.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.cover.solve import cover_most
from optimizer.siting.median.solve import least_cost
from optimizer.siting.problem import Question, SiteStatus, SitingProblem
from optimizer.stop import Stop

__all__ = ["compile_question"]

_SIDE, _REACH, _NEW_SITES = 80, 10, 8


@cache
def compile_question(question: Question) -> None:
    """Compile or load what answers a question, once per process."""
    engines = {Question.MCLP: cover_most, Question.P_MEDIAN: least_cost}
    if question in engines:
        engines[question](_small_problem(), _NEW_SITES, Stop().start(), 0, None)


def _small_problem() -> SitingProblem:
    """Sites and people at random, too entangled for the greedy answer to be proved at once."""
    random = np.random.RandomState(0)
    reached = np.sort(random.rand(_SIDE, _SIDE).argsort(axis=1)[:, :_REACH], axis=1)
    nothing: NDArray[Any] = np.zeros(_SIDE, dtype=np.int64)
    return SitingProblem(
        site_status=np.full(_SIDE, SiteStatus.CANDIDATE),
        site_cost=nothing,
        site_bonus=nothing,
        demand_weight=random.randint(1, 100, _SIDE),
        demand_group=nothing,
        demand_district=nothing,
        demand_radius=nothing + 100,
        reach_indptr=np.arange(_SIDE + 1) * _REACH,
        reach_demand=reached.reshape(-1).astype(np.int32),
        reach_cost=random.randint(1, 100, _SIDE * _REACH),
        unreached_cost=1000,
    )
