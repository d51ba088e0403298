"""Unified home healthcare instances (UHHC: Ceschia, Di Gaspero, Rosati, Schaerf 2025), as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.readers.text import FormatError

__all__ = ["COMPONENTS", "Caregiver", "HealthCare", "Lunch", "Patient", "Tie", "read_uhhc"]

COMPONENTS = (
    "travel_time",
    "total_tardiness",
    "highest_tardiness",
    "total_waiting_time",
    "total_extra_time",
    "max_idle_time",
    "caregiver_preferences",
    "optional_patients",
    "missed_lunch_break",
)
"""Parts of the family's cost; an instance weights each, or says that it must be zero."""


class Tie(Enum):
    """How the two services of a patient hang together."""

    INDEPENDENT = "independent"
    SIMULTANEOUS = "simultaneous"
    SEQUENTIAL = "sequential"


@dataclass(frozen=True)
class Patient:
    """Someone with one service or two, times in minutes.

    Attributes:
        id: name. place: row of the distances.
        services: rows of services, one or two.
        windows: start and end, ascending; only the first start binds.
        optional: may be left out at a cost.
        preferred: caregivers, empty where all are alike.
        tie: of the two services. least, most: minutes from start to start where sequential.
    """

    id: str
    place: int
    services: tuple[int, ...]
    windows: tuple[tuple[float, float], ...]
    optional: bool
    preferred: frozenset[int]
    tie: Tie
    least: float
    most: float


@dataclass(frozen=True)
class Caregiver:
    """Someone who starts, ends and works within a shift (minutes), with or without lunch."""

    id: str
    start: int
    end: int
    opens: float
    closes: float
    lunch: bool


@dataclass(frozen=True)
class Lunch:
    """Earliest and latest start of the lunch break and its length, in minutes."""

    opens: float
    closes: float
    length: float


@dataclass(frozen=True, eq=False)
class HealthCare:
    """An instance.

    Attributes:
        name: as in the file.
        distance: float64[P, P], minutes between places, not symmetric.
        terminals: names of the places where caregivers start and end, by place.
        patients: by number. caregivers: by number.
        patient_of: int64[S], patient of each service. service: names by service.
        duration: float64[S].
        allowed: bool[S, C], able and not incompatible.
        met_at_end: whether tardiness is of the end of a service, not of its start.
        lunch: when, None where nobody has one.
        weights: per component. zero: components that must be zero.
    """

    name: str
    distance: NDArray[np.float64]
    terminals: Mapping[int, str]
    patients: tuple[Patient, ...]
    caregivers: tuple[Caregiver, ...]
    patient_of: NDArray[np.int64]
    service: tuple[str, ...]
    duration: NDArray[np.float64]
    allowed: NDArray[np.bool_]
    met_at_end: bool
    lunch: Lunch | None
    weights: Mapping[str, float]
    zero: frozenset[str]

    def patient(self, service: int) -> Patient:
        """Whose service it is."""
        return self.patients[int(self.patient_of[service])]


def read_uhhc(path: Path) -> HealthCare:
    """Read a file.

    Raises:
        FormatError: a part is missing, of the wrong shape, or points at nothing.
    """
    try:
        return _health_care(path, json.loads(path.read_text(encoding="utf-8")))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(path, f"it is no home healthcare instance: {error!r}") from error


def _health_care(path: Path, data: dict[str, Any]) -> HealthCare:
    terminals = {point["id"]: int(point["distance_matrix_index"]) for point in _points(data)}
    distance = np.array(data["distances"], dtype=np.float64)
    size = len(terminals) + len(data["patients"])
    if distance.shape != (size, size):
        raise FormatError(path, f"{size} x {size} distances expected, {distance.shape} found")
    if not np.isfinite(distance).all() or distance.min(initial=0.0) < 0:
        raise FormatError(path, "a distance is negative or no number")
    places = sorted([*terminals.values(), *(p["distance_matrix_index"] for p in data["patients"])])
    if places != list(range(size)):
        raise FormatError(path, "the rows of the distances are not used once each")
    meta = data["metadata"]
    met = meta.get("time_window_met", "at_service_start")
    if met not in ("at_service_start", "at_service_end"):
        raise FormatError(path, f"time_window_met is {met!r}")
    weights, zero = _weights(path, meta["cost_components"])
    caregivers = tuple(_caregiver(one, terminals, meta) for one in data["caregivers"])
    number = {one.id: at for at, one in enumerate(caregivers)}
    patients, rows = _patients(path, data, number)
    skills = [frozenset(one["abilities"]) for one in data["caregivers"]]
    barred = [
        {number[name] for name in one.get("incompatible_caregivers") or ()}
        for one in data["patients"]
    ]
    allowed = [
        [name in has and at not in barred[who] for at, has in enumerate(skills)]
        for who, name, _ in rows
    ]
    return HealthCare(
        name=str(meta.get("name") or path.stem),
        distance=distance,
        terminals={place: name for name, place in terminals.items()},
        patients=patients,
        caregivers=caregivers,
        patient_of=np.array([who for who, *_ in rows], dtype=np.int64),
        service=tuple(name for _, name, _ in rows),
        duration=np.array([length for *_, length in rows], dtype=np.float64),
        allowed=np.array(allowed, dtype=np.bool_).reshape(len(rows), len(caregivers)),
        met_at_end=met == "at_service_end",
        lunch=_lunch(path, data.get("lunch_breaks"), met, caregivers),
        weights=weights,
        zero=zero,
    )


def _points(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Terminal points; some files name one twice."""
    return list({point["id"]: point for point in data["terminal_points"]}.values())


def _weights(path: Path, given: dict[str, Any]) -> tuple[dict[str, float], frozenset[str]]:
    asked = {name: value for name, value in given.items() if value is not None}
    unknown = sorted(set(asked) - set(COMPONENTS))
    if unknown:
        raise FormatError(path, f"cost components that this family does not have: {unknown}")
    zero = frozenset(name for name, value in asked.items() if value == "HARD")
    weights = {name: float(value) for name, value in asked.items() if name not in zero}
    if any(value < 0 for value in weights.values()):
        raise FormatError(path, "a weight is negative")
    return weights, zero


def _caregiver(one: dict[str, Any], terminals: dict[str, int], meta: dict[str, Any]) -> Caregiver:
    shift = one.get("working_shift") or {"start": 0, "end": meta["horizon"]}
    start = terminals[one["departing_point"]]
    last = one.get("arrival_point")
    opens, closes = float(shift["start"]), float(shift["end"])
    if opens > closes:
        raise ValueError(f"caregiver {one['id']} ends before starting")
    return Caregiver(
        id=str(one["id"]),
        start=start,
        end=start if last is None else terminals[last],
        opens=opens,
        closes=closes,
        lunch=bool(one.get("lunch_break")),
    )


def _lunch(
    path: Path, asked: dict[str, Any] | None, met: str, caregivers: tuple[Caregiver, ...]
) -> Lunch | None:
    if not any(one.lunch for one in caregivers):
        return None
    if asked is None:
        raise FormatError(path, "caregivers have lunch, and nothing says when")
    length = float(asked["min_duration"])
    closes = float(asked["end"]) - (length if met == "at_service_end" else 0.0)
    return Lunch(float(asked["start"]), closes, length)


Row = tuple[int, str, float]
"""Patient, name and minutes of a service."""


def _patients(
    path: Path, data: dict[str, Any], number: dict[str, int]
) -> tuple[tuple[Patient, ...], list[Row]]:
    usual = {one["id"]: one.get("default_duration") for one in data["services"]}
    patients: list[Patient] = []
    rows: list[Row] = []
    for who, one in enumerate(data["patients"]):
        asked = one["required_services"]
        if len(asked) not in (1, 2):
            raise FormatError(path, f"patient {one['id']} asks for {len(asked)} services")
        first = len(rows)
        for each in asked:
            length = each.get("duration") or usual[each["service"]]
            rows.append((who, str(each["service"]), float(length)))
        tie, least, most = _tie(one.get("synchronization"), len(asked))
        patients.append(
            Patient(
                id=str(one["id"]),
                place=int(one["distance_matrix_index"]),
                services=tuple(range(first, len(rows))),
                windows=_windows(path, one),
                optional=bool(one.get("optional")),
                preferred=frozenset(number[name] for name in one.get("preferred_caregivers") or ()),
                tie=tie,
                least=least,
                most=most,
            )
        )
    return tuple(patients), rows


def _tie(asked: dict[str, Any] | None, count: int) -> tuple[Tie, float, float]:
    if count == 1:
        return Tie.INDEPENDENT, 0.0, 0.0
    if asked is None:
        raise ValueError("two services and nothing that says how they hang together")
    tie = Tie(asked["type"])
    if tie is not Tie.SEQUENTIAL:
        return tie, 0.0, 0.0
    least, most = float(asked["distance"]["min"]), float(asked["distance"]["max"])
    if least > most:
        raise ValueError(f"the distance of two services is [{least}, {most}]")
    return tie, least, most


def _windows(path: Path, one: dict[str, Any]) -> tuple[tuple[float, float], ...]:
    windows = tuple((float(w["start"]), float(w["end"])) for w in one["time_windows"])
    edges = [edge for window in windows for edge in window]
    if not windows or edges != sorted(edges):
        raise FormatError(path, f"the windows of patient {one['id']} do not ascend")
    return windows
