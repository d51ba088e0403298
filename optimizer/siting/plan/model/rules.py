"""Counting rules: low <= sum of coefficient * z[o, t] <= high in every year of a rule's span.

Entries that count once together have a column w[k, t], 1 where one of their options stands:
w[k, t] <= sum of z[o, t] and w[k, t] >= z[o, t]. A rule on growth limits the difference of two
years; that of year 0, the difference to what stands today.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.plan.model.program import INFINITE, Linear, Program
from optimizer.siting.plan.model.standing import current_options
from optimizer.siting.plan.problem import PlanProblem

__all__ = ["Kinds", "add_rules"]


@dataclass(frozen=True)
class Kinds:
    """K sets of options that count once.

    Attributes:
        columns: int64[K, T], columns w, -1 where none of the set may stand.
        kind: int64[e], ascending. option: int64[e], the sets' entries.
        rule: int64[K]. coefficient: int64[K].
    """

    columns: NDArray[np.int64]
    kind: NDArray[np.int64]
    option: NDArray[np.int64]
    rule: NDArray[np.int64]
    coefficient: NDArray[np.int64]

    def shown(self, stands: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64[K, T] of 0 and 1 for standing options int64[o, T]."""
        content = np.zeros(self.columns.shape, dtype=np.int64)
        np.maximum.at(content, self.kind, stands[self.option])
        return content


def add_rules(program: Program, problem: PlanProblem, stands: NDArray[np.int64]) -> Kinds:
    """Add the rules over the options' columns ``stands``, int64[o, T]."""
    kinds = _add_kinds(program, problem, stands)
    rules, current = problem.rules, current_options(problem).astype(np.int64)[:, None]
    today = kinds.shown(np.broadcast_to(current, stands.shape))
    for rule in range(len(rules)):
        entries = slice(rules.indptr[rule], rules.indptr[rule + 1])
        alone = rules.kind[entries] < 0
        option = rules.option[entries][alone]
        coefficient = rules.coefficient[entries][alone]
        sets = np.flatnonzero(kinds.rule == rule)
        at_first = int(np.dot(current[option, 0], coefficient))
        at_first += int(np.dot(today[sets, 0], kinds.coefficient[sets]))

        def line(
            year: int,
            sign: int,
            own: tuple[NDArray[np.int32], NDArray[np.int64]] = (option, coefficient),
            sets: NDArray[np.int64] = sets,
        ) -> Linear:
            found = Linear.of(stands[own[0], year], sign * own[1])
            return found + Linear.of(kinds.columns[sets, year], sign * kinds.coefficient[sets])

        for year in range(rules.first_year[rule], rules.last_year[rule] + 1):
            total = line(year, 1)
            if rules.growth[rule]:
                total += line(year - 1, -1) if year else Linear.of([], [], -at_first)
            program.require(total, int(rules.low[rule]), int(rules.high[rule]))
    return kinds


def _add_kinds(program: Program, problem: PlanProblem, stands: NDArray[np.int64]) -> Kinds:
    rules, years = problem.rules, problem.n_years
    entry = np.flatnonzero(rules.kind >= 0)
    owner = csr_rows(rules.indptr)[entry].astype(np.int64)
    key = owner * (int(rules.kind.max(initial=0)) + 1) + rules.kind[entry]
    _, first, kind = np.unique(key, return_index=True, return_inverse=True)
    order = np.argsort(kind.ravel(), kind="stable")
    kind, option = kind.ravel()[order], rules.option[entry][order].astype(np.int64)
    there = np.zeros((first.size, years), dtype=bool)
    np.logical_or.at(there, kind, stands[option] >= 0)
    columns = program.add_columns(there)
    row = np.arange(columns.size).reshape(columns.shape)
    program.add_rows(
        np.concatenate([row.ravel(), row[kind].ravel()]),
        np.concatenate([columns.ravel(), stands[option].ravel()]),
        np.repeat([-1, 1], [row.size, kind.size * years]),
        np.zeros(row.size, dtype=np.int64),
        np.full(row.size, INFINITE),
    )
    each = np.arange(kind.size * years)
    program.add_rows(
        np.concatenate([each, each]),
        np.concatenate([columns[kind].ravel(), stands[option].ravel()]),
        np.repeat([1, -1], [each.size, each.size]),
        np.zeros(each.size, dtype=np.int64),
        np.full(each.size, INFINITE),
    )
    return Kinds(columns, kind, option, owner[first], rules.coefficient[entry[first]])
