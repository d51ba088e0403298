"""Covered demand.

y[k, t] = 1 where class k is covered: y[k, t] <= y[inner, t] + sum of its own elements. Rows that
must be covered fix the class of all that reach them at 1. Backup (Hogan, ReVelle 1986): a second
column b[k, t] <= y[k, t] with y + b <= the number of standing elements of the class.

y and b need no integrality: at integer elements some best point has each of them at 0 or 1, as
long as the first cover is worth at least as much as the second; where it is not, b is integer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.plan.model.cover_classes import CoverClasses
from optimizer.siting.plan.model.program import INFINITE, Program
from optimizer.siting.plan.problem import PlanProblem

__all__ = ["Cover", "add_cover"]


@dataclass(frozen=True)
class Cover:
    """The covered part of a model.

    Attributes:
        classes: the classes.
        once: int64[k, T], columns y. twice: int64[k, T], columns b, -1 without backup.
        backup: int64[k], value of a second cover in a year.
    """

    classes: CoverClasses
    once: NDArray[np.int64]
    twice: NDArray[np.int64]
    backup: NDArray[np.int64]


def add_cover(
    program: Program,
    problem: PlanProblem,
    classes: CoverClasses,
    elements: NDArray[np.int64],
    must: NDArray[np.bool_],
) -> Cover:
    """Add the classes over the elements' columns, int64[E, T].

    Args:
        program: the program to add to.
        problem: the problem.
        classes: its covered rows, merged.
        elements: columns of the elements, -1 where one cannot stand.
        must: bool[n], rows that have to be covered in every year.
    """
    years, covered = problem.n_years, ~problem.capacitated[problem.demand.service]
    if np.any(must & covered & (classes.top < 0)):
        program.impossible = True
    backup = np.zeros(classes.size, dtype=np.int64)
    asks = (classes.top >= 0) & (problem.demand.backup > 0)
    worth = problem.demand.backup * problem.demand.amount
    np.add.at(backup, classes.top[asks], worth[asks])
    once = program.add_columns(np.ones((classes.size, years), dtype=bool))
    _add_first(program, classes, elements, once)
    twice = _add_second(program, classes, elements, once, backup)
    program.fix(once[np.unique(classes.top[must & (classes.top >= 0)])], 1)
    return Cover(classes, once, twice, backup)


def _add_first(
    program: Program,
    classes: CoverClasses,
    elements: NDArray[np.int64],
    once: NDArray[np.int64],
) -> None:
    row = np.arange(once.size).reshape(once.shape)
    owner = csr_rows(classes.indptr)
    nested = np.flatnonzero(classes.inner >= 0)
    parts = (
        (row, once, -1),
        (row[owner], elements[classes.element], 1),
        (row[nested], once[classes.inner[nested]], 1),
    )
    program.add_rows(
        np.concatenate([rows.ravel() for rows, _, _ in parts]),
        np.concatenate([columns.ravel() for _, columns, _ in parts]),
        np.repeat([sign for _, _, sign in parts], [rows.size for rows, _, _ in parts]),
        np.zeros(once.size, dtype=np.int64),
        np.full(once.size, INFINITE),
    )


def _add_second(
    program: Program,
    classes: CoverClasses,
    elements: NDArray[np.int64],
    once: NDArray[np.int64],
    backup: NDArray[np.int64],
) -> NDArray[np.int64]:
    years = once.shape[1]
    asked = backup > 0
    first = np.zeros(classes.size, dtype=np.int64)
    np.add.at(first, classes.part_class, classes.part_value)
    there = np.broadcast_to(asked[:, None], once.shape)
    twice = program.add_columns(there, integer=(backup > first)[:, None])
    rows = np.flatnonzero(asked)
    number = np.full(classes.size, -1, dtype=np.int64)
    number[rows] = np.arange(rows.size)
    below = np.arange(rows.size * years).reshape(rows.size, years)
    program.add_rows(
        np.concatenate([below.ravel(), below.ravel()]),
        np.concatenate([once[rows].ravel(), twice[rows].ravel()]),
        np.repeat([1, -1], [below.size, below.size]),
        np.zeros(below.size, dtype=np.int64),
        np.full(below.size, INFINITE),
    )
    owners, members = _members(classes, rows)
    counted = below[number[owners]]
    program.add_rows(
        np.concatenate([below.ravel(), below.ravel(), counted.ravel()]),
        np.concatenate([once[rows].ravel(), twice[rows].ravel(), elements[members].ravel()]),
        np.repeat([-1, -1, 1], [below.size, below.size, counted.size]),
        np.zeros(below.size, dtype=np.int64),
        np.full(below.size, INFINITE),
    )
    return twice


def _members(
    classes: CoverClasses, wanted: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All elements of some classes, those of inner ones included: classes and elements."""
    owner = [np.zeros(0, dtype=np.int64)]
    member = [np.zeros(0, dtype=np.int64)]
    for each in wanted:
        at = int(each)
        while at >= 0:
            own = classes.element[classes.indptr[at] : classes.indptr[at + 1]]
            owner.append(np.full(own.size, each))
            member.append(own)
            at = int(classes.inner[at])
    return np.concatenate(owner), np.concatenate(member)
