"""Two runs side by side: did quality get worse?

Quality is compared, not speed: seconds on a shared machine say little. A solver is flagged where
its mean objective over the seeds of an instance is worse than before by more than a tolerance,
where it answers no longer, or where it proves less.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.record import Record

__all__ = ["Change", "compare"]

_ANSWERS = ("optimal", "feasible")
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Change:
    """One instance and solver that got worse; ``loss`` is a fraction where objectives differ."""

    suite: str
    instance: str
    solver: str
    what: str
    loss: float | None = None


def compare(
    old: Iterable[Record], new: Iterable[Record], tolerance: float = 1e-4
) -> tuple[Change, ...]:
    """What got worse from ``old`` to ``new``; instances that only one run holds are left out."""
    before, after = _grouped(old), _grouped(new)
    changes = []
    for key in sorted(before.keys() & after.keys()):
        change = _compare_one(key, before[key], after[key], tolerance)
        if change is not None:
            changes.append(change)
    return tuple(changes)


def _compare_one(key: Key, old: list[Record], new: list[Record], tolerance: float) -> Change | None:
    answered_old = [r.objective for r in old if r.objective is not None]
    answered_new = [r.objective for r in new if r.objective is not None]
    if len(answered_new) / len(new) < len(answered_old) / len(old):
        return Change(*key, "answers fewer seeds")
    if not answered_old or not answered_new:
        return None
    was, is_now = _mean(answered_old), _mean(answered_new)
    loss = (is_now - was if old[0].sense == "min" else was - is_now) / max(1e-9, abs(was))
    if loss > tolerance:
        return Change(*key, "objective is worse", loss)
    if _proved(old) > _proved(new):
        return Change(*key, "proves fewer seeds optimal")
    return None


def _grouped(records: Iterable[Record]) -> dict[Key, list[Record]]:
    groups: dict[Key, list[Record]] = defaultdict(list)
    for record in records:
        if record.status != "not_expressible":
            groups[record.suite, record.instance, record.solver].append(record)
    return groups


def _proved(records: list[Record]) -> float:
    return sum(record.status == "optimal" for record in records) / len(records)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
