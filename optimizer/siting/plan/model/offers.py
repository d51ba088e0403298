"""Which sites offer which service: the elements that cover demand.

An *element* is a site together with those of its options that offer a service. Two services that
the same options of a site offer share one element.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.plan.model.program import Program
from optimizer.siting.plan.problem import PlanProblem

__all__ = ["Offers", "add_offers", "offers_of"]


@dataclass(frozen=True)
class Offers:
    """The E elements of a problem.

    Attributes:
        element: int64[m, S], the element by which a site offers a service, -1 where it does not.
        entry: int64[k], elements, ascending. option: int64[k], the options that make them up.
        size: E.
    """

    element: NDArray[np.int64]
    entry: NDArray[np.int64]
    option: NDArray[np.int64]
    size: int

    def shown(self, stands: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64[E, T]: 1 where an element stands, from options' int64[o, T] of 0 and 1."""
        out = np.zeros((self.size, stands.shape[1]), dtype=np.int64)
        np.add.at(out, self.entry, stands[self.option])
        return out


def offers_of(problem: PlanProblem, usable: NDArray[np.bool_]) -> Offers:
    """The elements over the options that are usable, bool[o]."""
    known: dict[tuple[int, ...], int] = {}
    element = np.full((problem.n_sites, problem.n_services), -1, dtype=np.int64)
    offered = (problem.options.capacity != 0) & usable[:, None]
    starts = np.searchsorted(problem.options.site, np.arange(problem.n_sites + 1))
    for site in range(problem.n_sites):
        own = offered[starts[site] : starts[site + 1]]
        for service in np.flatnonzero(own.any(axis=0)):
            options = tuple((starts[site] + np.flatnonzero(own[:, service])).tolist())
            element[site, service] = known.setdefault(options, len(known))
    sizes = [len(options) for options in known]
    option = np.array([each for options in known for each in options], dtype=np.int64)
    return Offers(element, np.repeat(np.arange(len(known)), sizes), option, len(known))


def add_offers(program: Program, offers: Offers, stands: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[E, T]: columns that are 1 where an element stands, -1 where it cannot.

    An element of one option is that option's column; others get a column of their own, equal to
    the sum of theirs.
    """
    years = stands.shape[1]
    possible = np.zeros((offers.size, years), dtype=np.int64)
    np.add.at(possible, offers.entry, (stands[offers.option] >= 0).astype(np.int64))
    columns = np.full((offers.size, years), -1, dtype=np.int64)
    np.maximum.at(columns, offers.entry, stands[offers.option])
    own = program.add_columns(possible > 1)
    columns[possible > 1] = own[possible > 1]
    row = np.arange(columns.size).reshape(columns.shape)
    shared = possible > 1
    kept = np.where(shared[offers.entry], stands[offers.option], -1)
    program.add_rows(
        np.concatenate([row.ravel(), row[offers.entry].ravel()]),
        np.concatenate([own.ravel(), kept.ravel()]),
        np.repeat([-1, 1], [own.size, kept.size]),
        np.zeros(columns.size, dtype=np.int64),
        np.zeros(columns.size, dtype=np.int64),
    )
    return columns
