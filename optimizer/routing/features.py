"""Which features of the model a problem uses, so that an engine is chosen that has them all."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from optimizer.routing.problem import NONE, LinkKind, RoutingProblem

__all__ = ["PARTS", "ROUND_FEATURES", "Feature", "objective_parts", "used_features"]


class Feature(StrEnum):
    """What goes beyond one person, one hard window and one round."""

    TRIPS = "trips"
    """Vehicles that load, perhaps several times."""
    FRESHNESS = "freshness"
    """Loads of a certain origin, or with a limit on the time since loading."""
    RELEASE = "release"
    """Trips that may not leave before a moment."""
    STAFF = "staff"
    """Tasks for several people at once."""
    TIES = "ties"
    """Tasks tied by same start or sequence."""
    LOOSE_LINKS = "loose_links"
    """Different person, same person, not overlapping."""
    LATENESS = "lateness"
    """Windows that may be overrun at a cost."""
    LATE_WINDOW = "late_window"
    """Any window may be overrun, not only the last."""
    EARLINESS = "earliness"
    """Starts before the first opening at a cost."""
    WINDOW_AT_END = "window_at_end"
    """Windows whose close binds the finish."""
    ALLOWED = "allowed"
    """Forbidden pairs of task and person."""
    PREFERENCES = "preferences"
    """Costs of pairs of task and person."""
    PAIR_DURATION = "pair_duration"
    """Durations that depend on the person."""
    OVERTIME = "overtime"
    """Paid time after the shift."""
    MAX_TRAVEL = "max_travel"
    """A limit on travel time."""
    WAITING = "waiting"
    """Waiting costs."""
    BREAKS = "breaks"
    """Breaks."""
    WORST_IDLE = "worst_idle"
    """The largest idle time costs."""
    BALANCE = "balance"
    """The spread of working times costs."""
    EQUIPMENT = "equipment"
    """Shared equipment."""
    REMOTE = "remote"
    """Tasks that may be done by phone."""
    ENTITLEMENTS = "entitlements"
    """Limits on what a payer pays."""
    STABILITY = "stability"
    """Changes against a plan in force cost or are limited."""


ROUND_FEATURES = frozenset({Feature.TRIPS, Feature.FRESHNESS})
"""What timing and insertion of single routes (``schedule``, ``insert``) understand."""

PARTS: dict[str, Feature | None] = {
    "fixed": None,
    "time": None,
    "distance": None,
    "waiting": Feature.WAITING,
    "overtime": Feature.OVERTIME,
    "lateness": Feature.LATENESS,
    "worst_lateness": Feature.LATENESS,
    "earliness": Feature.EARLINESS,
    "preferences": Feature.PREFERENCES,
    "breaks_missed": Feature.BREAKS,
    "worst_idle": Feature.WORST_IDLE,
    "balance": Feature.BALANCE,
    "changes": Feature.STABILITY,
    "remote": Feature.REMOTE,
    "unserved": None,
}
"""Parts of the objective in order, each with the feature that brings it in, None for always."""


def used_features(problem: RoutingProblem) -> frozenset[Feature]:
    """The features that a problem uses; a feature whose columns are neutral is not used."""
    p, f = problem, Feature
    in_plan = bool(np.any(p.plan_vehicle != NONE))
    used = {
        f.TRIPS: np.any(p.vehicle_max_trips > 0),
        f.FRESHNESS: np.any(p.task_freshness != NONE) or np.any(p.task_origin != NONE),
        f.RELEASE: np.any(p.task_release != NONE),
        f.STAFF: np.any(p.task_staff > 1),
        f.TIES: np.any(p.link_kind <= LinkKind.SEQUENCE),
        f.LOOSE_LINKS: np.any(p.link_kind > LinkKind.SEQUENCE),
        f.LATENESS: p.is_soft,
        f.LATE_WINDOW: np.any(p.task_late_window & (p.task_late_cost != NONE)),
        f.EARLINESS: np.any(p.task_early_cost != NONE),
        f.WINDOW_AT_END: np.any(p.window_at_end),
        f.ALLOWED: not np.all(p.pair_allowed),
        f.PREFERENCES: np.any(p.pair_cost),
        f.PAIR_DURATION: p.pair_duration.size > 0,
        f.OVERTIME: np.any(p.vehicle_overtime),
        f.MAX_TRAVEL: np.any(p.vehicle_max_travel != NONE),
        f.WAITING: np.any(p.vehicle_wait_cost),
        f.BREAKS: p.n_breaks > 0,
        f.WORST_IDLE: p.worst_idle_cost > 0,
        f.BALANCE: p.balance_cost > 0,
        f.EQUIPMENT: np.any(p.task_equipment != NONE),
        f.REMOTE: np.any(p.task_remote_cost != NONE),
        f.ENTITLEMENTS: np.any(p.task_payer != NONE),
        f.STABILITY: in_plan and (p.change_cost > 0 or p.max_changes != NONE),
    }
    return frozenset(feature for feature, is_used in used.items() if is_used)


def objective_parts(problem: RoutingProblem) -> tuple[str, ...]:
    """Names of the parts that an answer to the problem reports, in order."""
    used = used_features(problem)
    return tuple(name for name, needs in PARTS.items() if needs is None or needs in used)
