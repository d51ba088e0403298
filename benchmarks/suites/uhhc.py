"""``uhhc``: home healthcare with lunch breaks, preferences, idle time and optional patients.

Minimises the family's weighted sum in minutes. The rounds and their starts are the solver's; rules
and costs are recomputed from the file by :mod:`benchmarks.readers.uhhc_rules`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.readers.text import best_values
from benchmarks.readers.uhhc import HealthCare, Tie, read_uhhc
from benchmarks.readers.uhhc_rules import LUNCH, Costs, Round, Stop, evaluate, lunch_place
from benchmarks.suite import Case, Limits, NotExpressible, Outcome, Solution, Suite
from optimizer.routing.problem import NONE, LinkKind, RoutingProblem
from optimizer.routing.solution import Plan, StepKind
from optimizer.routing.solve import solve
from optimizer.stop import Progress
from optimizer.stop import Stop as StopRule

__all__ = ["UHHC", "rounds_of", "solution_of", "to_problem"]

_FINE = 1_000
"""Ticks per minute, and cost units per unit of cost, where the file has fractions."""
_NOT_SAID = ("travel_time", "total_waiting_time", "max_idle_time")
"""Components that our problem can weight but not forbid."""


def cases(data: Path | None) -> list[Case]:
    """All files by name, each with the seconds of a published run."""
    folder = None if data is None else data / "uhhc"
    if folder is None or not folder.is_dir():
        return []
    table = folder / "best_known.csv"
    best, seconds = (best_values(table, "instance", name) for name in ("best_known", "seconds"))
    names = {path.stem: path for path in sorted(folder.glob("*.json"))}
    return [
        Case(name, path, "min", best.get(name), seconds.get(name)) for name, path in names.items()
    ]


def to_problem(instance: HealthCare) -> RoutingProblem:
    """The instance in whole ticks: minutes, or thousandths of them where the file has fractions.

    Patients who must be visited are the higher tier. Everything that the family counts is a cost;
    overtime and lateness are allowed as far as the day can last.

    Raises:
        NotExpressible: a component must be zero that we can only weight.
    """
    unsaid = sorted(instance.zero & set(_NOT_SAID))
    if unsaid:
        raise NotExpressible(f"no way to forbid {', '.join(unsaid)}")
    return RoutingProblem(**_Columns(instance).all())


class _Columns:
    """The columns of one instance, by group."""

    def __init__(self, instance: HealthCare) -> None:
        self.instance = instance
        times = (instance.distance, instance.duration, *(p.windows for p in instance.patients))
        self.scale = 1 if all(_whole(each) for each in times) else _FINE
        self.costs = 1 if _whole(list(instance.weights.values())) else _FINE
        self.n, self.v = instance.duration.size, len(instance.caregivers)
        self.ways = self.ticks(instance.distance)
        ends = [end for patient in instance.patients for _, end in patient.windows]
        shifts = [one.closes for one in instance.caregivers]
        stay = float(instance.duration.sum()) + 60.0
        legs = 2.0 * (self.n + 1) * float(instance.distance.max(initial=0.0))
        self.horizon = int(self.ticks(max([*ends, *shifts]) + stay + legs))

    def ticks(self, values: Any) -> NDArray[np.int64]:
        """Minutes as ticks."""
        minutes = np.asarray(values, dtype=np.float64) * self.scale
        return np.rint(minutes).astype(np.int64)

    def weight(self, name: str, per: int = 1) -> int:
        """Cost of one unit of a component; ``per`` is ticks per minute for those of time.

        A cost unit is a ``costs * scale``-th of the family's.
        """
        unit = self.costs * self.scale // per
        return round(self.instance.weights.get(name, 0.0) * unit)

    def all(self) -> dict[str, Any]:
        """Everything."""
        return {
            "time": self.ways[None],
            "distance": self.ways[None],
            **self.tasks(),
            **self.windows(),
            **self.pairs(),
            **self.links(),
            **self.vehicles(),
            **self.breaks(),
            "worst_late_cost": self.weight("highest_tardiness", self.scale),
            "worst_idle_cost": self.weight("max_idle_time", self.scale),
            "ticks_per_second": 1,
            "cost_scale": 1,
        }

    def tasks(self) -> dict[str, Any]:
        """One task per service."""
        instance, zeros = self.instance, np.zeros(self.n, np.int64)
        patients = [instance.patients[who] for who in instance.patient_of]
        must = np.array([self.must(who) for who in instance.patient_of], dtype=np.bool_)
        soft = not instance.zero & {"total_tardiness", "highest_tardiness"}
        late = self.weight("total_tardiness", self.scale) if soft else NONE
        return {
            "task_place": [patient.place for patient in patients],
            "task_end_place": [patient.place for patient in patients],
            "task_duration": self.ticks(instance.duration),
            "task_skills": zeros,
            "task_tier": np.where(must, 0, int(must.any())),
            "task_prize": np.where(must, self.dearest(), self.prizes()),
            "task_staff": zeros + 1,
            "task_load": np.zeros((self.n, 0), np.int64),
            "task_origin": zeros + NONE,
            "task_freshness": zeros + NONE,
            "task_late_cost": zeros + late,
            "task_late_window": np.full(self.n, soft),
        }

    def must(self, who: int) -> bool:
        """Whether a patient must be visited."""
        optional = self.instance.patients[who].optional
        return not optional or "optional_patients" in self.instance.zero

    def prizes(self) -> NDArray[np.int64]:
        """What leaving an optional patient out costs, shared by the patient's services."""
        prize = np.zeros(self.n, np.int64)
        for patient in self.instance.patients:
            parts = np.array_split(
                np.arange(self.weight("optional_patients")), len(patient.services)
            )
            prize[list(patient.services)] = [part.size for part in parts]
        return prize

    def dearest(self) -> int:
        """More than any plan costs that leaves nobody out."""
        timed = ("total_tardiness", "highest_tardiness", "total_waiting_time", "total_extra_time")
        per_tick = sum(self.weight(name, self.scale) for name in timed)
        longest = int(self.ways.max(initial=0)) * self.weight("travel_time", self.scale)
        flat = self.weight("caregiver_preferences") + self.weight("missed_lunch_break")
        idle = self.weight("max_idle_time", self.scale)
        return 1 + self.horizon * (per_tick + idle) + 2 * longest + flat

    def windows(self) -> dict[str, Any]:
        """Windows by service; the last tick of one that meets the next belongs to the next."""
        instance = self.instance
        rows: list[NDArray[np.int64]] = []
        for who in instance.patient_of:
            window = self.ticks(instance.patients[who].windows)
            window[:-1, 1] = np.minimum(window[:-1, 1], window[1:, 0] - 1)
            rows.append(window)
        table = np.concatenate(rows)
        return {
            "window_indptr": np.cumsum([0, *(len(row) for row in rows)]),
            "window_open": table[:, 0],
            "window_close": table[:, 1],
            "window_at_end": np.full(self.n, instance.met_at_end),
        }

    def pairs(self) -> dict[str, Any]:
        """Who may do what, and what it costs when a wish is not met."""
        instance = self.instance
        wished = [instance.patients[who].preferred for who in instance.patient_of]
        other = np.array(
            [[bool(wish) and at not in wish for at in range(self.v)] for wish in wished],
            dtype=np.bool_,
        ).reshape(self.n, self.v)
        must = "caregiver_preferences" in instance.zero
        return {
            "pair_allowed": instance.allowed & ~other if must else instance.allowed,
            "pair_cost": other * self.weight("caregiver_preferences"),
        }

    def links(self) -> dict[str, Any]:
        """Two services of a patient.

        Independent services of an optional patient are done both or neither. Where nobody can do
        both, that is a sequence with any gap; otherwise the tie is left out, and a half-done
        patient is left out of the answer.
        """
        rows = []
        for who, patient in enumerate(self.instance.patients):
            if len(patient.services) == 1:
                continue
            first, second = patient.services
            if patient.tie is Tie.SIMULTANEOUS:
                rows.append((first, second, LinkKind.SAME_START, 0, 0))
            elif patient.tie is Tie.SEQUENTIAL:
                least, most = self.ticks([patient.least, patient.most]).tolist()
                rows.append((first, second, LinkKind.SEQUENCE, least, most))
            elif not self.must(who) and not np.any(
                self.instance.allowed[first] & self.instance.allowed[second]
            ):
                gap = self.horizon
                rows.append((first, second, LinkKind.SEQUENCE, -gap, gap))
        table = np.array(rows, dtype=np.int64).reshape(-1, 5).T
        names = ("link_first", "link_second", "link_kind", "link_min", "link_max")
        return dict(zip(names, table, strict=True))

    def vehicles(self) -> dict[str, Any]:
        """One vehicle per caregiver."""
        carers, zeros = self.instance.caregivers, np.zeros(self.v, np.int64)
        closes = self.ticks([one.closes for one in carers])
        extra = "total_extra_time" not in self.instance.zero
        return {
            "vehicle_mode": zeros,
            "vehicle_start": [one.start for one in carers],
            "vehicle_end": [one.end for one in carers],
            "vehicle_open": self.ticks([one.opens for one in carers]),
            "vehicle_close": closes,
            "vehicle_overtime": self.horizon - closes if extra else zeros,
            "vehicle_overtime_cost": zeros + self.weight("total_extra_time", self.scale),
            "vehicle_wait_cost": zeros + self.weight("total_waiting_time", self.scale),
            "vehicle_max_work": zeros + NONE,
            "vehicle_skills": zeros,
            "vehicle_capacity": np.zeros((self.v, 0), np.int64),
            "vehicle_max_trips": zeros,
            "vehicle_reload_indptr": np.zeros(self.v + 1, np.int64),
            "vehicle_reload_place": np.zeros(0, np.int64),
            "vehicle_loading": zeros,
            "vehicle_fixed_cost": zeros,
            "vehicle_time_cost": zeros,
            "vehicle_distance_cost": zeros + self.weight("travel_time", self.scale),
        }

    def breaks(self) -> dict[str, Any]:
        """One lunch per caregiver who has one."""
        lunch = self.instance.lunch
        eating = [at for at, one in enumerate(self.instance.caregivers) if one.lunch]
        if lunch is None or not eating:
            return {}
        zeros = np.zeros(len(eating), np.int64)
        must = "missed_lunch_break" in self.instance.zero
        return {
            "break_vehicle": eating,
            "break_open": zeros + self.ticks(lunch.opens),
            "break_close": zeros + self.ticks(lunch.closes),
            "break_length": zeros + self.ticks(lunch.length),
            "break_place": zeros + NONE,
            "break_prize": zeros + (NONE if must else self.weight("missed_lunch_break")),
        }


def _whole(values: Any) -> bool:
    numbers = np.asarray(values, dtype=np.float64)
    return bool(np.all(numbers == np.rint(numbers)))


def rounds_of(instance: HealthCare, plan: Plan, ticks_per_minute: int) -> list[list[Stop]]:
    """What each caregiver does and when, in minutes.

    Patients of whom one service of two is done are left out. Caregivers who stay at home have
    their lunch there, which the family counts.
    """
    done = {task for route in plan.routes for task in route.tasks}
    half = {
        service
        for patient in instance.patients
        if not set(patient.services) <= done
        for service in patient.services
    }
    rounds: list[list[Stop]] = [[] for _ in instance.caregivers]
    for route in plan.routes:
        rounds[route.vehicle] = [
            (step.index if step.kind is StepKind.TASK else LUNCH, step.start / ticks_per_minute)
            for step in route.steps
            if step.kind is not StepKind.TASK or step.index not in half
        ]
    lunch = instance.lunch
    for who, stops in zip(instance.caregivers, rounds, strict=True):
        if not stops and who.lunch and lunch is not None and who.opens <= lunch.closes:
            stops.append((LUNCH, max(who.opens, lunch.opens)))
    return rounds


def ours(case: Case, limits: Limits) -> Outcome:
    """Our routing solver."""
    instance = read_uhhc(case.source)
    problem = to_problem(instance)
    columns = _Columns(instance)
    unit = columns.scale * columns.costs
    most = columns.dearest()
    trace: list[tuple[float, float]] = []

    def hear(news: Progress) -> None:
        if news.incumbent is not None and news.incumbent < most:
            trace.append((round(news.seconds, 3), news.incumbent / unit))

    stop = StopRule(
        seconds=None if limits.iterations is not None else limits.seconds,
        iterations=limits.iterations,
    )
    answer = solve(problem, stop=stop, seed=limits.seed, progress=hear)
    seconds = answer.result.seconds
    rounds = rounds_of(instance, answer.plan, columns.scale)
    costs = evaluate(instance, rounds)
    if isinstance(costs, str):
        return Outcome("no_solution", None, seconds, None, trace, note=costs)
    return Outcome(
        "feasible",
        costs.total,
        seconds,
        None,
        trace,
        dict(costs.parts),
        solution=solution_of(instance, rounds, costs),
    )


def solution_of(instance: HealthCare, rounds: Sequence[Round], costs: Costs) -> Solution:
    """Rounds as the family's own validator reads them."""
    told = {
        "instance": instance.name,
        "cost": {"objective": costs.total, "violations": 0},
        "cost_components": {name: round(value) for name, value in costs.parts.items()},
        "routes": [_told(instance, carer, stops) for carer, stops in enumerate(rounds)],
    }
    return Solution(json.dumps(told, indent=2) + "\n", ".json")


def _told(instance: HealthCare, carer: int, stops: Round) -> dict[str, Any]:
    """One caregiver's round; whoever stays at home has no locations."""
    who = instance.caregivers[carer]
    if not stops:
        return {"caregiver_id": who.id}
    named = dict(instance.terminals) | {patient.place: patient.id for patient in instance.patients}
    locations = []
    for at, (service, begin) in enumerate(stops):
        if service == LUNCH:
            assert instance.lunch is not None
            place = named[lunch_place(instance, carer, stops, at)]
            name, length = "lunch_break", instance.lunch.length
        else:
            place = instance.patient(service).id
            name, length = instance.service[service], float(instance.duration[service])
        end = begin + length
        locations.append(
            {"patient": place, "service": name, "arrival_time": begin, "departure_time": end}
        )
    return {"caregiver_id": who.id, "locations": locations}


UHHC = Suite(
    name="uhhc",
    about="min weighted travel, tardiness, waiting, extra and idle time, wishes, lunches, minutes",
    seconds=45.0,
    cases=cases,
    ours=ours,
    smoke=("i-116", 2.0),
)
