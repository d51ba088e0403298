"""Carers: levels, further skills, shifts, breaks, modes, terms and the station of each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.catalogue import Catalogue
from scenarios.records import Break, Carer, Mode, Place, Sex

__all__ = ["DIALECTS", "draw_carers"]

_HOUR = 3600
_STAFF = (
    # main skill, share, further skills with the chance to have them
    ("level:5", 0.22, {"household": 0.8, "cooking": 0.5, "escort": 0.3, "hairdressing": 0.15}),
    ("level:4", 0.32, {"bathing": 0.75, "escort": 0.5, "household": 0.4, "stair_climber": 0.3}),
    ("level:3", 0.20, {"bathing": 0.8, "dementia": 0.5, "escort": 0.4, "stair_climber": 0.3}),
    ("level:2", 0.06, {"bathing": 0.7, "dementia": 0.7, "assessment": 0.5, "counselling": 0.5}),
    ("level:1", 0.03, {"dementia": 0.8, "assessment": 0.9, "counselling": 0.6}),
    ("nursing", 0.11, {"level:4": 1.0, "palliative": 0.4}),
    ("therapy", 0.04, {"level:4": 0.5}),
    ("doctor", 0.02, {"nursing": 0.3}),
)
_FEWEST = ("level:4", "level:4", "level:5", "level:3", "nursing", "level:2", "level:1", "therapy")
"""Every station's day has at least these."""
_WAGE = {
    "level:5": 3_000,
    "level:4": 3_400,
    "level:3": 4_000,
    "level:2": 4_800,
    "level:1": 5_600,
    "nursing": 5_500,
    "therapy": 6_000,
    "doctor": 9_000,
}
"""Fen per hour; everyday orders of magnitude, no tariff."""
_SHIFTS = (
    # open, close, most hours at work, share, earliest and latest start of the break
    (6.5, 14.5, 8.0, 0.36, (10.0, 12.5)),
    (8.0, 17.0, 8.0, 0.34, (12.0, 14.25)),
    (11.5, 19.5, 8.0, 0.18, (14.5, 17.0)),
    (7.5, 12.0, 4.5, 0.08, None),
    (13.5, 18.0, 4.5, 0.04, None),
)
_BREAK = 1_800
_AT_STATION = 0.15
"""Share of carers who take their break at the station."""
DIALECTS = (("粤语", 0.12), ("上海话", 0.10), ("四川话", 0.20))
"""Spoken by so many carers beside the standard language."""
_WOMEN, _BEGINNERS, _MAY_STAY_ON, _OFF_ON_HOLIDAYS = 0.78, 0.10, 0.30, 0.40
_BEGINNERS_PACE = (1.1, 1.2)
_OVERTIME = 3_600
_MOST_WAY_ON_FOOT = 7_200


def draw_carers(
    n: int,
    bases: tuple[Place, ...],
    demand: NDArray[np.float64],
    catalogue: Catalogue,
    rng: np.random.Generator,
) -> tuple[Carer, ...]:
    """``n`` carers; ``demand`` says how many a base needs relative to the others."""
    mains = list(_FEWEST[:n])
    shares = np.array([share for _, share, _ in _STAFF])
    while len(mains) < n:
        mains.append(_STAFF[int(rng.choice(len(_STAFF), p=shares / shares.sum()))][0])
    further = {main: extra for main, _, extra in _STAFF}
    shift_odds = np.array([shift[3] for shift in _SHIFTS])
    carers = []
    for number, main in enumerate(mains):
        lots = {skill: rng.random() < odds for skill, odds in sorted(further[main].items())}
        skills = {main} | {skill for skill, has in lots.items() if has}
        if number < 3:
            skills |= {"bathing"} if main != "level:5" else {"household", "cooking", "repair"}
        shift = _SHIFTS[int(rng.choice(len(_SHIFTS), p=shift_odds))]
        if number < len(_FEWEST):
            shift = _SHIFTS[number % 2]
        low, high, hours = shift[:3]
        base = bases[int(rng.choice(len(bases), p=demand / demand.sum()))]
        carers.append(
            Carer(
                id=f"C{number + 1:03d}",
                skills=catalogue.with_implied(skills),
                shift=(round(low * _HOUR), round(high * _HOUR)),
                start=base,
                end=None if rng.random() < 0.15 else base,
                max_work=round(hours * _HOUR),
                mode=Mode.WALK if rng.random() < 0.2 else Mode.EBIKE,
                wage=_WAGE[main],
                breaks=_breaks(shift[4], base, rng),
                **_terms(rng),
            )
        )
    return tuple(map(_with_limit, carers))


def _breaks(
    hours: tuple[float, float] | None, base: Place, rng: np.random.Generator
) -> tuple[Break, ...]:
    place = base if rng.random() < _AT_STATION else None
    if hours is None:
        return ()
    return (Break((round(hours[0] * _HOUR), round(hours[1] * _HOUR)), _BREAK, place),)


def _terms(rng: np.random.Generator) -> dict[str, Any]:
    """Sex, dialects, pace, overtime and holidays."""
    lots = rng.random(4)
    spoken = rng.random(len(DIALECTS))
    return {
        "sex": Sex.FEMALE if lots[0] < _WOMEN else Sex.MALE,
        "languages": frozenset(
            name for (name, share), lot in zip(DIALECTS, spoken, strict=True) if lot < share
        ),
        "pace": _BEGINNERS_PACE[int(rng.integers(2))] if lots[1] < _BEGINNERS else 1.0,
        "overtime": _OVERTIME if lots[2] < _MAY_STAY_ON else 0,
        "holidays": bool(lots[3] >= _OFF_ON_HOLIDAYS),
    }


def _with_limit(carer: Carer) -> Carer:
    """Those on foot walk so much a day and no more."""
    limit = _MOST_WAY_ON_FOOT if carer.mode is Mode.WALK else None
    return replace(carer, max_travel=limit)
