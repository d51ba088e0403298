"""Transport without flow columns: who can be carried, said by cuts.

Suppliers c (units of demand classes, children that need a parent) hand their amount a_c to sinks
they are linked to (sites with room, parents with fan-out). Amounts a can be carried if and only
if every set S of suppliers finds room (Gale 1957; Hall 1935 for units):

    sum_{c in S} a_c <= sum_{j linked to S} room_j.

With room_j = sum_o room_o * z_o these are rows over the columns that a model has anyway, and the
flow columns, the bulk of a plan's model, are not needed. A violated set is a minimum cut, found by
maximum flow. Rooms are first cut down to what S can bring there, which tightens the relaxation.
With whole amounts and rooms a flow of whole units exists.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow

from optimizer.siting.plan.model.program import INFINITE, Program

__all__ = ["MOST_UNITS", "Cut", "Transport"]

MOST_UNITS = 2**30
"""Most units in one network: SciPy's flows are of int32."""

_LEAST_VIOLATION = 1e-4


@dataclass(frozen=True)
class Cut:
    """A row over a program's columns: sum of coefficient * column <= 0."""

    column: NDArray[np.int64]
    coefficient: NDArray[np.int64]

    def add_to(self, program: Program) -> None:
        """Add it as a row."""
        program.add_rows(np.zeros(self.column.size), self.column, self.coefficient, -INFINITE, 0)


@dataclass(frozen=True)
class Transport:
    """A network of k suppliers and s sinks, the same in every year.

    Attributes:
        most: int64[k], the largest amount of a supplier.
        part: int64[q], suppliers. part_column: int64[q, T], columns that sum to their amounts.
        supplier: int64[l], sink: int64[l], the links.
        place: int64[r], sinks. room: int64[r]. room_column: int64[r, T], columns (0 or 1) that
            give a sink this room; at most one of a sink's is 1.
    """

    most: NDArray[np.int64]
    part: NDArray[np.int64]
    part_column: NDArray[np.int64]
    supplier: NDArray[np.int64]
    sink: NDArray[np.int64]
    place: NDArray[np.int64]
    room: NDArray[np.int64]
    room_column: NDArray[np.int64]

    @property
    def n_sinks(self) -> int:
        """Number of sinks, s."""
        return 1 + int(max(self.sink.max(initial=-1), self.place.max(initial=-1)))

    def first_cuts(self, most_entries: int) -> list[Cut]:
        """Rows to start with: all suppliers together, and each alone where these are few."""
        everyone = np.ones(self.most.size, dtype=bool)
        years = range(self.part_column.shape[1])
        cuts = [self._cut(everyone, year) for year in years]
        degree = np.bincount(self.place, minlength=self.n_sinks)[self.sink].sum()
        if degree * len(years) <= most_entries:
            for each in range(self.most.size):
                alone = np.zeros(self.most.size, dtype=bool)
                alone[each] = True
                cuts += [self._cut(alone, year) for year in years]
        return cuts

    def add_flows(self, program: Program) -> NDArray[np.int64]:
        """Say the same with flow columns, int64[l, T]: no cut is then needed any more."""
        years = self.part_column.shape[1]
        flows = program.add_columns(
            np.ones((self.supplier.size, years), dtype=bool),
            upper=self.most[self.supplier][:, None],
        )
        for year in range(years):
            program.add_rows(
                np.concatenate([self.supplier, self.part]),
                np.concatenate([flows[:, year], self.part_column[:, year]]),
                np.repeat([-1, 1], [self.supplier.size, self.part.size]),
                np.zeros(self.most.size, dtype=np.int64),
                np.zeros(self.most.size, dtype=np.int64),
            )
            program.add_rows(
                np.concatenate([self.sink, self.place]),
                np.concatenate([flows[:, year], self.room_column[:, year]]),
                np.concatenate([np.ones(self.sink.size, dtype=np.int64), -self.room]),
                np.full(self.n_sinks, -INFINITE),
                np.zeros(self.n_sinks, dtype=np.int64),
            )
        return flows

    def violated(self, values: NDArray[np.float64], year: int, limit: int) -> list[Cut]:
        """At most so many cuts that a point breaks in a year, the most violated first."""
        amount, room = self._at(values, year)
        total = amount.sum()
        if total <= _LEAST_VIOLATION:
            return []
        room = np.minimum(room, total + 1.0)
        scale = min(MOST_UNITS / (total + 1.0), 2.0**20)
        least = _LEAST_VIOLATION
        if all(np.allclose(part, np.rint(part), rtol=0.0, atol=1e-6) for part in (amount, room)):
            # Whole amounts: nothing is lost to scaling, and a single unit counts.
            amount, room, scale, least = np.rint(amount), np.rint(room), 1.0, 0.0
        short = self._short(
            np.floor(amount * scale).astype(np.int64), np.ceil(room * scale).astype(np.int64)
        )
        found = []
        for group in self._groups(short, room):
            excess = amount[group].sum() - self._room_for(group, values, year)
            if excess > max(_LEAST_VIOLATION, least * amount[group].sum()):
                found.append((float(excess), group))
        found.sort(key=lambda pair: -pair[0])
        return [self._cut(group, year) for _, group in found[:limit]]

    def flow(self, values: NDArray[np.int64], year: int) -> NDArray[np.int64] | None:
        """int64[l], whole units carried by every link, None where not all can be carried."""
        amount, room = (np.rint(part).astype(np.int64) for part in self._at(values, year))
        graph, links = self._graph(amount, room)
        result = maximum_flow(graph, 0, graph.shape[0] - 1)
        if result.flow_value < amount.sum():
            return None
        units = np.zeros(self.supplier.size, dtype=np.int64)
        carried = coo_array(result.flow)
        key = carried.row.astype(np.int64) * graph.shape[0] + carried.col
        order = np.argsort(key)
        wanted = (1 + self.supplier[links]) * graph.shape[0] + 1 + self.most.size + self.sink[links]
        at = np.searchsorted(key[order], wanted)
        there = at < key.size
        there[there] = key[order][at[there]] == wanted[there]
        units[links[there]] = carried.data[order][at[there]]
        return units

    def most_carried(self, values: NDArray[np.int64], year: int) -> NDArray[np.int64]:
        """int64[k], how much of every supplier's largest amount a greatest flow carries."""
        room = np.rint(self._at(values, year)[1]).astype(np.int64)
        graph, _ = self._graph(self.most, room)
        flow = coo_array(maximum_flow(graph, 0, graph.shape[0] - 1).flow)
        carried = np.zeros(self.most.size, dtype=np.int64)
        out = (flow.row == 0) & (flow.data > 0)
        carried[flow.col[out] - 1] = flow.data[out]
        return carried

    def rooms(self, values: NDArray[np.int64], year: int) -> NDArray[np.int64]:
        """int64[s], the sinks' rooms at a point."""
        return np.rint(self._at(values, year)[1]).astype(np.int64)

    def _at(
        self, values: NDArray[np.float64] | NDArray[np.int64], year: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Amounts of suppliers and rooms of sinks at a point."""
        amount, room = np.zeros(self.most.size), np.zeros(self.n_sinks)
        for out, where, column, factor in (
            (amount, self.part, self.part_column[:, year], np.ones(self.part.size)),
            (room, self.place, self.room_column[:, year], self.room.astype(np.float64)),
        ):
            there = column >= 0
            np.add.at(out, where[there], values[column[there]] * factor[there])
        return np.maximum(amount, 0.0), np.maximum(room, 0.0)

    def _graph(
        self, amount: NDArray[np.int64], room: NDArray[np.int64]
    ) -> tuple[csr_array, NDArray[np.int64]]:
        """The flow network (source, suppliers, sinks, target) and the links with something."""
        k, s = self.most.size, self.n_sinks
        links = np.flatnonzero((amount[self.supplier] > 0) & (room[self.sink] > 0))
        most = np.minimum(amount[self.supplier[links]], room[self.sink[links]])
        row = np.concatenate(
            [np.zeros(k, np.int64), 1 + self.supplier[links], 1 + k + np.arange(s)]
        )
        column = np.concatenate([1 + np.arange(k), 1 + k + self.sink[links], np.full(s, k + s + 1)])
        # No sink needs more room than everyone brings; it keeps the numbers within int32.
        given = np.concatenate([amount, most, np.minimum(room, amount.sum())])
        shape = (k + s + 2, k + s + 2)
        return csr_array(coo_array((given.astype(np.int32), (row, column)), shape=shape)), links

    def _short(self, amount: NDArray[np.int64], room: NDArray[np.int64]) -> NDArray[np.bool_]:
        """bool[k], suppliers on the source's side of a minimum cut."""
        graph, _ = self._graph(amount, room)
        result = maximum_flow(graph, 0, graph.shape[0] - 1)
        if result.flow_value >= amount.sum():
            return np.zeros(self.most.size, dtype=bool)
        left = csr_array(graph - result.flow)
        left.data = np.maximum(left.data, 0)
        left.eliminate_zeros()
        reached = breadth_first_order(left, 0, return_predecessors=False)
        out = np.zeros(graph.shape[0], dtype=bool)
        out[reached] = True
        return out[1 : 1 + self.most.size]

    def _groups(
        self, short: NDArray[np.bool_], room: NDArray[np.float64]
    ) -> list[NDArray[np.bool_]]:
        """A short set cut into parts that share no sink with room: each is short by itself."""
        if not short.any():
            return []
        k = self.most.size
        used = short[self.supplier] & (room[self.sink] > 0)
        there = np.ones(int(used.sum()), dtype=np.int8)
        size = k + self.n_sinks
        graph = coo_array((there, (self.supplier[used], k + self.sink[used])), shape=(size, size))
        _, label = connected_components(graph, directed=False)
        members = np.flatnonzero(short)
        groups = []
        for each in np.unique(label[members]):
            group = np.zeros(k, dtype=bool)
            group[members[label[members] == each]] = True
            groups.append(group)
        return groups

    def _usable(self, group: NDArray[np.bool_]) -> NDArray[np.int64]:
        """int64[r], what a set can use of every room."""
        brought = np.zeros(self.n_sinks, dtype=np.int64)
        inside = group[self.supplier]
        np.add.at(brought, self.sink[inside], self.most[self.supplier[inside]])
        return np.minimum(self.room, brought[self.place])

    def _room_for(self, group: NDArray[np.bool_], values: NDArray[np.float64], year: int) -> float:
        column = self.room_column[:, year]
        shown = np.where(column >= 0, values[np.maximum(column, 0)], 0.0)
        return float((self._usable(group) * shown).sum())

    def _cut(self, group: NDArray[np.bool_], year: int) -> Cut:
        usable = self._usable(group)
        parts, rooms = group[self.part], usable > 0
        column = np.concatenate([self.part_column[parts, year], self.room_column[rooms, year]])
        coefficient = np.concatenate([np.ones(int(parts.sum()), np.int64), -usable[rooms]])
        keep = column >= 0
        return Cut(column[keep], coefficient[keep])
