"""The best answer known so far, and the search that betters it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.allocation.core import Core
from optimizer.siting.allocation.flow import best_flows
from optimizer.siting.allocation.model import Allocation, AllocationModel
from optimizer.siting.allocation.search_kernels import improve, place, relocate
from optimizer.siting.engine import Reporter

__all__ = ["Best"]

_ROUNDS = 20
_RELOCATIONS = 10
_OPENED_PART = 4
# Minimum-cost flows over so many pairs are quick enough for every candidate answer.
_QUICK_FLOW_PAIRS = 30_000


class Best:
    """Best answer and proved bound, in the model's own units.

    Attributes:
        model: the problem.
        core: its first core: capacities, states, counts.
        is_open: bool[m], the best answer's sites. units: int64[z], its flows.
        value: its objective, None without an answer.
        bound: the proved bound; it only rises.
    """

    def __init__(self, model: AllocationModel, core: Core, reporter: Reporter) -> None:
        self.model, self.core, self._reporter = model, core, reporter
        self._row = csr_rows(model.pair_indptr)
        self._site = model.pair_site.astype(np.int64)
        order = np.lexsort((model.pair_cost, self._row))
        self._lists = (model.pair_indptr, model.pair_site, model.pair_cost, order)
        self.is_open = np.zeros(model.n_sites, dtype=np.bool_)
        self.units = np.zeros(model.pair_site.size, dtype=np.int64)
        self.value: int | None = None
        self.bound = 0
        self._usable = np.zeros(model.pair_site.size, dtype=np.bool_)
        self._usable[core.pair] = True
        self._has_split = not bool(model.row_single.all())

    @property
    def is_proved(self) -> bool:
        """Whether the best answer is optimal."""
        return self.value is not None and self.bound >= self.value

    def lift(self, bound: int) -> None:
        """Take note of a bound."""
        self.bound = max(self.bound, bound if self.value is None else min(bound, self.value))
        self._reporter.tell(self.value, self.bound)

    def try_sites(self, chosen: NDArray[np.bool_]) -> None:
        """Serve all rows from these sites (and more, where they lack room), improve, keep."""
        is_open = (chosen & (self.core.state >= 0)) | (self.core.state > 0)
        state = self._assign(is_open)
        if state is None:
            return
        room, units = state
        self._polish(is_open, room, units)

    def shake(self, rng: np.random.Generator) -> None:
        """Close one site of the best answer, open one nearby, or both; improve, keep."""
        free = np.flatnonzero(self.is_open & (self.core.state == 0))
        if free.size == 0:
            return
        leaving = rng.choice(free)
        rows = self._row[(self._site == leaving) & (self.units > 0)]
        near = np.zeros(self.model.n_sites, dtype=np.bool_)
        near[self._site[self._usable & np.isin(self._row, rows)]] = True
        others = np.flatnonzero(near & ~self.is_open & (self.core.state == 0))
        is_open = self.is_open.copy()
        move = rng.integers(4)
        is_full = int(is_open.sum()) >= self.core.most
        if others.size and move > 0:
            is_open[rng.choice(others)] = True
        if move != 1 or is_full:
            is_open[leaving] = False
        self.try_sites(is_open)

    def try_units(self, is_open: NDArray[np.bool_], units: NDArray[np.int64]) -> None:
        """Take over an answer of another solver whose single rows are placed; improve, keep."""
        is_open, units = is_open.copy(), units.copy()
        units[~self.model.row_single[self._row]] = 0
        room = self._room(units)
        if (room < 0).any() or not self._refine(is_open, room, units, whatever_size=True):
            return
        self._keep(is_open, units)
        self._polish(is_open, room, units)

    def allocation(self) -> Allocation | None:
        """The best answer in the model's numbers."""
        if self.value is None:
            return None
        flows = np.flatnonzero(self.units)
        return Allocation(
            np.flatnonzero(self.is_open).astype(np.int32),
            self._row[flows].astype(np.int32),
            self._site[flows].astype(np.int32),
            self.units[flows],
        )

    def _room(self, units: NDArray[np.int64]) -> NDArray[np.int64]:
        load = np.zeros(self.model.n_sites, dtype=np.int64)
        np.add.at(load, self._site, units)
        return self.core.capacity - load

    def _assign(
        self, is_open: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """Place all rows, dearest regret first, then largest first; open more where it fails."""
        while True:
            can_open = int(is_open.sum()) < self.core.most
            regret = self._by_regret(is_open)
            short, found, rest = self._placed(is_open, regret, shift=not can_open)
            if short > 0 and not can_open:
                largest = np.argsort(-self.model.row_amount, kind="stable")
                short, found, rest = self._placed(is_open, largest, shift=True)
            if short == 0 or self._refine(is_open, *found):
                return found
            if not can_open or not self._open_for(is_open, rest):
                return None

    def _placed(
        self, is_open: NDArray[np.bool_], sequence: NDArray[np.int64], *, shift: bool
    ) -> tuple[int, tuple[NDArray[np.int64], NDArray[np.int64]], NDArray[np.int64]]:
        """All rows placed in sequence: units left over, (room, units), what is left of rows."""
        model, room = self.model, self.core.capacity.copy()
        units = np.zeros(model.pair_site.size, dtype=np.int64)
        rest = model.row_amount.copy()
        short = place(
            *self._lists,
            model.row_amount,
            model.row_single,
            is_open,
            sequence,
            shift,
            room,
            units,
            rest,
        )
        return int(short), (room, units), rest

    def _open_for(self, is_open: NDArray[np.bool_], rest: NDArray[np.int64]) -> bool:
        """Open the free sites that can take most of what is left over, some at a time."""
        asks = self._usable & (rest[self._row] > 0)
        could = np.zeros(self.model.n_sites, dtype=np.int64)
        np.add.at(could, self._site[asks], rest[self._row[asks]])
        could = np.minimum(could, self.core.capacity)
        could[is_open | (self.core.state != 0)] = 0
        if could.size == 0 or could.max() == 0:
            return False
        # Sites share rows: of those that the rest would fill only a part opens at once.
        wanted = 1 + int(rest.sum()) // (_OPENED_PART * int(could.max()))
        room_left = self.core.most - int(is_open.sum())
        order = np.argsort(-could, kind="stable")[: min(wanted, room_left)]
        is_open[order[could[order] > 0]] = True
        return True

    def _by_regret(self, is_open: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Rows by what they lose, at least, when their cheapest open site is full."""
        model = self.model
        pairs = self._lists[3]
        pairs = pairs[is_open[self._site[pairs]] & self._usable[pairs]]
        row = self._row[pairs]
        first = np.flatnonzero(np.diff(row, prepend=-1))
        regret = np.full(model.n_rows, np.iinfo(np.int64).max, dtype=np.int64)
        has_second = np.append(first[1:], pairs.size) - first > 1
        one = first[has_second]
        gap = model.pair_cost[pairs[one + 1]] - model.pair_cost[pairs[one]]
        regret[row[one]] = gap * model.row_amount[row[one]]
        return np.argsort(-regret, kind="stable")

    def _polish(
        self, is_open: NDArray[np.bool_], room: NDArray[np.int64], units: NDArray[np.int64]
    ) -> None:
        model, core = self.model, self.core
        for _ in range(_RELOCATIONS):
            improve(*self._lists, model.row_amount, model.row_single, is_open, room, units, _ROUNDS)
            self._keep(is_open, units)
            saved = relocate(
                *self._lists[:3], core.capacity, model.site_fixed, core.state, is_open, room, units
            )
            if saved == 0:
                break
        if self._has_split and self._refine(is_open, room, units):
            self._keep(is_open, units)

    def _refine(
        self,
        is_open: NDArray[np.bool_],
        room: NDArray[np.int64],
        units: NDArray[np.int64],
        *,
        whatever_size: bool = False,
    ) -> bool:
        """Serve the split rows at least cost; False where they or single rows do not fit."""
        model = self.model
        placed = np.zeros(model.n_rows, dtype=np.int64)
        np.add.at(placed, self._row, units)
        if (placed < model.row_amount)[model.row_single].any():
            return False
        if not self._has_split:
            return True
        pairs = np.flatnonzero(self._usable & is_open[self._site] & ~model.row_single[self._row])
        if pairs.size > _QUICK_FLOW_PAIRS and not whatever_size:
            return bool((placed == model.row_amount).all())
        free = room.copy()
        np.add.at(free, self._site[pairs], units[pairs])
        need = np.where(model.row_single, 0, model.row_amount)
        flows = best_flows(self._row[pairs], self._site[pairs], model.pair_cost[pairs], need, free)
        if flows is None:
            return False
        units[pairs] = flows
        np.subtract.at(free, self._site[pairs], flows)
        room[:] = free
        return True

    def _keep(self, is_open: NDArray[np.bool_], units: NDArray[np.int64]) -> None:
        """Keep an answer if it is the best so far; sites without use close."""
        used = np.zeros(self.model.n_sites, dtype=np.bool_)
        used[self._site[units > 0]] = True
        needed = (is_open & used) | (self.core.state > 0)
        if int(needed.sum()) > self.core.most:
            return
        value = int(self.model.site_fixed[needed].sum()) + int((units * self.model.pair_cost).sum())
        if self.value is None or value < self.value:
            self.value, self.is_open, self.units = value, needed, units.copy()
            self._reporter.tell(self.value, min(self.bound, value))
