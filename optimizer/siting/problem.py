"""The siting problem on arrays."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from base.faults import Faults
from optimizer.arrays import read_only
from optimizer.codes import BAD_ARRAY, BAD_INDEX, BAD_LENGTH, BAD_REQUEST, BAD_VALUE
from optimizer.result import SolveResult

__all__ = ["Question", "SiteStatus", "SitingAnswer", "SitingProblem", "SitingRequest"]


class SiteStatus(IntEnum):
    """What may happen to a site."""

    EXISTING = 0
    """Open today and stays open; never counted as a new site."""
    REQUIRED = 1
    """Must open; counted as a new site."""
    CANDIDATE = 2
    """May open; counted as a new site."""
    FORBIDDEN = 3
    """Must stay closed."""


class Question(StrEnum):
    """What is asked of the sites."""

    LSCP = "lscp"
    """Fewest new sites that cover every demand row that any permitted site can cover."""
    MCLP = "mclp"
    """Most covered weight (plus site bonuses) with at most p new sites."""
    P_MEDIAN = "p_median"
    """Least weighted travel cost to the nearest open site with at most p new sites."""
    P_CENTER = "p_center"
    """Least worst travel cost to the nearest open site with at most p new sites."""


@dataclass(frozen=True, eq=False, kw_only=True)
class SitingProblem:
    """Sites, demand and who reaches whom; m sites, n demand rows, r reach entries.

    Arrays are copied, checked once and read-only afterwards; ``replace()`` makes variants. A
    demand row is one disjoint cell (age band x ability grade x living arrangement) at one place,
    so that sums over rows never count a person twice.

    Attributes:
        site_status: int8[m], a :class:`SiteStatus`.
        site_cost: int64[m], yearly cost in fen, >= 0.
        site_bonus: int64[m], added to the covered weight when a new site opens, in the unit of
            ``demand_weight``, >= 0 (MCLP only).
        demand_weight: int64[n], weight of a row, >= 0, in ``1 / weight_scale`` persons.
        demand_group: int32[n], group of a row (for reports and per-group rules).
        demand_district: int32[n], district of a row, -1 for none.
        demand_radius: int64[n], the largest travel cost in ticks at which a row is covered.
        reach_indptr: int64[m + 1], CSR rows of the reach lists, one per site.
        reach_demand: int32[r], demand rows that a site reaches, ascending within a site.
        reach_cost: int64[r], travel cost in ticks, >= 0.
        unreached_cost: cost in ticks of a pair that no list holds (p-median, p-center); must be
            at least the largest listed cost.
        ticks_per_second: scale of all travel costs (default 1000, milliseconds).
        weight_scale: weight units per person (default 1000, so that estimated fractions of
            a person survive).

    Raises:
        FaultError: with every fault found (CC-O001 .. CC-O004).
    """

    site_status: NDArray[np.int8]
    site_cost: NDArray[np.int64]
    site_bonus: NDArray[np.int64]
    demand_weight: NDArray[np.int64]
    demand_group: NDArray[np.int32]
    demand_district: NDArray[np.int32]
    demand_radius: NDArray[np.int64]
    reach_indptr: NDArray[np.int64]
    reach_demand: NDArray[np.int32]
    reach_cost: NDArray[np.int64]
    unreached_cost: int = 2**40
    ticks_per_second: int = 1000
    weight_scale: int = 1000

    def __post_init__(self) -> None:
        faults = Faults()
        self._take_columns(faults)
        faults.raise_if_any()
        self._check_lengths(faults)
        faults.raise_if_any()
        self._check_values(faults)
        faults.raise_if_any()

    @property
    def n_sites(self) -> int:
        """Number of sites, m."""
        return int(self.site_status.size)

    @property
    def n_demand(self) -> int:
        """Number of demand rows, n."""
        return int(self.demand_weight.size)

    def replace(self, **changes: Any) -> SitingProblem:
        """A variant with some fields changed, validated anew."""
        return dataclasses.replace(self, **changes)

    def _take_columns(self, faults: Faults) -> None:
        for name, dtype in _DTYPES.items():
            try:
                object.__setattr__(self, name, read_only(getattr(self, name), dtype))
            except (TypeError, ValueError) as error:
                faults.add(BAD_ARRAY(field=name, why=str(error)))

    def _check_lengths(self, faults: Faults) -> None:
        m, n, r = self.n_sites, self.n_demand, self.reach_demand.size
        expected = {
            "site_cost": m,
            "site_bonus": m,
            "demand_group": n,
            "demand_district": n,
            "demand_radius": n,
            "reach_indptr": m + 1,
            "reach_cost": r,
        }
        for name, length in expected.items():
            got = getattr(self, name).size
            if got != length:
                faults.add(BAD_LENGTH(field=name, got=got, expected=length))

    def _check_values(self, faults: Faults) -> None:
        indptr, demand = self.reach_indptr, self.reach_demand
        if indptr[0] != 0 or indptr[-1] != demand.size or np.any(np.diff(indptr) < 0):
            faults.add(BAD_ARRAY(field="reach_indptr", why="it is no ascending CSR pointer"))
            return
        outside = (demand < 0) | (demand >= self.n_demand)
        if outside.any():
            value = int(demand[outside][0])
            faults.add(BAD_INDEX(field="reach_demand", value=value, last=self.n_demand - 1))
        same_site = np.ones(max(demand.size - 1, 0), dtype=bool)
        starts = indptr[1:-1]
        same_site[starts[(starts > 0) & (starts < demand.size)] - 1] = False
        if np.any(np.diff(demand)[same_site] <= 0):
            faults.add(BAD_ARRAY(field="reach_demand", why="rows of a site do not ascend strictly"))
        for name in ("site_cost", "site_bonus", "demand_weight", "demand_radius", "reach_cost"):
            column = getattr(self, name)
            if column.size and column.min() < 0:
                faults.add(BAD_VALUE(field=name, value=int(column.min()), rule=">= 0"))
        unknown = ~np.isin(self.site_status, [int(status) for status in SiteStatus])
        if unknown.any():
            value = int(self.site_status[unknown][0])
            faults.add(BAD_VALUE(field="site_status", value=value, rule="a SiteStatus"))
        largest = int(self.reach_cost.max(initial=0))
        if self.unreached_cost < largest:
            rule = f">= {largest}, the largest listed cost"
            faults.add(BAD_VALUE(field="unreached_cost", value=self.unreached_cost, rule=rule))
        for name in ("ticks_per_second", "weight_scale"):
            if getattr(self, name) < 1:
                faults.add(BAD_VALUE(field=name, value=getattr(self, name), rule=">= 1"))


_DTYPES: dict[str, str] = {
    "site_status": "int8",
    "site_cost": "int64",
    "site_bonus": "int64",
    "demand_weight": "int64",
    "demand_group": "int32",
    "demand_district": "int32",
    "demand_radius": "int64",
    "reach_indptr": "int64",
    "reach_demand": "int32",
    "reach_cost": "int64",
}


@dataclass(frozen=True)
class SitingRequest:
    """One question about a problem.

    Attributes:
        question: which model.
        new_sites: at most this many sites beyond the existing ones, required sites included;
            None for no limit (LSCP must leave it None; the others must set it).

    Raises:
        FaultError: the limit does not fit the question (CC-O005).
    """

    question: Question
    new_sites: int | None = None

    def __post_init__(self) -> None:
        faults = Faults()
        if self.question is Question.LSCP:
            if self.new_sites is not None:
                faults.add(BAD_REQUEST(why="LSCP minimises the number of new sites itself"))
        elif self.new_sites is None or self.new_sites < 0:
            faults.add(BAD_REQUEST(why=f"{self.question} needs new_sites >= 0"))
        faults.raise_if_any()


@dataclass(frozen=True, eq=False)
class SitingAnswer:
    """Sites that stand open, and how the answer came about.

    Attributes:
        open_sites: int32[k], every open site (existing ones included), ascending; empty without
            an answer.
        result: status, objective, bound, gap, seconds. The objective is, by question: number of
            new sites (LSCP); covered weight plus bonuses (MCLP); sum of ``demand_weight * cost``
            (p-median); largest cost over rows with weight > 0 (p-center).
    """

    open_sites: NDArray[np.int32]
    result: SolveResult

    def __post_init__(self) -> None:
        object.__setattr__(self, "open_sites", read_only(self.open_sites, "int32"))
