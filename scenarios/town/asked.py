"""What the town's clients ask of whoever comes: mostly what the hidden plan gives them.

Musts hold in the plan that the day is made around; of the wishes it leaves some unfulfilled, as
any day does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from scenarios.records import Asked, Carer, Sex
from scenarios.town.staff import DIALECTS
from scenarios.town.walk import Draft, World

__all__ = ["draw_asked"]

_NAMED, _SEX, _LANGUAGE, _AVOIDED, _KNOWN = 0.12, 0.10, 0.06, 0.02, 0.60
"""Shares of visits that name somebody, ask for a sex or a dialect, keep somebody away, and of
those whose client remembers who came last time."""
_INTIMATE = frozenset({"bathing", "bathing_disabled", "grooming", "personal_care"})
_SEX_WHERE_INTIMATE = 0.45
_MUST = 0.35
_FULFILLED, _SAME_AGAIN = 0.75, 0.70
"""Shares of wishes that the plan fulfils, and of visits to which it sends the same person."""


def draw_asked(world: World, carers: Sequence[Carer]) -> Mapping[str, Asked]:
    """What is asked for every visit, by its id."""
    return {draft.id: _asked(draft, carers, world.rng) for draft in world.drafts}


def _asked(draft: Draft, carers: Sequence[Carer], rng: np.random.Generator) -> Asked:
    """Lots are drawn in one order for every visit, whatever comes of them."""
    lots = rng.random(8)
    able = [carer for carer in carers if draft.service.skills <= carer.skills]
    other = able[int(rng.integers(len(able)))]
    dialect = DIALECTS[int(rng.integers(len(DIALECTS)))][0]
    mine = [carers[number] for number in draft.carers]
    gets = lots[0] < _FULFILLED
    must: set[str] = set()

    named: tuple[str, ...] = ()
    if lots[1] < _NAMED:
        named = tuple(carer.id for carer in mine) if gets else (other.id,)
        if gets and lots[2] < _MUST:
            must.add("carers")
    sex = None
    if lots[3] < (_SEX_WHERE_INTIMATE if draft.service.id in _INTIMATE else _SEX):
        same = {carer.sex for carer in mine}
        sex = mine[0].sex if len(same) == 1 else Sex.FEMALE
        if len(same) == 1 and lots[2] < _MUST:
            must.add("sex")
    language = None
    if lots[4] < _LANGUAGE:
        shared = sorted(frozenset.intersection(*(carer.languages for carer in mine)))
        language = shared[0] if shared else dialect
        if shared and lots[2] < _MUST:
            must.add("language")
    avoid = frozenset[str]()
    if lots[5] < _AVOIDED and other not in mine:
        avoid = frozenset({other.id})
    last = None
    if lots[6] < _KNOWN:
        last = mine[0].id if lots[7] < _SAME_AGAIN else other.id
    return Asked(named, sex, language, frozenset(must), avoid, last)
