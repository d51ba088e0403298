"""A first plan from the linear relaxation.

Relaxation enforced neighbourhood search (Berthold 2014): options that the relaxation decides stay
as it decides them, a small integer program decides the others. Where that is impossible, only the
sites that the relaxation leaves alone stay closed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.plan.model.program import Program
from optimizer.siting.plan.model.whole import PlanModel

__all__ = ["narrowed"]

_DECIDED = 1e-6


def narrowed(model: PlanModel, point: NDArray[np.float64], width: int) -> Program:
    """The model's program near a relaxed point.

    Args:
        model: the model.
        point: float64[c], a point of its relaxation.
        width: 0 leaves open what the point leaves open, 1 everything at sites that it uses.
    """
    program = model.program.copy()
    there = model.stands >= 0
    shown = np.where(there, point[np.maximum(model.stands, 0)], 0.0)
    if width == 0:
        decided = there & ((shown < _DECIDED) | (shown > 1.0 - _DECIDED))
    else:
        of_site = np.zeros(model.problem.n_sites)
        np.add.at(of_site, model.problem.options.site, shown.sum(axis=1))
        decided = there & (of_site[model.problem.options.site] < _DECIDED)[:, None]
    program.fix(model.stands[decided], np.rint(shown[decided]).astype(np.int64))
    return program
