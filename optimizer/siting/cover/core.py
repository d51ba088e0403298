"""The part of a maximal covering problem that is still undecided, as the kernels take it.

Weights and gains are scaled integers: ``value * 2**shift / unit`` rounded up, where ``unit`` is
the greatest common divisor of all of them. A bound in scaled integers, rounded down to whole
units, is a bound on the objective, and no double has part in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import csr_rows
from optimizer.siting.presolve import CoverModel, take_rows, transpose

__all__ = ["Core", "Cover", "Scale", "core_of", "cover_of", "scale_of"]

# Scaled sums stay below 2**_BITS: int64 kernels add up to ``room`` of them.
_BITS = 60
# Prices need no finer grid than this share of a unit.
_MOST_SHIFT = 16


class Cover(NamedTuple):
    """Cover lists for kernels; c sites, k classes.

    Attributes:
        indptr: int64[k + 1], CSR rows of the classes.
        site: int32[z], sites of a class, ascending.
        site_indptr: int64[c + 1], CSR rows of the sites.
        site_class: int32[z], classes of a site, ascending.
        weight: int64[k], >= 0.
        gain: int64[c], >= 0, what a site adds by itself.
    """

    indptr: NDArray[np.int64]
    site: NDArray[np.int32]
    site_indptr: NDArray[np.int64]
    site_class: NDArray[np.int32]
    weight: NDArray[np.int64]
    gain: NDArray[np.int64]


@dataclass(frozen=True)
class Scale:
    """How values are scaled: ``ceil(value / unit * 2**shift)``."""

    unit: int
    shift: int

    def up(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Scaled values, rounded up."""
        units = values // self.unit
        if self.shift >= 0:
            return units << self.shift
        return -((-units) >> -self.shift)

    def cut(self, units: int) -> int:
        """The largest scaled bound that proves that nothing is above ``units``."""
        if self.shift >= 0:
            return ((units + 1) << self.shift) - 1
        return units >> -self.shift

    def units(self, scaled: int) -> int:
        """The most units that a scaled bound allows."""
        return scaled >> self.shift if self.shift >= 0 else scaled << -self.shift


@dataclass(frozen=True)
class Core:
    """What is undecided; c sites, k classes.

    Attributes:
        cover: the lists, with scaled weights and gains.
        sites: int64[c], the sites' positions in the whole.
        classes: int64[k], the classes' positions in the whole, groups after all of them.
        must: bool[k], classes that must be covered (the groups).
        room: sites that may open besides the decided ones.
        constant: scaled value of the sites decided to open.
    """

    cover: Cover
    sites: NDArray[np.int64]
    classes: NDArray[np.int64]
    must: NDArray[np.bool_]
    room: int
    constant: int


def scale_of(model: CoverModel, room: int) -> Scale:
    """The finest scale at which no sum of the kernels overflows."""
    both = np.concatenate([model.gain, model.weight])
    unit = max(1, int(np.gcd.reduce(both))) if both.size else 1
    # Python integers: the sum itself may pass 64 bits.
    most = sum((both // unit).tolist()) * (room + 2) + 1
    return Scale(unit, min(_MOST_SHIFT, _BITS - most.bit_length()))


def cover_of(model: CoverModel, scale: Scale) -> Cover:
    """The whole problem's lists, scaled."""
    by_site = transpose(
        model.site.astype(np.int64), csr_rows(model.indptr).astype(np.int32), model.n_sites
    )
    return Cover(model.indptr, model.site, *by_site, scale.up(model.weight), scale.up(model.gain))


def _with_groups(whole: Cover, groups: tuple[NDArray[np.int64], ...]) -> Cover:
    """The lists of classes with those of groups behind them; the sites' lists stay as they are."""
    if not groups:
        return whole
    ends = whole.indptr[-1] + np.cumsum([group.size for group in groups])
    return whole._replace(
        indptr=np.concatenate([whole.indptr, ends]),
        site=np.concatenate([whole.site, *(group.astype(np.int32) for group in groups)]),
        weight=np.concatenate([whole.weight, np.zeros(len(groups), dtype=np.int64)]),
    )


def core_of(
    whole: Cover, room: int, state: NDArray[np.int8], groups: tuple[NDArray[np.int64], ...] = ()
) -> Core | None:
    """What is left once sites are opened (1) and closed (-1); None where that cannot be.

    Args:
        whole: the whole problem's lists.
        room: sites that may open, decided ones included.
        state: int8[c].
        groups: sets of sites of each of which one must open. They become classes without weight
            that must be covered, numbered from k on.
    """
    must = np.arange(whole.weight.size, whole.weight.size + len(groups))
    whole = _with_groups(whole, groups)
    is_open, is_free = state == 1, state == 0
    room -= int(is_open.sum())
    if room < 0:
        return None
    hits = is_open[whole.site].astype(np.int8)
    free = is_free[whole.site]
    if whole.weight.size:
        is_covered = np.maximum.reduceat(hits, whole.indptr[:-1]) > 0
        size = np.add.reduceat(free.astype(np.int64), whole.indptr[:-1])
    else:
        is_covered, size = np.zeros(0, dtype=bool), np.zeros(0, dtype=np.int64)
    if np.any(~is_covered[must] & (size[must] == 0)):
        return None
    is_must = np.zeros(whole.weight.size, dtype=bool)
    is_must[must] = True
    classes = np.flatnonzero(~is_covered & (size > 0))
    sites = np.flatnonzero(is_free)
    position = np.full(state.size, -1, dtype=np.int32)
    position[sites] = np.arange(sites.size, dtype=np.int32)
    _, entries = take_rows(whole.indptr, classes)
    entries = entries[free[entries]]
    indptr = np.zeros(classes.size + 1, dtype=np.int64)
    np.cumsum(size[classes], out=indptr[1:])
    site = position[whole.site[entries]]
    by_site = transpose(site.astype(np.int64), csr_rows(indptr).astype(np.int32), sites.size)
    constant = int(whole.gain[is_open].sum()) + int(whole.weight[is_covered].sum())
    cover = Cover(indptr, site, *by_site, whole.weight[classes], whole.gain[sites])
    return Core(cover, sites, classes, is_must[classes], min(room, int(sites.size)), constant)
