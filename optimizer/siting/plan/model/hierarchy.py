"""Levels: a site that shows an option of a level with a parent level hangs on one such site.

Per parent level and year this is transport: every child brings one unit, a standing parent has
room for as many as it may carry. Cuts stand for it (``transport``); who hangs on whom follows from
the standing options (``attach``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.siting.plan.model.transport import Transport
from optimizer.siting.plan.problem import PlanProblem
from optimizer.siting.plan.tables import UNLIMITED

__all__ = ["hierarchy_of"]


def hierarchy_of(problem: PlanProblem, stands: NDArray[np.int64]) -> tuple[Transport, ...]:
    """One network per parent level, over the options' columns ``stands``, int64[o, T]."""
    options, pairs = problem.options, problem.attachments
    of_option = problem.level_parent[options.level]
    found = []
    for above in np.unique(of_option[of_option >= 0]).tolist():
        asking = np.flatnonzero(of_option == above)
        carrying = np.flatnonzero(options.level == above)
        children, parents = _places(problem, asking), _places(problem, carrying)
        used = (children[pairs.child] >= 0) & (parents[pairs.parent] >= 0)
        count = int(children.max()) + 1
        fanout = int(problem.level_fanout[above])
        room = count if fanout == UNLIMITED else min(fanout, count)
        found.append(
            Transport(
                most=np.ones(count, dtype=np.int64),
                part=children[options.site[asking]],
                part_column=stands[asking],
                supplier=children[pairs.child[used]],
                sink=parents[pairs.parent[used]],
                place=parents[options.site[carrying]],
                room=np.full(carrying.size, room, dtype=np.int64),
                room_column=stands[carrying],
            )
        )
    return tuple(found)


def _places(problem: PlanProblem, option: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[m], the options' sites numbered from 0, -1 for others."""
    place = np.full(problem.n_sites, -1, dtype=np.int64)
    occurring = np.unique(problem.options.site[option])
    place[occurring] = np.arange(occurring.size)
    return place
