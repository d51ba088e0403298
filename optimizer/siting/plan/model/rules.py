"""Counting rules: low <= sum of coefficient * z[o, t] <= high in every year of a rule's span."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.plan.model.program import Linear, Program
from optimizer.siting.plan.problem import PlanProblem

__all__ = ["add_rules"]


def add_rules(program: Program, problem: PlanProblem, stands: NDArray[np.int64]) -> None:
    """Add the rules over the options' columns ``stands``, int64[o, T]."""
    rules = problem.rules
    for rule in range(len(rules)):
        entries = slice(rules.indptr[rule], rules.indptr[rule + 1])
        option, coefficient = rules.option[entries], rules.coefficient[entries]
        for year in range(rules.first_year[rule], rules.last_year[rule] + 1):
            line = Linear.of(stands[option, year], coefficient)
            program.require(line, int(rules.low[rule]), int(rules.high[rule]))
