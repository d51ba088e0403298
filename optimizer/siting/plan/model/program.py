"""A mixed-integer program in whole numbers, built part by part.

Every coefficient and limit is an integer, so that a solver's answer can be proved right without
floating point: :meth:`Program.holds` recomputes all rows in integers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from optimizer.siting.highs import Model

__all__ = ["INFINITE", "NOTHING", "Linear", "Program"]

INFINITE = 2**62
"""Limits at or beyond this are none."""

# Rows are scaled by powers of two (exact in floats) until their largest coefficient is below this,
# so that the solver's absolute tolerance means about the same for money as for counts.
_LARGEST = 1024.0


@dataclass(frozen=True)
class Linear:
    """A linear expression: ``constant + sum(coefficient * column)``.

    Attributes:
        column: int64[k]. coefficient: int64[k].
        constant: the fixed part.
    """

    column: NDArray[np.int64]
    coefficient: NDArray[np.int64]
    constant: int = 0

    @classmethod
    def of(cls, column: ArrayLike, coefficient: ArrayLike, constant: int = 0) -> Linear:
        """Columns times coefficients (broadcast); columns -1 and coefficients 0 fall out."""
        columns, coefficients = np.broadcast_arrays(
            np.asarray(column, dtype=np.int64), np.asarray(coefficient, dtype=np.int64)
        )
        keep = (columns >= 0) & (coefficients != 0)
        return cls(columns[keep], coefficients[keep], constant)

    def __add__(self, other: Linear) -> Linear:
        return Linear(
            np.concatenate([self.column, other.column]),
            np.concatenate([self.coefficient, other.coefficient]),
            self.constant + other.constant,
        )

    def __mul__(self, factor: int) -> Linear:
        return Linear.of(self.column, self.coefficient * factor, self.constant * factor)

    def at(self, values: NDArray[np.int64]) -> int:
        """The expression's value at a point."""
        return self.constant + int(np.dot(values[self.column], self.coefficient))

    def unit(self) -> int:
        """The greatest common divisor of the coefficients, 1 where there is none."""
        return max(1, int(np.gcd.reduce(self.coefficient))) if self.coefficient.size else 1


NOTHING = Linear(np.zeros(0, np.int64), np.zeros(0, np.int64))


class Program:
    """Columns and rows as they come; ``impossible`` once a row without columns cannot hold."""

    def __init__(self) -> None:
        self.n_columns = 0
        self.impossible = False
        self._lower: list[NDArray[np.int64]] = []
        self._upper: list[NDArray[np.int64]] = []
        self._integer: list[NDArray[np.bool_]] = []
        self._row: list[NDArray[np.int64]] = []
        self._column: list[NDArray[np.int64]] = []
        self._coefficient: list[NDArray[np.int64]] = []
        self._row_lower: list[NDArray[np.int64]] = []
        self._row_upper: list[NDArray[np.int64]] = []
        self.n_rows = 0

    def copy(self) -> Program:
        """A program that grows on its own from here."""
        other = Program()
        for name, value in vars(self).items():
            setattr(other, name, list(value) if isinstance(value, list) else value)
        return other

    def add_columns(
        self, there: NDArray[np.bool_], *, upper: ArrayLike = 1, integer: ArrayLike = False
    ) -> NDArray[np.int64]:
        """Columns in 0..upper where ``there`` says so; their numbers in its shape, -1 elsewhere."""
        numbers = np.full(there.shape, -1, dtype=np.int64)
        count = int(there.sum())
        numbers[there] = np.arange(self.n_columns, self.n_columns + count)
        self._lower.append(np.zeros(count, dtype=np.int64))
        most = np.broadcast_to(np.asarray(upper, dtype=np.int64), there.shape)
        self._upper.append(most[there])
        whole = np.broadcast_to(np.asarray(integer, dtype=bool), there.shape)
        self._integer.append(whole[there])
        self.n_columns += count
        return numbers

    def add_rows(
        self,
        row: ArrayLike,
        column: ArrayLike,
        coefficient: ArrayLike,
        lower: ArrayLike,
        upper: ArrayLike,
    ) -> None:
        """Rows ``lower <= sum of coefficient * column <= upper``.

        Args:
            row: rows of the entries, counted from 0 within this call.
            column: columns of the entries, -1 for those that are fixed at 0.
            coefficient: int64 of the entries.
            lower: int64[rows], limits from below.
            upper: int64[rows], limits from above.
        """
        rows, columns, coefficients = (
            np.ravel(part)
            for part in np.broadcast_arrays(
                np.asarray(row, dtype=np.int64),
                np.asarray(column, dtype=np.int64),
                np.asarray(coefficient, dtype=np.int64),
            )
        )
        low, high = np.broadcast_arrays(
            np.atleast_1d(np.asarray(lower, dtype=np.int64)),
            np.atleast_1d(np.asarray(upper, dtype=np.int64)),
        )
        keep = (columns >= 0) & (coefficients != 0)
        used = np.zeros(low.size, dtype=bool)
        used[rows[keep]] = True
        if np.any(~used & ((low > 0) | (high < 0))):
            self.impossible = True
        number = np.cumsum(used) - 1 + self.n_rows
        self._row.append(number[rows[keep]])
        self._column.append(columns[keep])
        self._coefficient.append(coefficients[keep])
        self._row_lower.append(low[used])
        self._row_upper.append(high[used])
        self.n_rows += int(used.sum())

    def require(self, line: Linear, lower: int, upper: int) -> None:
        """One row: ``lower <= line <= upper``."""
        low = lower if lower <= -INFINITE else lower - line.constant
        high = upper if upper >= INFINITE else upper - line.constant
        self.add_rows(np.zeros(line.column.size), line.column, line.coefficient, low, high)

    def fix(self, columns: NDArray[np.int64], values: ArrayLike) -> None:
        """Columns keep these values; a column -1 that should be above 0 makes it impossible."""
        flat = np.ravel(columns)
        wanted = np.ravel(np.broadcast_to(np.asarray(values, dtype=np.int64), columns.shape))
        if np.any((flat < 0) & (wanted != 0)):
            self.impossible = True
        lower, upper = self.bounds()
        lower[flat[flat >= 0]] = wanted[flat >= 0]
        upper[flat[flat >= 0]] = wanted[flat >= 0]
        self._lower, self._upper = [lower], [upper]

    def bounds(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """int64[c] lower and upper bounds of the columns, as copies."""
        return _joined(self._lower), _joined(self._upper)

    def make_integer(self, columns: NDArray[np.int64]) -> None:
        """Let these columns take whole numbers only."""
        whole = self.integer()
        whole[columns[columns >= 0]] = True
        self._integer = [whole]

    def integer(self) -> NDArray[np.bool_]:
        """bool[c], the integer columns."""
        return np.concatenate([np.zeros(0, dtype=bool), *self._integer])

    def matrix(self) -> csr_array:
        """The rows' coefficients; entries of one column in one row are summed."""
        shape = (self.n_rows, self.n_columns)
        entries = (_joined(self._row), _joined(self._column))
        return csr_array((_joined(self._coefficient), entries), shape=shape)

    def limits(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """int64[r] lower and upper limits of the rows."""
        return _joined(self._row_lower), _joined(self._row_upper)

    def holds(self, values: NDArray[np.int64]) -> bool:
        """Whether a point keeps all bounds and rows, recomputed in integers."""
        lower, upper = self.bounds()
        if self.impossible or np.any(values < lower) or np.any(values > upper):
            return False
        low, high = self.limits()
        activity = self.matrix() @ values
        return bool(np.all((activity >= low) & (activity <= high)))

    def model(self, objective: Linear, *, maximise: bool, relaxed: bool = False) -> Model:
        """The program for HiGHS, which minimises ``objective`` in steps of its unit."""
        cost = np.zeros(self.n_columns)
        sign = -1.0 if maximise else 1.0
        np.add.at(cost, objective.column, sign * (objective.coefficient // objective.unit()))
        matrix = self.matrix()
        low, high = self.limits()
        largest = np.ones(self.n_rows)
        size = np.diff(matrix.indptr)
        entry_row = np.repeat(np.arange(self.n_rows), size)
        np.maximum.at(largest, entry_row, np.abs(matrix.data).astype(np.float64))
        scale = np.exp2(np.minimum(0.0, np.floor(np.log2(_LARGEST / largest))))
        lower, upper = self.bounds()
        return Model(
            cost=cost,
            lower=lower.astype(np.float64),
            upper=upper.astype(np.float64),
            integer=None if relaxed else self.integer(),
            row_lower=np.where(low <= -INFINITE, -np.inf, low * scale),
            row_upper=np.where(high >= INFINITE, np.inf, high * scale),
            indptr=matrix.indptr.astype(np.int32),
            index=matrix.indices.astype(np.int32),
            value=matrix.data * scale[entry_row],
        )


def _joined(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])
