"""A first plan within moments: what stands today, then one opening after the other.

Openings (option, year) are added while every rule over standing options leaves room: first those
that rules ask for (one centre per sub-district, committed sites), then those that coverage floors
and must rows lack, then by value per share of the limits used up (the greedy rule of Nemhauser,
Wolsey, Fisher 1978, with prices for several knapsacks in the way of Toyoda 1975). Values of
openings that only shrink are looked up again when they come to the top (Minoux 1978).

What it finds is proved against the model's rows in integers; it may find nothing.
"""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from optimizer.arrays import csr_rows
from optimizer.siting.plan.model.cover_classes import whole_lists
from optimizer.siting.plan.model.standing import current_options
from optimizer.siting.plan.model.transport import Cut
from optimizer.siting.plan.model.whole import PlanModel
from optimizer.siting.plan.problem import PlanObjective
from optimizer.siting.presolve import take_rows
from optimizer.stop import StopClock

__all__ = ["first_plan"]

_MOST_ENTRIES = 50_000_000
_LEAST_PRICE = 1e-9
_ROUNDS = 6
_CUTS_PER_ROUND = 200
_LOOKED_AT = 30
_SHARED_PART = 0.25
_GAIN_PART = 0.1
_MORE_URGENT = 4.0


def first_plan(model: PlanModel, clock: StopClock) -> NDArray[np.int64] | None:
    """A plan that keeps all rows of a model, int64[c], None where this finds none.

    Args:
        model: the model.
        clock: the stop rule; a cancelled or late search ends with what it has.
    """
    if model.program.impossible:
        return None
    best = None
    urgency = np.ones(len(model.problem.floors))
    for _ in range(_ROUNDS):
        growth = _Growth(model, clock, urgency)
        growth.meet_rules()
        growth.meet_floors()
        if _wants_value(model):
            lean = _point(model, growth.stands)
            best = lean if best is None else best
            growth.add_value()
        found = _point(model, growth.stands)
        if found is not None:
            return found
        # What nothing has room for becomes a row that the next round keeps.
        cuts = _cuts(model, growth.stands)
        for cut in cuts:
            cut.add_to(model.program)
        if clock.reason() is not None:
            return best
        if not cuts:
            # Those floors come first from here on.
            short = growth.short_floors()
            if not short.any():
                return best
            urgency[short] *= _MORE_URGENT
    return best


def _wants_value(model: PlanModel) -> bool:
    """Whether a plan is any better for opening more than rules and floors ask for."""
    asks_cost = model.request.objective is PlanObjective.MIN_COST
    return not asks_cost or model.request.least_value is not None


def _cuts(model: PlanModel, stands: NDArray[np.int64]) -> list[Cut]:
    """Transport cuts that these options break, whoever is served."""
    whole = model.follow(stands)
    return [] if whole is None else model.broken_cuts(whole.astype(np.float64), _CUTS_PER_ROUND)


def _point(model: PlanModel, stands: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """The model's point of standing options, with as many units served as flows carry."""
    whole = model.follow(stands)
    if whole is None:
        return None
    for pool in model.assignment.pools:
        for year in range(model.problem.n_years):
            whole[pool.part_column[:, year]] = pool.most_carried(whole, year)
    if not model.carries(whole) or not model.fill_flows(whole):
        return None
    return whole if model.program.holds(whole) else None


class _Limits:
    """The rows that only standing options enter, and what they add up to so far."""

    def __init__(self, model: PlanModel) -> None:
        there = model.stands >= 0
        years = model.problem.n_years
        matrix = csr_array(model.program.matrix())
        is_standing = np.zeros(model.program.n_columns, dtype=bool)
        is_standing[model.stands[there]] = True
        # Nothing that stands is ever closed here, so that columns of closings stay 0.
        is_standing[model.money.closing.ravel()] = True
        others = np.zeros(model.program.n_rows, dtype=np.int64)
        np.add.at(others, csr_rows(matrix.indptr), ~is_standing[matrix.indices])
        rows = np.flatnonzero(others == 0)
        low, high = model.program.limits()
        self.low, self.high = low[rows], high[rows]
        option, year = np.nonzero(there)
        column = model.stands[option, year]
        own = csc_array(csc_array(matrix[rows])[:, column])
        # An opening in a year stands in all later ones, too.
        size = model.problem.n_options * years
        first = [option * years + start for start in range(years)]
        keep = [year >= start for start in range(years)]
        entry = np.concatenate([np.flatnonzero(each) for each in keep])
        move = np.concatenate([each[part] for each, part in zip(first, keep, strict=True)])
        ones = np.ones(entry.size, dtype=np.int64)
        spread = csc_array((ones, (entry, move)), shape=(column.size, size))
        self.moves = csc_array(own @ spread)
        self._move = csr_rows(self.moves.indptr)
        self.sum = np.zeros(rows.size, dtype=np.int64)
        self._is_shared = self._shared(model.problem.options.site, years)

    def _shared(self, site: NDArray[np.int32], years: int) -> NDArray[np.bool_]:
        """bool[rows], rows in which a good part of the sites meet; others are not priced.

        A district's "at most one" matters among its own sites, not against all others.
        """
        sites = int(site.max(initial=0)) + 1
        pairs = np.unique(self.moves.indices * np.int64(sites) + site[self._move // years])
        count = np.bincount(pairs // sites, minlength=self.low.size)
        return count >= max(2.0, _SHARED_PART * np.unique(site).size)

    def part(self, move: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and amounts of a move."""
        part = slice(self.moves.indptr[move], self.moves.indptr[move + 1])
        return self.moves.indices[part].astype(np.int64), self.moves.data[part]

    def admits(self, move: int) -> bool:
        """Whether a move breaks no row, or none further."""
        row, amount = self.part(move)
        after = self.sum[row] + amount
        worse = ((amount > 0) & (after > self.high[row])) | ((amount < 0) & (after < self.low[row]))
        return not worse.any()

    def admitted(self) -> NDArray[np.bool_]:
        """bool[moves], those that :meth:`admits` lets through."""
        row, amount = self.moves.indices, self.moves.data
        after = self.sum[row] + amount
        worse = ((amount > 0) & (after > self.high[row])) | ((amount < 0) & (after < self.low[row]))
        return np.asarray(np.bincount(self._move[worse], minlength=self.moves.shape[1]) == 0)

    def take(self, move: int) -> None:
        """Count a move in."""
        row, amount = self.part(move)
        self.sum[row] += amount

    def prices(self) -> NDArray[np.float64]:
        """float64[moves], the parts of all limits' room that moves use up."""
        limited = self._is_shared & (self.high < 2**61)
        room = np.maximum(self.high - self.sum, 1).astype(np.float64)
        rate = np.where(limited, 1.0 / room, 0.0)
        return np.asarray(self.moves.maximum(0).T @ rate) + _LEAST_PRICE

    def help(self) -> NDArray[np.float64]:
        """float64[moves], the parts of all rows' shortages that moves make up for."""
        below = np.maximum(self.low - self.sum, 0).astype(np.float64)
        above = np.maximum(self.sum - self.high, 0).astype(np.float64)
        rate = (below > 0) / np.maximum(below, 1.0) - (above > 0) / np.maximum(above, 1.0)
        return np.asarray(self.moves.T @ rate)


class _Growth:
    """A plan that grows by openings; a move is ``option * T + year``."""

    def __init__(self, model: PlanModel, clock: StopClock, urgency: NDArray[np.float64]) -> None:
        self._model, self._clock, self._urgency = model, clock, urgency
        self._years, problem = model.problem.n_years, model.problem
        self._limits = _Limits(model)
        self._site = problem.options.site
        self._empty = np.ones((problem.n_sites, self._years), dtype=bool)
        current = current_options(problem)
        self.stands = np.where(current[:, None] & (model.stands >= 0), 1, 0).astype(np.int64)
        self._covered = np.zeros((model.cover.classes.size, self._years), dtype=bool)
        self._lists = self._lists_of()
        for option in np.flatnonzero(self.stands.any(axis=1)).tolist():
            self._stand(option, 0)
        possible = (
            (model.stands >= 0) & ~current[:, None] & (problem.options.quota_area == 0)[:, None]
        )
        self._possible = possible.ravel()
        self._free_amount = self._amounts()
        self._weight = problem.years.weight.astype(np.float64)

    def _lists_of(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """CSR by option: the classes that it covers."""
        model = self._model
        lists = whole_lists(model.cover.classes, _MOST_ENTRIES)
        none = np.zeros(0, dtype=np.int64)
        owner, element = (none, none) if lists is None else lists
        order = np.argsort(element, kind="stable")
        indptr = np.zeros(model.offers.size + 1, dtype=np.int64)
        np.cumsum(np.bincount(element, minlength=model.offers.size), out=indptr[1:])
        by_option = np.argsort(model.offers.option, kind="stable")
        own, entries = take_rows(indptr, model.offers.entry[by_option])
        ends = np.searchsorted(
            model.offers.option[by_option], np.arange(model.problem.n_options + 1)
        )
        return own[ends], owner[order][entries]

    def _classes(self, option: int) -> NDArray[np.int64]:
        indptr, owner = self._lists
        return owner[indptr[option] : indptr[option + 1]]

    def _amounts(self) -> NDArray[np.float64]:
        """float64[o], a rough value per year of the units that an option has room for."""
        model, options = self._model, self._model.problem.options
        classes = model.assignment.classes
        value = np.zeros(model.problem.n_options)
        asked = np.zeros((model.problem.n_sites, model.problem.n_services))
        rate = np.zeros((model.problem.n_sites, model.problem.n_services))
        service = classes.service[classes.pair_class]
        amount = classes.amount[classes.pair_class].astype(np.float64)
        np.add.at(asked, (classes.site, service), amount)
        np.add.at(rate, (classes.site, service), amount * classes.value)
        room = np.where(options.capacity < 0, np.inf, options.capacity)
        used = np.minimum(room, asked[options.site])
        value += (used * rate[options.site] / np.maximum(asked[options.site], 1.0)).sum(axis=1)
        return value

    def _stand(self, option: int, year: int) -> None:
        if not self.stands[option, year]:
            self.stands[option, year:] = 1
        for each in range(year, self._years):
            if self.stands[option, each]:
                self._covered[self._classes(option), each] = True
        self._empty[self._site[option], year:] = False
        self._limits.take(option * self._years + year)

    def _may(self, move: int) -> bool:
        option, year = divmod(move, self._years)
        is_free = self._possible[move] and self._empty[self._site[option], year:].all()
        return bool(is_free) and self._limits.admits(move)

    def _gain(self, move: int, worth: NDArray[np.float64]) -> float:
        """What a move adds of ``worth``, float64[k, T]."""
        option, year = divmod(move, self._years)
        classes = self._classes(option)
        return float((worth[classes, year:] * ~self._covered[classes, year:]).sum())

    def _late(self) -> bool:
        return self._clock.rule.cancelled is not None and self._clock.rule.cancelled()

    def _worth(self) -> NDArray[np.float64]:
        """float64[k, T], the value of covering a class in a year."""
        classes = self._model.cover.classes
        worth = np.zeros(classes.size)
        np.add.at(worth, classes.part_class, classes.part_value.astype(np.float64))
        return worth[:, None] * self._weight

    def meet_rules(self) -> None:
        """Open what rules lack: what helps most of them for its price, and adds to floors."""
        worth, prices = self._floor_worth(), self._limits.prices()
        while not self._late():
            help_ = self._limits.help()
            asked = np.flatnonzero((help_ > 0) & self._possible & self._limits.admitted())
            rate = help_ / prices
            moves: list[int] = []
            for move in asked[np.argsort(-rate[asked], kind="stable")].tolist():
                if self._may(move):
                    moves.append(move)
                    if len(moves) == _LOOKED_AT:
                        break
            if not moves:
                return
            gain = np.array([self._gain(move, worth) for move in moves])
            most = max(1.0, float(gain.max()))
            chosen = moves[int(np.argmax(rate[moves] * (1.0 + _GAIN_PART * gain / most)))]
            self._stand(*divmod(chosen, self._years))

    def _floor_worth(self) -> NDArray[np.float64]:
        """float64[k, T], the parts of all floors that classes fill; value where there are none."""
        floors = self._model.problem.floors
        if not len(floors):
            return self._worth()
        total = np.zeros(self._covered.shape)
        rate = self._urgency / np.maximum(floors.low, 1)
        for floor in range(len(floors)):
            years = slice(floors.first_year[floor], floors.last_year[floor] + 1)
            total[:, years] += (self._of_floor(floor) * rate[floor])[:, None]
        return total

    def _of_floor(self, floor: int) -> NDArray[np.float64]:
        """float64[k], the value of classes for the rows of a floor."""
        classes, floors = self._model.cover.classes, self._model.problem.floors
        wanted = np.zeros(self._model.problem.n_demand, dtype=bool)
        wanted[floors.demand[floors.indptr[floor] : floors.indptr[floor + 1]]] = True
        own = wanted[classes.part_row]
        worth = np.zeros(classes.size)
        np.add.at(worth, classes.part_class[own], classes.part_value[own].astype(np.float64))
        return worth

    def short_floors(self) -> NDArray[np.bool_]:
        """bool[F], floors that covered rows alone do not reach."""
        floors = self._model.problem.floors
        short = np.zeros(len(floors), dtype=bool)
        for floor in range(len(floors)):
            years = slice(floors.first_year[floor], floors.last_year[floor] + 1)
            reached = self._of_floor(floor) @ self._covered[:, years]
            short[floor] = bool(np.any(reached < floors.low[floor]))
        return short

    def meet_floors(self) -> None:
        """Open what floors and must rows lack, by what it adds to them."""
        floors = self._model.problem.floors
        for floor in np.argsort(-self._urgency, kind="stable").tolist():
            worth = self._of_floor(floor)
            for year in range(floors.first_year[floor], floors.last_year[floor] + 1):
                column = np.zeros(self._covered.shape)
                column[:, year] = worth
                self._add(column, float(floors.low[floor]))
        lower, _ = self._model.program.bounds()
        asked = lower[self._model.cover.once] > 0
        self._add(asked.astype(np.float64), float(asked.sum()))

    def add_value(self) -> None:
        """Open whatever adds value, as long as it may."""
        self._add(self._worth(), np.inf, with_units=True)

    def _add(self, worth: NDArray[np.float64], enough: float, *, with_units: bool = False) -> None:
        """Open by ``worth`` per price until enough of it is covered."""
        reached = float((worth * self._covered).sum())
        if reached >= enough or self._late():
            return
        prices = self._limits.prices()
        alone = np.zeros(prices.size)
        if with_units:
            after = np.cumsum(self._weight[::-1])[::-1]
            own = self._free_amount + self._model.problem.options.bonus
            alone = (own[:, None] * after[None, :]).ravel()
        heap = []
        for move in np.flatnonzero(self._possible & self._limits.admitted()).tolist():
            gain = self._gain(move, worth) + alone[move]
            if gain > 0:
                heap.append((-gain / prices[move], move))
        heapq.heapify(heap)
        while heap and reached < enough and not self._late():
            told, move = heapq.heappop(heap)
            if not self._may(move):
                continue
            gain = self._gain(move, worth)
            key = -(gain + alone[move]) / prices[move]
            if key > told * (1.0 - 1e-9) and heap and key > heap[0][0]:
                if gain + alone[move] > 0:
                    heapq.heappush(heap, (key, move))
                continue
            self._stand(*divmod(move, self._years))
            reached += gain
