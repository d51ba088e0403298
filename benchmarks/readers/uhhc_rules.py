"""The rules and costs of home healthcare rounds, from the file's own numbers.

Nothing of ours is used: a round is what a caregiver does and when, in minutes, and every rule and
cost of the family is computed from that and the instance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.readers.uhhc import HealthCare, Patient, Tie

__all__ = ["LUNCH", "Costs", "Round", "Stop", "evaluate", "lunch_place"]

LUNCH = -1
"""Stands for the lunch break where a service is expected."""
Stop = tuple[int, float]
"""A service or ``LUNCH``, and its start in minutes."""
Round = Sequence[Stop]
"""What a caregiver does in order; empty for one who stays at home."""
_EPSILON = 1e-6


@dataclass(frozen=True)
class Costs:
    """Weighted parts of the cost by component, and their sum."""

    parts: Mapping[str, float]

    @property
    def total(self) -> float:
        """What the family minimises."""
        return sum(self.parts.values())


@dataclass
class _Walk:
    """One caregiver's round in figures (minutes)."""

    travel: float = 0.0
    waiting: float = 0.0
    idle: float = 0.0
    extra: float = 0.0
    lunch: bool = False


def evaluate(instance: HealthCare, rounds: Sequence[Round]) -> Costs | str:
    """The cost of rounds, or what is wrong with them.

    Args:
        instance: the instance.
        rounds: per caregiver, in the file's order. Departure is as late as the first stop allows.
    """
    start: dict[int, float] = {}
    person: dict[int, int] = {}
    walks = []
    for carer, stops in enumerate(rounds):
        for service, begin in stops:
            if service == LUNCH:
                continue
            if service in start:
                return f"service {service} is done twice"
            start[service], person[service] = begin, carer
        wrong = _wrong_stops(instance, carer, stops)
        if wrong is not None:
            return wrong
        walk = _walk(instance, carer, stops)
        if isinstance(walk, str):
            return walk
        walks.append(walk)
    wrong = _wrong_patients(instance, start, person)
    if wrong is not None:
        return wrong
    values = _values(instance, walks, start, person)
    for name in sorted(instance.zero):
        if values[name] > _EPSILON:
            return f"{name} is {values[name]:g} and must be zero"
    return Costs({name: instance.weights.get(name, 0.0) * value for name, value in values.items()})


def lunch_place(instance: HealthCare, carer: int, stops: Round, at: int) -> int:
    """Where the lunch at a position is taken: at the next visit, or else at the end point."""
    after = [service for service, _ in stops[at + 1 :] if service != LUNCH]
    return _place(instance, after[0]) if after else instance.caregivers[carer].end


def _place(instance: HealthCare, service: int) -> int:
    return instance.patient(service).place


def _wrong_stops(instance: HealthCare, carer: int, stops: Round) -> str | None:
    """Rules on single stops: who may do it, and when it may start."""
    who, lunch = instance.caregivers[carer], instance.lunch
    lunches = [begin for service, begin in stops if service == LUNCH]
    if len(lunches) > 1:
        return f"caregiver {who.id} has lunch twice"
    if lunches and (lunch is None or not who.lunch):
        return f"caregiver {who.id} has no lunch break"
    for begin in lunches:
        assert lunch is not None
        if not lunch.opens - _EPSILON <= begin <= lunch.closes + _EPSILON:
            return f"caregiver {who.id} has lunch at {begin:g}"
    for service, begin in stops:
        if service == LUNCH:
            continue
        if not instance.allowed[service, carer]:
            return f"caregiver {who.id} may not do service {service}"
        patient = instance.patient(service)
        if begin < patient.windows[0][0] - _EPSILON:
            return f"service {service} starts before the first window"
    return None


def _walk(instance: HealthCare, carer: int, stops: Round) -> _Walk | str:
    """Travel, waiting, idle and extra time of a round."""
    who = instance.caregivers[carer]
    if not stops:
        return _Walk(idle=who.closes - who.opens)
    walk, here, now = _Walk(), who.start, 0.0
    for at, (service, begin) in enumerate(stops):
        is_lunch = service == LUNCH
        there = lunch_place(instance, carer, stops, at) if is_lunch else _place(instance, service)
        way = float(instance.distance[here, there])
        arrive = now + way if at else begin
        if at == 0:
            depart = begin - way
            if depart < who.opens - _EPSILON:
                return f"caregiver {who.id} leaves at {depart:g}, before the shift"
            walk.idle += depart - who.opens
        if begin < arrive - _EPSILON:
            return f"caregiver {who.id} is at stop {at} at {arrive:g}, after its start {begin:g}"
        walk.travel += way
        walk.idle += begin - arrive
        if not (at == 1 and stops[0][0] == LUNCH):
            walk.waiting += begin - arrive
        walk.lunch = walk.lunch or is_lunch
        now = begin + _length(instance, service)
        here = there
    way = float(instance.distance[here, who.end])
    walk.travel += way
    walk.extra = max(0.0, now + way - who.closes)
    walk.idle += max(0.0, who.closes - now - way)
    return walk


def _length(instance: HealthCare, service: int) -> float:
    if service == LUNCH:
        assert instance.lunch is not None
        return instance.lunch.length
    return float(instance.duration[service])


def _wrong_patients(
    instance: HealthCare, start: Mapping[int, float], person: Mapping[int, int]
) -> str | None:
    """Rules on patients: who must be visited, and how two services hang together."""
    for patient in instance.patients:
        done = [service for service in patient.services if service in start]
        if not done and not patient.optional:
            return f"patient {patient.id} is not visited"
        if done and len(done) < len(patient.services):
            return f"patient {patient.id} gets one service of two"
        if len(done) == 2:
            wrong = _wrong_tie(patient, start, person)
            if wrong is not None:
                return wrong
    return None


def _wrong_tie(
    patient: Patient, start: Mapping[int, float], person: Mapping[int, int]
) -> str | None:
    first, second = patient.services
    if patient.tie is Tie.INDEPENDENT:
        return None
    if person[first] == person[second]:
        return f"patient {patient.id} gets both services from one person"
    gap = start[second] - start[first]
    if not patient.least - _EPSILON <= gap <= patient.most + _EPSILON:
        return f"the services of patient {patient.id} start {gap:g} apart"
    return None


def _values(
    instance: HealthCare,
    walks: Sequence[_Walk],
    start: Mapping[int, float],
    person: Mapping[int, int],
) -> dict[str, float]:
    """Every component before its weight."""
    late = [_late(instance, service, begin) for service, begin in start.items()]
    seen = {int(instance.patient_of[service]) for service in start}
    wished = {service: instance.patient(service).preferred for service in person}
    others = sum(
        bool(wished[service]) and carer not in wished[service] for service, carer in person.items()
    )
    fed = zip(instance.caregivers, walks, strict=True)
    hungry = sum(who.lunch and not walk.lunch for who, walk in fed)
    return {
        "travel_time": sum(walk.travel for walk in walks),
        "total_tardiness": sum(late),
        "highest_tardiness": max(late, default=0.0),
        "total_waiting_time": sum(walk.waiting for walk in walks),
        "total_extra_time": sum(walk.extra for walk in walks),
        "max_idle_time": max((walk.idle for walk in walks), default=0.0),
        "caregiver_preferences": float(others),
        "optional_patients": float(len(instance.patients) - len(seen)),
        "missed_lunch_break": float(hungry),
    }


def _late(instance: HealthCare, service: int, begin: float) -> float:
    """Minutes after the end of the last window that began by the start of the service."""
    windows = instance.patient(service).windows
    in_force = [end for opens, end in windows if opens <= begin + _EPSILON]
    end = in_force[-1] if in_force else windows[0][1]
    met = begin + float(instance.duration[service]) if instance.met_at_end else begin
    return max(0.0, met - end)
