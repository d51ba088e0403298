"""Carers: levels, further skills, shifts, modes and the station that each starts from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scenarios.catalogue import Catalogue
from scenarios.records import Carer, Mode, Place

__all__ = ["draw_carers"]

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
    # open, close, most hours at work, share
    (6.5, 14.5, 8.0, 0.38),
    (8.0, 17.0, 8.0, 0.36),
    (11.5, 19.5, 8.0, 0.14),
    (7.5, 12.0, 4.5, 0.08),
    (13.5, 18.0, 4.5, 0.04),
)


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
        low, high, hours, _ = _SHIFTS[int(rng.choice(len(_SHIFTS), p=shift_odds))]
        if number < len(_FEWEST):
            low, high, hours, _ = _SHIFTS[number % 2]
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
            )
        )
    return tuple(carers)
