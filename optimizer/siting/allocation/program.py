"""A core of capacitated location as a mixed-integer program.

The strong formulation (Cornuejols, Sridharan, Thizy 1991): minimise fixed and serving cost
subject to
    sum_j x_kj = 1, sum_k a_k x_kj <= C_j y_j, x_kj <= y_j,
    least <= sum_j y_j <= most, sum_j C_j y_j >= sum_k a_k,
with y binary and x binary for rows served as a whole. Split rows take fractions here; their
flows become whole units by a minimum-cost flow afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.allocation.core import Core
from optimizer.siting.highs import Model

__all__ = ["Program", "core_program"]

# Objectives up to this many units are resolved to the unit by doubles; others are scaled.
_RESOLVED_BITS = 28
_SCALED_BITS = 20
# What double arithmetic may cost a bound, in the program's own units.
_ABSOLUTE_ERROR = 1e-4
_RELATIVE_ERROR = 1e-9


@dataclass(frozen=True)
class Program:
    """The program, and how its columns and its objective are to be read.

    Attributes:
        model: columns are the open or free sites, then the core's pairs.
        sites: int64[s], sites of the first columns.
        unit: the program's objective times this is the model's own.
    """

    model: Model
    sites: NDArray[np.int64]
    unit: int

    def lower(self, bound: float) -> int:
        """A safe lower bound in the model's units from HiGHS' own."""
        slack = _ABSOLUTE_ERROR + _RELATIVE_ERROR * abs(bound)
        return int(np.ceil((bound - slack) * self.unit))

    def start(
        self, core: Core, is_open: NDArray[np.bool_], units: NDArray[np.int64]
    ) -> NDArray[np.float64] | None:
        """The columns of an answer, None where the core does not hold it."""
        carried = units[core.pair]
        if int(carried.sum()) != int(core.amount.sum()) or is_open[core.state < 0].any():
            return None
        return np.concatenate([is_open[self.sites], carried / core.amount[core.row]])


def core_program(core: Core, value: int) -> Program:
    """The program of a core; ``value`` is about the size of its objective (model's units)."""
    bits = max(1, value).bit_length()
    unit = 1 if bits <= _RESOLVED_BITS else 2 ** (bits - _SCALED_BITS)
    sites = np.flatnonzero(core.state >= 0)
    s, z, n = sites.size, core.size, core.amount.size
    column = np.full(core.state.size, -1, dtype=np.int64)
    column[sites] = np.arange(s)
    site, row = core.site, core.row.astype(np.int64)
    pair = s + np.arange(z)
    by_row = np.argsort(row, kind="stable")
    amount = core.amount[row].astype(np.float64)
    # In blocks: rows served, rooms kept, links, counts and total room.
    room_columns = np.insert(pair, core.indptr[1:][sites], np.arange(s))
    room_values = np.insert(amount, core.indptr[1:][sites], -core.capacity[sites].astype(float))
    links = np.column_stack([pair, column[site]]).ravel()
    every = np.arange(s)
    index = np.concatenate([pair[by_row], room_columns, links, every, every])
    data = np.concatenate(
        [np.ones(z), room_values, np.tile([1.0, -1.0], z), np.ones(s), core.capacity[sites]]
    )
    sizes = np.concatenate(
        [
            np.bincount(row, minlength=n),
            np.diff(core.indptr)[sites] + 1,
            np.full(z, 2),
            [s, s],
        ]
    )
    indptr = np.zeros(sizes.size + 1, dtype=np.int32)
    np.cumsum(sizes, out=indptr[1:])
    scale = float(unit) * 2.0**core.shift
    cost = np.concatenate([core.fixed[sites], core.cost * core.amount[row]]) / scale
    lower = np.concatenate([core.state[sites] == 1, np.zeros(z)]).astype(np.float64)
    low = np.concatenate([np.ones(n), np.full(s + z, -np.inf), [core.least, core.amount.sum()]])
    high = np.concatenate([np.ones(n), np.zeros(s + z), [core.most, np.inf]])
    model = Model(
        cost=cost,
        lower=lower,
        upper=np.ones(s + z),
        integer=np.concatenate([np.ones(s, dtype=bool), core.single[row]]),
        row_lower=low,
        row_upper=high,
        indptr=indptr,
        index=index.astype(np.int32),
        value=data.astype(np.float64),
        integral=unit == 1,
    )
    return Program(model, sites, unit)
