"""The plan problem: sites with options, years, levels, capacities and rules on arrays."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from base.faults import Faults
from optimizer.arrays import read_only
from optimizer.codes import BAD_REQUEST
from optimizer.result import SolveResult
from optimizer.siting.plan.tables import (
    Attachments,
    Demand,
    Floors,
    Options,
    Quotas,
    Reach,
    Rules,
    Sites,
    Years,
)
from optimizer.siting.plan.validation import check_problem

__all__ = ["Assignments", "PlanAnswer", "PlanObjective", "PlanProblem", "PlanRequest"]


@dataclass(frozen=True, eq=False, kw_only=True)
class PlanProblem:
    """What may stand where, and what has to hold; T years, m sites, o options, n demand rows.

    What holds in every plan, besides the tables' own rules:

    - A site shows at most one option a year. A current option stands from before year 0 and, once
      given up, does not come back; any other option, once it stands, stands to the end. So a
      candidate opens once, and an existing site is kept, changed once (upgraded, converted) or
      closed once; a closed one may open again later with another option (only its closing year
      pays for closing, only its opening year for opening).
    - A site whose option's level has a parent level hangs on exactly one site, out of its
      ``attachments``, that shows an option of the parent level that year. A parent carries at
      most ``level_fanout`` of its level's number of children.
    - Money: opening costs of options that start and closing costs of sites that close stay within
      ``years.capital`` (summed from year 0 where it carries over; from an UNLIMITED year on the
      sum has no limit); yearly costs of everything that stands, within ``years.running``.

    Attributes:
        years, sites, options, demand, reach: the tables.
        level_parent: int32[L], the level on which a level hangs, -1 for none.
        level_fanout: int32[L], most children of one site of this level, UNLIMITED (-1) for none.
        attachments, rules, floors, quotas: more tables, empty unless given.
        nearest: bool[S], capacitated services whose people are not assigned but choose: each goes
            to the nearest open site that still has room, the closest pair of a row and a site
            first, of equals the lower row, then the lower site; a ``single`` row passes by sites
            whose room is too small for it (:mod:`optimizer.siting.plan.nearest`). Empty for none;
            services without capacities ignore it.
        ticks_per_second: scale of all travel costs.
        units_per_person: scale of amounts.

    Raises:
        FaultError: with every fault found (CC-O001 .. CC-O004).
    """

    years: Years
    sites: Sites
    options: Options
    demand: Demand
    reach: Reach
    level_parent: NDArray[np.int32]
    level_fanout: NDArray[np.int32]
    attachments: Attachments = field(default_factory=Attachments)
    rules: Rules = field(default_factory=Rules)
    floors: Floors = field(default_factory=Floors)
    quotas: Quotas = field(default_factory=Quotas)
    nearest: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    ticks_per_second: int = 1000
    units_per_person: int = 1

    def __post_init__(self) -> None:
        nearest = self.nearest if np.size(self.nearest) else np.zeros(self.n_services, dtype=bool)
        object.__setattr__(self, "nearest", read_only(nearest, "bool"))
        for name in ("level_parent", "level_fanout"):
            object.__setattr__(self, name, read_only(getattr(self, name), "int32"))
        check_problem(self)

    @property
    def n_years(self) -> int:
        """Number of years, T."""
        return len(self.years)

    @property
    def n_sites(self) -> int:
        """Number of sites, m."""
        return len(self.sites)

    @property
    def n_options(self) -> int:
        """Number of options, o."""
        return len(self.options)

    @property
    def n_demand(self) -> int:
        """Number of demand rows, n."""
        return len(self.demand)

    @property
    def n_services(self) -> int:
        """Number of services, S."""
        return int(self.options.capacity.shape[1])

    @property
    def capacitated(self) -> NDArray[np.bool_]:
        """bool[S], services of which some option offers a limited amount."""
        return np.asarray((self.options.capacity > 0).any(axis=0))

    @property
    def chosen(self) -> NDArray[np.bool_]:
        """bool[S], capacitated services whose people choose the nearest site with room."""
        return self.nearest & self.capacitated

    def replace(self, **changes: Any) -> PlanProblem:
        """A variant with some tables changed, validated anew."""
        return dataclasses.replace(self, **changes)


class PlanObjective(StrEnum):
    """What a plan is to be best at."""

    MAX_VALUE = "max_value"
    """Most value over the weighted years: covered and assigned demand, backup, bonuses."""
    MIN_COST = "min_cost"
    """Least cost over all years: opening, closing and yearly costs, in fen."""
    MAX_MIN = "max_min"
    """Lexicographic max-min over districts in the last year (of the districts with demand, the
    worst covered share as high as possible, then the second worst ...), then most value. Shares
    are ``1e6 * covered value // full value`` of a district's rows, backup apart; the full value is
    ``weight * amount`` summed, and districts where it is 0 have no share."""
    MIN_TRAVEL = "min_travel"
    """Least travel: sum over years and rows of ``weight * amount * cost``, every row being covered
    by its nearest or assigned; plus ``PlanRequest.cost_weight`` times the cost in fen."""
    MIN_WORST = "min_worst"
    """Least worst travel cost of any row with weight > 0 in the last year; every row is served."""


@dataclass(frozen=True)
class PlanRequest:
    """What is asked of a plan problem.

    Attributes:
        objective: what to be best at. With MIN_TRAVEL and MIN_WORST every demand row must be
            covered or assigned in every year, within its ``radius``.
        cost_weight: objective units per fen of total cost (MIN_TRAVEL only).
        least_value: the plan's value (as MAX_VALUE counts it) must reach this, None for no limit.
        most_cost: its cost (as MIN_COST counts it) must not pass this, None for no limit.
        least_share: every district's share (as MAX_MIN counts it, in millionths) must reach this,
            None for no limit.
        forced: options that must stand in the last year.
        banned: options that must never stand.
        differ_from: for each group of options, at most so many of them may stand in the last
            year: ``((options, most), ...)``; used for alternatives that differ.

    Raises:
        FaultError: values that make no request (CC-O005).
    """

    objective: PlanObjective = PlanObjective.MAX_VALUE
    cost_weight: int = 0
    least_value: int | None = None
    most_cost: int | None = None
    least_share: int | None = None
    forced: tuple[int, ...] = ()
    banned: tuple[int, ...] = ()
    differ_from: tuple[tuple[tuple[int, ...], int], ...] = ()

    def __post_init__(self) -> None:
        faults = Faults()
        if self.cost_weight < 0:
            faults.add(BAD_REQUEST(why="cost_weight must be >= 0"))
        if self.cost_weight and self.objective is not PlanObjective.MIN_TRAVEL:
            faults.add(BAD_REQUEST(why="cost_weight belongs to min_travel"))
        if set(self.forced) & set(self.banned):
            faults.add(BAD_REQUEST(why="an option is both forced and banned"))
        faults.raise_if_any()

    def replace(self, **changes: Any) -> PlanRequest:
        """A variant with some fields changed."""
        return dataclasses.replace(self, **changes)


@dataclass(frozen=True, eq=False, kw_only=True)
class Assignments:
    """Who is served where: k entries, of capacitated services, ordered by (year, row, site).

    Attributes:
        year, row, site: int32[k].
        amount: int64[k], units, >= 1.
    """

    year: NDArray[np.int32]
    row: NDArray[np.int32]
    site: NDArray[np.int32]
    amount: NDArray[np.int64]

    def __post_init__(self) -> None:
        for name, dtype in (
            ("year", "int32"),
            ("row", "int32"),
            ("site", "int32"),
            ("amount", "int64"),
        ):
            object.__setattr__(self, name, read_only(getattr(self, name), dtype))

    @classmethod
    def none(cls) -> Assignments:
        """No assignments."""
        return cls(year=[], row=[], site=[], amount=[])  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False, kw_only=True)
class PlanAnswer:
    """A plan, and how it came about.

    Attributes:
        option: int32[T, m], the option that a site shows in a year, -1 where none stands; shape
            (0, 0) without an answer.
        parent: int32[T, m], the site on which it hangs, -1 for none.
        assignments: who of the capacitated services is served where.
        quota_site: int32[Q], the site that a quota is given to, -1 for none.
        result: status, objective, bound, gap. The objective is, by ``PlanObjective``: value, fen,
            value (MAX_MIN; its ``shares`` come first), travel (plus cost), ticks. Its parts:
            covered, assigned, backup, bonus (MAX_VALUE, MAX_MIN; with the years' weights);
            opening, closing, yearly (MIN_COST); travel, cost (MIN_TRAVEL; cost with its weight);
            worst (MIN_WORST).
        shares: int64[d], MAX_MIN only: the shares of districts with demand in the last year, in
            millionths, ascending; empty otherwise.
        share_bounds: int64[d], MAX_MIN only: the proved bound on each of ``shares`` in turn, given
            that those before it are as they are; equal to ``shares`` where proved.
    """

    option: NDArray[np.int32]
    parent: NDArray[np.int32]
    assignments: Assignments
    quota_site: NDArray[np.int32]
    result: SolveResult
    shares: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    share_bounds: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        for name in ("option", "parent"):
            object.__setattr__(self, name, read_only(getattr(self, name), "int32", 2))
        object.__setattr__(self, "quota_site", read_only(self.quota_site, "int32"))
        for name in ("shares", "share_bounds"):
            object.__setattr__(self, name, read_only(getattr(self, name), "int64"))
