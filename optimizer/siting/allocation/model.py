"""Capacitated location on arrays: the problem, and what an answer is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from base.faults import Faults
from optimizer.arrays import csr_rows, read_only
from optimizer.codes import BAD_ARRAY, BAD_INDEX, BAD_LENGTH, BAD_VALUE
from optimizer.result import Status, StopReason

__all__ = ["Allocation", "AllocationModel", "AllocationProposal"]

_LARGEST_TOTAL = 2**56


@dataclass(frozen=True, eq=False, kw_only=True)
class AllocationModel:
    """Sites with room, rows with an amount to be served; m sites, n rows, z pairs.

    Every unit of every row must be served by an open site that its pairs list. The objective is
    the fixed cost of the open sites plus, over all flows, units times the pair's cost. Arrays are
    copied, checked once and read-only afterwards.

    Attributes:
        site_fixed: int64[m], cost of opening, >= 0 (0 for a site that stands open anyway).
        site_capacity: int64[m], units, >= 0; -1 for unlimited.
        site_state: int8[m], 1 must open, 0 free, -1 closed.
        row_amount: int64[n], units, >= 1.
        row_single: bool[n], True where one site must serve the row as a whole; False where it
            may be split by whole units.
        pair_indptr: int64[n + 1], CSR rows of the pairs.
        pair_site: int32[z], sites that may serve the row, ascending within a row.
        pair_cost: int64[z], cost per unit, >= 0.
        most_sites: largest number of open sites, those of state 1 included; None for no limit.

    Raises:
        FaultError: with every fault found (CC-O001 .. CC-O004). The fixed costs and the dearest
            way to serve everything must add up to at most 2 ** 56.
    """

    site_fixed: NDArray[np.int64]
    site_capacity: NDArray[np.int64]
    site_state: NDArray[np.int8]
    row_amount: NDArray[np.int64]
    row_single: NDArray[np.bool_]
    pair_indptr: NDArray[np.int64]
    pair_site: NDArray[np.int32]
    pair_cost: NDArray[np.int64]
    most_sites: int | None

    def __post_init__(self) -> None:
        faults = Faults()
        for name, dtype in _DTYPES.items():
            try:
                object.__setattr__(self, name, read_only(getattr(self, name), dtype))
            except (TypeError, ValueError) as error:
                faults.add(BAD_ARRAY(field=name, why=str(error)))
        faults.raise_if_any()
        self._check_lengths(faults)
        faults.raise_if_any()
        self._check_values(faults)
        faults.raise_if_any()
        self._check_total(faults)
        faults.raise_if_any()

    @property
    def n_sites(self) -> int:
        """Number of sites, m."""
        return int(self.site_fixed.size)

    @property
    def n_rows(self) -> int:
        """Number of rows, n."""
        return int(self.row_amount.size)

    def _check_lengths(self, faults: Faults) -> None:
        m, n, z = self.n_sites, self.n_rows, self.pair_site.size
        expected = {
            "site_capacity": m,
            "site_state": m,
            "row_single": n,
            "pair_indptr": n + 1,
            "pair_cost": z,
        }
        for name, length in expected.items():
            got = getattr(self, name).size
            if got != length:
                faults.add(BAD_LENGTH(field=name, got=got, expected=length))

    def _check_values(self, faults: Faults) -> None:
        indptr, site = self.pair_indptr, self.pair_site
        if indptr[0] != 0 or indptr[-1] != site.size or np.any(np.diff(indptr) < 0):
            faults.add(BAD_ARRAY(field="pair_indptr", why="it is no ascending CSR pointer"))
            return
        outside = (site < 0) | (site >= self.n_sites)
        if outside.any():
            value = int(site[outside][0])
            faults.add(BAD_INDEX(field="pair_site", value=value, last=self.n_sites - 1))
        same_row = np.diff(csr_rows(indptr)) == 0
        if np.any(np.diff(site)[same_row] <= 0):
            faults.add(BAD_ARRAY(field="pair_site", why="sites of a row do not ascend strictly"))
        least = {"site_fixed": 0, "site_capacity": -1, "row_amount": 1, "pair_cost": 0}
        for name, lowest in least.items():
            column = getattr(self, name)
            if column.size and column.min() < lowest:
                value = int(column.min())
                faults.add(BAD_VALUE(field=name, value=value, rule=f">= {lowest}"))
        unknown = np.abs(self.site_state) > 1
        if unknown.any():
            value = int(self.site_state[unknown][0])
            faults.add(BAD_VALUE(field="site_state", value=value, rule="1, 0 or -1"))
        if self.most_sites is not None and self.most_sites < 0:
            faults.add(BAD_VALUE(field="most_sites", value=self.most_sites, rule=">= 0"))

    def _check_total(self, faults: Faults) -> None:
        """Guard all later sums: nothing may leave 64 bits."""
        filled = np.diff(self.pair_indptr) > 0
        dearest = np.zeros(self.n_rows, dtype=np.int64)
        if filled.any():
            starts = self.pair_indptr[:-1][filled]
            dearest[filled] = np.maximum.reduceat(self.pair_cost, starts)
        # Doubles decide first, whether the exact sum itself stays within 64 bits.
        amount = self.row_amount.astype(np.float64)
        total = float(self.site_fixed.astype(np.float64).sum() + (amount * dearest).sum())
        if total > _LARGEST_TOTAL or amount.sum() > _LARGEST_TOTAL:
            rule = f"amounts times dearest costs plus fixed costs may reach {_LARGEST_TOTAL}"
            faults.add(BAD_VALUE(field="pair_cost", value=f"{total:.3g} in all", rule=rule))


_DTYPES: dict[str, str] = {
    "site_fixed": "int64",
    "site_capacity": "int64",
    "site_state": "int8",
    "row_amount": "int64",
    "row_single": "bool",
    "pair_indptr": "int64",
    "pair_site": "int32",
    "pair_cost": "int64",
}


@dataclass(frozen=True, eq=False)
class Allocation:
    """Open sites and who is served where; k open sites, f flows.

    Attributes:
        open_sites: int32[k], ascending, those that must open included.
        row: int32[f], rows, ascending; a split row has several flows.
        site: int32[f], the open site that serves it, ascending within a row.
        amount: int64[f], units, >= 1.
    """

    open_sites: NDArray[np.int32]
    row: NDArray[np.int32]
    site: NDArray[np.int32]
    amount: NDArray[np.int64]

    def __post_init__(self) -> None:
        for name, dtype in (
            ("open_sites", "int32"),
            ("row", "int32"),
            ("site", "int32"),
            ("amount", "int64"),
        ):
            object.__setattr__(self, name, read_only(getattr(self, name), dtype))


@dataclass(frozen=True)
class AllocationProposal:
    """What the engine hands back.

    Attributes:
        allocation: the best answer, None without one.
        objective: its value, recomputed from the model in integers; None without an answer.
        bound: proved lower bound; 0 where nothing better is known.
        stop_reason: why the engine stopped.
        status: OPTIMAL only where bound and objective are equal integers.
    """

    allocation: Allocation | None
    objective: int | None
    bound: int
    stop_reason: StopReason
    status: Status
