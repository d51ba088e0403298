"""Changes of a plan at a single site: leave out what stands there, or let an option stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.plan.problem import PlanProblem

__all__ = ["Move", "adding_moves", "leaving_moves"]


@dataclass(frozen=True)
class Move:
    """What a site shows instead, year by year; all other sites stay as they are.

    Attributes:
        site: the site.
        option: the option that stands there in the end, -1 for none.
        before: the options of every year in the plan, -1 where nothing stands.
        after: the options of every year instead.
    """

    site: int
    option: int
    before: tuple[int, ...]
    after: tuple[int, ...]

    @property
    def years(self) -> tuple[int, ...]:
        """The years in which something changes."""
        pairs = enumerate(zip(self.before, self.after, strict=True))
        return tuple(year for year, (old, new) in pairs if old != new)


def leaving_moves(shown: NDArray[np.integer[Any]]) -> list[Move]:
    """For every site where something stands in the last year: nothing stands in any year.

    An existing site closes in year 0, a new one never opens.
    """
    nothing = (-1,) * shown.shape[0]
    return [
        Move(site, -1, tuple(shown[:, site].tolist()), nothing)
        for site in np.flatnonzero(shown[-1] >= 0).tolist()
    ]


def adding_moves(problem: PlanProblem, shown: NDArray[np.integer[Any]]) -> list[Move]:
    """For every option that does not stand in the last year: it stands there.

    It starts in its first year. Where the site changes to another option later than that, it
    starts in that option's place. Until then an existing site shows its current option.
    """
    last, years = problem.n_years - 1, range(problem.n_years)
    current = problem.sites.current.tolist()
    moves = []
    for option, site in enumerate(problem.options.site.tolist()):
        column = shown[:, site].tolist()
        first = int(problem.options.first_year[option])
        if first > last or column[-1] == option:
            continue
        if option == current[site]:
            after = (option,) * problem.n_years
        else:
            other = [year for year in years if column[year] not in (-1, current[site])]
            start = max([first, *other[:1]])
            after = tuple(current[site] if year < start else option for year in years)
        moves.append(Move(site, option, tuple(column), after))
    return moves
