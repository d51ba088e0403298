"""The tables that a plan problem is made of: frozen columns, one row per thing."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from base.faults import Faults
from optimizer.arrays import read_only
from optimizer.codes import BAD_ARRAY, BAD_LENGTH

__all__ = [
    "UNLIMITED",
    "Attachments",
    "Demand",
    "Floors",
    "Options",
    "Quotas",
    "Reach",
    "Rules",
    "Sites",
    "Years",
]

UNLIMITED = -1
"""A capacity, fan-out or budget without a limit."""


def _column(
    dtype: str, *, ndim: int = 1, own: bool = False, empty: tuple[int, ...] | None = None
) -> Any:
    """A column; ``own``: of a length of its own; ``empty``: what it is where it is not given."""
    about = {"dtype": dtype, "ndim": ndim, "own": own}
    if empty is None:
        return field(metadata=about)
    return field(metadata=about, default_factory=lambda: np.array(empty, dtype=dtype))


@dataclass(frozen=True, eq=False, kw_only=True)
class _Table:
    """Columns as read-only copies, all of one length but for those with a length of their own."""

    def __post_init__(self) -> None:
        faults = Faults()
        for each in self._columns():
            about = each.metadata
            try:
                value = read_only(getattr(self, each.name), about["dtype"], about["ndim"])
            except (TypeError, ValueError) as error:
                faults.add(BAD_ARRAY(field=f"{self._name()}.{each.name}", why=str(error)))
            else:
                object.__setattr__(self, each.name, value)
        faults.raise_if_any()
        for each in self._columns():
            got = getattr(self, each.name).shape[0]
            if not each.metadata["own"] and got != len(self):
                where = f"{self._name()}.{each.name}"
                faults.add(BAD_LENGTH(field=where, got=got, expected=len(self)))
        faults.raise_if_any()

    def __len__(self) -> int:
        first = next(each.name for each in self._columns() if not each.metadata["own"])
        return int(getattr(self, first).shape[0])

    @classmethod
    def _columns(cls) -> list[dataclasses.Field[Any]]:
        return [each for each in dataclasses.fields(cls) if "dtype" in each.metadata]

    @classmethod
    def _name(cls) -> str:
        return cls.__name__.lower()

    def replace(self, **changes: Any) -> Self:
        """A variant with some columns changed."""
        return dataclasses.replace(self, **changes)


@dataclass(frozen=True, eq=False, kw_only=True)
class Years(_Table):
    """The T phases of a plan, in order; most plans count in years.

    Attributes:
        weight: int64[T], how much the value of a year counts in the objective, >= 0.
        capital: int64[T], fen that openings and closings may cost in the year, or UNLIMITED.
        running: int64[T], fen of yearly cost of all that stands open in the year, or UNLIMITED.
        carries: whether capital that a year leaves over may be spent later.
    """

    weight: NDArray[np.int64] = _column("int64")
    capital: NDArray[np.int64] = _column("int64")
    running: NDArray[np.int64] = _column("int64")
    carries: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Sites(_Table):
    """The m premises.

    Attributes:
        district: int32[m], sub-district, -1 for none.
        current: int32[m], the option that stands there today, -1 where nothing does.
        due: int32[m], the year from which something must stand there (0 for a facility that
            must be kept, the opening year of a committed one), -1 for no duty.
        closing_cost: int64[m], fen, paid once in the year in which an existing site closes.
        takeover_indptr: int64[m + 1] CSR into ``takeover_option``: while a closed existing site
            with entries stays closed, at least one of these options must stand (a merger).
        takeover_option: int32[k].
    """

    district: NDArray[np.int32] = _column("int32")
    current: NDArray[np.int32] = _column("int32")
    due: NDArray[np.int32] = _column("int32")
    closing_cost: NDArray[np.int64] = _column("int64")
    takeover_indptr: NDArray[np.int64] = _column("int64", own=True)
    takeover_option: NDArray[np.int32] = _column("int32", own=True)


@dataclass(frozen=True, eq=False, kw_only=True)
class Options(_Table):
    """The o ways in which a site may stand: a level with a size. A site shows one at a time.

    Attributes:
        site: int32[o], ascending.
        level: int32[o], a row of ``PlanProblem.level_parent``.
        first_year: int32[o], the first year in which the option may stand.
        area: int64[o], floor area in m2, >= 0.
        yearly_cost: int64[o], fen for every year in which it stands.
        opening_cost: int64[o], fen, paid once in the year in which it starts (0 for a current one).
        bonus: int64[o], value for every year in which it stands (co-location), >= 0.
        capacity: int64[o, S], units of each service that it can serve in a year; 0 where it does
            not offer the service, UNLIMITED where room does not matter.
        quota_area: int64[o], m2 that pooled quotas must provide before it may stand, 0 for none.
    """

    site: NDArray[np.int32] = _column("int32")
    level: NDArray[np.int32] = _column("int32")
    first_year: NDArray[np.int32] = _column("int32")
    area: NDArray[np.int64] = _column("int64")
    yearly_cost: NDArray[np.int64] = _column("int64")
    opening_cost: NDArray[np.int64] = _column("int64")
    bonus: NDArray[np.int64] = _column("int64")
    capacity: NDArray[np.int64] = _column("int64", ndim=2)
    quota_area: NDArray[np.int64] = _column("int64")


@dataclass(frozen=True, eq=False, kw_only=True)
class Demand(_Table):
    """The n demand rows: one disjoint cell at one place that asks for one service.

    A service is *capacitated* when any option offers a limited amount of it. Rows of other
    services are *covered* by every open site that reaches them; rows of capacitated services are
    *assigned*, unit by unit, to open sites with room.

    Attributes:
        service: int32[n], a column of ``Options.capacity``.
        district: int32[n], sub-district, -1 for none.
        group: int32[n], group, for reports.
        amount: int64[n], units (people, beds, portions in the problem's scale), >= 1.
        weight: int64[n], value per unit and year, >= 0.
        full: int64[n], T1: travel cost in ticks up to which a unit counts in full.
        radius: int64[n], T2 >= T1: travel cost at which it stops counting. Between the two the
            value of a row falls linearly: ``weight * amount * (T2 - cost) // (T2 - T1)`` (for
            assigned rows per unit: ``weight * (T2 - cost) // (T2 - T1)``). With T1 = T2 a row
            counts in full up to and including T2.
        backup: int64[n], extra value per unit and year when at least two open sites reach a
            covered row within T2; 0 for assigned rows.
        must: bool[n], the whole row has to be covered or assigned in every year.
        single: bool[n], an assigned row goes to one site as a whole, or not at all.
    """

    service: NDArray[np.int32] = _column("int32")
    district: NDArray[np.int32] = _column("int32")
    group: NDArray[np.int32] = _column("int32")
    amount: NDArray[np.int64] = _column("int64")
    weight: NDArray[np.int64] = _column("int64")
    full: NDArray[np.int64] = _column("int64")
    radius: NDArray[np.int64] = _column("int64")
    backup: NDArray[np.int64] = _column("int64")
    must: NDArray[np.bool_] = _column("bool")
    single: NDArray[np.bool_] = _column("bool")


@dataclass(frozen=True, eq=False, kw_only=True)
class Reach(_Table):
    """Who reaches whom, as CSR rows by site. Pairs beyond a row's ``radius`` are ignored.

    Attributes:
        demand: int32[r], rows that a site reaches, ascending within a site.
        cost: int64[r], travel cost in ticks, >= 0.
        indptr: int64[m + 1].
    """

    demand: NDArray[np.int32] = _column("int32")
    cost: NDArray[np.int64] = _column("int64")
    indptr: NDArray[np.int64] = _column("int64", own=True)


@dataclass(frozen=True, eq=False, kw_only=True)
class Attachments(_Table):
    """Pairs within the limit at which a site may hang on a site of the parent level.

    Attributes:
        child: int32[a], site. parent: int32[a], another site. No pair twice.
        cost: int64[a], travel cost in ticks, for reports and ties.
    """

    child: NDArray[np.int32] = _column("int32", empty=())
    parent: NDArray[np.int32] = _column("int32", empty=())
    cost: NDArray[np.int64] = _column("int64", empty=())


@dataclass(frozen=True, eq=False, kw_only=True)
class Rules(_Table):
    """R counting rules: low <= sum of coefficients of the options that stand <= high.

    "One centre per sub-district", "40 m2 per 1,000 residents", "beds per 100 elders", "at most
    ten new stations" are all of this form; the rule holds in every year of its span.

    Entries of one rule may count together: those with the same ``kind`` count once, with their
    common coefficient, as soon as one of their options stands ("an operator works in at least
    three sub-districts": one kind per sub-district).

    Attributes:
        low: int64[R], -2**62 for none. high: int64[R], 2**62 for none.
        first_year: int32[R]. last_year: int32[R], inclusive.
        growth: bool[R], the rule limits by how much a year's sum exceeds that of the year before
            (in year 0: that of what stands today); all False where it is left out.
        indptr: int64[R + 1] CSR rows into ``option`` int32[k], ``coefficient`` int64[k] and
            ``kind`` int32[k], -1 for an entry that counts by itself; all -1 where left out.
    """

    low: NDArray[np.int64] = _column("int64", empty=())
    high: NDArray[np.int64] = _column("int64", empty=())
    first_year: NDArray[np.int32] = _column("int32", empty=())
    last_year: NDArray[np.int32] = _column("int32", empty=())
    growth: NDArray[np.bool_] = _column("bool", empty=())
    indptr: NDArray[np.int64] = _column("int64", own=True, empty=(0,))
    option: NDArray[np.int32] = _column("int32", own=True, empty=())
    coefficient: NDArray[np.int64] = _column("int64", own=True, empty=())
    kind: NDArray[np.int32] = _column("int32", own=True, empty=())

    def __post_init__(self) -> None:
        if np.size(self.growth) == 0:
            object.__setattr__(self, "growth", np.zeros(np.shape(self.low), dtype=bool))
        if np.size(self.kind) == 0:
            object.__setattr__(self, "kind", np.full(np.shape(self.option), -1, dtype=np.int32))
        super().__post_init__()


@dataclass(frozen=True, eq=False, kw_only=True)
class Floors(_Table):
    """F coverage floors: the value of a set of rows (backup apart) reaches ``low`` in its years.

    Attributes:
        low: int64[F], value units: with weight 1 and T1 = T2, units covered or assigned.
        first_year: int32[F]. last_year: int32[F], inclusive.
        indptr: int64[F + 1] CSR rows into ``demand`` int32[k], ascending.
    """

    low: NDArray[np.int64] = _column("int64", empty=())
    first_year: NDArray[np.int32] = _column("int32", empty=())
    last_year: NDArray[np.int32] = _column("int32", empty=())
    indptr: NDArray[np.int64] = _column("int64", own=True, empty=(0,))
    demand: NDArray[np.int32] = _column("int32", own=True, empty=())


@dataclass(frozen=True, eq=False, kw_only=True)
class Quotas(_Table):
    """Q quotas of floor area in new compounds, which may be pooled into one site.

    Every quota is given to one site at most, for all years.

    Attributes:
        area: int64[Q], m2.
        first_year: int32[Q], the year from which the area is there.
        indptr: int64[Q + 1] CSR rows into ``site`` int32[k]: sites that it may be given to.
    """

    area: NDArray[np.int64] = _column("int64", empty=())
    first_year: NDArray[np.int32] = _column("int32", empty=())
    indptr: NDArray[np.int64] = _column("int64", own=True, empty=(0,))
    site: NDArray[np.int32] = _column("int32", own=True, empty=())
